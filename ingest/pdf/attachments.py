"""Files that are attached to a PDF, written out as documents of their own; none is opened or run."""

from collections.abc import Iterator
from typing import Any

from ingest.errors import Reason
from ingest.members import MemberFiles, attachment_name
from ingest.workspace import Member, Workspace


def attachments(document: Any, *, workspace: Workspace) -> Iterator[Member]:  # noqa: ANN401 - pypdfium2 has no types
    """Yield the files attached to a pypdfium2 document, as many as the limits allow."""
    import pypdfium2

    files = MemberFiles(workspace)
    for number in range(min(document.count_attachments(), workspace.limits.members)):
        otherwise = f"attachment-{number + 1}"
        name = otherwise
        try:
            attachment = document.get_attachment(number)
            name = attachment_name(attachment.get_name(), otherwise=otherwise)
            data = bytes(attachment.get_data())
        except (pypdfium2.PdfiumError, UnicodeDecodeError) as error:
            yield files.refused(name, Reason.DAMAGED, cause=str(error))
            continue
        yield files.save(name, [data])
