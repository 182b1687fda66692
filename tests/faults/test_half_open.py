"""Connections whose other end is gone without a word: each process notices by itself, in bounded time."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from deploy.embedded.stack import Stack
from schemas.errors import Refused
from schemas.settings import Settings
from storage import bus
from storage.bus import Bus
from storage.postgres import pool
from storage.postgres.pool import Database
from tests.faults.proxy import Address, Line
from tests.wire import eventually

CONNECTIONS = 5
SOON_S = 0.3  # the limits of these tests, in the place of seconds
WAITED_S = 30.0  # only ends a failing test


@pytest.fixture
async def postgres(stack: Stack, shared: dict[str, str]) -> AsyncIterator[Line]:
    line = await Line(lambda: f"{shared['socket_dir']}/.s.PGSQL.5432").start()
    yield line
    await line.stop()


@pytest.fixture
async def nats(stack: Stack) -> AsyncIterator[Line]:
    def target() -> Address:
        assert stack.nats is not None
        return "127.0.0.1", stack.nats.port

    line = await Line(target).start()
    yield line
    await line.stop()


async def test_one_command_without_an_answer_gives_up_all_connections_to_postgres(
    settings: Settings, postgres: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "COMMAND_TIMEOUT_S", SOON_S)
    name = settings.postgres.partition("?")[0].rpartition("/")[2]
    dsn = f"postgresql://casewire_system@127.0.0.1:{postgres.port}/{name}?sslmode=disable"
    database = await Database.open(msgspec.structs.replace(settings, postgres_system=dsn), roles=("system",))
    try:
        await asyncio.gather(*(database.system.fetchval("select pg_sleep(0.1)") for _ in range(CONNECTIONS)))
        assert database.system.get_size() == CONNECTIONS
        postgres.half_open("server")
        with pytest.raises(TimeoutError):
            await database.system.fetchval("select 1")
        # The others are as dead, and nobody has to find out.
        for _ in range(CONNECTIONS):
            assert await database.system.fetchval("select 1") == 1
        postgres.half_open("server")
        with pytest.raises(TimeoutError):
            async with database.system.acquire() as connection, connection.transaction():
                await connection.fetchval("select 1")
        assert await database.system.fetchval("select 1") == 1
    finally:
        await database.close()


@pytest.mark.parametrize("unsent_bytes", [0, 30 << 20])
async def test_a_dead_connection_to_nats_is_given_up_whatever_waits_to_be_sent(
    settings: Settings, nats: Line, monkeypatch: pytest.MonkeyPatch, unsent_bytes: int
) -> None:
    monkeypatch.setattr(bus, "PING_INTERVAL_S", SOON_S)
    there = await Bus.connect(
        msgspec.structs.replace(settings, nats=f"nats://127.0.0.1:{nats.port}"), "there"
    )
    try:
        nats.half_open("server")
        sending = asyncio.create_task(pour(there, unsent_bytes))
        await eventually(lambda: there.reconnects > 0 and there.connected, "the connection is made anew")
        await sending
        await there.wake()
        await there.client.flush()
    finally:
        await there.close()


async def pour(there: Bus, count_bytes: int) -> None:
    """Publish more than the kernel takes for a peer that does not read."""
    body = bytes(512 << 10)
    for _ in range(0, count_bytes, len(body)):
        await there.signal("cw.wake.relay", body)


async def test_who_asked_over_a_connection_that_broke_is_told_at_once(
    settings: Settings, nats: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "RECONNECT_WAIT_S", 3600.0)  # so that only the break itself can be what tells
    there = await Bus.connect(
        msgspec.structs.replace(settings, nats=f"nats://127.0.0.1:{nats.port}"), "there"
    )
    try:
        nats.hole()
        asking = asyncio.create_task(there.request("cw.api.nobody", b"", timeout_s=3600))
        await eventually(lambda: bool(there.client._resp_map), "asked")
        nats.cut()
        with pytest.raises(Refused):
            async with asyncio.timeout(WAITED_S):
                await asking
    finally:
        nats.heal()
        await there.close()
