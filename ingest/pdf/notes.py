"""What was filled into the fields of a PDF page, and the notes that were put on it, as lines among its own."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ingest.pdf.placing import Placing
from ingest.pdf.text import Char, Line, make_line

_MOST = 10_000  # fields and notes of a page
_HIDDEN = 2 | 32  # flags of an annotation: hidden, not to be viewed
_PASSWORD = 1 << 13  # flag of a field
_LARGEST = 12.0  # points; text in a field
_CHECKED, _UNCHECKED = "☑", "☐"

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Note:
    text: str
    box: Box
    is_in_place: bool  # text of the page, as it were; a comment is not


def with_notes(lines: list[Line], *, page: Any, form: Any, placing: Placing) -> list[Line]:  # noqa: ANN401
    """Return the lines of a pypdfium2 page with its fields and notes where they belong.

    What a field holds stands after its label; comments come last. `form` is the document's pypdfium2 form, None where
    it has none.
    """
    found = list(lines)
    known = "".join(line.text for line in lines)
    for note in _notes(page, form=form, placing=placing):
        if not note.is_in_place and note.text in known:
            continue  # the program copied the words that it marks
        for number, text in enumerate(filter(str.strip, note.text.splitlines())):
            line = _line(text, box=note.box, number=number)
            if note.is_in_place:
                found.insert(place_among(line, lines=found), line)
            else:
                found.append(replace(line, is_aside=True))
    return found


def _notes(page: Any, *, form: Any, placing: Placing) -> Iterator[_Note]:  # noqa: ANN401
    import pypdfium2.raw as pdfium

    commented = {
        pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_POLYGON, pdfium.FPDF_ANNOT_POLYLINE, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_INK,
    }  # fmt: skip
    rect = pdfium.FS_RECTF()
    for number in range(min(_MOST, pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        text = ""
        if not pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
            if kind == pdfium.FPDF_ANNOT_WIDGET and form:
                text = _value(annotation, form=form)
            elif kind == pdfium.FPDF_ANNOT_FREETEXT or kind in commented:
                text = _string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
        if text.strip():
            pdfium.FPDFAnnot_GetRect(annotation, rect)
            box = placing.box(rect.left, rect.bottom, rect.right, rect.top)
            yield _Note(text, box, kind not in commented)
        pdfium.FPDFPage_CloseAnnot(annotation)


def _value(annotation: Any, *, form: Any) -> str:  # noqa: ANN401
    """Return what a field of a form shows."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        return _CHECKED if pdfium.FPDFAnnot_IsChecked(form, annotation) else _UNCHECKED
    written = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    if kind not in written or pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
        return ""
    return _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)


def _string(function: Any, *arguments: Any) -> str:  # noqa: ANN401
    """Return the string that a function of pdfium writes into a buffer of UTF-16."""
    import pypdfium2.raw as pdfium

    size = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(size + 2)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\0").replace("\r", "\n")


def _line(text: str, *, box: Box, number: int) -> Line:
    left, top, right, bottom = box
    size = min(_LARGEST, max(1.0, bottom - top))
    width = min(size, max(1.0, right - left) / len(text))
    baseline = bottom - 0.2 * size if bottom - top < 2 * size else top + (number + 1) * 1.2 * size
    chars = [
        Char(char, left + width * index, left + width * (index + 1), baseline, size) for index, char in enumerate(text)
    ]
    return make_line(chars)


def place_among(line: Line, *, lines: list[Line]) -> int:
    """Return where a line belongs: after what stands left of it, or after the last line that stands above it."""
    best, place = float("inf"), 0
    for number, other in enumerate(lines, start=1):
        below = line.bottom - other.bottom
        is_beside = abs(below) < 0.6 * line.size and other.x0 <= line.x0
        distance = line.x0 - other.x0 if is_beside else 10_000 + below
        if (is_beside or below > 0) and distance <= best:
            best, place = distance, number
    return place
