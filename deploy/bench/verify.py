"""How fast a record is verified: a million synthetic entries of an office, as `casewire audit verify` reads them.

Beside it the floor: SHA-256 over the same bytes, read from the same file, and nothing else.
"""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from deploy.bench._memory import Watch
from deploy.bench._rig import Measured, Rig, run
from deploy.verify.log import cores
from deploy.verify.record import keys_named, verify_folder
from deploy.verify.report import Report
from deploy.verify.tree import Peak, leaf, push, root
from schemas.audit import Actor, Entry, Span, canonical, committed, moment
from schemas.audit_log import Signer

ENTRIES, QUICK_ENTRIES = 1_000_000, 40_000
CASES = 2000
EACH = 50_000  # entries a checkpoint
ENTRIES_PER_S_MIN = 50_000
LOG = UUID("0192c0de-0000-7000-8000-000000000001")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("verify", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> Measured:
    count = QUICK_ENTRIES if rig.quick else ENTRIES
    folder = Path(tempfile.mkdtemp(prefix="casewire-bench-"))
    try:
        key = _write(folder, count, Signer(rig.settings))
        size = (folder / "entries.jsonl").stat().st_size
        start = time.perf_counter()
        _hash_alone(folder / "entries.jsonl")
        floor = time.perf_counter() - start
        report, one = Report(lambda _: None, lambda _: None), Report(lambda _: None, lambda _: None)
        async with Watch(os.getpid()) as watch:
            took = await asyncio.to_thread(_verify, folder, key, report, None)
        alone = await asyncio.to_thread(_verify, folder, key, one, 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {
        "entries": count,
        "entries_per_s": count / took,
        "mb_per_s": size / took / 1e6,
        "one_process_entries_per_s": count / alone,
        "processes": cores(),
        "growth_mib": (watch.growth or 0) / 2**20,
        "found": report.wrong + one.wrong,
    }
    floors = {"sha256_alone_mb_per_s": size / floor / 1e6, "sha256_alone_entries_per_s": count / floor}
    good = not report.wrong and not one.wrong and (rig.quick or figures["entries_per_s"] >= ENTRIES_PER_S_MIN)
    verdict = f"{figures['entries_per_s']:,.0f} entries/s of {size // count} bytes; at least {ENTRIES_PER_S_MIN:,}"
    return figures, floors, good, verdict


def _verify(folder: Path, key: str, report: Report, jobs: int | None) -> float:
    """The seconds it takes."""
    start = time.perf_counter()
    verify_folder(report, folder, named=keys_named([key]), witnesses=[], jobs=jobs)
    return time.perf_counter() - start


def _write(folder: Path, count: int, signer: Signer) -> str:
    peaks: list[Peak] = []
    with (folder / "entries.jsonl").open("wb") as entries, (folder / "checkpoints.txt").open("w") as notes:
        for n, line in enumerate(_entries(count), 1):
            entries.write(line + b"\n")
            push(peaks, 0, leaf(line))
            if n % EACH == 0 or n == count:
                notes.write(signer.checkpoint(LOG, n, root(peaks), START + timedelta(seconds=n)) + "---\n")
    (folder / "key.txt").write_text(signer.key + "\n")
    return signer.key


def _entries(count: int) -> Iterator[bytes]:
    cases = [UUID(bytes=secrets.token_bytes(16)) for _ in range(CASES)]
    people = [UUID(bytes=secrets.token_bytes(16)) for _ in range(50)]
    heads = [0] * CASES
    for n in range(count):
        at, rare = n % CASES, n % 20 == 0
        heads[at] += 1
        span = Span(data=committed(b"", b"{}"), first=heads[at], last=heads[at], stream=cases[at])
        id = UUID(bytes=secrets.token_bytes(16))
        yield canonical(
            Entry(
                act="message.posted",
                at=moment(START + timedelta(seconds=n)),
                by=Actor(kind="browser", person=people[n % 50], session=id),
                case=cases[at],
                from_=committed(b"", b"10.0.0.1"),
                id=UUID(bytes=secrets.token_bytes(16)),
                log=LOG,
                outcome="done",
                rule="post_message: staff" if not rare else 'post_message: "Žofie"',
                spans=[span],
                thing=id,
            )
        )


def _hash_alone(path: Path) -> None:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
