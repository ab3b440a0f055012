"""Which files of a repository are a model: one GGUF file, or what a folder in Hugging Face's form needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from models.errors import DownloadFailed
from models.hubs import RemoteFile, Repository

#: The quantisation that is taken where the user names none: the smallest that answers as well as the larger ones.
DEFAULT_TYPE = "q4_k_m"
#: Formats that can run code when they are opened.
_PICKLES = (".bin", ".pth", ".pt", ".ckpt", ".pkl")
_PARTS_OF_A_FOLDER = (".safetensors", ".json", ".model", ".txt", ".md", ".jinja")
_TERMS = re.compile(r"(licen[cs]e|notice|use_policy)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is wanted of a repository: a type (GGUF) or a file by its name, a revision, and whether pickles count."""

    kind: str | None = None
    file: str | None = None
    pickles: bool = False
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The files to get, and the name that they get in the models folder; a folder's, or that of the one file."""

    target: str
    files: tuple[RemoteFile, ...]
    is_folder: bool

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)

    def local(self, file: RemoteFile) -> str:
        """Return the name that a file gets."""
        return PurePosixPath(file.name).name if self.is_folder else self.target


def choose(repository: Repository, *, choice: Choice) -> Chosen:
    """Return the files that make the model wanted. Raises DownloadFailed where they are not to be told, or not safe."""
    _check_names(repository)
    models = [file for file in repository.files if file.name.lower().endswith(".gguf")]
    if choice.file is not None:
        return _one(repository, files=[file for file in models if _is_called(file, choice.file)], wanted=choice.file)
    if models:
        return _one(repository, files=_of_type(models, choice.kind or DEFAULT_TYPE), wanted=choice.kind or DEFAULT_TYPE)
    if choice.kind is not None:
        raise _failed(repository, "it has no GGUF files: leave --type away, and convert what comes", cause="no_gguf")
    return Chosen(_plain_name(repository.name), _of_folder(repository, pickles=choice.pickles), is_folder=True)


def _check_names(repository: Repository) -> None:
    """Refuse a listing with names that could lead out of the folder, or mean one file twice."""
    if not re.fullmatch(r"[\w.-]+/[A-Za-z0-9][\w.-]*", repository.name):
        raise _failed(repository, "the hub gives it an unsafe name", cause="unsafe_name", file=repository.name)
    seen = set()
    for file in repository.files:
        path, name = PurePosixPath(file.name), file.name
        safe = (
            name
            and name == str(path)
            and not path.is_absolute()
            and not PureWindowsPath(name).drive
            and ".." not in path.parts
            and not re.search(r'[\x00-\x1f\\<>:"|?*]', name)
            and name.casefold() not in seen
            and file.size >= 0
        )
        seen.add(name.casefold())
        if not safe:
            raise _failed(
                repository, f"it lists a file {name!r}, which is not safe to write", cause="unsafe_name", file=name
            )


def _is_called(file: RemoteFile, wanted: str) -> bool:
    return wanted.lower() in (file.name.lower(), PurePosixPath(file.name).name.lower())


def _of_type(files: Sequence[RemoteFile], kind: str) -> list[RemoteFile]:
    """Return the files of a type; those made with an importance matrix (`-im`) where there are both."""
    names = [kind.lower().replace("-", "_")]
    names += [names[0].removesuffix("_m")] if names[0].endswith("_m") else [f"{names[0]}_m"]
    for name in names:
        of_type = re.compile(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9_])", re.IGNORECASE)
        found = [file for file in files if of_type.search(PurePosixPath(file.name).stem)]
        if found:
            return [file for file in found if re.search(r"[-_.]im(atrix)?\b", file.name, re.IGNORECASE)] or found
    return []


def _one(repository: Repository, *, files: Sequence[RemoteFile], wanted: str) -> Chosen:
    if len(files) == 1:
        return Chosen(_file_name(repository, files[0]), (files[0],), is_folder=False)
    there = sorted(file.name for file in repository.files if file.name.lower().endswith(".gguf"))
    if files:
        listed = ", ".join(sorted(file.name for file in files))
        remedy = f"{wanted} fits several of its files ({listed}): name one with --file"
        raise _failed(repository, remedy, cause="ambiguous", wanted=wanted, files=listed)
    listed = ", ".join(there) or "none"
    remedy = f"it has no GGUF file {wanted}: name one with --type or --file ({listed})"
    raise _failed(repository, remedy, cause="no_such_file", wanted=wanted, files=listed)


def _file_name(repository: Repository, file: RemoteFile) -> str:
    """Return a name that tells the model: many repositories call theirs `ggml-model-q4_k.gguf`."""
    name = PurePosixPath(file.name).name
    model = _plain_name(repository.name)
    return re.sub(r"^(ggml-)?model(?=[-_.])", model, name)


def _plain_name(repository: str) -> str:
    return re.sub(r"-gguf$", "", repository.rpartition("/")[2], flags=re.IGNORECASE)


def _of_folder(repository: Repository, *, pickles: bool) -> tuple[RemoteFile, ...]:
    """Return the files of a folder that belong to the model; what lies deeper, and all code, is left alone."""
    flat = [file for file in repository.files if "/" not in file.name and not file.name.startswith(".")]
    kept = [file for file in flat if PurePosixPath(file.name).suffix in _PARTS_OF_A_FOLDER or _TERMS.match(file.name)]
    if any(file.name.endswith(".safetensors") for file in kept):
        return tuple(kept)
    weights = [file for file in flat if PurePosixPath(file.name).suffix in _PICKLES]
    if weights and not pickles:
        listed = ", ".join(file.name for file in weights)
        remedy = (
            f"its weights are pickles ({listed}), which can run code in other programs; here they are only opened as "
            "tables of numbers: add --pickles to get them"
        )
        raise _failed(repository, remedy, cause="only_pickles", files=listed)
    if not weights and not any(file.name.endswith(".model") for file in kept):
        raise _failed(repository, "it has no weights: name the repository of the model itself", cause="no_weights")
    return tuple(kept + weights)


def _failed(repository: Repository, told: str, *, cause: str, **values: object) -> DownloadFailed:
    return DownloadFailed(f"{repository.name}: {told}", name=repository.name, cause=cause, **values)
