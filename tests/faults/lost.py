"""A house that is backed up, written in, followed and lost; the commands of its backups, also as they are killed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from deploy.backup import ledger
from deploy.backup.keys import Keys, read_keys
from deploy.backup.restore import Wanted, restore
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from schemas.errors import Refused
from storage.blobs import Blobs
from tests.app import Office, World
from tests.contract.test_state_and_events import State, read
from tests.house import ROOT, House, gone, wait_for
from tests.live import live
from tests.uploads import document, upload

COMMAND_S = 240.0  # only ends a broken run
HEALED_WITHIN_S = 60.0


class Lost:
    """What there was when the house was lost, and where its backups are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first, self.second = folder / "first", folder / "second"
        self.backups, self.keys = folder / "backups", folder / "apart" / "keys.json"
        self.house = House(self.first, "--follow", str(self.backups))
        self.names: list[str] = []
        self.texts: dict[UUID, bytes] = {}
        self.between = datetime.now(UTC)
        self.said_before: list[str] = []
        self.said: list[str] = []

    office: Office
    taken: Any
    room: UUID
    held: tuple[State, int]
    epoch: str
    pos: str
    last: int
    events: list[dict[str, Any]]

    def backup(self) -> str:
        done = casewire("backup", "--to", self.backups, "--keys", self.keys, "--data", self.first)
        assert done.returncode == 0, done.stderr
        self.names.append(done.stdout.split()[0])
        return self.names[-1]

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.backups)


def casewire(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_S,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def world_of(house: House) -> AsyncIterator[World]:
    pool: Any = await asyncpg.create_pool(house.settings().postgres_owner, min_size=0, max_size=2)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.http_port}", timeout=30) as http:
        try:
            yield World(http, pool)
        finally:
            pool.terminate()


async def add(lost: Lost, world: World, text: str, into: list[str]) -> None:
    """A message and a document that went the whole way."""
    lead, office = lost.office.lead, lost.office
    await lead.made(f"/v1/conversations/{lost.room}/messages", {"body": text})
    into.append(text)
    data = (text + ". ").encode() * 500
    version = await upload(lead, await document(lead, office.case, office.shared, text), data)
    lost.texts[version] = data
    async with asyncio.timeout(HEALED_WITHIN_S):
        while await world.pool.fetchval("select text_status from versions where id = $1", version) == "none":
            await asyncio.sleep(0.05)


def key_set(lost: Lost) -> Keys:
    [ours] = read_keys(lost.keys)
    return ours.keys


async def fetched(blobs: Blobs, key: str, version: str, to: Path) -> bytes:
    """The bytes of an object. A store that has just started says for a moment that it cannot."""
    async with asyncio.timeout(HEALED_WITHIN_S):
        while True:
            try:
                await blobs.fetch(blobs.documents, key, version, to, bytes_max=1 << 20)
                return to.read_bytes()
            except Refused:
                await asyncio.sleep(0.2)


async def all_followed(lost: Lost, world: World) -> None:
    """Until the backups have the log up to now, and every object."""
    async with asyncio.timeout(HEALED_WITHIN_S):
        end = await world.pool.fetchval("select pg_current_wal_flush_lsn()::text")
        while not await world.pool.fetchval(
            "select restart_lsn >= $1::text::pg_lsn from pg_replication_slots where slot_name = 'casewire_follow'",
            end,
        ):
            await asyncio.sleep(0.05)
        keys = {str(row[0]) for row in await world.pool.fetch("select object_key from versions")}
        while not keys <= {held.key for held in lost.shelf.since(lost.epoch)}:
            await asyncio.sleep(0.05)
        while str(lost.office.stranger.id) not in "".join(ledger.read(lost.shelf, [key_set(lost)])):
            await asyncio.sleep(0.05)


async def write_on(lost: Lost) -> None:
    n = 0
    while True:
        n += 1
        await lost.office.lead.made(f"/v1/conversations/{lost.room}/messages", {"body": f"meanwhile {n}"})
        lost.said_before.append(f"meanwhile {n}")


async def remember(lost: Lost, world: World) -> None:
    """What a client holds at the end: its state, and its place."""
    lost.held = await read(lost.office.outside, lost.office.case)
    async with live(f"ws://127.0.0.1:{lost.house.live_port}", lost.office.outside.token) as client:
        async with asyncio.timeout(HEALED_WITHIN_S):
            while True:
                answer = await client.ask("subscribe", topic=f"case:{lost.office.case}")
                if answer["seq"] >= lost.held[1]:
                    break
                await client.ask("unsubscribe", topic=f"case:{lost.office.case}")
                await asyncio.sleep(0.05)
    lost.epoch, lost.last, lost.pos = answer["epoch"], answer["seq"], answer["pos"]


def kill(house: House) -> None:
    """Everything of it at once, as when the machine is gone."""
    pids = house.pids()
    for pid in (house.process.pid, *pids.values()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    house.process.wait()
    for pid in pids.values():
        wait_for(lambda pid=pid: gone(pid), "the end of everything")


def whole(
    lost: Lost, data: Path, name: str | None = None, until: datetime | None = None, **other: Path
) -> str:
    """Restore in this process; what is said of why not."""
    told: list[str] = []
    broken: list[BaseException] = []

    def work() -> None:
        try:
            restore(
                other.get("backups", lost.backups),
                other.get("keys", lost.keys),
                data,
                Wanted(name, until),
                print,
            )
        except StackError as problem:
            told.append(str(problem))
        except BaseException as problem:
            broken.append(problem)

    # Not in a thread of the loop: what is started belongs to the thread that waits for it.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if broken:
        raise broken[0]
    assert len(told) <= 1 and not any("\n" in one for one in told)
    return told[0] if told else ""


DIES = """
import os, sys
from deploy.backup import {module} as module
from deploy.cli import main
def dying(*arguments, **named):
    {before}os._exit(9)
    answer = do(*arguments, **named)
    os._exit(9)
do, {where}.{name} = {where}.{name}, dying
main()
"""


def killed(module: str, where: str, name: str, before: bool, *arguments: object) -> None:
    """Run a command that ends at once, as by a power cut, before or after it calls something."""
    script = DIES.format(module=module, where=where, name=name, before="" if before else "#")
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND_S,
    )  # fmt: skip
    assert done.returncode == 9, (done.returncode, done.stdout, done.stderr)
