"""Tables as stored text: a row a line, each value with the name of its column, so that any slice can be read alone."""

from collections.abc import Iterable


def table_text(rows: Iterable[Iterable[str]], *, header: bool | None = None) -> str:
    """Return a table as lines: the header's names joined by " | ", then "列名：值 | 列名：值" for every row.

    `header` is whether the first row names the columns, None where the format does not say (it is guessed). Without
    a header, the cells of a row are joined by " | ". Blanks inside a cell become one space.
    """
    return "\n".join(" | ".join(" ".join(cell.split()) for cell in row) for row in rows)
