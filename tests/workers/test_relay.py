"""Committed events reach JetStream in their order, each once, whatever happens to the relay or to the stream."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from deploy.embedded.stack import Stack
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.messages import Message
from schemas.positions import Position
from schemas.settings import Settings
from schemas.subjects import STREAM, STREAM_SUBJECTS
from storage import stream as relay_stream
from storage.bus import Bus
from storage.postgres import events as log
from storage.postgres import locks
from storage.postgres.pool import Database
from storage.postgres.unit import facts_of
from tests.history import LOCK, SHARED, History, now
from tests.wire import (
    api,
    broken_links,
    eventually,
    following,
    inversions,
    operator,
    relay_process,
    relayed,
    relaying,
    stream_positions,
    wipe,
)
from workers import relay

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
EACH_ROUND = 4000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings, ("app", "system"))
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bus(stack: Stack) -> AsyncIterator[Bus]:
    bus = await Bus.connect(Settings.read(stack.settings("gateway")), "test")
    yield bus
    await bus.close()


class Place:
    """A case with its lawyer, to write events to."""

    def __init__(self, history: History, org: UUID, person: UUID, case: UUID) -> None:
        self.history, self.org, self.person, self.case = history, org, person, case

    async def post(self, body: str = "x") -> int:
        return await self.history.post(self.case, self.org, self.person, body)

    async def copy(self, count: int) -> None:
        """The last event of the case `count` times more."""
        await self.history.pool.execute(
            """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor,
                    thing, data)
                select org, kind, stream, seq + g, case_id, type, audience, people, access, at, actor, thing, data
                from (select * from events where stream = $1 order by seq desc limit 1) e,
                    generate_series(1, $2) g""",
            self.case,
            count,
        )

    async def post_many(self, count: int) -> None:
        """`count` events in one transaction, so that the relay reads them at once."""
        async with self.history.pool.acquire() as connection, connection.transaction():
            await connection.execute(LOCK, self.org, self.case)
            for _ in range(count):
                await self.history.append(
                    "message.posted", org=self.org, stream=self.case, data={}, connection=connection
                )


@pytest_asyncio.fixture(loop_scope="session")
async def place(opened: Database) -> Place:
    history = History(opened.system)
    org, person = await history.organisation(), await history.person()
    await history.grant(person, org, "admin", org)
    return Place(history, org, person, await history.case(org, person))


async def test_32_writers_on_8_streams_invert_no_event(
    opened: Database, bus: Bus, stack: Stack, place: Place
) -> None:
    cases = [await place.history.case(place.org, place.person) for _ in range(8)]
    start = await log.head(opened.system)

    async def post(case: UUID, id: UUID) -> None:
        async with opened.writing(place.person, locks.of_row("cases", case), now()) as unit:
            facts, _ = await unit.facts(facts_of("cases"), case)
            message = Message(
                id=id, case=case, conversation=new_id(), author=place.person, body="x", attachments=[],
                posted_at=now(), edited_at=None, retracted_at=None, seq=facts.stream.next_seq, revision=1,
            )  # fmt: skip
            unit.append(facts.stream, NewEvent("message.posted", message.id, message, SHARED))

    async def write() -> None:
        for _ in range(15):
            case, id = random.choice(cases), new_id()
            while True:
                try:
                    await post(case, id)
                    break
                except Refused as refused:  # a slow machine: who is told so tries again
                    if refused.code != "unavailable":
                        raise

    async with relaying(stack), following(bus, opened, start) as follower:
        async with asyncio.TaskGroup() as writing:
            for _ in range(32):
                writing.create_task(write())
        await follower.has(480)
    assert len({event.thing for event in follower.events}) == 480
    assert inversions(follower.events) == 0
    for case in cases:
        seqs = [event.seq for event in follower.events if event.stream == case]
        assert seqs == list(range(1, len(seqs) + 1))


async def test_a_lock_taken_after_the_transaction_id_would_invert_events(
    opened: Database, place: Place
) -> None:
    """Why the lock comes first; and that the count above can see it."""
    start = await log.head(opened.system)
    gate = asyncio.Event()

    async def late() -> None:
        async with opened.system.acquire() as connection, connection.transaction():
            await connection.execute("select pg_current_xact_id()")
            gate.set()
            await asyncio.sleep(0.2)
            await connection.execute(LOCK, place.org, place.case)
            await place.history.append(
                "message.posted", org=place.org, stream=place.case, data={}, connection=connection
            )

    task = asyncio.create_task(late())
    await gate.wait()
    await place.post()
    await task
    assert inversions(await log.events_after(opened.system, start, 10)) == 1


async def test_an_open_transaction_holds_back_what_came_after_it(
    opened: Database, bus: Bus, stack: Stack, place: Place
) -> None:
    start = await log.head(opened.system)
    async with relaying(stack), following(bus, opened, start) as follower:
        async with opened.system.acquire() as connection, connection.transaction():
            await connection.execute("select pg_current_xact_id()")
            await place.post("after")
            assert await log.hidden_since(opened.system) is not None
            holder = await log.holder(opened.system)
            assert holder is not None and holder.role == "casewire_system"
            # The relay has looked by now, and has found nothing settled.
            await eventually(lambda: relay.WAITING._value.get() > 0, "the relay says that it waits")
            assert follower.events == []
            first = await place.history.append(
                "message.posted", org=place.org, stream=new_id(), data={}, connection=connection
            )
            assert first == 1
        await follower.has(2)
    assert [event.position for event in follower.events] == sorted(
        event.position for event in follower.events
    )


async def test_what_settles_while_the_relay_looks_does_not_wait_for_its_next_look(
    opened: Database, place: Place
) -> None:
    """An event is hidden at the first statement and settled at the second; whoever held it back wakes nobody."""
    start = await log.head(opened.system)
    async with opened.system.acquire() as holder, opened.system.acquire() as reader:
        holding = holder.transaction()
        await holding.start()
        await holder.fetchval("select pg_current_xact_id()")
        await place.post()
        assert await log.settled_after(reader, start, 10) == ([], await log.hidden_since(reader))

        class Reading:
            async def fetch(self, *args: Any) -> Any:
                return await reader.fetch(*args)

            async def fetchval(self, *args: Any) -> Any:
                await holding.rollback()
                return await reader.fetchval(*args)

        events, hidden = await log.settled_after(Reading(), start, 10)
    assert len(events) == 1 and hidden is None


async def test_what_the_relay_reads_is_planned_once_and_never_scanned(
    settings: Settings, place: Place, opened: Database
) -> None:
    """Not even when the plan was made while the table was small: to plan anew takes longer than to read."""
    await place.post()
    owner = await asyncpg.connect(settings.postgres_owner)
    await owner.execute("analyze events")  # so that PostgreSQL knows that it is small
    await owner.close()
    connection = await asyncpg.connect(settings.postgres_system, server_settings=log.READS_IN_ORDER)
    try:
        before = await log.before(connection, await log.head(connection))
        for _ in range(10):
            events, _ = await log.settled_after(connection, before, 10)
            assert len(events) == 1
        plans = await connection.fetchrow(
            "select generic_plans, custom_plans from pg_prepared_statements where statement = $1",
            log.SETTLED_AFTER,
        )
        assert plans is not None and plans["generic_plans"] >= 9 and plans["custom_plans"] == 0
        await connection.execute(f"prepare reading(bigint, bigint, bigint) as {log.SETTLED_AFTER}")
        plan = "\n".join(row[0] for row in await connection.fetch("explain execute reading(0, 0, 1000)"))
        assert (
            plan.count("Index Scan using events_pkey") == 2 and "Sort" not in plan and "Seq Scan" not in plan
        )
    finally:
        await connection.close()


async def test_a_relay_killed_at_any_point_leaves_no_hole_and_no_double(
    opened: Database, stack: Stack, place: Place
) -> None:
    """It stores no position: what was published before the kill is what the stream's last message says."""
    async with relaying(stack):
        await place.post("first")
        await relayed(stack, opened)
    client = await operator(stack)
    try:
        before = len(await stream_positions(client))
        for _ in range(ROUNDS):
            state = (await api(client, f"STREAM.INFO.{STREAM}"))["state"]["last_seq"]

            async def publishing(at: int = state) -> bool:
                return (await api(client, f"STREAM.INFO.{STREAM}"))["state"]["last_seq"] > at

            await place.copy(EACH_ROUND)
            process = await relay_process(stack)
            await eventually(publishing, "the relay publishes")
            await asyncio.sleep(random.random() * 0.1)
            process.kill()
            await process.wait()
        async with relaying(stack):
            await relayed(stack, opened)
        chain = await stream_positions(client)
    finally:
        await client.close()
    assert len(chain) == before + ROUNDS * EACH_ROUND
    assert broken_links(chain) == 0
    assert len({pos for _, pos in chain}) == len(chain)


async def test_a_second_relay_takes_over(opened: Database, bus: Bus, stack: Stack, place: Place) -> None:
    start = await log.head(opened.system)
    async with following(bus, opened, start) as follower:
        async with relaying(stack):
            await place.post("one")
            await relayed(stack, opened)
            async with relaying(stack) as second:
                await place.post("two")
                await relayed(stack, opened)
                assert not second.done()
        async with relaying(stack):
            await place.post("three")
            await relayed(stack, opened)
        await follower.has(3)
    assert [event.seq for event in follower.events] == [1, 2, 3]


async def test_an_empty_stream_starts_with_the_last_event_and_names_its_predecessor(
    opened: Database, stack: Stack, place: Place
) -> None:
    await place.post("one")
    before_last = await log.head(opened.system)
    await place.post("two")
    last = await log.head(opened.system)
    wipe(stack)
    client = await operator(stack)
    try:
        async with relaying(stack):
            await relayed(stack, opened)
        assert await stream_positions(client) == [(str(before_last), str(last))]
        info = await api(client, f"STREAM.INFO.{STREAM}")
        config = info["config"]
        assert config["subjects"] == list(STREAM_SUBJECTS)
        assert (config["storage"], config["discard"], config["max_age"]) == ("file", "old", 72 * 3600 * 10**9)
        assert config["max_bytes"] > 0
    finally:
        await client.close()


async def test_a_stream_of_another_history_is_purged(opened: Database, stack: Stack, place: Place) -> None:
    async with relaying(stack):
        await place.post("one")
        await relayed(stack, opened)
    old = await opened.system.fetchval("select value from epoch")
    client = await operator(stack)
    try:
        await opened.system.execute("update epoch set value = 'restored'")
        async with relaying(stack):

            async def purged() -> bool:
                return (await api(client, f"STREAM.INFO.{STREAM}"))["state"]["messages"] == 1

            await eventually(purged, "the stream starts anew")
    finally:
        await opened.system.execute("update epoch set value = $1", old)
        await client.close()
    async with relaying(stack):
        await place.post("two")
        await relayed(stack, opened)


async def test_a_purged_stream_is_noticed_without_a_new_event(
    opened: Database, stack: Stack, place: Place
) -> None:
    """Though the server still remembers the id of the message that the relay publishes again."""
    client = await operator(stack)
    try:
        async with relaying(stack):
            await place.post("one")
            await relayed(stack, opened)
            await api(client, f"STREAM.PURGE.{STREAM}")

            async def again() -> bool:
                return [pos for _, pos in await stream_positions(client)] == [
                    str(await log.head(opened.system))
                ]

            await eventually(again, "the last event stands in the stream again")
    finally:
        await client.close()


async def test_what_is_too_large_for_nats_is_followed_from_postgres(
    opened: Database, bus: Bus, stack: Stack, place: Place
) -> None:
    start = await log.head(opened.system)
    large = "x" * (bus.client.max_payload + 1)
    async with relaying(stack), following(bus, opened, start) as follower:
        await place.post("small")
        await place.post(large)
        await place.post("small")
        await follower.has(3)
        await relayed(stack, opened)  # it does not stop the relay
    assert [event.seq for event in follower.events] == [1, 2, 3]
    assert large.encode() in bytes(follower.events[1].data)


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "a-b", "1-2-3", "1 - 2", "٣-٤", "9" * 41 + "-1"])
def test_a_bad_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a position is written"):
        Position.parse(text)


@pytest.mark.parametrize("which", [3, 9, 10])
async def test_a_publish_that_gets_lost_is_made_good(
    opened: Database, stack: Stack, place: Place, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """Most messages ask for no answer. What comes after a lost one is refused, and the last of a stride tells."""
    send = Bus.send
    lost = 0

    async def forgetful(self: Bus, commands: list[bytes]) -> None:
        nonlocal lost
        if len(commands) == 10 and not lost:
            lost += 1
            commands = commands[: which - 1] + commands[which:]
        await send(self, commands)

    monkeypatch.setattr(Bus, "send", forgetful)
    client = await operator(stack)
    try:
        async with relaying(stack):
            await place.post()
            await relayed(stack, opened)
            before = len(await stream_positions(client))
            monkeypatch.setattr(relay_stream, "ACK_S", 1.0)  # so long the last one's loss goes unnoticed
            learned = relay_stream.RELEARNED._value.get()
            await place.post_many(10)
            await relayed(stack, opened)
            assert relay_stream.RELEARNED._value.get() > learned
        chain = await stream_positions(client)
    finally:
        await client.close()
    assert lost == 1
    assert len(chain) == before + 10
    assert broken_links(chain) == 0
