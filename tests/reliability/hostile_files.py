"""Files as strangers, broken disks and attackers make them, built byte by byte."""

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw, ImageFont

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(members, *, compression=zipfile.ZIP_DEFLATED):
    """Return a zip of names (or ZipInfos) with their bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def office(part, xml, kind, extra=()):
    """Return an Office file with one part."""
    folder, _, base = part.rpartition("/")
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/></Types>'
    )
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument"'
        f' Target="{part}"/></Relationships>'
    )
    members = [("[Content_Types].xml", types), ("_rels/.rels", links), (part, xml)]
    if not any(name == f"{folder}/_rels/{base}.rels" for name, _ in extra):
        members.append((f"{folder}/_rels/{base}.rels", f'<Relationships xmlns="{_PACKAGE}/relationships"/>'))
    return zipped([*members, *extra])


def docx(body, *, head="", extra=()):
    """Return a Word file whose body is the given XML; `head` comes before the root element."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>{head}<w:document {W}><w:body>{body}</w:body></w:document>'
    return office("word/document.xml", xml, "wordprocessingml.document.main", extra)


def paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(strings, *, head=""):
    """Return an Excel file whose only cell shows the first of the shared strings."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = (
        f'<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    )
    shared = f'{head}<sst xmlns="{main}" count="1" uniqueCount="1"><si><t>{strings}</t></si></sst>'
    links = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    book = (
        f'<workbook xmlns="{main}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>'
    )
    extra = [
        ("xl/_rels/workbook.xml.rels", links), ("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", shared),
    ]  # fmt: skip
    return office("xl/workbook.xml", book, "spreadsheetml.sheet.main", extra)


def odt(body, *, head=""):
    office_ns = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    text_ns = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    content = (
        f'{head}<office:document-content xmlns:office="{office_ns}" xmlns:text="{text_ns}" office:version="1.3">'
        f"<office:body><office:text><text:p>{body}</text:p></office:text></office:body></office:document-content>"
    )
    return zipped([("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content)])


def pdf(objects, *, trailer=b""):
    """Return a PDF of the given objects (number: content without obj/endobj); object 1 is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, content in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    at = len(out)
    size = max(objects) + 1
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, at)
    return bytes(out)


def stream(data, *, deflated=0, entries=b""):
    """Return a stream object, compressed as many times as told."""
    for _ in range(deflated):
        data = zlib.compress(data, 9)
    filters = b"/Filter[%s]" % (b"/FlateDecode" * deflated) if deflated else b""
    return b"<</Length %d%s%s>>\nstream\n%s\nendstream" % (len(data), filters, entries, data)


def page_pdf(content, *, catalog=b"", page=b"", font=b"", more=None):
    """Return a PDF of one page with the content stream given as an object, and Helvetica as /F1."""
    return pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>%s>>" % page,
            4: content,
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding%s>>" % font,
            **(more or {}),
        }
    )


def shown(*lines, size=12):
    """Return a content stream that shows lines of ASCII text."""
    body = b" T* ".join(b"(%s) Tj" % line.encode() for line in lines)
    return stream(b"BT /F1 %d Tf 16 TL 60 760 Td %s ET" % (size, body))


def picture(text, *, size=(1000, 200)):
    """Return a picture of a line of Latin text."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((40, 60), text, fill="black", font=ImageFont.load_default(60))
    return image


def png(text):
    out = io.BytesIO()
    picture(text).save(out, "PNG")
    return out.getvalue()


def ole(streams):
    """Return an OLE container with the named streams in its root."""
    padded = {name: data.ljust(max(4096, -(-len(data) // 512) * 512), b"\0") for name, data in streams.items()}
    first = 1 + -(-(len(padded) + 1) // 4)  # sector 0 is the allocation table, the directory follows
    table = [0xFFFFFFFD, *(number + 1 for number in range(1, first))]
    table[-1] = 0xFFFFFFFE
    entries = [_entry("Root Entry", kind=5, child=1)]
    body = b""
    for number, (name, data) in enumerate(padded.items(), start=1):
        right = number + 1 if number < len(padded) else 0xFFFFFFFF
        entries.append(_entry(name, kind=2, right=right, start=len(table), size=len(data)))
        table += [len(table) + at for at in range(1, len(data) // 512)] + [0xFFFFFFFE]
        body += data
    directory = b"".join(entries).ljust((first - 1) * 512, b"\0")
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + fat + directory + body


def _entry(name, *, kind, child=0xFFFFFFFF, right=0xFFFFFFFF, start=0, size=0):
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, right, child)
        + bytes(36)
        + struct.pack("<IQ", 0xFFFFFFFE if kind == 5 else start, size)
    )
