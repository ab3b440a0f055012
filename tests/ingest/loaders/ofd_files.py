"""Small OFD files by the structure of GB/T 33190-2016; positions are in millimetres."""

import zipfile
from xml.sax.saxutils import escape

NAMESPACE = "http://www.ofdspec.org/2016"


def xml(name, inside, attributes="", namespace=NAMESPACE):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ofd:{name} xmlns:ofd="{namespace}" {attributes}>{inside}</ofd:{name}>'
    )


def text(content, x, y, *, size=4.0, step=None, font=1, extra="", glyphs="", dy=""):
    """Return a text object with its first baseline at (x, y); `step` is its DeltaX."""
    step = f'DeltaX="{step or f"g {max(0, len(content) - 1)} {size}"}"' if step != "" else ""
    return (
        f'<ofd:TextObject ID="9" Boundary="{x} {y - size} 200 {size * 1.5}" Font="{font}" Size="{size}" {extra}>'
        f"{glyphs}"
        f'<ofd:TextCode X="0" Y="{size}" {step} {dy}>{escape(content)}</ofd:TextCode></ofd:TextObject>'
    )


def letters(content, x, y, *, size=4.0):
    """Return text of which each letter is an object of its own, the last one first."""
    objects = [text(char, x + number * size, y, size=size) for number, char in enumerate(content)]
    return "".join(reversed(objects))


def rule(x0, y0, x1, y1):
    return (
        f'<ofd:PathObject ID="8" Boundary="{x0} {y0} {max(x1 - x0, 0.1)} {max(y1 - y0, 0.1)}">'
        f"<ofd:AbbreviatedData>M 0 0 L {x1 - x0} {y1 - y0}</ofd:AbbreviatedData></ofd:PathObject>"
    )


def grid(xs, ys):
    """Return the lines of a table with these edges."""
    level = [rule(xs[0], y, xs[-1], y) for y in ys]
    return "".join(level + [rule(x, ys[0], x, ys[-1]) for x in xs])


def page(body, *, template=None, size=(210, 297), layer=""):
    """Return the content of a page; with a template, that lies below it."""
    use = f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>' if template else ""
    return xml(
        "Page",
        f"<ofd:Area><ofd:PhysicalBox>0 0 {size[0]} {size[1]}</ofd:PhysicalBox></ofd:Area>{use}"
        f'<ofd:Content><ofd:Layer ID="2" {layer}>{body}</ofd:Layer></ofd:Content>',
    )


def write(path, pages, *, templates=(), document="", resources="", parts=None, main=None, folder="Doc_0"):
    """Write an OFD file of one document; `parts` are more files by name."""
    listed = "".join(f'<ofd:Page ID="{100 + n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
    models = "".join(f'<ofd:TemplatePage ID="{500 + n}" BaseLoc="Tpls/{n}.xml"/>' for n in range(len(templates)))
    content = {
        "OFD.xml": main
        or xml(
            "OFD",
            f"<ofd:DocBody><ofd:DocInfo/><ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot></ofd:DocBody>",
            'DocType="OFD" Version="1.0"',
        ),
        f"{folder}/Document.xml": xml(
            "Document",
            "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
            f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{models}</ofd:CommonData>"
            f"<ofd:Pages>{listed}</ofd:Pages>{document}",
        ),
        f"{folder}/PublicRes.xml": xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="1" FontName="宋体"/><ofd:Font ID="2" FontName="黑体"/></ofd:Fonts>' + resources,
            'BaseLoc="Res"',
        ),
    }
    content |= {f"{folder}/Pages/Page_{n}/Content.xml": one for n, one in enumerate(pages)}
    content |= {f"{folder}/Tpls/{n}.xml": one for n, one in enumerate(templates)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (content | (parts or {})).items():
            archive.writestr(name, data)
    return path
