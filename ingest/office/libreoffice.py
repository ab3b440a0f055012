"""LibreOffice, where it is installed: files in the binary formats of before 2007 turned into those of today.

It runs with a profile of its own, made for one file and thrown away: no macros, no Java, no add-ons of the user, links
to other files and to the network not followed. A conversion takes about a second, half of it the start, so that none
is kept running.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from langchain_core.documents import Document

from ingest.errors import Reason, UnreadableFile
from ingest.office import guard
from ingest.workspace import Member, Workspace

# What each format of today was called before 2007.
_BEFORE = {"docx": "doc", "xlsx": "xls", "pptx": "ppt"}
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/opt/libreoffice*/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
# Settings by their path in LibreOffice's registry (officecfg/registry/schema), as its expert configuration lists them.
_SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Java/VirtualMachine", "Enable", "false"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "2"),
    ("Office.Recovery/AutoSave", "Enabled", "false"),
    # A proxy that is not there: whatever would fetch something after all gets nothing.
    ("Inet/Settings", "ooInetProxyType", "1"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)  # fmt: skip
_OPTIONS = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard", "--nologo")


@lru_cache(maxsize=1)
def program() -> Path | None:
    """Return the program's path, None where LibreOffice is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found:
        return Path(found)
    places = [path for place in _PLACES for path in sorted(Path("/").glob(place[1:]), reverse=True)]
    for folder in filter(None, (os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)"))):
        places.append(Path(folder, "LibreOffice", "program", "soffice.com"))
    return next((place for place in places if place.is_file()), None)


def convert(path: Path, *, to: str, workspace: Workspace, reader: str | None = None) -> Path:
    """Return `path`, a file of before 2007, as a file in the format `to` (docx, xlsx or pptx), in the scratch folder.

    `reader` is the name of LibreOffice's import filter, None to let it guess; it takes what it does not know for text.
    Raises `UnreadableFile`: NEEDS_PROGRAM where LibreOffice is missing, TIMEOUT after `limits.timeout_s`, DAMAGED where
    it makes nothing of the file.
    """
    soffice = program()
    if soffice is None:
        raise UnreadableFile(Reason.NEEDS_PROGRAM, program="LibreOffice")
    folder = Path(tempfile.mkdtemp(prefix="libreoffice-", dir=workspace.scratch))
    # A copy: the file's own name may be anything, and LibreOffice writes a lock file beside what it opens.
    source = Path(shutil.copyfile(path, folder / f"source.{_BEFORE[to]}"))
    profile = _make_profile(folder / "profile")
    command = [str(soffice), f"-env:UserInstallation={profile.as_uri()}", *_OPTIONS]
    if reader:
        command.append(f"--infilter={reader}")
    command += ["--convert-to", to, "--outdir", str(folder / "converted"), str(source)]
    words = _run(command, folder=folder, timeout_s=workspace.limits.timeout_s)
    converted = folder / "converted" / f"source.{to}"
    # LibreOffice ends with 0 where it could not open a file as well.
    if not converted.is_file():
        raise UnreadableFile(Reason.DAMAGED, cause=words or "LibreOffice cannot open it")
    return converted


def relabelled(parts: Iterable[Document | Member], *, loader: str) -> Iterator[Document | Member]:
    """Yield what another loader made of a converted file, as made by `loader`."""
    for part in parts:
        if isinstance(part, Document):
            yield Document(page_content=part.page_content, metadata={**part.metadata, "loader": loader})
        else:
            yield part


def _make_profile(folder: Path) -> Path:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop>'
        "</item>"
        for path, name, value in _SETTINGS
    )
    user = folder / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>\n',
        encoding="utf-8",
    )
    return folder


def _run(command: list[str], *, folder: Path, timeout_s: float) -> str:
    """Run a program that ends when this process does, and return the last line that it wrote to stderr."""
    environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "SAL_USE_VCLPLUGIN": "svp"}
    with (folder / "stderr").open("wb+") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=environment,
            cwd=folder,
        )
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise UnreadableFile(Reason.TIMEOUT, limit="timeout_s", value=timeout_s, most=timeout_s) from error
        finally:
            if process.stdin:
                process.stdin.close()  # ends the program, where it still runs, and then the guard
            process.wait()
        stderr.seek(0)
        lines = stderr.read().decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""
