"""Hugging Face's hub, and mirrors of the same form.

The form: https://huggingface.co/docs/hub/api; a file is told as it lies in git (`blob_id`) or in LFS (SHA-256).
"""

from models.hubs._access import Access, RemoteFile, Repository, online

ENDPOINT = "https://huggingface.co"
TOKEN = "HF_TOKEN"
BRANCH = "main"


def listing(repository: str, *, revision: str, access: Access) -> Repository:
    """Return what a repository holds, with sizes and hashes. Raises DownloadFailed, MissingPackage."""
    with online(access, name=repository) as hub:
        api = hub.HfApi(endpoint=access.endpoint, token=access.token or False)
        info = api.model_info(repository, revision=revision, files_metadata=True, timeout=access.timeout_s)
        # Files are asked for by the commit, so that a change meanwhile cannot mix two states of the repository.
        commit = str(info.sha or revision)
        return Repository(
            name=str(info.id),
            revision=commit,
            files=tuple(
                RemoteFile(
                    name=entry.rfilename,
                    size=int(entry.lfs.size if entry.lfs else entry.size),
                    url=hub.hf_hub_url(info.id, entry.rfilename, revision=commit, endpoint=access.endpoint),
                    sha256=entry.lfs.sha256 if entry.lfs else None,
                    git_sha1=None if entry.lfs else entry.blob_id,
                )
                for entry in info.siblings
            ),
        )
