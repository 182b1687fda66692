"""Collects text under the limits, in a form that PostgreSQL can store and index."""

from __future__ import annotations

import re

from workers.text.content import Content

# PostgreSQL stores neither NUL nor lone surrogates; the other controls and non-characters help nobody, and soft
# hyphens and zero-width spaces hide the word they stand in from search.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f\xad\u200b\u2060\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_NEWLINES = re.compile("\r\n?|\x0c|\x85|\u2028|\u2029")
_BLANK_LINES = re.compile(r"[ \t]*\n(?:[ \t]*\n)+")


def cleaned(text: str) -> str:
    """Without NUL, lone surrogates and other controls; line ends as LF; at most one blank line in a row."""
    return _BLANK_LINES.sub("\n\n", _UNWANTED.sub("", _NEWLINES.sub("\n", text))).strip()


def head(text: str, bytes_max: int) -> str:
    """The longest beginning of `text` with at most `bytes_max` bytes of UTF-8."""
    text = text[:bytes_max]
    encoded = text.encode("utf-8", "ignore")
    return text if len(encoded) <= bytes_max else encoded[:bytes_max].decode("utf-8", "ignore")


class Writer:
    """Gathers pages. Once it is `full`, further text is dropped and `truncated_by` names the limit."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._limits = content.limits
        self._left = content.limits.text_chars_max
        self._chunk: list[str] = []
        self._chunk_bytes = 0
        self.pages: list[str] = []
        self.truncated_by = ""

    @property
    def full(self) -> bool:
        """Whether to stop reading. Looks at the clock too, so ask between pieces of work."""
        if self._left <= 0:
            self.truncated_by = "text_chars_max"
        elif len(self.pages) >= self._limits.pages_max:
            self.truncated_by = "pages_max"
        elif self._content.late():
            self.truncated_by = "seconds"
        else:
            return False
        return True

    def page(self, text: str) -> None:
        """Add one page of a paged document, empty ones too: the place in `pages` is the page number less one."""
        text = cleaned(text)
        kept = head(text, self._limits.page_bytes_max)
        if len(kept) < len(text):
            self.truncated_by = "page_bytes_max"
        if len(kept) > self._left:
            self.truncated_by = "text_chars_max"
            kept = kept[: self._left]
        self._left -= len(kept)
        self.pages.append(kept)

    def paragraph(self, text: str) -> None:
        """Add a paragraph of a document without pages: packed into chunks, and split only when too long."""
        text, at = cleaned(text), 0
        while at < len(text) and not self.full:
            piece = head(text[at : at + self._limits.chunk_bytes_max], self._limits.chunk_bytes_max - 1)
            if at + len(piece) < len(text):  # prefer to cut at a space in the last tenth
                space = max(piece.rfind(" "), piece.rfind("\n")) + 1
                piece = piece[:space] if space > len(piece) * 0.9 else piece
            if len(piece) > self._left:
                self.truncated_by = "text_chars_max"
                piece = piece[: self._left]
            at += len(piece)
            size = len(piece.encode("utf-8")) + 1
            if self._chunk_bytes + size > self._limits.chunk_bytes_max:
                self.flush()
                if self.full:
                    return
            self._chunk.append(piece)
            self._chunk_bytes += size
            self._left -= len(piece) + 1

    def flush(self) -> None:
        """Close the chunk under way. Call it at the end, and where a new part of the document begins."""
        if self._chunk:
            self.pages.append("\n".join(self._chunk))
        self._chunk, self._chunk_bytes = [], 0
