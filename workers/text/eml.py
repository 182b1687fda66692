"""Text of an e-mail: who, when, about what, the body, and the names of what is attached."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage

from workers.text.content import Content
from workers.text.html import text as html_text
from workers.text.plain import decoded, write_text
from workers.text.writer import Writer

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_PARTS_MAX = 1_000


def write(content: Content, writer: Writer) -> int:
    """Write headers and body in chunks; returns their number."""
    message = content.message
    if content.size > content.limits.mail_bytes_max:
        writer.truncated_by = "mail_bytes_max"
    lines = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
    attached = [name for part in attachments(message) if (name := _name(part))]
    if attached:
        lines.append("Attachments: " + ", ".join(attached))
    return write_text("\n".join(lines) + "\n\n" + _body(message), writer)


def attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    """Every part with a file name or marked as attachment, at any depth, e-mails inside e-mails included."""
    for at, part in enumerate(message.walk()):
        if at >= _PARTS_MAX:
            return
        if at and (_name(part) or part.get_content_disposition() == "attachment"):
            yield part


def _header(message: EmailMessage, name: str) -> str:
    """A header decoded; where the standard library chokes on it, as it came."""
    try:
        return str(message[name] or "")
    except Exception:  # malformed headers raise whatever they happen to hit
        return next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def _name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # as above
        return ""


def _body(message: EmailMessage) -> str:
    try:
        chosen = message.get_body(("plain", "html"))
    except Exception:  # a multipart that contradicts itself
        chosen = None
    parts = [chosen] if chosen is not None else _readable(message)
    for part in parts:
        if not isinstance(part, EmailMessage):
            continue
        raw = part.get_payload(decode=True)
        data = raw if isinstance(raw, bytes) else str(part.get_payload()).encode("utf-8", "replace")
        label = str(part.get_param("charset") or "")
        text = decoded(data, label)
        text = html_text(text) if part.get_content_type() == "text/html" else text
        if text.strip():
            return text
    return ""


def _readable(message: EmailMessage) -> list[EmailMessage]:
    """Parts with text, where the structure does not say which is the body; a multipart without parts is one."""
    walked = [part for part in message.walk() if not part.is_multipart()]
    return [part for part in walked[:_PARTS_MAX] if part.get_content_maintype() in ("text", "multipart")]
