"""What it costs that content is sealed: a large file each way beside AES-GCM alone, a small read with it and without.

A file as large as a version may be is sealed and opened, file to file, taking turns with the least code that does it:
a loop that reads 64 KiB, hands them to `AESGCM` of `cryptography` under one key with a counter for nonce, and writes
what comes. The files lie in memory where the system has a place for that (/dev/shm), so no disk hides the difference,
and seconds are those of the processor: there is nothing else to wait for, and others' work does not count.

A small read is 4 KiB from the middle of a version, by an address at the files origin, in this process: the wall, the
store, the record, as everybody reads. With is the product; without is a version that is kept as it is, and a
statement that asks for no keys. They take turns. The first read of a case in a minute asks the root and writes that
down; what it takes longer is said apart.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deploy.bench._rig import Measured, Rig, run
from deploy.bench._scene import Scene, scene
from gateway.files import Files
from schemas.addresses import Address, write_address
from schemas.ids import new_id
from schemas.limits import VERSION_BYTES_MAX
from storage.keys.wrapping import new_key
from storage.postgres import keys, versions
from storage.sealed import HEAD_BYTES, About, open_file, open_small, seal_file, seal_small

FILE_BYTES, QUICK_FILE_BYTES = VERSION_BYTES_MAX, 4 << 20
ROUNDS, QUICK_ROUNDS = 7, 2
CHUNK_BYTES = 64 << 10
SMALL_BYTES = 4 << 10
SMALL_OF_BYTES = 1 << 20
READS, QUICK_READS = 300, 6
WARM = 5
FIRST, QUICK_FIRST = 20, 2
MESSAGES = 2000
MESSAGE = ("The lessee pays on the first of each month. " * 5)[:200].encode()
RATIO_MIN = 0.8
ADDED_MS_MAX = 1.0

ABOUT = About("bytes", new_id(), new_id(), new_id())


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("seal", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> Measured:
    large, alone = _large(
        QUICK_FILE_BYTES if rig.quick else FILE_BYTES, QUICK_ROUNDS if rig.quick else ROUNDS
    )
    async with scene(rig.settings, people=2, cases=1) as set_up:
        with_, without, first = await _small(rig, set_up)
    # Of pairs that were read one after the other: the machine was as busy for both.
    added = median(mine - bare for mine, bare in zip(with_, without, strict=True)) * 1e3
    figures: dict[str, Any] = {
        "seal_mb_per_s": large[0],
        "open_mb_per_s": large[1],
        "seal_ratio_to_bare": large[0] / alone[0],
        "open_ratio_to_bare": large[1] / alone[1],
        "small_read_p50_ms": median(with_) * 1e3,
        "small_read_added_ms": added,
        "first_read_added_ms": (median(first) - median(with_)) * 1e3,
        **_message(),
    }
    floors = {
        "bare_seal_mb_per_s": alone[0],
        "bare_open_mb_per_s": alone[1],
        "small_read_without_p50_ms": median(without) * 1e3,
    }
    ratio = min(figures["seal_ratio_to_bare"], figures["open_ratio_to_bare"])
    verdict = (
        f"a large file is sealed and opened at {ratio:.2f} x AES-GCM alone (at least {RATIO_MIN}), and a small read "
        f"takes {added:.2f} ms longer (at most {ADDED_MS_MAX:g})"
    )
    return figures, floors, ratio >= RATIO_MIN and added <= ADDED_MS_MAX, verdict


def _large(size: int, rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Megabytes a second of sealing and opening, ours and bare: the best of the rounds."""
    place = Path(tempfile.mkdtemp(prefix="casewire-bench-seal-", dir=_memory()))
    plain, sealed, back = place / "plain", place / "sealed", place / "back"
    bare_sealed = place / "bare"
    key = new_key()
    cipher = AESGCM(key)
    arms: list[Callable[[], object]] = [
        lambda: seal_file(plain, sealed, key, ABOUT),
        lambda: open_file(sealed, back, key, ABOUT),
        lambda: _bare(plain, bare_sealed, CHUNK_BYTES, cipher.encrypt),
        lambda: _bare(bare_sealed, back, CHUNK_BYTES + 16, cipher.decrypt),
    ]
    took: list[list[float]] = [[] for _ in arms]
    try:
        with plain.open("wb") as file:
            for _ in range(size // CHUNK_BYTES):
                file.write(os.urandom(CHUNK_BYTES))
        for n in range(rounds + 1):
            # Each pair begins with the other arm in every second round.
            for which in (0, 2, 1, 3) if n % 2 else (2, 0, 3, 1):
                begun = time.process_time()
                arms[which]()
                if n:
                    took[which].append(time.process_time() - begun)
            if _hash(back) != _hash(plain):
                raise RuntimeError("what was opened is not what was sealed")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    rates = [size / min(times) / 1e6 for times in took]
    return (rates[0], rates[1]), (rates[2], rates[3])


def _bare(source: Path, target: Path, size: int, cipher: Callable[[bytes, bytes, None], bytes]) -> None:
    with source.open("rb") as file, target.open("wb") as out:
        n = 0
        while chunk := file.read(size):
            out.write(cipher(n.to_bytes(12, "big"), chunk, None))
            n += 1


def _hash(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.digest()


def _memory() -> str:
    place = "/dev/shm"
    roomy = Path(place).is_dir() and shutil.disk_usage(place).free > 5 * FILE_BYTES
    return place if roomy else tempfile.gettempdir()


def _message() -> dict[str, float]:
    """A message of 200 characters, sealed and opened by itself: what `0009-encryption-at-rest.md` reckons with."""
    key = new_key()
    begun = time.perf_counter()
    sealed = [seal_small(MESSAGE, key, ABOUT) for _ in range(MESSAGES)]
    between = time.perf_counter()
    for one in sealed:
        open_small(one, key, ABOUT)
    ended = time.perf_counter()
    return {
        "message_seal_us": (between - begun) / MESSAGES * 1e6,
        "message_open_us": (ended - between) / MESSAGES * 1e6,
        "message_grows_bytes": len(sealed[0]) - len(MESSAGE),
    }


async def _small(rig: Rig, set_up: Scene) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each read with, without, and with a case's key that is not at hand."""
    hub, owner = set_up.hub, await asyncpg.connect(rig.settings.postgres_owner)
    files = Files(rig.settings, hub.database, hub.blobs, hub.rates)
    try:
        sealed, plain = [await _version(set_up, owner, sealed=which) for which in (True, False)]
    finally:
        await owner.close()
    person = set_up.people[1]
    transport = httpx.ASGITransport(files)
    with_: list[float] = []
    without: list[float] = []
    first: list[float] = []
    async with httpx.AsyncClient(transport=transport, base_url=rig.settings.files_url) as client:

        async def read(version: UUID) -> float:
            expires = (hub.clock() + timedelta(seconds=60)).replace(microsecond=0)
            address = Address(version, person.who.person, person.session, expires, False)
            url = write_address(rig.settings.files_url, rig.settings.secret.reveal(), address)
            middle = SMALL_OF_BYTES // 2
            begun = time.perf_counter()
            answer = await client.get(url, headers={"range": f"bytes={middle}-{middle + SMALL_BYTES - 1}"})
            taken = time.perf_counter() - begun
            if answer.status_code != 206 or len(answer.content) != SMALL_BYTES:
                raise RuntimeError(f"a read is answered with {answer.status_code}")
            return taken

        async def bare(version: UUID) -> float:
            with _asking_for_no_keys():
                return await read(version)

        arms: list[tuple[Callable[[UUID], Awaitable[float]], UUID, list[float]]] = [
            (read, sealed, with_),
            (bare, plain, without),
        ]
        for n in range(WARM + (QUICK_READS if rig.quick else READS)):
            for do, version, into in arms if n % 2 else reversed(arms):
                taken = await do(version)
                if n >= WARM:
                    into.append(taken)
        for _ in range(QUICK_FIRST if rig.quick else FIRST):
            files.keys.forget()
            first.append(await read(sealed))
    await files.keys.close()
    return with_, without, first


@contextmanager
def _asking_for_no_keys() -> Any:
    with_keys = versions.READABLE
    versions.READABLE = with_keys.replace(f"{keys.COLUMNS},", "").replace(keys.JOINED, "")
    try:
        yield
    finally:
        versions.READABLE = with_keys


async def _version(set_up: Scene, owner: Any, *, sealed: bool) -> UUID:
    """A cleared version of random bytes, as examination leaves it."""
    hub, (case, _), person = set_up.hub, set_up.rooms[0], set_up.people[1].who.person
    data, document, id = os.urandom(SMALL_OF_BYTES), new_id(), new_id()
    stored, head = data, None
    if sealed:
        key = await hub.keys.ensure(hub.database.system, "version", id, case, set_up.org)
        stored = seal_small(data, key, About("bytes", set_up.org, case, id))
        head = stored[:HEAD_BYTES]
    name = f"{set_up.org}/{case}/{document}/{id}"
    object_version = await hub.blobs.put(hub.blobs.documents, name, stored)
    audience = await owner.fetchval("select audience from cases where id = $1", case)
    await owner.execute(
        "insert into documents (id, case_id, org, name, kind, audience, added_at, added_by) "
        "values ($1, $2, $3, 'Bench', 'other', $4, now(), $5)",
        document, case, set_up.org, audience, person,
    )  # fmt: skip
    await owner.execute(
        """insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256,
            quarantine_key, object_key, object_version, sealed, begun_at, by, cleared_at, audience, people)
        values ($1, $2, $3, $4, 1, 'cleared', 'bench', 'application/octet-stream', $5, $6, '', $7, $8, $9, now(), $10,
            now(), $11, '{}')""",
        id, document, case, set_up.org, len(data), sha256(data).hexdigest(), name, object_version, head, person,
        audience,
    )  # fmt: skip
    return id
