"""Examine untrusted files from asyncio: `Sandbox` keeps a warm process that forks one child for each file."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType

import msgspec
import structlog

from workers.sandbox.results import Ended, Examined, Extracted, Failure, Identified, Job, Limits

_log = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 30
# The child's own limit of time comes first; this is for a warm process that hangs itself. Hashing is not bounded by
# it, so it grows with the file.
_GRACE_SECONDS = 10
_HASHED_BYTES_PER_SECOND = 50 * 2**20
_LENGTH_BYTES = 4
_ATTEMPTS = 2


class _Broken(Exception):
    """The warm process died, hung or spoke nonsense; the sentence says which."""


class Sandbox:
    """One warm process, one file at a time; several sandboxes work at once. Use it as an async context manager,
    or call `close`. Belongs to the event loop that first calls `examine`. `child` is the module that is run."""

    def __init__(self, child: str = "workers.sandbox.child") -> None:
        self._child = child
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._said = False

    async def __aenter__(self) -> Sandbox:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the warm process; None before the first file and after `close`."""
        return self._process.pid if self._process else None

    async def close(self) -> None:
        """Kill the warm process and whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        await process.wait()

    async def examine(
        self, path: Path, *, declared_media_type: str, filename: str, limits: Limits | None = None
    ) -> Examined | Failure:
        """What the file at `path` is, and its text. Does not raise for anything the file holds or does: a file that
        cannot even be identified is `refused`; a sandbox that cannot work is a `Failure`, to be tried again later.
        """
        job = Job(os.path.abspath(path), declared_media_type, filename, limits or Limits())
        async with self._turn:
            why = ""
            for _ in range(_ATTEMPTS):
                try:
                    ended, output = await self._run(job)
                except _Broken as error:
                    why = str(error)
                except OSError as error:
                    why = f"the sandbox cannot start: {error.strerror or error}"
                else:
                    return judged(job, ended, output)
                await self.close()
            _log.error("sandbox.failed", why=why)
            return Failure(why)

    async def _run(self, job: Job) -> tuple[Ended, bytes]:
        try:
            process = self._process or await self._start()
            size = os.stat(job.path).st_size if os.path.exists(job.path) else 0
            bound = job.limits.seconds + _GRACE_SECONDS + size / _HASHED_BYTES_PER_SECOND
            async with asyncio.timeout(bound):
                assert process.stdin is not None and process.stdout is not None
                request = msgspec.json.encode(job)
                process.stdin.write(len(request).to_bytes(_LENGTH_BYTES, "big") + request)
                await process.stdin.drain()
                ended = msgspec.json.decode(await _framed(process.stdout), type=Ended)
                return ended, await process.stdout.readexactly(ended.output_bytes)
        except TimeoutError:
            raise _Broken("the sandbox does not answer") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise _Broken("the sandbox has died") from None
        except (msgspec.MsgspecError, ValueError):
            raise _Broken("the sandbox speaks nonsense") from None
        except asyncio.CancelledError:
            # An answer that nobody waits for would be taken for the next one's.
            await asyncio.shield(self.close())
            raise

    async def _start(self) -> Process:
        # -E -s: neither the environment nor a user's site decides what code reads untrusted bytes. The environment
        # is empty, since this process's own holds the passwords of the stack.
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-E", "-s", "-m", self._child, str(os.getpid()),
            stdin=PIPE, stdout=PIPE, cwd=_ROOT, env={"LANG": "C.UTF-8"}, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        async with asyncio.timeout(_START_SECONDS):
            gap = (await _framed(process.stdout)).decode()
        if gap and not self._said:
            self._said = True
            _log.warning(
                "sandbox.unconfined", why=gap, effect="documents are parsed with limits but with network"
            )
        return process


async def examine(
    path: Path, *, declared_media_type: str, filename: str, limits: Limits | None = None
) -> Examined | Failure:
    """Examine one file in a sandbox of its own. For more than one, keep a `Sandbox`: starting costs most."""
    async with Sandbox() as box:
        return await box.examine(
            path, declared_media_type=declared_media_type, filename=filename, limits=limits
        )


def judged(job: Job, ended: Ended, output: bytes) -> Examined | Failure:
    """Make one answer of how the child ended and what it printed, believing as little of it as possible."""
    if ended.how == "unreadable":
        return Failure(ended.detail)
    first, _, second = output.partition(b"\n")
    trouble = {"exited": "", "crashed": "the reader crashed", "timeout": "the reader took too long",
               "too_much_output": "the reader printed too much", "unreadable": ""}[ended.how]  # fmt: skip
    if ended.detail and trouble:
        trouble = f"{trouble}: {ended.detail}"
    try:
        known = msgspec.json.decode(first, type=Identified)
    except (msgspec.MsgspecError, ValueError):
        why = f"could not be identified: {trouble or 'the reader printed nonsense'}"
        known = Identified("application/octet-stream", "refused", why, mismatch=False)
        text = Extracted("failed", detail=trouble or "the reader printed nonsense")
    else:
        text = _text(known, second, trouble)
    return Examined(
        sha256=ended.sha256,
        size=ended.size,
        declared_media_type=job.declared_media_type,
        found_media_type=known.found_media_type,
        mismatch=known.mismatch,
        verdict=known.verdict,
        why=known.why,
        text_status=text.text_status,
        pages=text.pages,
        page_count=text.page_count,
        truncated=text.truncated,
        detail=text.detail,
    )


def _text(known: Identified, line: bytes, trouble: str) -> Extracted:
    if known.verdict == "refused":
        return Extracted("unsupported", detail="refused, so not read")
    if trouble:
        return Extracted("failed", detail=trouble)
    try:
        return msgspec.json.decode(line, type=Extracted)
    except (msgspec.MsgspecError, ValueError):
        return Extracted("failed", detail="the reader printed nonsense")


async def _framed(stream: asyncio.StreamReader) -> bytes:
    return await stream.readexactly(int.from_bytes(await stream.readexactly(_LENGTH_BYTES), "big"))
