"""Bringing in dockets: real ones where they are, and made ones, until there are some thousand entries."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from deploy.bench._rig import Rig, run
from deploy.bench._scene import scene
from deploy.dockets import import_files
from deploy.seed import fixtures
from storage.postgres.pool import Database

DOCKETS, ENTRIES, QUICK_ENTRIES = 12, 500, 20
ENTRIES_PER_S_MIN = 1000


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("import", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    with TemporaryDirectory(prefix="casewire-bench-") as place:
        files = [_write(Path(place), n, QUICK_ENTRIES if rig.quick else ENTRIES) for n in range(DOCKETS)]
        real = sorted((fixtures() / "dockets").glob("*.json"))
        async with scene(rig.settings, people=1, cases=0) as set_up:
            spent: list[float] = []
            database = await Database.open(msgspec.structs.replace(rig.settings, postgres_pool=1))
            try:
                async with database.app.acquire() as connection:
                    connection.add_query_logger(lambda said: spent.append(said.elapsed))
                hub = msgspec.structs.replace(set_up.hub, database=database)
                begun = time.perf_counter()
                outcomes = await import_files(hub, set_up.people[0].who, set_up.org, [*real, *files])
                took = time.perf_counter() - begun
            finally:
                await database.close()
    refused = sum(outcome.made is None for outcome in outcomes)
    entries = sum(outcome.made.entries for outcome in outcomes if outcome.made)
    parties = sum(outcome.made.parties for outcome in outcomes if outcome.made)
    figures = {
        "entries_per_s": entries / took,
        "entries": entries,
        "parties": parties,
        "files": len(outcomes),
        "real_files": len(real),
        "refused": refused,
        "took_s": took,
        "ratio_to_statements": sum(spent) / took,
    }
    passed = figures["entries_per_s"] >= ENTRIES_PER_S_MIN and not refused
    verdict = (
        f"{entries / took:.0f} docket entries/s from file to commit (at least {ENTRIES_PER_S_MIN}); the database's "
        f"statements alone make {entries / sum(spent):.0f}/s"
    )
    return figures, {"statements_alone_entries_per_s": entries / sum(spent)}, passed, verdict


def _write(place: Path, n: int, entries: int) -> Path:
    docket = {
        "court_id": "nysd",
        "docket_number": f"1:26-cv-{n:05d}",
        "case_name": f"Bench {n} v. Bench",
        "date_filed": "2026-01-05",
        "parties": [{"name": f"Party {k}", "type": "Plaintiff"} for k in range(10)],
        "docket_entries": [
            {
                "date_filed": f"2026-0{1 + k * 8 // entries}-11",
                "date_entered": f"2026-0{1 + k * 8 // entries}-12",
                "document_number": str(k + 1),
                "description": f"NOTICE number {k + 1} of appearance, service and everything else. " * 6,
            }
            for k in range(entries)
        ],
    }
    file = place / f"{n}.json"
    file.write_bytes(msgspec.json.encode(docket))
    return file
