"""The OpenAPI document: what it says, and what happens to a server that is asked everything it allows."""

import json
import re
import shutil
import subprocess
import sys

import pytest

#: Cases of each of the eleven operations. With 200 it takes some minutes.
_CASES = 25

ROUTES = {
    "GET /healthz", "GET /v1/models", "GET /v1/models/{name}", "POST /v1/chat/completions", "POST /v1/completions",
    "POST /v1/embeddings", "GET /v1/library", "POST /v1/library/files", "DELETE /v1/library/files/{source}",
    "POST /v1/library/search", "POST /v1/library/sync",
}  # fmt: skip


@pytest.fixture(scope="module")
def document(quick):
    return quick.ask("GET", "/openapi.json")[1]


def test_nothing_that_is_asked_breaks_the_server(quick, tmp_path):
    """Schemathesis makes up requests from the document, good ones and bad ones; a process of its own runs it."""
    command = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run",
        f"{quick.url}/openapi.json", "--checks", "not_a_server_error", "--phases", "fuzzing", "--no-color",
        "--max-examples", str(_CASES), "--seed", "1", "--no-shrink", "--generation-database", "none",
        "--suppress-health-check", "all", "--request-timeout", "60",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=500)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated and int(generated[1]) >= len(ROUTES) * 5, done.stdout[-2000:]


def test_the_routes_are_these_and_no_others(document):
    found = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert found == ROUTES


def test_every_route_says_what_it_does_and_what_an_error_looks_like(document):
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"]
            if path != "/healthz":
                error = operation["responses"]["400"]["content"]["application/json"]["schema"]
                assert error == {"$ref": "#/components/schemas/ErrorReply"}


def test_the_page_of_the_document_needs_nothing_from_elsewhere(quick):
    status, page = quick.ask("GET", "/docs")
    policy = quick.headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'" in policy
    links = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
    assert len(links) == 4 and all(link.startswith("/docs/") for link in links)
    for link in links:
        assert quick.ask("GET", link)[0] == 200
        assert quick.headers["X-Content-Type-Options"] == "nosniff"


def test_chromium_shows_the_page_without_a_foreign_request(quick, tmp_path):
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no browser")
    asked, said = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.goto(f"{quick.url}/docs")
        page.get_by_text("/v1/chat/completions", exact=False).first.wait_for()
        browser.close()
    assert asked and all(url.startswith((quick.url, "data:")) for url in asked)
    assert said == []


def test_the_document_is_json_that_every_client_can_read(document):
    assert json.loads(json.dumps(document))["openapi"].startswith("3.")
