"""What a loader may use besides the file that it reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.errors import Reason
from ingest.limits import Limits


@dataclass(frozen=True, slots=True)
class Workspace:
    """`scratch` is an empty folder for this one file; `ocr_cache` keeps what was recognised, None to keep nothing."""

    scratch: Path
    limits: Limits = field(default_factory=Limits)
    ocr_cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A document inside a file: a file of an archive, an attachment of a mail.

    `name` is its path inside, `/`-joined, for people; it never decides where anything is written. `path` is where its
    bytes lie (in the workspace's scratch, under a name of our own), None where they were refused for `reason`.
    """

    name: str
    path: Path | None
    reason: Reason | None = None
    values: dict[str, object] = field(default_factory=dict)


@contextmanager
def temporary_workspace(*, limits: Limits | None = None) -> Iterator[Workspace]:
    """Yield a workspace whose scratch folder goes away with the block; it keeps no recognised text."""
    with TemporaryDirectory(prefix="wendang-") as scratch:
        yield Workspace(Path(scratch), limits=limits or Limits())
