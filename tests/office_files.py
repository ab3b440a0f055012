"""Office files made part by part, as no library would write them."""

import re
import subprocess
import zipfile

from ingest.office import libreoffice

_SCHEMAS = "http://schemas.openxmlformats.org"
NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": f"{_SCHEMAS}/wordprocessingml/2006/main",
        "p": f"{_SCHEMAS}/presentationml/2006/main",
        "a": f"{_SCHEMAS}/drawingml/2006/main",
        "c": f"{_SCHEMAS}/drawingml/2006/chart",
        "dgm": f"{_SCHEMAS}/drawingml/2006/diagram",
        "wp": f"{_SCHEMAS}/drawingml/2006/wordprocessingDrawing",
        "r": f"{_SCHEMAS}/officeDocument/2006/relationships",
        "m": f"{_SCHEMAS}/officeDocument/2006/math",
        "mc": f"{_SCHEMAS}/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
ODF_NAMES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in {
            "office": "office",
            "style": "style",
            "text": "text",
            "table": "table",
            "draw": "drawing",
            "presentation": "presentation",
            "svg": "svg-compatible",
            "chart": "chart",
            "manifest": "manifest",
        }.items()
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(content, properties=""):
    text = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{properties}</w:pPr>{text}</w:p>"


def table(*rows, header=0):
    """A table of paragraphs; a cell may be a tuple of its text and its properties."""
    lines = []
    for number, row in enumerate(rows):
        mark = "<w:trPr><w:tblHeader/></w:trPr>" if number < header else ""
        cells = [cell if isinstance(cell, tuple) else (cell, "") for cell in row]
        lines.append(f"<w:tr>{mark}" + "".join(
            f"<w:tc><w:tcPr>{more}</w:tcPr>{text if text.startswith('<') else para(text)}</w:tc>"
            for text, more in cells
        ) + "</w:tr>")  # fmt: skip
    return f"<w:tbl>{''.join(lines)}</w:tbl>"


def write_docx(path, body, **parts):
    """Write a Word file; `parts` are further ones by their kind (styles, footnotes, chart, image), id = kind."""
    files = {"word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"}
    for kind, content in parts.items():
        files[f"word/{kind}.xml"] = with_names(content)
    _write(path, files, main="word/document.xml", refers={"word/document.xml": {kind: f"{kind}.xml" for kind in parts}})


def write_pptx(path, *slides, parts=None):
    """Write a PowerPoint file of slides, each the XML of its shapes; `parts` are the first slide's, by their kind."""
    files = {"ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>" + "".join(
        f'<p:sldId r:id="slide{number}"/>' for number in range(len(slides))
    ) + "</p:sldIdLst></p:presentation>"}  # fmt: skip
    for number, shapes in enumerate(slides):
        # The names of the parts say nothing about the order.
        files[f"ppt/slides/slide{len(slides) - number}.xml"] = (
            f"<p:sld {NAMES}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        )
    for kind, content in (parts or {}).items():
        files[f"ppt/{kind}.xml"] = with_names(content)
    refers = {
        "ppt/presentation.xml": {
            f"slide{number}": f"slides/slide{len(slides) - number}.xml" for number in range(len(slides))
        },
        f"ppt/slides/slide{len(slides)}.xml": {kind: f"../{kind}.xml" for kind in parts or {}},
    }
    _write(path, files, main="ppt/presentation.xml", refers=refers)


def write_odf(path, kind, body, *, styles="", **parts):
    """Write an OpenDocument file; `kind` is text or presentation, `parts` are further ones, "/" written as "__"."""
    content = (
        f"<office:document-content {ODF_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", content)
        for name, text in parts.items():
            archive.writestr(f"{name.replace('__', '/')}.xml", re.sub(r"(<[\w:-]+)", rf"\1 {ODF_NAMES}", text, count=1))


def write_flat_odf(path, kind, body):
    """Write an OpenDocument file that is one XML file, which LibreOffice opens."""
    kind_name = f"application/vnd.oasis.opendocument.{kind}"
    master = '<style:page-layout style:name="L"/>', '<style:master-page style:name="M" style:page-layout-name="L"/>'
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<office:document {ODF_NAMES} office:version="1.3" office:mimetype="{kind_name}">'
        f"<office:automatic-styles>{master[0]}</office:automatic-styles>"
        f"<office:master-styles>{master[1]}</office:master-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>",
        encoding="utf-8",
    )


def save_as(suffix, path):
    """Let LibreOffice save a file in another format beside it; return that one."""
    profile = path.with_suffix(".profile").as_uri()
    subprocess.run(
        [libreoffice.program(), f"-env:UserInstallation={profile}", "--headless", "--convert-to", suffix,
         "--outdir", path.parent, path],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return path.with_suffix(f".{suffix}")


def with_names(content):
    """Put the names of the namespaces into the first element."""
    return re.sub(r"(<[\w:]+)", rf"\1 {NAMES}", content, count=1)


def _write(path, files, *, main, refers):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", _relations({"officeDocument": main}))
        for name, content in files.items():
            archive.writestr(name, content)
        for name, targets in refers.items():
            folder, _, last = name.rpartition("/")
            archive.writestr(f"{folder}/_rels/{last}.rels", _relations(targets))


def _relations(targets):
    kinds = {name: re.sub(r"\d+$", "", name) for name in targets}
    return f'<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">' + "".join(
        f'<Relationship Id="{name}" Target="{target}"'
        f' Type="{_SCHEMAS}/officeDocument/2006/relationships/{kinds[name]}"/>'
        for name, target in targets.items()
    ) + "</Relationships>"  # fmt: skip
