"""A document cut into pieces that fit into a model's context."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.document import WholeDocument, sections, sentences
from rag.errors import ContextTooSmall


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of sentences, and the pages on which its passages begin."""

    text: str
    pages: tuple[int, ...]


def pieces(document: WholeDocument, *, fits: Callable[[str], bool]) -> list[Piece]:
    """Return the text of a document's passages in pieces that fit, as long as may be, each ending with a sentence.

    Where the next section does not fit whole, a piece ends before it if it is at least half full. A sentence that does
    not fit by itself is cut.
    """
    units = list(_units(document))
    made: list[Piece] = []
    at = 0
    while at < len(units):
        end = _furthest(units, at, fits=fits)
        if end == at:
            units[at : at + 1] = _halves(units[at])
            continue
        whole = end
        if end < len(units):
            boundaries = [n for n in range(at + 1, end + 1) if units[n].section != units[n - 1].section]
            if boundaries and _size(units[at : boundaries[-1]]) * 2 >= _size(units[at:end]):
                whole = boundaries[-1]
        made.append(_joined(units[at:whole]))
        at = whole
    return made


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence with what separates it from the one before."""

    text: str
    section: str
    page: int | None


def _units(document: WholeDocument) -> Iterator[_Unit]:
    """Yield every character of the passages, sentence by sentence."""
    for passage, section in zip(document.passages, sections(document.passages), strict=True):
        at = 0
        for _, end in sentences(passage.text):
            yield _Unit(passage.text[at:end], section, passage.page)
            at = end
        yield _Unit(passage.text[at:] + "\n", section, passage.page)


def _furthest(units: Sequence[_Unit], at: int, *, fits: Callable[[str], bool]) -> int:
    """Return the end of the longest run from `at` that fits; a run that fits is found by doubling, then halving."""

    def fit(end: int) -> bool:
        return fits(_joined(units[at:end]).text)

    low, step = at, 1
    while low + step <= len(units) and fit(low + step):
        low, step = low + step, step * 2
    while step := step // 2:
        if low + step <= len(units) and fit(low + step):
            low += step
    return low


def _halves(unit: _Unit) -> list[_Unit]:
    middle = len(unit.text) // 2
    if not middle:
        raise ContextTooSmall("the model's context has no room for a text; raise n_ctx", needed=1, available=0)
    return [replace(unit, text=unit.text[:middle]), replace(unit, text=unit.text[middle:])]


def _joined(units: Sequence[_Unit]) -> Piece:
    pages = dict.fromkeys(unit.page for unit in units if unit.page is not None)
    return Piece("".join(unit.text for unit in units).strip(), tuple(pages))


def _size(units: Sequence[_Unit]) -> int:
    return sum(len(unit.text) for unit in units)
