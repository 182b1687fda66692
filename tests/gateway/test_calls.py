"""Posts and read markers over the socket: the hub does them, over NATS, in the user's name."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from gateway import calls
from hub.serve import opened
from hub.services import offer
from schemas.ids import new_id
from schemas.settings import Settings
from tests.gateway.conftest import Client, Live, Office
from tests.history import SHARED, STAFF


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hub(settings: Settings, live: Live) -> AsyncIterator[None]:
    async with opened(settings) as hub:
        services = await offer(hub)
        yield
        await services.stop()


async def post(client: Client, conversation: UUID, body: str = "hello", **more: Any) -> None:
    frame = {"ref": "r", "key": str(new_id()), "conversation": str(conversation), "body": body}
    await client.send("post", **(frame | more))


async def until(client: Client, op: str) -> dict[str, Any]:
    while (frame := await client.next())["op"] != op:
        pass
    return frame


@pytest_asyncio.fixture(loop_scope="session")
async def talk(office: Office) -> UUID:
    return await office.history.conversation(office.case, office.org, office.people["lawyer"], SHARED)


async def test_post_is_acknowledged_and_reaches_the_others(hub: None, office: Office, talk: UUID) -> None:
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        await lawyer.subscribe(office.topic)
        await post(client, talk)
        ack = await client.next()
        event = await lawyer.next()
        assert event["data"]["message"]["body"] == "hello"
        assert event["actor"] == str(office.people["client"])
        assert ack == {"op": "ack", "ref": "r", "seq": event["seq"], "id": event["data"]["message"]["id"]}


async def test_post_sent_again_with_its_key_is_one_message(hub: None, office: Office, talk: UUID) -> None:
    async with office.client("client") as client:
        await client.subscribe(office.topic)
        key = str(new_id())
        await post(client, talk, key=key)
        first = await until(client, "ack")
        await post(client, talk, key=key, ref="again")
        assert await until(client, "ack") == {**first, "ref": "again"}
        await post(client, talk, "other", key=key)
        assert (await until(client, "error"))["code"] == "key_reused"
        assert await client.settled() == []


async def test_post_where_one_may_not_is_refused_like_the_absent(hub: None, office: Office) -> None:
    inner = await office.history.conversation(office.case, office.org, office.people["lawyer"], STAFF)
    async with office.client("client") as client:
        answers = []
        for conversation in (inner, new_id()):
            await post(client, conversation)
            answers.append(await client.next())
        assert answers[0] == answers[1]
        assert (answers[0]["op"], answers[0]["ref"], answers[0]["code"]) == ("error", "r", "not_found")


async def test_post_with_a_session_that_was_ended_is_refused(hub: None, office: Office, talk: UUID) -> None:
    """The hub asks again, whatever the gateway believes."""
    token, session = await office.history.token(office.people["client"])
    async with office.live.client(token) as client:
        await office.history.pool.execute("update sessions set ended_at = now() where id = $1", session)
        await post(client, talk)
        assert (await client.next())["code"] == "unauthenticated"


async def test_read_moves_the_marker_which_me_tells(hub: None, office: Office, talk: UUID) -> None:
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        await client.subscribe("me")
        await post(lawyer, talk)
        seq = (await until(lawyer, "ack"))["seq"]
        await client.send("read", conversation=str(talk), upto=seq)
        event = await client.next()
        assert (event["type"], event["data"]["marker"]["upto"]) == ("marker.moved", seq)
        await client.send("read", conversation=str(new_id()), upto=1)
        error = await client.next()
        assert (error["op"], error["ref"], error["code"]) == ("error", None, "not_found")


@pytest.mark.parametrize("body", ["", "x" * 20_001])
async def test_post_of_a_bad_body_is_no_frame(office: Office, body: str) -> None:
    async with office.client("client") as client:
        await post(client, new_id(), body)
        assert await client.close_code() == 4508


async def test_post_without_a_hub_is_to_be_tried_again(
    live: Live, office: Office, talk: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "POST", "cw.socket.nobody.here")
    async with office.client("client") as client:
        await post(client, talk)
        error = await client.next()
        assert (error["op"], error["ref"], error["code"]) == ("error", "r", "unavailable")
        assert error["retry_after_ms"] > 0
