"""Small real PDFs for the demo and for tests, written by hand so that nothing needs a PDF library."""

from __future__ import annotations

import textwrap
import unicodedata
import zlib

# A4 in points, one column of Helvetica. The widest average of English text is about half the size of the font.
_WIDTH, _HEIGHT, _MARGIN = 595, 842, 72
_SIZE, _LEADING = 11, 15
_COLUMNS = 92
_LINES = (_HEIGHT - 2 * _MARGIN - 60) // _LEADING


def pdf(title: str, paragraphs: list[str]) -> bytes:
    """A PDF 1.4 file of `title` and `paragraphs` over as many A4 pages as they need, with text that can be
    searched and copied. Outside Windows-1252 letters lose their marks, and the rest becomes `?`. The same input gives
    the same bytes.
    """
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [*textwrap.wrap(paragraph, _COLUMNS), ""]
    pages = [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)] or [[]]

    # Objects 1 to 4 are catalog, page tree, font and information; then two for each page.
    numbers = [5 + 2 * at for at in range(len(pages))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % number for number in numbers)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title %s /Producer (Casewire) >>" % _string(title),
    ]
    for at, page in enumerate(pages):
        content = zlib.compress(_page(title if at == 0 else "", page, f"{at + 1} / {len(pages)}"))
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (_WIDTH, _HEIGHT, numbers[at] + 1),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return _file(objects)


def _page(title: str, lines: list[str], footer: str) -> bytes:
    top = _HEIGHT - _MARGIN
    parts: list[bytes] = []
    if title:
        parts.append(b"BT /F1 16 Tf 20 TL %d %d Td" % (_MARGIN, top))
        parts += [_string(line) + b" Tj T*" for line in textwrap.wrap(title, 60)[:3]]
        parts.append(b"ET")
    parts.append(b"BT /F1 %d Tf %d TL %d %d Td" % (_SIZE, _LEADING, _MARGIN, top - 60))
    parts += [_string(line) + b" Tj T*" if line else b"T*" for line in lines]
    parts.append(b"ET BT /F1 8 Tf %d 40 Td %s Tj ET" % (_MARGIN, _string(footer)))
    return b"\n".join(parts)


def _string(text: str) -> bytes:
    raw = b"".join(_latin(character) for character in " ".join(text.split()))
    return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _latin(character: str) -> bytes:
    """The character in Windows-1252, else without its marks (ś as s), else `?`."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKD", character).encode("ascii", "ignore") or b"?"


def _file(objects: list[bytes]) -> bytes:
    """Number the objects, and write the table of where each one stands (ISO 32000-1, 7.5.4)."""
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(out)
