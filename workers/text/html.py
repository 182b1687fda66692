"""Text of an HTML page as a reader sees it: no scripts, no styles, a line for each block."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from workers.text.content import Content
from workers.text.plain import decoded, write_text
from workers.text.writer import Writer

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\f\n\xa0]+")
_UNSEEN = ["script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head"]
_BLOCKS = (
    "address,article,aside,blockquote,br,caption,center,dd,div,dl,dt,fieldset,figcaption,figure,footer,form,h1,h2,"
    "h3,h4,h5,h6,header,hr,legend,li,main,nav,ol,option,p,pre,section,summary,table,textarea,tr,ul"
)
_BLOCK, _CELL = "\ue000", "\ue001"  # private characters: they survive until white space has been folded


def write(content: Content, writer: Writer) -> int:
    """Write the page in chunks; returns their number."""
    if content.size > content.limits.html_bytes_max:
        writer.truncated_by = "html_bytes_max"
    return write_text(text(content.data[: content.limits.html_bytes_max]), writer)


def text(data: bytes | str) -> str:
    """The readable text of a page, its title first."""
    if isinstance(data, bytes):
        label = _CHARSET.search(data[:4096])
        data = decoded(data, label[1].decode("ascii") if label else "")
    tree = LexborHTMLParser(data.replace(_BLOCK, "").replace(_CELL, ""))
    title = tree.css_first("head title")
    lines = [title.text(strip=True)] if title else []
    tree.strip_tags(_UNSEEN)
    for selector, mark in ((_BLOCKS, _BLOCK), ("td,th", _CELL)):
        for node in tree.css(selector):
            node.insert_before(mark)
            node.insert_after(mark)
    body = tree.body
    for line in _SPACES.sub(" ", body.text() if body else "").split(_BLOCK):
        if line := re.sub(f" ?{_CELL}[ {_CELL}]*", "\t", line).strip():
            lines.append(line)
    return "\n".join(lines)
