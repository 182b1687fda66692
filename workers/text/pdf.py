"""Text of a PDF, page by page, by pdfium."""

from __future__ import annotations

import ctypes
import re

import pypdfium2  # pyright: ignore[reportMissingTypeStubs]
import pypdfium2.raw as pdfium  # pyright: ignore[reportMissingTypeStubs]

from workers.text.content import Content, Locked, Unreadable
from workers.text.writer import Writer

_LOCKED = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
# pdfium writes a hyphen at a line's end as U+FFFE (older: U+0002). Joined, the word can be found.
_HYPHENATED = re.compile("[\ufffe\x02]\r?\n?")


def write(content: Content, writer: Writer) -> int:
    """Write one page of text for each page of the PDF; returns the number of pages it has."""
    memory = (ctypes.c_char * content.size).from_buffer(content.data)
    try:
        document = pypdfium2.PdfDocument(memory)
    except pypdfium2.PdfiumError as error:
        if error.err_code in _LOCKED:  # pyright: ignore[reportUnknownMemberType]
            raise Locked("the PDF opens with a password only") from None
        raise Unreadable("not a PDF that can be opened") from None
    count = len(document)
    broken = 0
    for number in range(count):
        if writer.full:
            break
        try:
            writer.page(_text_of(document, number))
        except pypdfium2.PdfiumError:
            broken += 1
            writer.page("")
    if broken and broken == len(writer.pages):
        raise Unreadable("no page of the PDF can be read")
    return count


def _text_of(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    # What people typed into a form, and notes stamped on the page, are annotations and not text of the page until
    # they are flattened into it (in memory only). A page loaded before does not show it.
    if pdfium.FPDFPage_GetAnnotCount(page) > 0:
        flattened = pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS
        if flattened:
            page.close()
            page = document[number]
    text = page.get_textpage()
    try:
        return _HYPHENATED.sub("", text.get_text_range())
    finally:
        text.close()
        page.close()
