"""A backup and a restore of a whole house: documents in the store and rows in the database, half and half.

Backup: from the call until the manifest is on the disk, while the house runs. Restore: from the call until the new
directory may be started; every hash and PostgreSQL's manifest are verified in it (of the record there is next to
nothing here: `casewire bench verify`). The second backup is of a house in which nothing changed. The floor copies the
same bytes from file to file, hashing them, with one thread.
"""

import asyncio
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from deploy.backup.make import House, make
from deploy.backup.restore import Wanted, restore
from deploy.backup.shelf import Shelf, to_disk
from deploy.bench._rig import Rig, run
from deploy.bench._scene import scene
from schemas.ids import new_id
from storage.blobs import Blobs

BYTES, QUICK_BYTES = 1 << 30, 8 << 20
OBJECT_BYTES, QUICK_OBJECT_BYTES = 2 << 20, 256 << 10
ROW_BYTES = 4000
RESTORE_S_MAX = 60.0
AT_ONCE = 8

VERSION = """insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256,
    quarantine_key, object_key, object_version, text_status, begun_at, received_at, cleared_at, by, audience, people)
    values ($1, $2, $3, $4, $5, 'cleared', 'b', 'application/octet-stream', $6, $7, '', $8, $9, 'empty',
    now(), now(), now(), $10, '{staff}', '{}')"""
DOCUMENT = """insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)
    values ($1, $2, $3, 'Bench', 'other', '{staff}', now(), $4)"""
TEXTS = """insert into version_texts (version, page, case_id, org, audience, people, text, tsv)
    select $1, n, $2, $3, '{staff}', '{}', t.text, ''::tsvector from unnest($4::int[], $5::text[]) as t(n, text)"""


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("restore", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    size = QUICK_BYTES if rig.quick else BYTES
    async with scene(rig.settings, people=1, cases=1) as set_up:
        await _fill(rig, set_up, size // 2, QUICK_OBJECT_BYTES if rig.quick else OBJECT_BYTES)
    with TemporaryDirectory(prefix="casewire-bench-") as place, ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        figures = await loop.run_in_executor(thread, _round, rig, Path(place))
        floor = await loop.run_in_executor(thread, _floor, Path(place))
    passed = rig.quick or figures["restore_s"] <= RESTORE_S_MAX * figures["gib"]
    figures["ratio_to_copying"] = figures["restore_s"] / floor
    verdict = (
        f"{figures['gib']:.2f} GiB in {figures['objects']} objects and the database restored and verified in "
        f"{figures['restore_s']:.1f} s (at most {RESTORE_S_MAX:g} s a GiB), backed up in {figures['backup_s']:.1f} s"
    )
    return figures, {"copying_and_hashing_s": floor}, passed, verdict


def _round(rig: Rig, place: Path) -> dict[str, Any]:
    house = House.of(rig.settings, list(rig.environs.values()) or [dict(os.environ)])
    to, keys = place / "backups", place / "keys.json"
    times: list[float] = []
    name = ""
    for _ in range(2):
        begun = time.perf_counter()
        name, lost = make(house, to, keys, None, _silent)
        times.append(time.perf_counter() - begun)
        assert not lost
    begun = time.perf_counter()
    done = restore(to, keys, place / "restored", Wanted(name, None), _silent)
    took = time.perf_counter() - begun
    manifest = Shelf(to).named(name).manifest
    size = manifest.database_bytes + manifest.objects_bytes
    return {
        "restore_s": took,
        "restore_mib_per_s": size / took / (1 << 20),
        "backup_s": times[0],
        "backup_again_s": times[1],
        "gib": size / (1 << 30),
        "objects": done.objects,
        "lost": len(done.absent),
    }


def _floor(place: Path) -> float:
    """Seconds to copy and hash what the newest backup holds."""
    newest = Shelf(place / "backups").whole()[-1]
    folders = [newest.folder / "postgres", place / "backups" / "objects"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    target = place / "floor"
    target.mkdir()
    begun = time.perf_counter()
    for n, file in enumerate(files):
        digest = hashlib.sha256()
        with file.open("rb") as source, (target / str(n)).open("wb") as copy:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                copy.write(chunk)
    to_disk(target)
    return time.perf_counter() - begun


async def _fill(rig: Rig, set_up: Any, half: int, object_bytes: int) -> None:
    """Half of the bytes as objects that nothing compresses, half as text of theirs."""
    blobs = Blobs(rig.settings)
    connection: Any = await asyncpg.connect(rig.settings.postgres_owner)
    case, org, person = set_up.rooms[0][0], set_up.org, set_up.people[0].who.person
    document, count = new_id(), max(1, half // object_bytes)
    rows = max(1, half // count // ROW_BYTES)
    try:
        await connection.execute(DOCUMENT, document, case, org, person)
        turns = iter(range(count))

        async def some() -> None:
            for n in turns:
                data, id = os.urandom(object_bytes), new_id()
                key = f"{org}/{case}/{document}/{id}"
                version = await blobs.put(blobs.documents, key, data)
                texts = [os.urandom(ROW_BYTES // 2).hex() for _ in range(rows)]
                async with turn:
                    await connection.execute(
                        VERSION, id, document, case, org, n + 1, object_bytes, hashlib.sha256(data).hexdigest(), key,
                        version, person,
                    )  # fmt: skip
                    await connection.execute(TEXTS, id, case, org, list(range(1, rows + 1)), texts)

        turn = asyncio.Lock()
        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    finally:
        await connection.close()
        blobs.close()


def _silent(text: str) -> None:
    pass
