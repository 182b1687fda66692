"""`python -m workers.sandbox.child`: forks one process for each file, and never looks into a file itself.

Loading the parsers takes about half a second, so this process loads them once and forks. The fork gives up every
right but reading one open file and writing one pipe (`confine`), identifies, extracts, prints two lines, and ends.

stdin: a job (4 bytes of length, big-endian, then JSON of `Job`). stdout: for each job 4 bytes of length, JSON of
`Ended`, then `output_bytes` of what the fork printed. The first thing on stdout is a length and a sentence that
says what could not be confined on this machine (mostly empty).
"""

from __future__ import annotations

import encodings
import gc
import hashlib
import os
import pkgutil
import select
import signal
import sys
import time
from importlib import import_module
from typing import BinaryIO

import msgspec

from workers.sandbox import confine
from workers.sandbox.identify import identify
from workers.sandbox.results import Ended, How, Job
from workers.text.content import Content
from workers.text.extract import extract

_LENGTH_BYTES = 4
_HASH_BYTES = 2**20
_READ_BYTES = 2**16
_ANSWER = 3
_DESCRIPTORS_MAX = 4096


def main() -> None:
    """Serve jobs until stdin ends. Started with the parent's process id as its only argument."""
    confine.die_with_parent(int(sys.argv[1]))
    jobs, answers = os.fdopen(0, "rb", closefd=False), os.fdopen(1, "wb", closefd=False)
    _preload()
    gap = confine.confinable()
    _send(answers, gap.encode())
    while length := jobs.read(_LENGTH_BYTES):
        job = msgspec.json.decode(jobs.read(int.from_bytes(length, "big")), type=Job)
        ended, output = _serve(job, confined=not gap)
        _send(answers, msgspec.json.encode(ended), output)


def _preload() -> None:
    """Everything a fork may need: it can open no file, so it can import nothing."""
    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            import_module(f"encodings.{module.name}")
        except ImportError:  # mbcs and oem exist on Windows only
            continue
    for name in ("email.iterators", "email.generator", "email.headerregistry", "email._header_value_parser",
                 "email.contentmanager", "email.quoprimime", "email.base64mime", "bz2", "lzma", "binascii",
                 "unicodedata", "quopri", "traceback", "linecache"):  # fmt: skip
        import_module(name)
    # These read tables on first use.
    charset_normalizer, puremagic = import_module("charset_normalizer"), import_module("puremagic")
    charset_normalizer.from_bytes("Ein Wort über die Straße.".encode("cp1252") * 20).best()
    puremagic.magic_string(b"\x89PNG\r\n\x1a\n" + bytes(64))
    gc.collect()
    gc.freeze()  # forks then share these pages instead of copying them at their first collection


def _serve(job: Job, *, confined: bool) -> tuple[Ended, bytes]:
    try:
        file = open(job.path, "rb", buffering=0)
    except OSError as error:
        return Ended("unreadable", detail=f"cannot open the file: {error.strerror}"), b""
    with file:
        digest, size = hashlib.sha256(), 0
        while block := file.read(_HASH_BYTES):
            digest.update(block)
            size += len(block)
        readable, writable = os.pipe()
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            _examine(job, file.fileno(), writable, parent, confined)
        os.close(writable)
        try:
            how, detail, output = _gather(process, readable, job)
        finally:
            os.close(readable)
    return Ended(how, digest.hexdigest(), size, detail, len(output)), output


def _gather(process: int, readable: int, job: Job) -> tuple[How, str, bytes]:
    """What the fork printed, until it ends, prints too much or takes too long."""
    deadline = time.monotonic() + job.limits.seconds
    output = bytearray()
    how: How | None = None
    poll = select.poll()
    poll.register(readable, select.POLLIN)
    while how is None:
        left = deadline - time.monotonic()
        if left <= 0:
            how = "timeout"
        elif poll.poll(left * 1000):
            block = os.read(readable, _READ_BYTES)
            output += block
            if not block:
                break
            if len(output) > job.limits.output_bytes_max:
                how = "too_much_output"
                output.clear()
    # It may have closed the pipe and gone on: nothing runs after this line, whatever it did.
    if how is not None or not _ended_by(process, min(deadline, time.monotonic() + 1)):
        how = how or "timeout"
        _kill(process)
    _, status = os.waitpid(process, 0)
    if how is not None:
        return how, f"killed after {job.limits.seconds:g} s" if how == "timeout" else "", bytes(output)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "timeout", "used up its processor time", bytes(output)
        return "crashed", f"ended by {signal.Signals(number).name}", bytes(output)
    code = os.waitstatus_to_exitcode(status)
    return "crashed" if code else "exited", f"ended with code {code}" if code else "", bytes(output)


def _ended_by(process: int, deadline: float) -> bool:
    """Whether the process ends before `deadline`; it stays unreaped, so that its number stays its own."""
    while True:
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.0005)


def _kill(process: int) -> None:
    for kill in (os.killpg, os.kill):  # its group, and itself if it had no time to make one
        try:
            kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _examine(job: Job, file: int, pipe: int, parent: int, confined: bool) -> None:
    """The fork: confine, work, print, end. Never returns."""
    code = 3
    try:
        os.setsid()
        with os.fdopen(file, "rb", buffering=0, closefd=False) as handle:
            content = Content(
                handle, declared_media_type=job.declared_media_type, filename=job.filename, limits=job.limits
            )
        # Nothing stays open but the answer's pipe, which moves to 3: the worker's pipes are the parent's business,
        # and the file has been mapped.
        pipe = os.dup2(pipe, _ANSWER)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(_ANSWER + 1, _DESCRIPTORS_MAX)
        confine.limit(memory_bytes=job.limits.memory_bytes_max, cpu_seconds=job.limits.cpu_seconds)
        confine.drop_root()
        confine.die_with_parent(parent)  # after the change of user, which forgets it
        if confined:
            confine.filter_calls()
        work(content, pipe)
        code = 0
    except MemoryError:
        code = 4
    finally:
        os._exit(code)


def work(content: Content, pipe: int) -> None:
    """Print what the file is before any parser has touched it, then its text."""
    identified = identify(content)
    write_line(pipe, msgspec.json.encode(identified))
    if identified.verdict == "clean":
        write_line(pipe, msgspec.json.encode(extract(content, identified.found_media_type)))


def write_line(pipe: int, line: bytes) -> None:
    """Write all of `line` and a line end."""
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _send(answers: BinaryIO, head: bytes, body: bytes = b"") -> None:
    answers.write(len(head).to_bytes(_LENGTH_BYTES, "big") + head)
    answers.write(body)
    answers.flush()


if __name__ == "__main__":
    main()
