"""PDFs made for the tests: drawn with reportlab, or written out object by object where they are to be wrong."""

import io

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.limits import Limits
from ingest.loaders import pdf
from ingest.workspace import Member, temporary_workspace

WIDTH, HEIGHT = A4
SENTENCE = (
    "员工累计工作满一年不满十年的每年享有五天带薪年休假，"
    "满十年不满二十年的享有十天，满二十年的享有十五天，由部门主管安排。"
)


def new_canvas(**options):
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return Canvas(io.BytesIO(), pagesize=A4, **options)


def parts(path, *, limits=None):
    with temporary_workspace(limits=limits or Limits()) as workspace:
        return list(pdf.load(path, workspace=workspace))


def pages(path, *, limits=None):
    return [part for part in parts(path, limits=limits) if not isinstance(part, Member)]


def read(canvas, tmp_path, *, limits=None):
    (tmp_path / "a.pdf").write_bytes(canvas.getpdfdata())
    return pages(tmp_path / "a.pdf", limits=limits)


def write(canvas, text, *, x=60, y, size=10.5):
    canvas.setFont("STSong-Light", size)
    canvas.drawString(x, HEIGHT - y, text)


def paragraph(canvas, text, *, y, x=60, letters=40):
    """Write `text` with an indent of two letters; return the y below it."""
    lines = [text[: letters - 2]] + [text[at : at + letters] for at in range(letters - 2, len(text), letters)]
    for number, line in enumerate(lines):
        write(canvas, line, x=x + (21 if number == 0 else 0), y=y)
        y += 17
    return y


def table(canvas, rows, *, y, widths=(100, 200, 120)):
    xs = [60 + sum(widths[:number]) for number in range(len(widths) + 1)]
    ys = [HEIGHT - y - 24 * number for number in range(len(rows) + 1)]
    canvas.grid(xs, ys)
    for number, row in enumerate(rows):
        for x, text in zip(xs, row, strict=False):
            write(canvas, text, x=x + 4, y=y + 24 * number + 16)


def scan(canvas):
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)
    canvas.showPage()


PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
CONTENT = b"BT /F1 12 Tf 60 700 Td (The annual leave is five days for every employee.) Tj ET"


def stream(data, entries=b""):
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def raw_pdf(objects=None, *, catalog=b"", pages=PAGES, page=b"", xref=True):
    """Return a PDF of one page; `objects` replaces its objects by number (4 is the content, 5 the font)."""
    numbered = {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        2: pages,
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
        4: stream(CONTENT),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        **(objects or {}),
    }
    out, offsets = b"%PDF-1.7\n", {}
    for number, body in numbered.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    if not xref:
        return out
    size = max(numbered) + 1
    rows = b"".join(
        b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 65535 f \n"
        for number in range(1, size)
    )
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + head + rows + tail


def to_unicode(first):
    """Return a font whose map says that the printable ASCII characters are those from `first` on (four hex digits)."""
    head = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF> "
    cmap = head + b"endcodespacerange 1 beginbfrange <20> <7E> <%s> endbfrange endcmap end end" % first
    return {5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>", 6: stream(cmap)}
