"""How fast entries get their places in a log, and how soon a proof over a million of them is answered over HTTP.

The entries are written into one log as acts write them and placed by the sequencer's own functions; then proofs of
entries and of earlier sizes, chosen at random, are asked for one at a time over one connection, and each is verified by
the verifier's code. Beside that the floors: the bare statement that reads a proof's tiles, and the same entries hashed
alone.
"""

import random
import time
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from deploy.bench._http import Client, connect
from deploy.bench._rig import Rig, latencies, percentile, run
from deploy.bench._scene import Scene, scene
from deploy.embedded.child import StackError
from deploy.verify.tree import consistent, included
from schemas import merkle
from schemas.audit import Actor, Entry, canonical, moment
from schemas.audit_log import Signer, read_note
from schemas.ids import new_id
from storage.postgres import audit_log
from storage.postgres.events import READS_IN_ORDER
from storage.postgres.leader import TAKE
from workers.sequence import LEADER_LOCK, Sequencer

ENTRIES, QUICK_ENTRIES = 1_000_000, 1_500
PROOFS, QUICK_PROOFS = 1_000, 20
WARM = 20
WRITTEN_AT_ONCE = 5_000
PROOF_MS_MAX, PLACED_PER_S_MIN = 5.0, 5_000
INSERT = """insert into audit_entries (log, case_id, person, entry)
    select $1, $2, $3, entry from unnest($4::bytea[]) as u(entry)"""


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("proof", measure, data, json=json, quick=quick)


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    count, proofs = (QUICK_ENTRIES, QUICK_PROOFS) if rig.quick else (ENTRIES, PROOFS)
    async with scene(rig.settings, people=1, cases=1) as set_up:
        connection = await asyncpg.connect(rig.settings.postgres_system, server_settings=READS_IN_ORDER)
        try:
            if not await connection.fetchval(TAKE, LEADER_LOCK):
                raise StackError(
                    "A sequencer runs on this stack; leave out --data to measure one of the bench's own."
                )
            ids, hashed_s = await _write(rig, set_up, count)
            placed_s = await _place(connection, Signer(rig.settings))
            tiles = await _tiles_alone(connection, set_up.org, proofs)
            client = await connect(rig.settings.http_port)
            try:
                asked = _Asked(client, rig.settings.http_port, connection, set_up)
                times = await asked.all(ids, proofs)
            finally:
                client.close()
        finally:
            await connection.close()
    figures = {
        "entries": count,
        "placed_per_s": count / placed_s,
        **latencies("inclusion_", times["inclusion"]),
        **latencies("consistency_", times["consistency"]),
        "failed": asked.failed,
    }
    floors = {"hashed_per_s": count / hashed_s, "tiles_alone_p50_ms": percentile(tiles, 0.5) * 1e3}
    slowest = max(figures["inclusion_p50_ms"], figures["consistency_p50_ms"])
    fast = figures["placed_per_s"] >= PLACED_PER_S_MIN
    passed = not asked.failed and (rig.quick or (slowest <= PROOF_MS_MAX and fast))
    verdict = (
        f"{figures['placed_per_s']:,.0f} entries a second get their places (bound {PLACED_PER_S_MIN:,}); of {count:,} "
        f"a proof takes {slowest:.1f} ms (median, bound {PROOF_MS_MAX:.0f} ms), {asked.failed} failed"
    )
    return figures, floors, passed, verdict


async def _write(rig: Rig, set_up: Scene, count: int) -> tuple[list[UUID], float]:
    """Entries as an office leaves them; their ids in order, and the seconds it takes to hash them alone."""
    person, ids, hashing = set_up.people[0].who, [new_id() for _ in range(count)], 0.0
    by = Actor(kind="browser", person=person.person, session=person.session)
    at, case = moment(datetime.now(UTC)), set_up.rooms[0][0]
    owner = await asyncpg.connect(rig.settings.postgres_owner)  # whose transactions are not bounded
    try:
        for first in range(0, count, WRITTEN_AT_ONCE):
            batch = [
                canonical(
                    Entry(
                        act="message.posted", at=at, by=by, case=case, from_=id.hex * 2, id=id, log=set_up.org,
                        outcome="done", rule="role: staff", thing=id,
                    )
                )
                for id in ids[first : first + WRITTEN_AT_ONCE]
            ]  # fmt: skip
            begun = time.perf_counter()
            for entry in batch:
                sha256(b"\0" + entry).digest()
            hashing += time.perf_counter() - begun
            await owner.execute(INSERT, set_up.org, case, person.person, batch)
    finally:
        await owner.close()
    return ids, hashing


async def _place(connection: Any, signer: Signer) -> float:
    sequencer = Sequencer(connection, signer)
    await sequencer.begin()
    begun = time.perf_counter()
    while (await sequencer.place()) or (await sequencer.waiting())[0]:
        pass
    took = time.perf_counter() - begun
    await sequencer.sign()
    return took


async def _tiles_alone(connection: Any, org: UUID, proofs: int) -> list[float]:
    times: list[float] = []
    size = (await audit_log.heads(connection, [org]))[org].size
    for _ in range(proofs):
        begun = time.perf_counter()
        await audit_log.tiles(connection, org, merkle.inclusion(random.randrange(size), size))
        times.append(time.perf_counter() - begun)
    return times


class _Asked:
    """Proofs over one connection, each verified."""

    def __init__(self, client: Client, port: int, connection: Any, set_up: Scene) -> None:
        self.client, self.port, self.connection, self.failed = client, port, connection, 0
        self.org, self.token = set_up.org, set_up.people[0].token

    async def get(self, path: str) -> tuple[dict[str, Any], float]:
        begun = time.perf_counter()
        status, at = await self.client.send(
            (
                f"GET /v1/orgs/{self.org}/audit/{path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
                f"authorization: Bearer {self.token}\r\n\r\n"
            ).encode()
        )
        if status != 200:
            raise StackError(
                f"The hub answers {status} where a proof was asked for: {self.client.answered[:300]!r}"
            )
        return msgspec.json.decode(self.client.answered.partition(b"\r\n\r\n")[2])["item"], at - begun

    async def all(self, ids: list[UUID], proofs: int) -> dict[str, list[float]]:
        head, _ = await self.get("checkpoint")
        said = read_note(head["note"])
        taken: dict[str, list[float]] = {"inclusion": [], "consistency": []}
        for turn in range(WARM + proofs):
            proof, inclusion_s = await self.get(f"proof?entry={random.choice(ids)}")
            path = [b64decode(one) for one in proof["path"]]
            good = included(b64decode(proof["leaf"]), proof["n"], said.size, path, said.root)
            old = random.randrange(1, said.size)
            growth, consistency_s = await self.get(f"consistency?from={old}")
            path = [b64decode(one) for one in growth["path"]]
            before = merkle.root(await audit_log.tiles(self.connection, self.org, [(0, old)]), 0, old)
            good = good and consistent(old, before, said.size, said.root, path)
            self.failed += not good
            if turn >= WARM:
                taken["inclusion"].append(inclusion_s)
                taken["consistency"].append(consistency_s)
        return taken
