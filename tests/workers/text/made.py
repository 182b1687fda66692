"""Small documents that the tests make themselves, so that they need no files from elsewhere."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage

from workers.sandbox.results import Limits
from workers.text.content import Content

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."


def content(
    data: bytes, declared: str = "application/octet-stream", filename: str = "file", **limits: int
) -> Content:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return Content(file, declared_media_type=declared, filename=filename, limits=Limits(**limits))


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


def docx(body: str, *, main: str = "word/document.xml", doctype: str = "", **parts: str) -> bytes:
    """A Word document of `body` (WordprocessingML) and parts by name: header1, footnotes, comments ..."""
    kinds = {main: "document.main"} | {f"word/{name}.xml": name.rstrip("0123456789") for name in parts}
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{_TYPE}{kind}+xml"/>' for name, kind in kinds.items()
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f"<Types>{types}</Types>",
        main: f'<?xml version="1.0"?>{doctype}<w:document {W}><w:body>{body}</w:body></w:document>',
    }
    for name, text in parts.items():
        members[f"word/{name}.xml"] = f"<w:part {W}>{text}</w:part>"
    return zipped(members)


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def odt(body: str, *, manifest: str = "", styles: str = "") -> bytes:
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    return zipped({
        "mimetype": ODT,
        "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        "content.xml": f"<office:document-content {names}><office:body>{body}</office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {names}>{styles}</office:document-styles>",
    })  # fmt: skip


def eml(*, attachment: tuple[str, bytes] | None = None, html: bool = False) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Bescheid über den Antrag 建築許可"
    message["From"] = "Amt <amt@city.test>"
    message["To"] = "resident@mail.test"
    message["Date"] = "Mon, 02 Mar 2026 09:00:00 +0100"
    message.set_content("The permit is granted.\n")
    if html:
        message.add_alternative("<p>The permit is granted, in HTML.</p>", subtype="html")
    if attachment:
        name, body = attachment
        message.add_attachment(body, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def pdf_file(objects: list[bytes]) -> bytes:
    """A PDF of numbered objects (the first is the catalog), without a table: readers rebuild it."""
    numbered = [b"%d 0 obj\n%s\nendobj\n" % (at, body) for at, body in enumerate(objects, start=1)]
    return b"%PDF-1.4\n" + b"".join(numbered) + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def pdf_with_form(typed: str) -> bytes:
    """One page, whose only text was typed into a form field."""
    look = b"/Tx BMC BT /F1 12 Tf 2 4 Td (" + typed.encode() + b") Tj ET EMC"
    font = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    return pdf_file([
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /DR " + font + b" >> >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Annots [4 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (" + typed.encode() + b") /Rect [20 200 220 220] /F 4"
        b" /P 3 0 R /AP << /N 5 0 R >> >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources " + font
        + b" /Length %d >>\nstream\n%s\nendstream" % (len(look), look),
    ])  # fmt: skip


def pdf_of_pages(count: int) -> bytes:
    """`count` empty pages, all of them the same object's kin, so that 10,000 are still a small file."""
    kids = b" ".join(b"%d 0 R" % (3 + at) for at in range(count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>"
    return pdf_file([b"<< /Type /Catalog /Pages 2 0 R >>",
                     b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids)] + [page] * count)  # fmt: skip


def ole(*names: str) -> bytes:
    """A compound file whose root holds streams of these names, all empty."""
    end, free, none = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<III", header, 44, 1, 1, 0)  # one sector of table, the directory begins in sector 1
    struct.pack_into("<109I", header, 76, 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, *[free] * 126)
    entries = [_entry("Root Entry", 5, child=1)]
    entries += [
        _entry(name, 2, right=at + 2 if at + 1 < len(names) else none) for at, name in enumerate(names)
    ]
    return bytes(header) + table + b"".join(entries).ljust(512, b"\0")


def _entry(name: str, kind: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF) -> bytes:
    raw = name.encode("utf-16-le")
    entry = bytearray(128)
    entry[: len(raw)] = raw
    struct.pack_into("<HBBIII", entry, 64, len(raw) + 2, kind, 1, 0xFFFFFFFF, right, child)
    return bytes(entry)
