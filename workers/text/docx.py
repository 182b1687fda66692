"""Text of a Word document: headers, body with tables and text boxes, notes, comments, footers, in that order."""

from __future__ import annotations

from workers.text.content import Content, Unreadable
from workers.text.office import Container, Guarded, local
from workers.text.writer import Writer

# Content types say what a part is; its name is free (some exporters write word/document2.xml).
_PARTS = (
    "header+xml",
    "document.main+xml",
    "main+xml",
    "footnotes+xml",
    "endnotes+xml",
    "comments+xml",
    "footer+xml",
)
# Deleted and moved-away text is not in the document any more; Fallback repeats its sibling Choice; a paragraph's
# properties hold tab stops, which are no tabs.
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "pPr"})
_BLANKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def write(content: Content, writer: Writer) -> int:
    """Write the document in chunks; returns their number."""
    container = Container(content)
    types = _ContentTypes()
    container.parse("[Content_Types].xml", types)
    parts = [name for kind in _PARTS for name in sorted(types.named(kind)) if name in container.names]
    if not any(name in parts for kind in ("document.main+xml", "main+xml") for name in types.named(kind)):
        raise Unreadable("the Word document has no main part")
    for name in dict.fromkeys(parts):
        if writer.full:
            break
        container.parse(name, _Paragraphs(writer), stop=lambda: writer.full)
    writer.flush()
    return len(writer.pages)


class _ContentTypes(Guarded):
    def __init__(self) -> None:
        self._parts: list[tuple[str, str]] = []

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        if local(tag) == "Override":
            self._parts.append((attrib.get("ContentType", ""), attrib.get("PartName", "").lstrip("/")))

    def named(self, kind: str) -> list[str]:
        return [name for type_, name in self._parts if type_.endswith(kind)]


class _Paragraphs(Guarded):
    """Joins runs into paragraphs and cells into lines."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._line: list[str] = []
        self._skipping = 0
        self._in_text = False
        self._cells = 0

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        name = local(tag)
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
        elif name == "t":
            self._in_text = True
        elif name == "tc":
            self._cells += 1
        elif name in _BLANKS:
            self._line.append(_BLANKS[name])
        elif name == "txbxContent":
            self._flush()

    def data(self, data: str) -> None:
        if self._in_text and not self._skipping:
            self._line.append(data)

    def end(self, tag: str) -> None:
        name = local(tag)
        if self._skipping:
            self._skipping -= 1
        elif name == "t":
            self._in_text = False
        elif name == "tc":
            self._cells -= 1
            if self._line and self._line[-1] == " ":
                self._line.pop()
            self._line.append("\t")
        elif name == "p" and self._cells:
            self._line.append(" ")  # a row stays one line, so that what stands side by side is found together
        elif name in ("p", "tr", "txbxContent"):
            self._flush()

    def close(self) -> None:
        self._flush()

    def _flush(self) -> None:
        self._writer.paragraph("".join(self._line))
        self._line = []
