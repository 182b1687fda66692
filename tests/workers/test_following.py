"""A worker's effects happen once, whichever process does them and however often it falls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from schemas.events import Event
from schemas.settings import Settings
from storage.bus import Bus, end
from storage.postgres import events as log
from storage.postgres.pool import Database
from storage.postgres.positions import move_position, read_position
from tests.history import History
from tests.wire import eventually, relaying
from workers import following
from workers.following import PASSED_BY_EVENTS_MAX, Handle, follow_events


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings, ("system",))
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(stack: Stack) -> AsyncIterator[Bus]:
    bus = await Bus.connect(Settings.read(stack.settings("worker")), "test")
    yield bus
    await bus.close()


@asynccontextmanager
async def working(
    name: str, bus: Bus, database: Database, handle: Handle, **more: Any
) -> AsyncIterator[None]:
    task = asyncio.create_task(follow_events(name, bus, database, handle, **more))
    try:
        yield
    finally:
        await end(task)


async def standing(name: str, database: Database) -> None:
    """A worker that starts here, not at the start of history."""
    await move_position(database.system, name, await log.head(database.system))


async def test_effects_happen_once_though_batches_fail_and_two_compete(
    opened: Database, bus: Bus, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(opened.system)
    org, person = await history.organisation(), await history.person()
    case = await history.case(org, person)
    conversation = await history.conversation(case, org, person)
    other = await history.person()
    await standing("twice", opened)
    failures = 0
    moves = 0
    move = following.move_position

    async def moving(*args: Any) -> None:
        """Fails now and then after all is done, before the commit."""
        nonlocal moves
        await move(*args)
        moves += 1
        if moves % 4 == 1:
            raise RuntimeError("on purpose")

    monkeypatch.setattr(following, "move_position", moving)

    async def handle(connection: Any, events: list[Event]) -> None:
        """One row an event: a second time would break its key. Fails after the effect now and then."""
        nonlocal failures
        for event in events:
            count = await connection.fetchval(
                "select count(*) from nudges where conversation = $1", conversation
            )
            assert count in (0, 1)
            await connection.execute(
                "insert into nudges (person, conversation, upto, at) values ($1, $2, $3, now()) "
                "on conflict (person, conversation) do update set upto = nudges.upto + 1000",
                other,
                conversation,
                event.seq,
            )
        failures += 1
        if failures % 3 == 0:
            raise RuntimeError("on purpose")

    async with relaying(stack), working("twice", bus, opened, handle), working("twice", bus, opened, handle):

        async def done() -> bool:
            return await read_position(opened.system, "twice") >= await log.head(opened.system)

        for n in range(20):
            await history.post(case, org, person, f"{n}")
            if n % 2:
                await eventually(done, "the worker has done all")
    assert failures >= 3
    upto = await opened.system.fetchval("select upto from nudges where conversation = $1", conversation)
    assert upto == 1 + 19 * 1000


async def test_events_of_no_interest_move_the_position_now_and_then(
    opened: Database, bus: Bus, stack: Stack
) -> None:
    history = History(opened.system)
    org, person = await history.organisation(), await history.person()
    case = await history.case(org, person)
    await standing("picky", opened)
    start = await read_position(opened.system, "picky")
    seen: list[str] = []

    async def handle(connection: Any, events: list[Event]) -> None:
        seen.extend(event.type for event in events)

    async with relaying(stack), working("picky", bus, opened, handle, types={"message.retracted"}):
        await history.post(case, org, person, "no")
        await history.append("message.retracted", org=org, stream=case, data={})

        async def moved() -> bool:
            return await read_position(opened.system, "picky") == await log.head(opened.system)

        await eventually(moved, "the wanted one is done")
        assert seen == ["message.retracted"]
        before = await read_position(opened.system, "picky")
        assert before > start
        async with opened.system.acquire() as connection, connection.transaction():
            for n in range(PASSED_BY_EVENTS_MAX):
                await history.post(case, org, person, f"{n}", connection=connection)
        await eventually(moved, "so many were passed by")
    assert seen == ["message.retracted"]
