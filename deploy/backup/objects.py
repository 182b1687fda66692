"""Objects out of a store into a shelf and back: sealed bytes as they are, by what the database names."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from deploy.backup.shelf import Held, Place, Shelf, digest_of, place
from deploy.embedded.child import StackError
from schemas.errors import Refused
from storage.blobs import Absent, Blobs
from storage.postgres import backups

AT_ONCE_MAX = 8
OBJECT_BYTES_MAX = 1 << 40
SAID_EVERY_S = 5.0
TRIES_MAX = 4
TRY_AGAIN_S = 0.5
EVER = datetime(1970, 1, 1, tzinfo=UTC)

Say = Callable[[str], None]
T = TypeVar("T")
R = TypeVar("R")


class Named(NamedTuple):
    """An object that the database names; `size` is that of the document, the sealed one's is about the same."""

    bucket: str
    key: str
    version: str | None
    size: int

    @property
    def place(self) -> Place:
        return self.bucket, self.key, self.version


async def named(connection: Any, since: datetime = EVER) -> list[Named]:
    """Every object that the database names at this moment, of versions that changed since."""
    return [Named(*row) for row in await connection.fetch(backups.NAMED, since)]


async def copy_out(
    blobs: Blobs, shelf: Shelf, wanted: Sequence[Named], known: Mapping[Place, Held], say: Say
) -> tuple[list[Held], list[Named]]:
    """Copy what the shelf does not hold yet; all that is held then of `wanted`, and what the store does not have.

    What the shelf says it holds is trusted by its size alone: `casewire backup verify` reads it again.
    """
    held = [one for name in wanted if (one := known.get(name.place)) is not None and shelf.has(one)]
    have = {place(one) for one in held}
    fresh = [name for name in wanted if name.place not in have]
    shelf.check_space(sum(name.size for name in fresh), "copying the objects")
    incoming = shelf.place / "incoming"
    incoming.mkdir(exist_ok=True, mode=0o700)
    buckets = {"documents": blobs.documents, "quarantine": blobs.quarantine}
    lost: list[Named] = []

    async def copy(n: int, name: Named) -> int:
        path = incoming / str(n)
        try:
            size = await blobs.fetch(
                buckets[name.bucket], name.key, name.version, path, bytes_max=OBJECT_BYTES_MAX
            )
        except Absent:
            lost.append(name)
            return 0
        digest = await asyncio.to_thread(digest_of, path)
        target = shelf.object(digest)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        path.replace(target)  # what was there under this name holds the same
        held.append(Held(name.bucket, name.key, name.version, digest, size))
        return size

    await _each(fresh, copy, "copied", say)
    return held, lost


class Put(NamedTuple):
    """Where an object of the shelf stands in the new store."""

    held: Held
    version: str


async def put_back(blobs: Blobs, shelf: Shelf, held: Sequence[Held], say: Say) -> list[Put]:
    """Put objects into a store, each after its hash was found right. Raises `StackError` for a damaged one."""
    buckets = {"documents": blobs.documents, "quarantine": blobs.quarantine}
    done: list[Put] = []

    async def put(n: int, one: Held) -> int:
        path = shelf.object(one.sha256)
        await asyncio.to_thread(check_object, path, one)
        version = await blobs.put(buckets[one.bucket], one.key, path)
        done.append(Put(one, version))
        return one.size

    await _each(held, put, "put back", say)
    return done


def check_object(path: Path, held: Held) -> None:
    """Raises `StackError` unless the file holds what its name says."""
    if not path.exists():
        raise StackError(f"The backup is not whole: object {held.sha256} ({held.key}) is missing.")
    if path.stat().st_size != held.size or digest_of(path) != held.sha256:
        raise StackError(
            f"The backup is damaged: object {held.sha256} ({held.key}) holds other bytes than were put there."
        )


async def check_objects(shelf: Shelf, held: Iterable[Held], say: Say) -> None:
    """Read every object once. Raises like `check_object`."""
    once = {one.sha256: one for one in held}

    async def check(n: int, one: Held) -> int:
        await asyncio.to_thread(check_object, shelf.object(one.sha256), one)
        return one.size

    await _each(list(once.values()), check, "read", say)


async def _each(things: Sequence[T], do: Callable[[int, T], Awaitable[int]], doing: str, say: Say) -> None:
    """Do all, several at a time, and say how far it is. A store that is away for a moment is tried again."""
    turns = iter(enumerate(things))
    done = size = 0
    said = time.monotonic()

    async def work() -> None:
        nonlocal done, size, said
        for n, thing in turns:
            size += await _patiently(lambda n=n, thing=thing: do(n, thing))
            done += 1
            if time.monotonic() - said > SAID_EVERY_S:
                said = time.monotonic()
                say(f"{doing} {done} of {len(things)} objects, {size >> 20} MiB")

    workers = [asyncio.create_task(work()) for _ in range(min(AT_ONCE_MAX, os.cpu_count() or 1) * 2)]
    try:
        await asyncio.gather(*workers)
    except Refused as refused:
        raise StackError(f"The object store does not answer: {refused.detail}") from None
    except OSError as problem:
        raise StackError(f"An object cannot be {doing}: {problem.strerror}.") from None
    finally:
        for worker in workers:
            worker.cancel()


async def _patiently(do: Callable[[], Awaitable[R]]) -> R:
    for n in range(1, TRIES_MAX):
        try:
            return await do()
        except Refused:
            await asyncio.sleep(TRY_AGAIN_S * n)
    return await do()
