"""The child with its work replaced: the bytes of the file say which wrong it does. Run as the sandbox runs its own."""

from __future__ import annotations

import ctypes
import os
import socket
import time

import msgspec

from workers.sandbox import child
from workers.sandbox.results import Extracted, Identified
from workers.text.content import Content


def work(content: Content, pipe: int) -> None:
    what, _, argument = bytes(content.data).decode().partition(" ")
    if what.startswith("then-"):  # first say what it is, as an honest child does
        child.write_line(pipe, msgspec.json.encode(Identified("text/plain", "clean", "", mismatch=False)))
        what = what.removeprefix("then-")
    wrong = WRONGS[what](argument)
    if isinstance(wrong, bytes):
        os.write(pipe, wrong) if len(wrong) < 2**16 else child.write_line(pipe, wrong)
    else:
        child.write_line(pipe, msgspec.json.encode(Extracted("ok", pages=[str(wrong)], page_count=1)))


def refusal(call: object, *arguments: object) -> str:
    """What the attempt met: the name of its error, or that it went through."""
    try:
        result = call(*arguments)  # type: ignore[operator]
    except OSError as error:
        return f"{type(error).__name__} {error.errno}"
    return f"went through: {result!r}"


def _loop(_: str) -> str:
    while True:
        pass


def _linger(_: str) -> bytes:
    os.close(3)  # the answer's pipe: who waits for its end only would think that all is over
    while True:
        time.sleep(1)


WRONGS = {
    "loop": _loop,
    "linger": _linger,
    "sleep": lambda _: time.sleep(3600),
    "allocate": lambda _: len(bytearray(2**31)),
    "crash": lambda _: ctypes.string_at(0),
    "exit": lambda _: os._exit(7),
    "garbage": lambda _: b"\x00\xff rubbish\nmore rubbish {",
    "silence": lambda _: b"",
    "lies": lambda _: b'{"found_media_type":5,"verdict":"fine"}\n{}\n',
    "flood": lambda _: b"x" * 3_000_000,
    "socket": lambda _: refusal(socket.socket, socket.AF_INET),
    "unix": lambda _: refusal(socket.socket, socket.AF_UNIX),
    "fork": lambda _: refusal(os.fork),
    "exec": lambda _: refusal(os.execv, "/bin/true", ["true"]),
    "open": lambda path: refusal(os.open, path, os.O_RDONLY),
    "create": lambda path: refusal(os.open, path, os.O_RDWR | os.O_CREAT),
    "remove": lambda path: refusal(os.unlink, path),
    "list": lambda path: refusal(os.listdir, path),
    "kill": lambda _: refusal(os.kill, os.getpid(), 0),
    "who": lambda _: os.getuid(),
    "environment": lambda _: sorted(os.environ),
    "descriptors": lambda _: [at for at in range(64) if _is_open(at)],
    "module": lambda name: refusal(lambda: __import__(name)),
}


def _is_open(descriptor: int) -> bool:
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno != 9  # a pipe cannot seek, but it is open
    return True


if __name__ == "__main__":
    child.work = work
    child.main()
