"""Which part of a file is asked for, and how an answer names the file. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Range(NamedTuple):
    """`length` bytes from `start`; `whole` when that is all of them."""

    start: int
    length: int
    whole: bool


def range_of(asked: Mapping[str, str], size: int, etag: str) -> Range | None:
    """The part asked for (RFC 9110, section 14); None when it lies outside. Several ranges are answered as no range
    at all, which the RFC allows, and so is one whose `If-Range` names other bytes."""
    whole = Range(0, size, True)
    match = _ONE_RANGE.fullmatch(asked.get("range", "").strip())
    if match is None or match[0] == "bytes=-" or asked.get("if-range", etag) != etag:
        return whole
    first, last = match[1], match[2]
    if not first:
        length = min(int(last), size)
        return Range(size - length, length, False) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if start >= size:
        return None
    if end < start:
        return whole  # a range that ends before it begins is no range
    return Range(start, end - start + 1, False)


def disposition(file_name: str, inline: bool) -> str:
    """RFC 6266: a plain name for the old, the exact one (`filename*`) for all others."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", file_name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
