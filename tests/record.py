"""What tests of the record's log share."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.embedded.stack import Stack
from schemas.audit import Actor, Entry, canonical, moment
from schemas.audit_log import Signer
from schemas.ids import new_id
from schemas.settings import Settings
from workers.sequence import Sequencer, utc_now

INSERT = "insert into audit_entries (log, case_id, person, entry) values ($1, $2, $3, $4)"
SKIP = """update audit_position p set tx = e.tx, id = e.id
    from (select tx, id from audit_entries order by tx desc, id desc limit 1) e where (p.tx, p.id) < (e.tx, e.id)"""


async def from_here_on(on: Any) -> None:
    """Let a sequencer begin with what is written from now on: tests before may have given places by hand."""
    await on.execute(SKIP)


async def placed(sequencer: Sequencer) -> int:
    """Until each committed entry has its place; how many got one. Whoever writes anywhere in the cluster meanwhile
    holds them back for that long."""
    total = 0
    async with asyncio.timeout(60):
        while (await sequencer.waiting())[0]:
            total += await sequencer.place()
    return total


class Record:
    """Writes entries and has them placed and signed, as the sequencer's process does."""

    def __init__(self, connection: Any, signer: Signer) -> None:
        self.db, self.signer = connection, signer
        self.ahead = utc_now()

    async def write(self, log: UUID, count: int = 1, **more: Any) -> list[Entry]:
        entries = [
            Entry(
                act="case.changed", at=moment(utc_now()), by=Actor(kind="token", person=more.get("person")),
                case=more.get("case"), id=new_id(), log=log, outcome="done", rule="test",
            )
            for _ in range(count)
        ]  # fmt: skip
        await self.db.executemany(INSERT, [(log, one.case, one.by.person, canonical(one)) for one in entries])
        return entries

    async def settle(self) -> None:
        """A moment later than any before, so that all that grew is signed."""
        sequencer = Sequencer(self.db, self.signer, lambda: self.ahead)
        await sequencer.begin()
        await placed(sequencer)
        await self.db.execute("update audit_logs set signed_at = '2020-01-01' where size > signed")
        await sequencer.sign()


@pytest.fixture
async def record(stack: Stack) -> AsyncIterator[Record]:
    settings = Settings.read(stack.settings("sequence"))
    connection = await asyncpg.connect(settings.postgres_system)
    await from_here_on(connection)
    yield Record(connection, Signer(settings))
    await connection.close()
