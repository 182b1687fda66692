"""Reads the XML parts of a zip container (DOCX, ODT) as a stream, so that memory does not grow with the text."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol
from zipfile import BadZipFile

from workers.text.content import Content, Locked, Unreadable

_etree: Any = import_module("lxml.etree")  # it has no types

_READ_BYTES = 64 * 1024


class Target(Protocol):
    """What lxml calls while it parses; names arrive as `{namespace}local`."""

    def start(self, tag: str, attrib: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, data: str) -> None: ...
    def close(self) -> None: ...


class Guarded:
    """A target that refuses any DOCTYPE: office formats forbid it (ECMA-376 part 2, 6.2.5), entity bombs need it."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise Unreadable("an office document must not declare XML entities")

    def start(self, tag: str, attrib: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, data: str) -> None: ...
    def close(self) -> None: ...


class Container:
    """The members of one zip, with a running total of what was unpacked."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._left = content.limits.zip_bytes_max
        self.names = frozenset(content.archive.namelist())

    def parse(self, name: str, target: Target, stop: Callable[[], bool] = lambda: False) -> None:
        """Feed member `name` to `target` until its end or until `stop()`. Raises `Unreadable` or `Locked`."""
        parser = _etree.XMLParser(
            target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            info = self._content.archive.getinfo(name)
            if info.flag_bits & 1:
                raise Locked("the zip container is encrypted")
            with self._content.archive.open(info) as member:
                while block := member.read(_READ_BYTES):
                    # Counted as it comes out: what the directory of the zip claims may be a lie.
                    self._left -= len(block)
                    if self._left < 0:
                        raise Unreadable(f"unpacks to more than {self._content.limits.zip_bytes_max} bytes")
                    parser.feed(block)
                    if stop():
                        return
            parser.close()
        except _etree.XMLSyntaxError:
            raise Unreadable(f"broken XML in {name[:100]}") from None
        except (BadZipFile, KeyError, EOFError, zlib.error, NotImplementedError, OSError) as error:
            raise Unreadable(f"broken zip member {name[:100]}: {type(error).__name__}") from None


def local(tag: str) -> str:
    """The name without its namespace: strict and transitional OOXML differ in the namespace alone."""
    return tag.rpartition("}")[2]
