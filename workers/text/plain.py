"""Bytes to characters, and plain text."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from workers.text.content import Content
from workers.text.writer import Writer

_SAMPLE_BYTES = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Escapes of ISO 2022-JP (RFC 1468): seven-bit bytes, which would pass for UTF-8.
_JAPANESE_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
_HIGH = re.compile(rb"[\x80-\xff]")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n|\r\n[ \t]*\r\n|\x0c")


def write(content: Content, writer: Writer) -> int:
    """Write the text in chunks; returns their number."""
    needed = 4 * content.limits.text_chars_max  # no encoding takes more bytes for a character
    if content.size > needed:
        writer.truncated_by = "text_chars_max"
    return write_text(decoded(content.data[:needed]), writer)


def write_text(text: str, writer: Writer) -> int:
    """Write a string in chunks, cut between paragraphs; returns their number."""
    for paragraph in _PARAGRAPH_END.split(text):
        if writer.full:
            break
        writer.paragraph(paragraph + "\n")
    writer.flush()
    return len(writer.pages)


def decoded(data: bytes, declared: str = "") -> str:
    """The characters of `data`. A byte order mark and UTF-8 are certain; then the declared encoding; else a guess."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if _JAPANESE_ESCAPES.search(data[:_SAMPLE_BYTES]):
        return data.decode("iso2022_jp_2", "replace")
    if utf16 := utf16_without_mark(data):
        return data.decode(utf16, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return data.decode(known(declared) or _guessed(data), "replace")


def known(label: str) -> str:
    """The codec of a label on the web, as browsers read it (WHATWG Encoding, 4.2); empty when there is none."""
    label = label.strip().lower().replace("_", "-")
    wider = {
        "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
        "gb2312": "gb18030", "gbk": "gb18030", "shift-jis": "cp932", "sjis": "cp932", "ks-c-5601-1987": "cp949",
        "euc-kr": "cp949", "iso-8859-9": "cp1254",
    }  # fmt: skip
    try:
        codec = codecs.lookup(wider.get(label, label))
    except (LookupError, ValueError):
        return ""
    # Python has codecs that are no encodings of text (zip, hex, rot13); they must not run on what people send.
    return codec.name if codec._is_text_encoding else ""  # type: ignore[attr-defined]


def utf16_without_mark(data: bytes) -> str:
    """`utf-16-le` or `utf-16-be` when every other byte is nearly always zero (Latin text), else empty."""
    sample = data[:4096]
    half = len(sample) // 2
    if half < 4:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.6 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.6 and odd < half * 0.05 else ""


def _guessed(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    if len(data) > _SAMPLE_BYTES:  # a character cut in half would rule out the right answer
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    # With few bytes above 127 there is nothing to count by, and Western European is what offices have.
    if len(_HIGH.findall(sample)) < max(8, len(sample) * 0.08):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    return best.encoding if best else "cp1252"
