"""`follow` yields every event once, in order, whatever becomes of NATS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID

import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from schemas.errors import Refused
from schemas.settings import Settings
from schemas.subjects import STREAM
from storage import bus as bus_module
from storage.bus import Bus, EpochChanged, follow
from storage.postgres import events as log
from storage.postgres.pool import Database
from tests.history import History
from tests.wire import api, eventually, following, operator, relayed, relaying, wipe


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


class Writer:
    def __init__(self, history: History, org: UUID, person: UUID, case: UUID) -> None:
        self.history, self.org, self.person, self.case = history, org, person, case

    async def post(self, count: int = 1) -> None:
        for n in range(count):
            await self.history.post(self.case, self.org, self.person, f"{n}")


@pytest_asyncio.fixture(loop_scope="session")
async def writer(opened: Database) -> Writer:
    history = History(opened.system)
    org, person = await history.organisation(), await history.person()
    return Writer(history, org, person, await history.case(org, person))


async def test_live_events_cost_no_query(
    opened: Database, bus: Bus, stack: Stack, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    read = log.events_after

    async def counted(*args: object) -> object:
        nonlocal asked
        asked += args[0] is opened.system
        return await read(*args)  # type: ignore[arg-type]

    async with relaying(stack):
        await writer.post()
        await relayed(stack, opened)
        monkeypatch.setattr(bus_module, "POLL_S", 60.0)
        async with following(bus, opened, await log.head(opened.system)) as follower:
            await writer.post()
            await follower.has(1)
            monkeypatch.setattr(log, "events_after", counted)
            await writer.post(50)
            await follower.has(51)
    assert asked == 0
    assert [event.seq for event in follower.events] == list(range(2, 53))


async def test_history_then_live_without_gap_or_repeat(
    opened: Database, bus: Bus, stack: Stack, writer: Writer
) -> None:
    start = await log.head(opened.system)
    async with relaying(stack):
        await writer.post(30)

        async def more() -> None:
            await writer.post(60)

        task = asyncio.create_task(more())
        async with following(bus, opened, start) as follower:
            await task
            await follower.has(90)
    assert [event.seq for event in follower.events] == list(range(1, 91))


async def test_a_wiped_stream_is_noticed(opened: Database, bus: Bus, stack: Stack, writer: Writer) -> None:
    start = await log.head(opened.system)
    async with relaying(stack), following(bus, opened, start) as follower:
        await writer.post(5)
        await follower.has(5)
        wipe(stack)
        await writer.post(5)
        await follower.has(10)
        await relayed(stack, opened)
        await writer.post(5)
        await follower.has(15)
    assert [event.seq for event in follower.events] == list(range(1, 16))


async def test_a_deleted_stream_is_noticed_while_the_server_stays(
    opened: Database, bus: Bus, stack: Stack, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = await log.head(opened.system)
    client = await operator(stack)
    try:
        async with relaying(stack), following(bus, opened, start) as follower:
            await writer.post(5)
            await follower.has(5)
            await api(client, f"STREAM.DELETE.{STREAM}")
            await writer.post(5)
            await follower.has(10)
            await relayed(stack, opened)
            # Without the poll only NATS can bring what follows.
            monkeypatch.setattr(bus_module, "POLL_S", 600.0)
            monkeypatch.setattr(bus_module, "POLL_WITHOUT_NATS_S", 600.0)
            await writer.post(5)
            await follower.has(15)
    finally:
        await client.close()
    assert [event.seq for event in follower.events] == list(range(1, 16))


async def test_delivery_goes_on_while_nats_is_down(
    opened: Database, bus: Bus, stack: Stack, writer: Writer
) -> None:
    assert stack.nats is not None
    start = await log.head(opened.system)
    async with relaying(stack), following(bus, opened, start) as follower:
        await writer.post()
        await follower.has(1)
        stack.nats.child.kill()
        try:
            await writer.post(3)
            await follower.has(4)
            await bus.wake()
            with pytest.raises(Refused, match="unavailable"):
                await bus.request("cw.api.nothing.here", b"", timeout_s=0.1)
        finally:
            stack.nats.start()
        await relayed(stack, opened)
        await writer.post(2)
        await follower.has(6)
    assert [event.seq for event in follower.events] == list(range(1, 7))
    await eventually(lambda: bus.connected, "the bus is back")


async def test_a_lost_message_is_read_from_postgres(
    opened: Database, bus: Bus, stack: Stack, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it runs, every third message never arrives: the chain tells, when the next one comes."""
    monkeypatch.setattr(bus_module, "POLL_S", 600.0)
    heard = bus_module.Tail._on_message
    count = 0
    forgets = False

    async def forgetful(self: bus_module.Tail, message: object) -> None:
        nonlocal count
        count += 1
        if count % 3 or not forgets:
            await heard(self, message)  # type: ignore[arg-type]

    start = await log.head(opened.system)
    monkeypatch.setattr(bus_module.Tail, "_on_message", forgetful)
    async with relaying(stack), following(bus, opened, start) as follower:
        await writer.post()
        await follower.has(1)
        forgets = True
        await writer.post(40)
        await follower.has(39)
    seqs = [event.seq for event in follower.events]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_reader_that_falls_far_behind_holds_little_and_misses_nothing(
    opened: Database, bus: Bus, stack: Stack, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_module, "PILE_MESSAGES_MAX", 10)
    start = await log.head(opened.system)
    seqs: list[int] = []
    async with relaying(stack), aclosing(follow(bus, opened, start)) as batches:
        await writer.post()
        seqs += [event.seq for event in await anext(batches)]
        await writer.post(60)  # nobody takes them meanwhile
        await relayed(stack, opened)
        async with asyncio.timeout(30):
            while len(seqs) < 61:
                seqs += [event.seq for event in await anext(batches)]
    assert seqs == list(range(1, 62))


async def test_a_restored_database_is_noticed(
    opened: Database, bus: Bus, stack: Stack, writer: Writer
) -> None:
    await writer.post()
    old = await opened.system.fetchval("select value from epoch")
    async with aclosing(follow(bus, opened, await log.head(opened.system))) as batches:
        waiting = asyncio.ensure_future(anext(batches))
        await asyncio.sleep(0.1)
        try:
            await opened.system.execute("update epoch set value = 'restored'")
            with pytest.raises(EpochChanged):
                async with asyncio.timeout(30):
                    await waiting
        finally:
            await opened.system.execute("update epoch set value = $1", old)


async def test_the_first_connection_is_bounded(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    import msgspec

    monkeypatch.setattr(bus_module, "FIRST_CONNECT_S", 0.3)
    nowhere = msgspec.structs.replace(settings, nats="nats://127.0.0.1:9")
    with pytest.raises(OSError, match="NATS does not answer"):
        await Bus.connect(nowhere)
