"""Get a model from a hub into the models folder: only when the user asks, resumable, and checked before it is used.

What is under way lies in `.downloads` of the models folder, in a folder of its own for each state of a repository, so
that parts of two states never meet. A model gets its place, in one step, when all of it is there and right.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from models.checksums import known_as
from models.errors import DownloadFailed
from models.hubs import Access, Hub, Repository
from models.hubs._stream import download
from models.progress import Progress, silent, summed
from models.recorded import remember, unchanged, used
from models.room import check_disk
from models.wanted_files import Choice, Chosen, choose

#: Where unfinished downloads lie, in the models folder.
WORKPLACE = ".downloads"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: its place, the repository's state, each file's SHA-256, and what was published under these hashes.

    `already` tells that it was there before, and is what the hub has.
    """

    path: Path
    repository: str
    revision: str
    sha256: Mapping[str, str]
    published: Mapping[str, str]
    already: bool = False


def fetch(
    repository: str,
    *,
    hub: Hub,
    access: Access,
    models_dir: Path,
    choice: Choice | None = None,
    progress: Progress = silent,
) -> Fetched:
    """Return a repository's model, got into the models folder and checked; an interrupted download goes on.

    Raises DownloadFailed, NotEnoughRoom, MissingPackage; what has come by then is gone on with by the next call.
    """
    choice = choice or Choice()
    found = hub.listing(repository, revision=choice.revision or hub.BRANCH, access=access)
    chosen = choose(found, choice=choice)
    target = models_dir / chosen.target
    if target.exists():
        return _already(target, found=found, chosen=chosen, models_dir=models_dir)
    with _workplace(models_dir, found=found, chosen=chosen) as work:
        check_disk(models_dir, needed_bytes=chosen.size - _there(work))
        told = summed(progress, stage="download", total=chosen.size)
        hashes = _download_all(work, chosen=chosen, repository=found.name, access=access, told=told)
        (work if chosen.is_folder else work / chosen.target).replace(target)
    source = f"{access.endpoint}/{found.name}@{found.revision}"
    remember(target, models_dir=models_dir, hashes=hashes, source=source)
    return _fetched(target, found=found, models_dir=models_dir)


def _fetched(target: Path, *, found: Repository, models_dir: Path, already: bool = False) -> Fetched:
    hashes = {name: entry.sha256 for name, entry in (unchanged(target, models_dir=models_dir) or {}).items()}
    known = {name: entry.model for name, sha256 in hashes.items() if (entry := known_as(sha256))}
    return Fetched(target, found.name, found.revision, hashes, known, already)


def _already(target: Path, *, found: Repository, chosen: Chosen, models_dir: Path) -> Fetched:
    """Return what is there, where it is what the hub has. Raises DownloadFailed where it is something else."""
    used(target, models_dir=models_dir)  # a kill may have come before it was recorded
    kept = unchanged(target, models_dir=models_dir)
    wanted = {chosen.local(file): file for file in chosen.files}
    same = kept is not None and all(
        name in kept and kept[name].size == file.size and file.sha256 in (None, kept[name].sha256)
        for name, file in wanted.items()
    )
    if not same:
        raise DownloadFailed(
            f"{target} is there already, and is not (or not for sure) what {found.name} has now: move it away first",
            name=found.name,
            path=str(target),
            cause="exists",
        )
    return _fetched(target, found=found, models_dir=models_dir, already=True)


@contextmanager
def _workplace(models_dir: Path, *, found: Repository, chosen: Chosen) -> Iterator[Path]:
    """Yield the folder of a download, which no other process has; older ones of the same model are deleted."""
    state = repr([(file.name, file.size, file.sha256, file.git_sha1) for file in chosen.files])
    digest = hashlib.sha256(f"{found.name} {found.revision} {state}".encode()).hexdigest()[:12]
    place = models_dir / WORKPLACE
    work = place / f"{chosen.target}@{digest}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise DownloadFailed(
            f"{place} cannot be made ({exc.strerror}): check the path and the permissions of the models folder",
            name=found.name,
            path=str(place),
            detail=exc.strerror,
            cause="not_written",
        ) from exc
    try:
        with FileLock(place / f"{chosen.target}.lock", timeout=0):
            for old in place.glob("*@*"):
                if old != work and old.name.rpartition("@")[0] == chosen.target:
                    shutil.rmtree(old)
            work.mkdir(exist_ok=True)
            yield work
            shutil.rmtree(work, ignore_errors=True)
    except Timeout as exc:
        raise DownloadFailed(
            f"{chosen.target} is being downloaded by another process: wait until that has ended",
            name=chosen.target,
            cause="busy",
        ) from exc


def _there(work: Path) -> int:
    return sum(path.stat().st_size for path in work.iterdir())


def _download_all(
    work: Path, *, chosen: Chosen, repository: str, access: Access, told: Callable[[int], None]
) -> dict[str, str]:
    """Return the SHA-256 of each file by its name in the target; small files come first, so that refusals do."""
    hashes = {}
    for file in sorted(chosen.files, key=lambda file: file.size):
        name = chosen.local(file)
        target = work / name
        if target.is_file():
            # Whole since an earlier call: it has its name only after its hash was right.
            told(file.size)
            continue
        hashes[name] = download(file, repository=repository, target=target, access=access, told=told)
    return hashes
