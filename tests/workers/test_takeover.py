"""A relay that dies, freezes or wakes again while others wait and people write: each event once, in order, and soon."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from schemas.positions import Position
from schemas.settings import Settings
from schemas.subjects import STREAM
from storage.bus import Bus
from storage.postgres import events as log
from storage.postgres.pool import PASSING, Database
from tests.faults.proxy import Line
from tests.history import History
from tests.wire import (
    api,
    broken_links,
    eventually,
    following,
    operator,
    relay_process,
    relayed,
    relaying,
    stream_positions,
)
from tests.workers.test_relay import Place
from workers import relay

SENTENCES = {
    "killed": signal.SIGKILL,
    "frozen": signal.SIGSTOP,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings, ("app", "system"))
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def place(opened: Database) -> Place:
    history = History(opened.system)
    org, person = await history.organisation(), await history.person()
    await history.grant(person, org, "admin", org)
    return Place(history, org, person, await history.case(org, person))


@asynccontextmanager
async def writing(place: Place) -> AsyncIterator[None]:
    """Somebody posts all the time."""
    enough = asyncio.Event()

    async def write() -> None:
        while not enough.is_set():
            await place.post()
            await asyncio.sleep(0.005)

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        enough.set()
        await task


async def stands_in_the_log(database: Database, after: Position) -> list[str]:
    rows = await database.system.fetch(
        "select tx, id from events where (tx, id) > ($1, $2) order by tx, id", *after
    )
    return [str(Position(*row)) for row in rows]


async def in_line(database: Database, count: int) -> bool:
    """Whether so many relays lead or wait to."""
    there = (
        "select count(*) from pg_stat_activity where application_name = $1 and datname = current_database()"
    )
    return await database.system.fetchval(there, relay.NAME) == count


@pytest.mark.parametrize("fate", SENTENCES)
async def test_another_relay_takes_over_while_people_write(
    opened: Database, stack: Stack, place: Place, fate: str
) -> None:
    async with relaying(stack):
        await place.post()
        await relayed(stack, opened)
    client = await operator(stack)
    first = second = None

    async def grows() -> None:
        last = (await api(client, f"STREAM.INFO.{STREAM}"))["state"]["last_seq"]

        async def grown() -> bool:
            return (await api(client, f"STREAM.INFO.{STREAM}"))["state"]["last_seq"] > last

        await eventually(grown, "the stream grows")

    try:
        start, before = await log.head(opened.system), len(await stream_positions(client))
        async with writing(place):
            first = await relay_process(stack)
            await grows()
            second = await relay_process(stack)
            await eventually(lambda: in_line(opened, 2), "it waits for the lock")
            await asyncio.sleep(random.random() * 0.2)
            first.send_signal(SENTENCES[fate])
            begun = time.perf_counter()
            await asyncio.sleep(0.1)  # what it had sent arrives
            await grows()
            print(f"another relays {time.perf_counter() - begun:.2f} s after the first was {fate}")
            if fate == "frozen":
                first.send_signal(signal.SIGCONT)  # it wakes, and believes that it leads
                await asyncio.sleep(0.5)
                await grows()
                second.kill()  # so it must have stood down, and stood in line again
                await second.wait()
                await asyncio.sleep(0.1)
                await grows()
        async with relaying(stack):
            await relayed(stack, opened)
        chain = await stream_positions(client)
    finally:
        await client.close()
        for process in (first, second):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()
    assert [pos for _, pos in chain[before:]] == await stands_in_the_log(opened, start)
    assert broken_links(chain) == 0


async def test_a_relay_that_nats_does_not_hear_gives_way(
    opened: Database, stack: Stack, place: Place
) -> None:
    """Its connection looks well and swallows everything; it keeps PostgreSQL, and with it the lock."""
    settings = Settings.read(stack.settings("relay"))
    assert stack.nats is not None
    port = stack.nats.port
    line = await Line(lambda: ("127.0.0.1", port)).start()
    deaf = msgspec.structs.replace(settings, nats=f"nats://127.0.0.1:{line.port}")
    stop = asyncio.Event()
    start = await log.head(opened.system)
    first = asyncio.create_task(relay.run(deaf, stop))
    try:
        await place.post()
        await relayed(stack, opened)
        async with relaying(stack) as second:
            await place.post()
            await relayed(stack, opened)
            line.hole()
            begun = time.perf_counter()
            await place.post()
            await relayed(stack, opened)
            print(f"another relays {time.perf_counter() - begun:.2f} s after NATS heard the first no more")
            line.heal()  # what it had sent arrives now
            await place.post()
            await relayed(stack, opened)
            assert not second.done() and not first.done()
        client = await operator(stack)
        try:
            chain = await stream_positions(client)
        finally:
            await client.close()
    finally:
        stop.set()
        await first
        await line.stop()
    wanted = await stands_in_the_log(opened, start)
    assert len(wanted) == 4 and [pos for _, pos in chain[-4:]] == wanted
    assert broken_links(chain) == 0


async def test_a_write_left_open_holds_the_wire_until_the_server_ends_it(
    opened: Database, stack: Stack, settings: Settings, place: Place
) -> None:
    """Its role's transaction_timeout is the limit; meanwhile a metric names who it is."""
    bus = await Bus.connect(Settings.read(stack.settings("gateway")), "test")
    start = await log.head(opened.system)
    held: dict[Any, float] = {}
    idle = await asyncpg.connect(settings.postgres, server_settings={"application_name": "forgetful"})
    try:
        assert await idle.fetchval("show transaction_timeout") == "2s"
        async with relaying(stack), following(bus, opened, start) as follower:
            await idle.execute("begin; select pg_current_xact_id()")
            begun = time.perf_counter()
            for _ in range(5):
                await place.post()

            def named() -> bool:
                held.update({key: metric._value.get() for key, metric in relay.HELD_BY._metrics.items()})
                return bool(held)

            await eventually(named, "the metric names who holds the wire")
            assert follower.events == []
            assert set(held) == {("casewire_app", "forgetful")}
            await follower.has(5)
            print(f"held for {time.perf_counter() - begun:.2f} s")
            with pytest.raises(PASSING):
                await idle.execute("commit")
            await eventually(lambda: not relay.HELD_BY._metrics, "nobody is named any more")
        assert [event.seq for event in follower.events] == [1, 2, 3, 4, 5]
    finally:
        idle.terminate()
        await bus.close()


async def test_every_role_that_writes_has_the_limit(settings: Settings) -> None:
    """All but the owner, who migrates: see the README of the migrations."""
    for dsn in (settings.postgres, settings.postgres_system, settings.postgres_signin):
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("show transaction_timeout") == "2s"
        finally:
            await connection.close()
