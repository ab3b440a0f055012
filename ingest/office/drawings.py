"""Text of the drawings that Office files keep in parts of their own: charts and SmartArt."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingest.blocks import Block
from ingest.office.ooxml import RELATIONS, Relation, part_xml
from ingest.tables.rows import table_text
from ingest.zip_package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
CHART = _C + "chart"
DIAGRAM = _DIAGRAM + "relIds"

_ALT_NOISE = re.compile(r"自动生成|自動產生|automatically generated|\.(?:jpe?g|png|gif|bmp|emf|wmf|tiff?|webp)\b", re.I)
_CHINESE = re.compile("[\u3400-\u9fff]")
_NO_NODES = ("pres", "parTrans", "sibTrans")


def drawing_blocks(reference: "_Element", *, package: Package, relations: Mapping[str, Relation]) -> list[Block]:
    """Return the text of the chart or SmartArt that a drawing refers to; nothing where its part is missing."""
    link = reference.get(RELATIONS + ("id" if reference.tag == CHART else "dm"), "")
    relation = relations.get(link)
    if relation is None or relation.external or relation.target not in package.names:
        return []
    root = part_xml(package, relation.target)
    return _chart(root) if reference.tag == CHART else [Block("\n".join(_nodes(root)))]


def description(picture: "_Element") -> str:
    """Return a picture's description, "" where nobody has written one."""
    text: str = picture.get("descr", "").strip()
    return text if is_description(text) else ""


def is_description(text: str) -> bool:
    """Tell a description that somebody has written from the file names and guesses that programs put in."""
    return bool(_CHINESE.search(text)) and not _ALT_NOISE.search(text)


def _chart(root: "_Element") -> list[Block]:
    """Return a chart's titles, and its values as a table: a row for each category, a column for each series."""
    titles = [text for title in root.iter(_C + "title") if (text := _text(title))]
    columns = [("", _categories(root))]
    for series in root.iter(_C + "ser"):
        name = series.find(_C + "tx")
        values = series.find(_C + "val")
        points = series.find(_C + "yVal") if values is None else values
        columns.append(("" if name is None else _label(name), {} if points is None else _points(points)))
    indices = sorted({index for _, points in columns for index in points})
    rows = [[name for name, _ in columns], *([points.get(index, "") for _, points in columns] for index in indices)]
    return [Block("\n".join(titles)), Block(table_text(rows, header=True) if indices else "")]


def _categories(root: "_Element") -> dict[int, str]:
    for tag in ("cat", "xVal"):
        for element in root.iter(_C + tag):
            levels = list(element.iter(_C + "lvl"))
            if not levels:
                return _points(element)
            # Innermost first; an outer name stands once, at the first of those that it is above.
            names = _points(levels[0])
            for outer in map(_points, levels[1:]):
                above = ""
                for index in sorted(names):
                    above = outer.get(index, above)
                    names[index] = f"{above} {names[index]}".strip()
            return names
    return {}


def _points(parent: "_Element") -> dict[int, str]:
    points = {}
    for point in parent.iter(_C + "pt"):
        index = point.get("idx", "")
        if index.isdecimal():
            points[int(index)] = _rounded(point.findtext(_C + "v") or "")
    return points


def _rounded(value: str) -> str:
    """Return a number without the noise of its binary form (0.30000000000000004), all else as it is."""
    try:
        return f"{float(value):.12g}" if "." in value else value
    except ValueError:
        return value


def _label(name: "_Element") -> str:
    return " ".join(text.strip() for value in name.iter(_C + "v") if (text := value.text or "")) or _text(name)


def _text(element: "_Element") -> str:
    paragraphs = ("".join(text.text or "" for text in paragraph.iter(A + "t")) for paragraph in element.iter(A + "p"))
    return " ".join(text.strip() for text in paragraphs if text.strip())


def _nodes(root: "_Element") -> list[str]:
    """Return the texts of a SmartArt drawing, each node before those below it."""
    texts = {
        point.get("modelId", ""): _text(point)
        for point in root.iter(_DIAGRAM + "pt")
        if point.get("type", "node") not in _NO_NODES
    }
    below: dict[str, list[tuple[int, str]]] = {}
    for link in root.iter(_DIAGRAM + "cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            below.setdefault(link.get("srcId", ""), []).append(
                (int(order) if order.isdecimal() else 0, link.get("destId", ""))
            )
    targets = {node for nodes in below.values() for _, node in nodes}
    ordered: dict[str, None] = {}
    stack = [node for node in reversed(texts) if node not in targets]
    while stack:
        node = stack.pop()
        if node not in ordered:
            ordered[node] = None
            stack += [child for _, child in sorted(below.get(node, []), reverse=True)]
    ordered.update(dict.fromkeys(texts))  # nodes in a ring have no first one
    return [texts[node] for node in ordered if texts.get(node)]
