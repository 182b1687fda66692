"""Text of an OpenDocument text: body with tables, notes and comments, then headers and footers of its styles."""

from __future__ import annotations

from workers.text.content import Content, Locked, Unreadable
from workers.text.office import Container, Guarded, local
from workers.text.writer import Writer

# Deleted text stays in the file under tracked-changes.
_SKIPPED = frozenset({"tracked-changes", "event-listeners", "forms"})
# Who wrote a comment and when stands inside the paragraph it is pinned to.
_SIGNATURE = "{http://purl.org/dc/elements/1.1/}"
_HEADINGS = frozenset({"header", "footer", "header-left", "footer-left", "header-first", "footer-first"})


def write(content: Content, writer: Writer) -> int:
    """Write the document in chunks; returns their number."""
    container = Container(content)
    if "encrypted-package" in container.names:
        raise Locked("the document opens with a password only")
    manifest = _Manifest()
    if "META-INF/manifest.xml" in container.names:
        container.parse("META-INF/manifest.xml", manifest)
    if manifest.encrypted:
        raise Locked("the document opens with a password only")
    if "content.xml" not in container.names:
        raise Unreadable("the document has no content.xml")
    container.parse("content.xml", _Paragraphs(writer, {"body"}), stop=lambda: writer.full)
    if "styles.xml" in container.names and not writer.full:
        container.parse("styles.xml", _Paragraphs(writer, _HEADINGS), stop=lambda: writer.full)
    writer.flush()
    return len(writer.pages)


class _Manifest(Guarded):
    encrypted = False

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        self.encrypted = self.encrypted or local(tag) == "encryption-data"

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """OpenOffice wrote a DOCTYPE into its manifests; entities in one are still never resolved."""


class _Paragraphs(Guarded):
    def __init__(self, writer: Writer, within: frozenset[str] | set[str]) -> None:
        self._writer = writer
        self._within = within
        self._inside = 0
        self._skipping = 0
        self._depth = 0
        self._cells = 0
        self._line: list[str] = []

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        name = local(tag)
        if self._skipping or name in _SKIPPED or tag.startswith(_SIGNATURE):
            self._skipping += 1
        elif name in self._within:
            self._inside += 1
        elif name in ("p", "h"):
            if self._depth:  # a note or a box inside a paragraph
                self._line.append(" ")
            self._depth += 1
        elif name == "table-cell":
            self._cells += 1
        elif name == "s":
            count = next((value for key, value in attrib.items() if local(key) == "c"), "1")
            self._line.append(" " * min(int(count), 100) if count.isascii() and count.isdigit() else " ")
        elif name in ("tab", "line-break"):
            self._line.append("\t" if name == "tab" else "\n")

    def data(self, data: str) -> None:
        if self._inside and self._depth and not self._skipping:
            self._line.append(data)

    def end(self, tag: str) -> None:
        name = local(tag)
        if self._skipping:
            self._skipping -= 1
        elif name in self._within:
            self._flush()
            self._inside -= 1
        elif name == "table-cell":
            self._cells -= 1
            if self._line and self._line[-1] == " ":
                self._line.pop()
            self._line.append("\t")
        elif name == "table-row":
            self._flush()
        elif name in ("p", "h"):
            self._depth -= 1
            if self._cells or self._depth:
                self._line.append(" ")
            else:
                self._flush()

    def close(self) -> None:
        self._flush()

    def _flush(self) -> None:
        self._writer.paragraph("".join(self._line))
        self._line = []
