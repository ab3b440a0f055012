"""The tables that straight lines in a picture make; the grid comes from pdfplumber."""

from collections.abc import Iterable

from ingest.ocr.rules import Rule
from ingest.pdf.tables import Table

_SNAP = 4.0  # points within which lines count as meeting: those of a scan bend and fray


def tables(rules: Iterable[Rule], *, scale: float) -> list[Table]:
    """Return the tables of two rows and two columns at least, in points; `scale` is points per pixel."""
    edges = [_edge(*(scale * place for place in rule)) for rule in rules]
    if len(edges) < 6:
        return []
    from pdfplumber import table as plumber

    merged = plumber.merge_edges(edges, _SNAP, _SNAP, _SNAP, _SNAP)
    crossings = plumber.edges_to_intersections(merged, _SNAP, _SNAP)
    grids = plumber.cells_to_tables(plumber.intersections_to_cells(crossings))
    return [_table(cells) for cells in grids if len({cell[0] for cell in cells}) > 1 < len({cell[1] for cell in cells})]


def _edge(x0: float, top: float, x1: float, bottom: float) -> dict[str, object]:
    """Return a line in pdfplumber's form."""
    return {
        "x0": x0, "x1": x1, "top": top, "bottom": bottom, "width": x1 - x0, "height": bottom - top,
        "orientation": "h" if x1 - x0 > bottom - top else "v",
    }  # fmt: skip


def _table(cells: list[tuple[float, float, float, float]]) -> Table:
    lefts, tops, rights, bottoms = zip(*cells, strict=True)
    return Table((min(lefts), min(tops), max(rights), max(bottoms)), tuple(sorted(cells, key=lambda cell: cell[1::-1])))
