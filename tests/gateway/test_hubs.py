"""Posting by socket while hubs come, go, are slow, or are two: one key makes one message, and HTTP is answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from gateway import calls
from hub.app import make_app
from hub.context import Hub
from hub.serve import opened
from hub.services import CONNECTIONS_LEFT, offer
from schemas.ids import new_id
from schemas.settings import Settings
from storage import services
from storage.services import Offer
from tests.gateway.conftest import Client, Live, Office
from tests.history import LOCK, SHARED
from tests.wire import eventually


@contextlib.asynccontextmanager
async def hub_of(settings: Settings) -> AsyncIterator[tuple[Hub, Offer]]:
    async with opened(settings) as hub:
        offered = await offer(hub)
        try:
            yield hub, offered
        finally:
            await offered.stop()


@contextlib.asynccontextmanager
async def holding(settings: Settings, office: Office) -> AsyncIterator[None]:
    """The case's lock, as another write would hold it: whatever writes there waits, at most 2 s a transaction."""
    connection = await asyncpg.connect(
        settings.postgres_owner
    )  # the one role whose transactions may take long
    try:
        async with connection.transaction():
            await connection.execute(LOCK, office.org, office.case)
            yield
    finally:
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def talk(office: Office) -> UUID:
    return await office.history.conversation(office.case, office.org, office.people["lawyer"], SHARED)


async def send(client: Client, talk: UUID, key: UUID, ref: str = "r") -> None:
    await client.send("post", ref=ref, key=str(key), conversation=str(talk), body=f"by {key}")


async def answer(client: Client) -> dict[str, Any]:
    while (frame := await client.next())["op"] not in ("ack", "error"):
        pass
    return frame


async def acked(client: Client) -> dict[str, Any]:
    frame = await answer(client)
    assert frame["op"] == "ack", frame
    return frame


async def stored(office: Office, talk: UUID) -> list[tuple[str, int]]:
    rows = await office.history.pool.fetch(
        "select body, seq from messages where conversation = $1 order by seq", talk
    )
    return [(row["body"], row["seq"]) for row in rows]


def to_be_tried_again(frame: dict[str, Any]) -> None:
    assert (frame["op"], frame["code"]) == ("error", "unavailable")
    assert frame["retry_after_ms"] > 0


def made(frames: list[dict[str, Any]]) -> int:
    """How many were acknowledged; the others, which a busy machine let wait too long, are to be tried again."""
    for frame in frames:
        if frame["op"] == "error":
            to_be_tried_again(frame)
    return sum(frame["op"] == "ack" for frame in frames)


async def test_two_hubs_share_the_posts_and_double_none(
    settings: Settings, live: Live, office: Office, talk: UUID
) -> None:
    """Each key is sent at once by two sockets of one person, so that both hubs may hold it at the same time."""
    async with (
        hub_of(settings) as (_, one),
        hub_of(settings) as (_, other),
        contextlib.AsyncExitStack() as sockets,
    ):
        pairs = [
            [await sockets.enter_async_context(office.client(name)) for _ in range(2)]
            for name in ("lawyer", "client")
        ]
        keys: list[UUID] = []

        async def work(pair: list[Client]) -> None:
            for _ in range(25):
                key = new_id()
                keys.append(key)
                await asyncio.gather(*(send(client, talk, key) for client in pair))
                first, second = await asyncio.gather(*(answer(client) for client in pair))
                assert first["op"] == "ack" and first == second

        await asyncio.gather(*map(work, pairs))
        assert one.requests + other.requests == 100
        assert min(one.requests, other.requests) > 0
    messages = await stored(office, talk)
    assert sorted(body for body, _ in messages) == sorted(f"by {key}" for key in keys)
    assert len({seq for _, seq in messages}) == len(keys)


async def test_post_to_a_slow_hub_is_to_be_tried_again_and_made_once(
    settings: Settings, live: Live, office: Office, talk: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()
    async with hub_of(settings), office.client("client") as client:
        with monkeypatch.context() as hurried:
            hurried.setattr(calls, "ANSWER_S", 0.3)
            async with holding(settings, office):
                await send(client, talk, key)
                to_be_tried_again(await answer(client))
        await send(client, talk, key)
        ack = await acked(client)
        assert await stored(office, talk) == [(f"by {key}", ack["seq"])]


async def test_post_while_no_hub_is_there_and_again_when_one_is(
    settings: Settings, live: Live, office: Office, talk: UUID
) -> None:
    key = new_id()
    async with office.client("client") as client:
        await send(client, talk, key)
        to_be_tried_again(await answer(client))
        assert await stored(office, talk) == []
        async with hub_of(settings):
            await send(client, talk, key)
            ack = await acked(client)
        assert await stored(office, talk) == [(f"by {key}", ack["seq"])]


async def test_post_that_a_hub_took_along_when_it_died(
    settings: Settings, live: Live, office: Office, talk: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bytes] = []

    async def take(message: Msg) -> None:
        taken.append(message.data)

    key = new_id()
    async with office.client("client") as client:
        dying = await live.bus.subscribe(calls.POST, take, queue="q")
        await live.bus.client.flush()
        with monkeypatch.context() as hurried:
            hurried.setattr(calls, "ANSWER_S", 0.3)
            await send(client, talk, key)
            to_be_tried_again(await answer(client))
        assert len(taken) == 1
        await dying.unsubscribe()
        async with hub_of(settings):
            await send(client, talk, key)
            ack = await acked(client)
        assert await stored(office, talk) == [(f"by {key}", ack["seq"])]


async def test_posts_that_wait_leave_connections_for_http(
    settings: Settings, live: Live, office: Office, talk: UUID
) -> None:
    posts = 3 * settings.postgres_pool
    async with hub_of(settings) as (hub, offered), contextlib.AsyncExitStack() as sockets:
        clients = [await sockets.enter_async_context(office.client("client")) for _ in range(3)]
        transport = httpx.ASGITransport(make_app(hub))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as http:
            async with holding(settings, office):
                for n in range(posts):
                    await send(clients[n % 3], talk, new_id())
                await eventually(lambda: offered.requests == posts, "the posts are at the hub")
                waiting = """select count(*) from pg_locks where not granted and locktype = 'advisory'
                    and database = (select oid from pg_database where datname = current_database())"""
                at_once = settings.postgres_pool - CONNECTIONS_LEFT

                async def stuck() -> bool:
                    return await live.database.system.fetchval(waiting) == at_once

                await eventually(stuck, "as many as may wait for the lock")
                me = await http.get("/v1/me", headers={"authorization": f"Bearer {office.tokens['client']}"})
                assert me.status_code == 200
                assert [await client.settled() for client in clients] == [[], [], []], (
                    "it did not wait for a post"
                )
        frames = [await answer(clients[n % 3]) for n in range(posts)]
    assert len(await stored(office, talk)) == made(frames) > 0


async def test_hub_with_too_much_to_do_says_when_to_come_again(
    settings: Settings, live: Live, office: Office, talk: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "WAITING_MAX", 1)
    at_once = settings.postgres_pool - CONNECTIONS_LEFT
    posts = at_once + 4
    async with hub_of(settings), office.client("client") as client:
        async with holding(settings, office):
            for n in range(posts):
                await send(client, talk, new_id(), ref=f"r{n}")
            for _ in range(3):
                to_be_tried_again(await answer(client))
        frames = [await answer(client) for _ in range(at_once + 1)]
    assert len(await stored(office, talk)) == made(frames) > 0
