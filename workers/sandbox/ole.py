"""Names at the root of an OLE compound file ([MS-CFB]), which tell .doc from .xls, .ppt, .msg and a locked .docx."""

from __future__ import annotations

import struct
from mmap import mmap

from workers.text.content import Content

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # this and above: no sector
_NONE = 0xFFFFFFFF
_ENTRIES_MAX = 20_000


def root_names(content: Content) -> set[str]:
    """The streams and storages right under the root; empty when the file is too damaged to say.

    Only the first 109 sectors of the allocation table are followed (files to about 7 MB, or any whose directory
    stands near the front, as every known writer puts it).
    """
    data = content.data
    try:
        return _children(_directory(data))
    except (struct.error, IndexError):
        return set()


def _directory(data: bytes | mmap) -> list[bytes]:
    size = 1 << min(struct.unpack_from("<H", data, 30)[0], 12)
    table: list[int] = []
    for sector in struct.unpack_from("<109I", data, 76):
        if sector >= _END or (sector + 2) * size > len(data):
            break
        table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
    entries: list[bytes] = []
    sector: int = struct.unpack_from("<I", data, 48)[0]
    while sector < _END and len(entries) < _ENTRIES_MAX:  # the bound also ends a chain that bites its tail
        block = data[(sector + 1) * size : (sector + 2) * size]
        entries += [block[at : at + 128] for at in range(0, len(block) - 127, 128)]
        if not block or sector >= len(table):
            break
        sector = table[sector]
    return entries


def _children(entries: list[bytes]) -> set[str]:
    names: set[str] = set()
    seen: set[int] = set()
    todo: list[int] = [struct.unpack_from("<I", entries[0], 76)[0]]
    while todo:
        at = todo.pop()
        if at == _NONE or at >= len(entries) or at in seen:
            continue
        seen.add(at)
        length = max(0, struct.unpack_from("<H", entries[at], 64)[0] - 2)
        names.add(entries[at][: min(length, 62)].decode("utf-16-le", "replace"))
        todo += struct.unpack_from("<2I", entries[at], 68)  # left and right sibling
    return names
