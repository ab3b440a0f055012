"""Tell when the library should be made equal to its folders again.

What the system reports of changes is a hint only: reports get lost, and network drives give none. So each hint leads to
a whole pass, and there is one from time to time without any.
"""

import os
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from threading import Event

from ingest.scan import Scope, identity, walk

_TICK_MS = 100
# A pass is due so long after the first change, though there are still more (a log that is written to all the time).
_MOST_S = 30.0
# Looking through the folders takes at most one part in so many of the time.
_POLL_SHARE = 20
_MOUNTS = Path("/proc/self/mountinfo")

_Ticks = Generator[bool, None, None]
# File systems whose changes are made on other machines (or outside of a virtual one), so that this one has no reports.
_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "drvfs", "afs", "ceph", "vboxsf", "virtiofs", "prl_fs"}


class Why(StrEnum):
    """Why a pass is due."""

    START = "start"
    CHANGED = "changed"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Due:
    """A pass over the folders is due.

    `polling` says, once for each cause, why the folders are looked through for changes instead of being reported on:
    the system's own words, or the name of a network file system.
    """

    why: Why
    polling: str | None = None


def watch(
    folders: Sequence[Path],
    *,
    stop: Event,
    settle_s: float = 1.5,
    full_check_s: float = 300.0,
    poll_s: float = 10.0,
    exclude: Collection[Path] = (),
    ignore: Sequence[str] = (),
) -> Iterator[Due]:
    """Yield whenever a pass is due: at once, when changes have settled, and after `full_check_s` seconds without one.

    Changes have settled when there were none for `settle_s` seconds. What `scan` passes over does not count, with the
    same `exclude` and `ignore`. Changes made during a pass lead to another one. Where the system reports no changes,
    the folders are looked through every `poll_s` seconds. Ends when `stop` is set.
    """
    why: Why | None = Why.START
    told = None
    while why and not stop.is_set():
        scopes = [Scope(folder, exclude=exclude, ignore=ignore) for folder in folders]
        ticks, polling = _listen(scopes, stop, poll_s=poll_s)
        with closing(ticks):
            yield Due(why, polling if polling != told else None)
            told = polling or told
            why = wait(ticks, settle_s=settle_s, full_check_s=full_check_s)


def wait(
    ticks: Iterable[bool], *, settle_s: float, full_check_s: float, clock: Callable[[], float] = time.monotonic
) -> Why | None:
    """Return why the next pass is due, once it is; None when the ticks end. A tick is true where something changed."""
    started = clock()
    first = last = None
    for changed in ticks:
        now = clock()
        if changed:
            first = now if first is None else first
            last = now
        if first is not None and last is not None and (now - last >= settle_s or now - first >= _MOST_S):
            return Why.CHANGED
        if now - started >= full_check_s:
            return Why.CHECK
    return None


def _listen(scopes: Sequence[Scope], stop: Event, *, poll_s: float) -> tuple[_Ticks, str | None]:
    """Return ticks that listen already, and why they come from polling, where they do."""
    polling = next(filter(None, (remote_file_system(scope.folder) for scope in scopes)), None)
    attempts = 3  # a folder may be gone between being found and being given to the system
    while polling is None:
        ticks = _reported(scopes, stop)
        try:
            next(ticks, None)
        except (OSError, RuntimeError, UnicodeError) as exc:  # too many folders, no handle left, a name that is no text
            attempts -= 1
            if attempts == 0 or not isinstance(exc, FileNotFoundError):
                polling = str(exc)
        else:
            return ticks, None
    ticks = _looked_for(scopes, stop, poll_s=poll_s)
    next(ticks, None)
    return ticks, polling


def _reported(scopes: Sequence[Scope], stop: Event) -> _Ticks:
    """Tick with the system's reports. Folders are given one by one, since links would be followed out of them."""
    import watchfiles

    folders = [found for scope in scopes for found in walk(scope) if isinstance(found, Path)]
    reports = watchfiles.watch(
        *folders,
        watch_filter=None,
        debounce=_TICK_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        force_polling=False,
        recursive=False,
        ignore_permission_denied=False,
    )
    before = [identity(scope.folder) for scope in scopes]
    listening = False
    try:
        for changes in reports:
            listening = True
            now = [identity(scope.folder) for scope in scopes]  # a drive that was pulled out, or put back
            yield now != before or any(_counts(path, scopes) for _, path in changes)
            before = now
    except RuntimeError:
        if not listening:
            raise
        yield True  # it ends at a name that is no text: a change, after which everything is set up again
        while not stop.wait(_TICK_MS / 1000):
            yield False


def _counts(changed: str, scopes: Sequence[Scope]) -> bool:
    """Whether a change is of something that is walked."""
    for scope in scopes:
        above = f"{os.fspath(scope.folder).rstrip('/')}/"
        if changed.startswith(above):
            relative = changed.removeprefix(above)
            if scope.holds(relative, folder=False) or (scope.holds(relative, folder=True) and Path(changed).is_dir()):
                return True
    return False


def _looked_for(scopes: Sequence[Scope], stop: Event, *, poll_s: float) -> _Ticks:
    """Tick with each look through the folders."""
    before = _listing(scopes)
    yield False
    pause = poll_s
    while not stop.wait(pause):
        started = time.monotonic()
        now = _listing(scopes)
        pause = max(poll_s, _POLL_SHARE * (time.monotonic() - started))
        yield now != before
        before = now


def _listing(scopes: Sequence[Scope]) -> bytes:
    """Return a digest of all that a pass would see of the folders without reading a file."""
    seen = blake2b()
    for scope in scopes:
        for found in walk(scope):
            if not isinstance(found, Path):
                seen.update(repr(found).encode("utf-8", "backslashreplace"))
    return seen.digest()


def remote_file_system(folder: Path, *, mounts: Path = _MOUNTS) -> str | None:
    """Return the type of the network file system that a folder is on; None for a local one, or where nothing tells."""
    try:
        device = folder.stat().st_dev
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    for line in lines:  # 36 35 0:98 / /mnt rw - nfs4 server:/path rw (proc_pid_mountinfo(5))
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == f"{os.major(device)}:{os.minor(device)}":
            kind = source.split()[0]
            return kind if kind in _REMOTE or kind.startswith("fuse.") else None
    return None
