"""One leader at a time: its lock falls when it dies, and is taken from it when it is silent too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from schemas.settings import Settings
from storage.postgres import leader
from storage.postgres.leader import leading
from storage.postgres.pool import PASSING
from tests.wire import eventually

LOCK = 0x7465737400000001
SILENT_S = 0.6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "SILENT_S", SILENT_S)
    monkeypatch.setattr(leader, "POLL_S", 0.05)


@asynccontextmanager
async def waiting(settings: Settings, fit: bool = True) -> AsyncIterator["asyncio.Event"]:
    """Somebody who would lead; the event is set while it does."""
    leads = asyncio.Event()

    async def lead() -> None:
        async with leading(settings.postgres_system, "test-second", LOCK, lambda: fit, {}) as connection:
            leads.set()
            while True:
                await connection.fetchval("select 1")
                await asyncio.sleep(0.1)

    task = asyncio.create_task(lead())
    try:
        yield leads
    finally:
        task.cancel()
        await asyncio.wait((task,))


@asynccontextmanager
async def first(settings: Settings) -> AsyncIterator[Any]:
    async with asyncio.timeout(10):
        async with leading(settings.postgres_system, "test-first", LOCK, lambda: True, {}) as connection:
            yield connection


async def test_a_leader_that_asks_now_and_then_stays(settings: Settings) -> None:
    async with first(settings) as connection, waiting(settings) as second:
        for _ in range(15):
            await asyncio.sleep(0.1)
            assert await connection.fetchval("select 1") == 1
        assert not second.is_set()


async def test_a_busy_leader_is_not_a_silent_one(settings: Settings) -> None:
    async with first(settings) as connection, waiting(settings) as second:
        await connection.execute("select pg_sleep(1.5)")
        assert not second.is_set()


async def test_a_leader_that_asks_nothing_is_ended(settings: Settings) -> None:
    async with first(settings) as connection, waiting(settings) as second:
        await eventually(second.is_set, "another leads")
        with pytest.raises(PASSING):
            await connection.fetchval("select 1")


async def test_a_leader_that_takes_no_answer_is_ended(settings: Settings) -> None:
    """As one that was frozen while it read: its session is not idle, and no timeout of the server's ends it."""
    async with first(settings) as connection, waiting(settings) as second:
        connection._transport.pause_reading()
        large = "select repeat('x', 1000) from generate_series(1, 100000)"
        asking = asyncio.create_task(connection.execute(large))
        await eventually(second.is_set, "another leads")
        asking.cancel()
        await asyncio.wait((asking,))


async def test_a_dead_leader_is_followed(settings: Settings) -> None:
    async with first(settings) as connection, waiting(settings) as second:
        connection.terminate()
        await eventually(second.is_set, "another leads")


async def test_who_is_not_fit_takes_nothing_from_nobody(settings: Settings) -> None:
    async with first(settings) as connection, waiting(settings, fit=False) as second:
        await asyncio.sleep(2 * SILENT_S)
        assert await connection.fetchval("select 1") == 1
        connection.terminate()
        await asyncio.sleep(0.3)
        assert not second.is_set()


async def test_nobody_else_is_ended(settings: Settings) -> None:
    """Silent sessions without this lock: one with none, and one with another."""
    others = [await asyncpg.connect(settings.postgres_system) for _ in range(2)]
    try:
        await others[1].execute("select pg_advisory_lock($1)", LOCK + 1)
        async with first(settings), waiting(settings) as second:
            await eventually(second.is_set, "another leads")
        assert [await other.fetchval("select 1") for other in others] == [1, 1]
    finally:
        for other in others:
            await other.close()
