"""What a file is, by its bytes; whether that is what its uploader said; whether it may enter at all."""

from __future__ import annotations

import re
import struct
from importlib import import_module
from typing import Any
from zipfile import BadZipFile, ZipFile

from workers.sandbox import ole
from workers.sandbox.results import Identified
from workers.text.content import Content, Unreadable
from workers.text.eml import attachments
from workers.text.plain import utf16_without_mark

_puremagic: Any = import_module("puremagic")  # it has no types

UNKNOWN = "application/octet-stream"
_OOXML = "application/vnd.openxmlformats-officedocument."

# Main part of an OOXML package, by the end of its content type.
_PACKAGES = {
    "wordprocessingml.document.main+xml": _OOXML + "wordprocessingml.document",
    "wordprocessingml.template.main+xml": _OOXML + "wordprocessingml.template",
    "ms-word.document.macroEnabled.main+xml": "application/vnd.ms-word.document.macroenabled.12",
    "spreadsheetml.sheet.main+xml": _OOXML + "spreadsheetml.sheet",
    "ms-excel.sheet.macroEnabled.main+xml": "application/vnd.ms-excel.sheet.macroenabled.12",
    "ms-excel.sheet.binary.macroEnabled.main": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "presentationml.presentation.main+xml": _OOXML + "presentationml.presentation",
    "presentationml.slideshow.main+xml": _OOXML + "presentationml.slideshow",
}
_OLE = (
    ("EncryptedPackage", "application/encrypted"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)

# Pairs that are no news: found → also declared as. An empty type and octet-stream claim nothing.
_CLAIMS_NOTHING = frozenset({"", UNKNOWN, "application/x-download", "binary/octet-stream"})
_OFFICE = ("application/msword", "application/vnd.ms-", _OOXML, "application/vnd.oasis.opendocument.")
_TOLERATED = {
    # Windows with Excel installed calls a .csv a spreadsheet.
    "text/plain": ("text/", "application/json", "application/xml", "application/x-", "application/csv",
                   "application/rtf", "application/vnd.ms-excel", "message/rfc822", "application/sql"),
    "text/html": ("text/plain", "application/xhtml+xml", "text/x-", "text/markdown"),
    "application/xml": ("text/", "application/x", "application/atom+xml", "application/rss+xml", "image/svg+xml"),
    "application/x-empty": ("",),
    "message/rfc822": ("text/plain", "application/x-eml", "message/"),
    "application/rtf": ("text/rtf", "text/richtext", "application/x-rtf", "application/msword", "text/plain"),
    "application/zip": ("application/x-zip", "application/vnd.", "application/epub+zip"),
    "application/encrypted": (*_OFFICE,),
    "application/x-ole-storage": (*_OFFICE,),
    "application/pdf": ("application/x-pdf", "application/acrobat", "text/pdf"),
    "application/mbox": ("text/plain", "message/rfc822"),
    "image/jpeg": ("image/jpg", "image/pjpeg"),
}  # fmt: skip

_SCRIPTABLE = ("text/", "image/svg+xml", "application/xml", "message/rfc822")
_DRESSES = ("application/pdf", *_OFFICE, "image/", "audio/", "video/")
_RECOGNISED = (
    "application/pdf",
    *_OFFICE,
    "application/zip",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/tiff",
)

# EICAR's test file: what every virus scanner must report (eicar.org). Split, so that this file is not reported.
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_MACH_O = tuple(
    bytes.fromhex(magic) for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe")
)
_PEEK_BYTES = 4096
_ZIP_PEEKS_MAX = 2_000

_HTML_NAMES = ("htm", "html", "xhtml")
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_MARKUP = re.compile(rb"\s*<(?:script|iframe|meta|title|table|div|p|h[1-6]|span|style|center|font)\b", re.I)
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,60}):(?: |\t|\r?\n[ \t])")
_MAIL = frozenset(
    b"from to cc subject date message-id mime-version received return-path delivered-to reply-to sender "
    b"content-type content-transfer-encoding in-reply-to references dkim-signature x-mailer".split()
)
_TEXT_CONTROLS = frozenset(b"\t\n\x0b\x0c\r\x1b")


def identify(content: Content) -> Identified:
    """Type, verdict and reason. Never raises for what a file may hold."""
    start = content.data[:_PEEK_BYTES]
    if danger := _danger(start, content.data[: 2**20]):
        return Identified(UNKNOWN, "refused", danger, mismatch=False)
    if content.data.find(_EICAR, 0) >= 0:
        return Identified(UNKNOWN, "refused", "EICAR test file", mismatch=False)
    found = _kind(content, start)
    mismatch = not tolerated(content.declared, found)
    why = f"declared as {content.declared[:100]}, found {found}" if mismatch else ""
    if danger := _danger_inside(content, found):
        return Identified(found, "refused", danger, mismatch)
    # Markup or a script in the dress of a document is what a browser or a person is meant to be tricked by. One
    # kind of document in the dress of another is a wrong extension: reported, no more.
    if mismatch and found.startswith(_SCRIPTABLE) and content.declared.startswith(_DRESSES):
        return Identified(found, "refused", why, mismatch)
    return Identified(found, "clean", why, mismatch)


def tolerated(declared: str, found: str) -> bool:
    """Whether a file found to be `found` may well be declared as `declared`."""
    if found == UNKNOWN:  # only of kinds that are always recognised is it known what it is not
        return not declared.startswith(_RECOGNISED)
    return (
        declared in _CLAIMS_NOTHING
        or _registered(declared) == _registered(found)
        or any(declared.startswith(start) for start in _TOLERATED.get(found, ()))
    )


def _registered(media_type: str) -> str:
    """Without the prefixes that the same type bears in one table and not in another."""
    return re.sub(r"/(?:x-|vnd\.)", "/", media_type)


def _danger(start: bytes, more: bytes = b"") -> str:
    """Which program the bytes begin, in words; empty for none."""
    if start.startswith(b"MZ"):
        at = struct.unpack_from("<I", start, 60)[0] if len(start) >= 64 else 0
        if (more or start)[at : at + 4] == b"PE\0\0" or b"\0" in start[2:64]:
            return "a Windows program"
    if start.startswith(b"\x7fELF"):
        return "a Linux program"
    if start.startswith(_MACH_O) and len(start) > 8:
        return "a macOS or Java program"
    if start.startswith(_EICAR):
        return "EICAR test file"
    return ""


def _danger_inside(content: Content, found: str) -> str:
    try:
        if found == "message/rfc822":
            for part in attachments(content.message):
                data = part.get_payload(decode=True)
                if isinstance(data, bytes) and (danger := _danger(data[:_PEEK_BYTES], data[: 2**20])):
                    return f"an attachment is {danger}"
        elif content.data[:4] == b"PK\3\4":
            for info in content.archive.infolist()[:_ZIP_PEEKS_MAX]:
                if content.late():
                    break
                if not info.flag_bits & 1 and (danger := _danger(_peek(content.archive, info.filename))):
                    return f"a member of the container is {danger}"
    except Unreadable:
        pass  # the reader of its kind will say so
    return ""


def _peek(archive: ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as member:
            return member.read(_PEEK_BYTES)
    except (
        Exception
    ):  # zipfile meets damage with a dozen kinds of error, and nothing runs out of such a member
        return b""


def _kind(content: Content, start: bytes) -> str:
    if not start:
        return "application/x-empty"
    # Readers accept the header anywhere in the first 1024 bytes (ISO 32000-1, annex H), so bytes may precede it;
    # but not a script's, which would make one file two programs.
    at = start[:1024].find(b"%PDF-")
    before = start[: max(at, 0)].lstrip(b"\xef\xbb\xbf \t\r\n")
    junk = content.declared == "application/pdf" or not _is_text(before)
    if at >= 0 and (not before or (junk and not before.startswith((b"#!", b"<")))):
        return "application/pdf"
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        return _container(content)
    if start.startswith(ole.MAGIC):
        names = ole.root_names(content)
        return next((kind for name, kind in _OLE if name in names), "application/x-ole-storage")
    if start.startswith(b"{\\rtf"):
        return "application/rtf"
    if _is_text(content.data[: 2**16]):
        return _text(content, start.lstrip(b"\xef\xbb\xbf"))
    return _by_magic(start)


def _container(content: Content) -> str:
    try:
        names = set(content.archive.namelist())
        if "mimetype" in names:
            declared = content.archive.open("mimetype").read(100).decode("ascii", "replace").strip()
            if re.fullmatch(r"application/[a-z0-9.+-]{3,80}", declared):
                return declared
        if "[Content_Types].xml" in names:
            types = content.archive.open("[Content_Types].xml").read(2**20).decode("utf-8", "replace")
            return next((kind for end, kind in _PACKAGES.items() if end + '"' in types), "application/zip")
    except (Unreadable, BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError):
        pass
    return _cut_short(content)


def _cut_short(content: Content) -> str:
    """A zip without its directory at the end (a broken upload) still shows the names of its members."""
    start = content.data[:_PEEK_BYTES]
    if start[30:38] == b"mimetype" and (named := re.match(rb"application/[a-z0-9.+-]{3,80}", start[38:])):
        return named[0].decode("ascii").removesuffix("PK")
    if b"[Content_Types].xml" in start or b"_rels/.rels" in start:
        for folder, kind in ((b"word/", "wordprocessingml.document"), (b"xl/", "spreadsheetml.sheet"),
                             (b"ppt/", "presentationml.presentation")):  # fmt: skip
            if content.data.find(folder, 0) >= 0:  # a map searches from where it was read last
                return _OOXML + kind
    return "application/zip"


def _is_text(sample: bytes) -> bool:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or utf16_without_mark(sample):
        return True
    if b"\0" in sample:
        return False
    controls = sum(1 for byte in sample if byte < 32 and byte not in _TEXT_CONTROLS)
    return controls <= len(sample) // 200


def _text(content: Content, start: bytes) -> str:
    """Text has no magic numbers: the first lines tell, and between kinds of text the claim may tip the scale."""
    if _HTML.match(start):
        return "text/html"
    if re.match(
        rb"\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE svg.*?>\s*)*<(?:svg:)?svg[\s>]", start, re.S
    ):
        return "image/svg+xml"
    if start.lstrip()[:5] == b"<?xml":
        return "application/xml"
    if start.startswith(b"From ") and _headers(start.partition(b"\n")[2]) >= 2:
        return "application/mbox"
    names = _headers(start)
    if names >= 3 or (names >= 1 and (content.declared == "message/rfc822" or content.extension == "eml")):
        return "message/rfc822"
    claims_html = (
        content.declared in ("text/html", "application/xhtml+xml") or content.extension in _HTML_NAMES
    )
    if _MARKUP.match(start) and (claims_html or not content.declared.startswith("text/")):
        return "text/html"
    return "text/plain"


def _headers(start: bytes) -> int:
    """How many well-known mail headers (RFC 5322) the unbroken block at the beginning holds."""
    known = 0
    for line in start.splitlines():
        if line[:1] in (b" ", b"\t"):
            continue
        header = _HEADER.match(line + b"\n ")
        if header is None:
            break
        known += header[1].lower() in _MAIL
    return known


def _by_magic(start: bytes) -> str:
    try:
        best: list[Any] = _puremagic.magic_string(start)
    except (_puremagic.PureError, ValueError, IndexError):
        return UNKNOWN
    likely = (str(match.mime_type) for match in best if match.mime_type and match.confidence >= 0.3)
    return next(likely, UNKNOWN)
