"""Going online, which the program does only here: for the time of a block, with plain words for what goes wrong."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.errors import DownloadFailed
from models.packages import needed

if TYPE_CHECKING:
    from types import ModuleType

#: Bytes that are written at once, which is the most that a cut loses.
CHUNK = 2**20

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

#: Cause → what is the matter, and what to do about it.
_CAUSES = {
    "gated": "its owner wants its terms accepted first: accept them on {endpoint}/{name}, and set {token} to a token",
    "unauthorized": "the hub does not accept the token: set {token} to a valid one, or unset it",
    "forbidden": "the hub refuses it ({status}): ask its owner for access, and set {token} to a token that has it",
    "not_found": "there is no such repository, file or version on {endpoint}, or it is private: check the name; for a "
    "private one set {token}",
    "too_many": "the hub wants fewer requests ({status}): wait a while, then run the same command again",
    "server": "the hub has a problem ({status}): run the same command again later, or name a mirror with --endpoint",
    "http": "the hub answered {status}: check the name and --endpoint",
    "timeout": "{endpoint} did not answer in {timeout_s:g} s: run the same command again to go on, or name a mirror "
    "with --endpoint",
    "unreachable": "{endpoint} cannot be reached ({detail}): check the network, or name a mirror with --endpoint",
    "not_a_hub": "{endpoint} does not answer like a hub ({detail}): check --endpoint and --hub",
}
_BY_STATUS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "too_many"}


@dataclass(frozen=True, slots=True)
class Access:
    """How a hub is asked: its address without a slash at the end, the user's token, and the longest silence in s.

    Raises DownloadFailed for an address that is none, and for a token that would travel unencrypted.
    """

    endpoint: str
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 20.0
    token_variable: str = "HF_TOKEN"

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DownloadFailed(
                f"{self.endpoint} is not a hub's address: write one that begins with https://",
                name=self.endpoint,
                endpoint=self.endpoint,
                cause="endpoint",
            )
        if self.token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise DownloadFailed(
                f"the token would go to {self.endpoint} unencrypted: use an address with https://, or unset "
                f"{self.token_variable}",
                name=self.endpoint,
                endpoint=self.endpoint,
                token=self.token_variable,
                cause="token_unencrypted",
            )

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a request; the token is dropped where another host goes on with it."""
        made: dict[str, str] = needed("huggingface_hub.utils").build_hf_headers(token=self.token or False)
        return made


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository; `sha256` or `git_sha1` (that of a blob of git) is what it has to hash to, where known."""

    name: str
    size: int
    url: str
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository holds, in one state of it."""

    name: str
    revision: str
    files: tuple[RemoteFile, ...]


@contextmanager
def online(access: Access, *, name: str) -> Iterator["ModuleType"]:
    """Yield huggingface_hub for a block in which it may reach out; what goes wrong is DownloadFailed.

    Elsewhere the program keeps HF_HUB_OFFLINE set; it is lifted for this block alone.
    """
    hub = needed("huggingface_hub")
    constants = needed("huggingface_hub.constants")
    wanted: Mapping[str, object] = {
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_TELEMETRY": True,
        "HF_HUB_DOWNLOAD_TIMEOUT": access.timeout_s,
        "DOWNLOAD_CHUNK_SIZE": CHUNK,
    }
    before = {key: getattr(constants, key) for key in wanted}
    log = needed("huggingface_hub.utils.logging")
    verbosity = log.get_verbosity()
    log.set_verbosity_error()  # what goes wrong for good is told in our own words
    for key, value in wanted.items():
        setattr(constants, key, value)
    try:
        with _plain_words(access, name=name):
            yield hub
    finally:
        for key, value in before.items():
            setattr(constants, key, value)
        log.set_verbosity(verbosity)


@contextmanager
def _plain_words(access: Access, *, name: str) -> Iterator[None]:
    """Turn what the packages raise into DownloadFailed."""
    errors, http = needed("huggingface_hub.errors"), needed("httpx2")
    try:
        yield
    except errors.GatedRepoError as exc:
        raise _failed("gated", access, name=name) from exc
    except errors.HfHubHTTPError as exc:
        status = exc.response.status_code
        # A hub answers 401 for what is private or not there, where nobody has signed in.
        missing = isinstance(exc, errors.RepositoryNotFoundError | errors.RevisionNotFoundError)
        cause = "not_found" if missing else _BY_STATUS.get(status, "server" if status >= 500 else "http")
        raise _failed(cause, access, name=name, status=status) from exc
    except http.TimeoutException as exc:
        raise _failed("timeout", access, name=name) from exc
    except (http.TransportError, http.InvalidURL, http.TooManyRedirects) as exc:
        raise _failed("unreachable", access, name=name, detail=str(exc) or type(exc).__name__) from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise _failed("not_a_hub", access, name=name, detail=f"{type(exc).__name__}: {str(exc)[:100]}") from exc


def _failed(cause: str, access: Access, *, name: str, status: int | None = None, detail: str = "") -> DownloadFailed:
    values = {
        "endpoint": access.endpoint,
        "token": access.token_variable,
        "timeout_s": access.timeout_s,
        "status": status,
        "detail": " ".join(detail.split()),
    }
    told = _CAUSES[cause].format(name=name, **values)
    return DownloadFailed(f"{name} was not got: {told}", name=name, cause=cause, **values)
