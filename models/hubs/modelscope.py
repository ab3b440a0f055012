"""ModelScope's hub, for what is public there.

The form is that of its own client (github.com/modelscope/modelscope, hub/api.py and hub/file_download.py).
"""

from urllib.parse import quote, quote_plus

from models.hubs._access import Access, RemoteFile, Repository, online
from models.packages import needed

ENDPOINT = "https://www.modelscope.cn"
TOKEN = None
BRANCH = "master"


def listing(repository: str, *, revision: str, access: Access) -> Repository:
    """Return what a repository holds, with sizes and hashes. Raises DownloadFailed, MissingPackage."""
    place = f"{access.endpoint}/api/v1/models/{quote(repository)}/repo"
    with online(access, name=repository):
        http = needed("huggingface_hub.utils")
        url = f"{place}/files?Revision={quote_plus(revision)}&Recursive=true"
        response = http.get_session().get(url, headers=access.headers, timeout=access.timeout_s)
        http.hf_raise_for_status(response)
        entries = response.json()["Data"]["Files"]
        return Repository(
            name=repository,
            revision=revision,
            files=tuple(
                RemoteFile(
                    name=entry["Path"],
                    size=int(entry["Size"]),
                    url=f"{place}?Revision={quote_plus(revision)}&FilePath={quote_plus(entry['Path'])}",
                    sha256=entry.get("Sha256") or None,
                )
                for entry in entries
                if entry["Type"] != "tree"
            ),
        )
