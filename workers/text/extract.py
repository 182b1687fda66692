"""Text of a document whose kind is known: which module reads which media type, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable

from workers.sandbox.results import Extracted
from workers.text import docx, eml, html, odt, pdf, plain
from workers.text.content import Content, Locked, Unreadable
from workers.text.writer import Writer

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
READERS: dict[str, Callable[[Content, Writer], int]] = {
    "application/pdf": pdf.write,
    _WORD + "document": docx.write,
    _WORD + "template": docx.write,
    "application/vnd.oasis.opendocument.text": odt.write,
    "message/rfc822": eml.write,
    "text/html": html.write,
    "text/plain": plain.write,
}
"""Media type as `identify` finds it → reader, which writes pages and returns how many the document has."""

_SHAPELESS = frozenset({"application/octet-stream", "application/zip", "application/x-ole-storage"})


def extract(content: Content, media_type: str) -> Extracted:
    """Text by page. Never raises for what a document may hold; memory and time may still end the process."""
    if content.size > content.limits.bytes_max:
        return Extracted("too_large", detail=f"more than {content.limits.bytes_max} bytes")
    if media_type == "application/encrypted":
        return Extracted("encrypted", detail="the document opens with a password only")
    if media_type.startswith("image/") and media_type != "image/svg+xml":
        return Extracted("no_text", page_count=1, detail="an image")
    if media_type == "application/x-empty":
        return Extracted("no_text", detail="an empty file")
    if media_type in _SHAPELESS and content.declared in READERS:
        return Extracted("corrupt", detail=f"declared as {content.declared}, but its bytes are none")
    reader = READERS.get(media_type)
    if reader is None:
        return Extracted("unsupported", detail=f"no text is taken from {media_type}")
    writer = Writer(content)
    try:
        count = reader(content, writer)
    except Locked as error:
        return Extracted("encrypted", detail=str(error))
    except Unreadable as error:
        return Extracted("corrupt", detail=str(error))
    except MemoryError:
        return Extracted("failed", detail="out of memory")
    except Exception as error:  # a reader met what nobody thought of; its message may quote the document
        return Extracted("failed", detail=f"{type(error).__name__} while reading {media_type}")
    detail = f"cut at {writer.truncated_by}" if writer.truncated_by else ""
    if not any(writer.pages):
        return Extracted("no_text", page_count=count, truncated=bool(detail), detail=detail)
    return Extracted("ok", pages=writer.pages, page_count=count, truncated=bool(detail), detail=detail)
