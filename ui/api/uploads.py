"""Files that clients send, from the wire to the drop folder: to disk as they come, then under a safe name."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ingest.scan import is_temporary
from rag import Engine
from ui.api.errors import ApiError
from ui.api.replies import StoredFile
from ui.api.work import Workshop
from ui.views.uploads import safe_name, store

if TYPE_CHECKING:
    from python_multipart.multipart import FormParser

#: Files of one request.
_MOST_FILES = 1000


async def received(
    engine: Engine, *, content_type: str, body: AsyncIterator[bytes], workshop: Workshop
) -> list[StoredFile]:
    """Store the files of a multipart body in the drop folder; return what became of each, in order.

    Nothing is stored before the whole body has arrived. Raises ApiError for a body without a file or of another form,
    and for names that the next sync would pass over.
    """
    from python_multipart.exceptions import FormParserError

    scratch = await workshop.run(_scratch, engine.library.scratch)
    try:
        form = await workshop.run(_Form, content_type, scratch)
        async for chunk in body:
            await workshop.run(form.parser.write, chunk)
        await workshop.run(form.parser.finalize)
        if not form.is_whole:
            raise ApiError(400, "bad_form", detail="it ends too soon")
        return await workshop.run(_stored, form.files, engine.settings.documents)
    except FormParserError as exc:
        raise ApiError(400, "bad_form", detail=str(exc)) from exc
    except OSError as exc:
        raise ApiError(507, "not_stored", detail=exc.strerror or str(exc)) from exc
    finally:
        await workshop.run(shutil.rmtree, scratch, True)


class _Form:
    """A multipart body as it is taken apart: its files lie in `folder` meanwhile."""

    def __init__(self, content_type: str, folder: Path) -> None:
        from python_multipart import create_form_parser

        self.files: list[tuple[str, IO[bytes], int]] = []
        self.is_whole = False
        config = {"UPLOAD_DIR": str(folder), "MAX_FIELD_SIZE": 1 << 16, "MAX_FIELDS": 100}
        headers = {"Content-Type": content_type.encode("latin-1")}
        self.parser: FormParser = create_form_parser(headers, lambda field: None, self._keep, config=config)
        self.parser.on_end = self._end

    def _end(self) -> None:
        self.is_whole = True

    def _keep(self, file: Any) -> None:  # noqa: ANN401 - python_multipart's File
        if len(self.files) == _MOST_FILES:
            raise ApiError(400, "too_many_files", most=_MOST_FILES)
        self.files.append(((file.file_name or b"").decode("utf-8", "replace"), file.file_object, file.size))


def _scratch(folder: Path) -> Path:
    """Return a folder of our own in the library's scratch folder, which its next owner clears after a kill."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="upload-", dir=folder))


def _stored(files: list[tuple[str, IO[bytes], int]], folder: Path) -> list[StoredFile]:
    if not files or not all(name for name, _, _ in files):
        raise ApiError(400, "no_file", param="file")
    for name, _, _ in files:
        if is_temporary(safe_name(name)):
            raise ApiError(400, "temporary_name", param="file", name=name)
    made = []
    for name, content, size in files:
        stored = store(content, name=name, folder=folder)
        made.append(StoredFile(name=name, source=stored.path.name, bytes=size, is_new=stored.is_new))
    return made
