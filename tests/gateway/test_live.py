"""One event reaches everyone who may know, and nobody else; access is judged at delivery."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from gateway.gateway import Gateway
from schemas.ids import new_id
from schemas.participants import Participant
from schemas.people import Member
from schemas.sessions import Session
from storage.postgres.locks import of_streams
from tests.gateway.conftest import Live, Office
from tests.history import STAFF, now
from tests.wire import eventually


def bodies(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"]["message"]["body"] for frame in frames]


async def revoke(office: Office, name: str, role: str, *, told: bool = True) -> None:
    """As the hub does it: grant, counter and event in one transaction, the organisation's lock held alone."""
    person, pool = office.people[name], office.history.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(of_streams(office.org, office.case, exclusive=True).statement)
        await connection.execute(
            "delete from grants where person = $1 and scope = $2 and role = $3", person, office.case, role
        )
        await connection.execute("update cases set access = access + 1 where id = $1", office.case)
        if told:
            gone = Participant(new_id(), office.case, person, role, now(), office.people["admin"], now(), 2)
            await office.history.append(
                "participant.revoked", org=office.org, stream=office.case, data=gone, connection=connection
            )
    await office.live.bus.wake()


async def grant(office: Office, name: str, role: str, case: UUID | None = None) -> None:
    person, case = office.people[name], case or office.case
    async with office.history.pool.acquire() as connection, connection.transaction():
        await connection.execute(of_streams(office.org, case, exclusive=True).statement)
        await connection.execute(
            "insert into grants (person, scope, role, org, since) values ($1, $2, $3, $4, now())",
            person,
            case,
            role,
            office.org,
        )
        await connection.execute("update cases set access = access + 1 where id = $1", case)
        new = Participant(new_id(), case, person, role, now(), office.people["admin"], None, 1)
        await office.history.append(
            "participant.granted", org=office.org, stream=case, data=new, connection=connection
        )
    await office.live.bus.wake()


async def test_welcome_says_who_one_is(live: Live, office: Office) -> None:
    async with live.open(office.tokens["admin"]) as socket:
        import msgspec

        welcome = msgspec.json.decode(await socket.recv())
    assert welcome["protocol"] == 1
    assert welcome["session"] == str(office.sessions["admin"])
    assert welcome["me"]["id"] == str(office.people["admin"])
    assert [seat["role"] for seat in welcome["me"]["seats"]] == ["admin"]


async def test_event_reaches_who_may_see_it(office: Office) -> None:
    async with (
        office.client("lawyer") as lawyer,
        office.client("client") as client,
        office.client("admin") as admin,
    ):
        for one in (lawyer, client, admin):
            assert (await one.subscribe(office.topic))["op"] == "subscribed"
        await office.post("for all")
        await office.post("for staff", audience=STAFF)
        await office.post("for all again")
        for staff in (lawyer, admin):
            got = [await staff.next() for _ in range(3)]
            assert bodies(got) == ["for all", "for staff", "for all again"]
            assert [frame["seq"] for frame in got] == [1, 2, 3]
        got = [await client.next() for _ in range(2)]
        assert bodies(got) == ["for all", "for all again"]
        assert got[0]["topic"] == office.topic and got[0]["case"] == str(office.case)
        assert await client.settled() == []


async def test_event_for_named_people_reaches_them_alone(office: Office) -> None:
    async with office.client("lawyer") as lawyer, office.client("client") as client:
        for one in (lawyer, client):
            await one.subscribe(office.topic)
        await office.post("to you", audience=(), people=(office.people["client"],))
        assert bodies([await client.next()]) == ["to you"]
        await office.live.told()
        assert await lawyer.settled() == []


async def test_a_hidden_case_and_an_absent_one_answer_alike(office: Office) -> None:
    async with office.client("stranger") as stranger:
        hidden = await stranger.subscribe(office.topic)
        absent = await stranger.subscribe(f"case:{new_id()}")
        assert hidden["op"] == "error" and hidden["code"] == "not_found"
        assert {**hidden, "ref": ""} == {**absent, "ref": ""}
        await office.post()
        await office.live.told()
        assert await stranger.settled() == []


async def test_mine_brings_every_case_one_takes_part_in(office: Office) -> None:
    other, foreign = await office.new_case(), await office.history.case(office.org, office.people["admin"])
    async with office.client("client") as client, office.client("admin") as admin:
        for one in (client, admin):
            assert (await one.subscribe("mine"))["op"] == "subscribed"
        for number, case in enumerate((office.case, other, foreign, office.case)):
            await office.post(f"{number}", case=case)
        assert bodies([await client.next() for _ in range(3)]) == ["0", "1", "3"]
        assert bodies([await admin.next() for _ in range(4)]) == ["0", "1", "2", "3"]
        assert await client.settled() == []


async def test_me_brings_ones_own_stream_alone(office: Office) -> None:
    from schemas.conversations import Marker

    async with office.client("client") as client, office.client("lawyer") as lawyer:
        assert (await client.subscribe("me"))["seq"] == 0
        await lawyer.subscribe("me")
        marker = Marker(new_id(), office.case, 3, now())
        person = office.people["client"]
        await office.history.append("marker.moved", org=None, stream=person, data=marker, audience=())
        await office.live.bus.wake()
        event = await client.next()
        assert (event["topic"], event["type"], event["seq"]) == ("me", "marker.moved", 1)
        assert event["data"]["marker"]["upto"] == 3
        await office.live.told()
        assert await lawyer.settled() == []


async def test_revoked_participant_is_ended_at_once_and_hears_nothing_after(office: Office) -> None:
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        for one in (client, lawyer):
            await one.subscribe(office.topic)
        await office.post("before")
        await revoke(office, "client", "client")
        await office.post("after")
        assert bodies([await client.next()]) == ["before"]
        assert await client.next() == {"op": "ended", "topic": office.topic, "code": "forbidden"}
        assert bodies([await lawyer.next()]) == ["before"]
        assert (await lawyer.next())["type"] == "participant.revoked"
        assert bodies([await lawyer.next()]) == ["after"]
        assert await client.settled() == []
        assert (await client.subscribe(office.topic))["code"] == "not_found"


async def test_counters_tell_of_a_change_that_no_event_told(office: Office) -> None:
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        for one in (client, lawyer):
            await one.subscribe(office.topic)
        await office.post("before")
        await revoke(office, "client", "client", told=False)
        await office.post("after")
        assert bodies([await lawyer.next(), await lawyer.next()]) == ["before", "after"]
        assert bodies([await client.next()]) == ["before"]
        assert (await client.next())["op"] == "ended"
        assert await client.settled() == []


async def test_no_event_after_a_revocation_in_many_races(office: Office) -> None:
    """Writers run on while somebody loses access: what they get ends before the revocation, and without a hole."""
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        for one in (client, lawyer):
            await one.subscribe(office.topic)

        async def write(n: int) -> None:
            for m in range(10):
                await office.post(f"{n}.{m}")

        writers = asyncio.gather(*(write(n) for n in range(8)))
        await asyncio.sleep(0.01)
        await revoke(office, "client", "client")
        await writers
        told = [await lawyer.next() for _ in range(81)]
        ended = next(n for n, frame in enumerate(told) if frame["type"] == "participant.revoked")
        seen = [await client.next() for _ in range(ended)]
        assert seen == told[:ended]
        assert (await client.next())["op"] == "ended"
        assert await client.settled() == []


async def test_one_whose_sight_changed_is_told_to_read_again(office: Office) -> None:
    async with office.client("client") as client, office.client("lawyer") as lawyer:
        await client.subscribe(office.topic)
        await client.subscribe("mine")
        await lawyer.subscribe(office.topic)
        await grant(office, "client", "staff")
        assert {frame["topic"]: frame["why"] for frame in [await client.next(), await client.next()]} == {
            office.topic: "access",
            "mine": "access",
        }
        assert (await lawyer.next())["type"] == "participant.granted"
        assert (await client.subscribe(office.topic))["op"] == "subscribed"
        await office.post("for staff", audience=STAFF)
        assert bodies([await client.next()]) == ["for staff"]


async def test_a_case_that_somebody_joins_comes_to_mine(office: Office) -> None:
    async with office.client("stranger") as stranger:
        await stranger.subscribe("mine")
        await grant(office, "stranger", "client")
        assert await stranger.next() == {"op": "reset", "topic": "mine", "why": "access"}
        await stranger.subscribe("mine")
        await office.post("hello")
        assert bodies([await stranger.next()]) == ["hello"]


async def test_a_removed_member_loses_every_case(office: Office) -> None:
    async with office.client("admin") as admin:
        await admin.subscribe(office.topic)
        person = office.people["admin"]
        async with office.history.pool.acquire() as connection, connection.transaction():
            await connection.execute(of_streams(office.org, exclusive=True).statement)
            await connection.execute("delete from grants where person = $1", person)
            await connection.execute("update organisations set access = access + 1 where id = $1", office.org)
            await office.history.append(
                "member.removed", org=office.org, stream=office.org, data=Member(person, office.org, "admin", now(), 2),
                connection=connection,
            )  # fmt: skip
        await office.post("after")
        assert (await admin.next())["op"] == "ended"
        assert await admin.settled() == []


async def test_ended_session_closes_its_sockets_alone(office: Office) -> None:
    person = office.people["client"]
    token, session = await office.history.token(person)
    async with office.live.client(token) as gone, office.client("client") as stays:
        ended = Session(session, person, "browser", "", now(), now())
        await office.history.pool.execute("update sessions set ended_at = now() where id = $1", session)
        await office.history.append("session.ended", org=None, stream=person, data=ended, audience=())
        await office.live.bus.wake()
        assert await gone.close_code() == 4503
        assert await stays.settled() == []
        async with office.live.open(token) as again:
            from tests.gateway.conftest import Client

            assert await Client(again).close_code() == 4501


async def test_a_socket_needs_a_token_that_may_read(office: Office) -> None:
    from tests.gateway.conftest import Client

    for scopes in (["write"], ["admin"], ["scim"], ["write", "admin", "openid"], ["none"]):
        token, _ = await office.history.token(office.people["client"], *scopes)
        async with office.live.open(token) as socket:
            assert await Client(socket).close_code() == 4504, scopes
    token, _ = await office.history.token(office.people["client"], "read")
    async with office.live.client(token) as client:
        assert (await client.subscribe(office.topic))["op"] == "subscribed"
        await client.send("read", conversation=str(office.case), upto=1)
        assert (await client.next())["code"] == "scope"


async def test_session_that_expires_is_closed(office: Office) -> None:
    token, _ = await office.history.token(office.people["client"], seconds=1.5)
    async with office.live.client(token) as client:
        assert await client.close_code() == 4503


async def test_access_that_changes_during_the_handshake_is_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts were read before the revocation, the socket opens after it."""
    from storage.postgres import access

    reading, go = asyncio.Event(), asyncio.Event()
    read = access.people

    async def slow(*args: Any, **more: Any) -> Any:
        reading.set()
        await go.wait()
        return await read(*args, **more)

    monkeypatch.setattr(access, "people", slow)
    opening = asyncio.ensure_future(office.live.open(office.tokens["client"]).__aenter__())
    await reading.wait()
    await revoke(office, "client", "client")
    await office.live.told()
    go.set()
    socket = await opening
    try:
        from tests.gateway.conftest import Client

        client = Client(socket)
        assert (await client.next())["op"] == "welcome"
        assert (await client.subscribe(office.topic))["code"] == "not_found"
    finally:
        await socket.close()


async def test_typing_reaches_others_who_may_see_the_conversation(office: Office) -> None:
    shared = await office.history.conversation(office.case, office.org, office.people["lawyer"])
    inner = await office.history.conversation(office.case, office.org, office.people["lawyer"], STAFF)
    async with (
        office.client("lawyer") as lawyer,
        office.client("client") as client,
        office.client("admin") as admin,
    ):
        for one in (lawyer, client, admin):
            await one.subscribe(office.topic)
        await lawyer.send("typing", conversation=str(inner))
        await lawyer.send("typing", conversation=str(shared))
        await lawyer.send("typing", conversation=str(shared))
        signal = {
            "op": "signal", "case": str(office.case), "conversation": str(shared), "type": "typing",
            "actor": str(office.people["lawyer"]),
        }  # fmt: skip
        assert await client.next() == signal
        heard = {(await admin.next())["conversation"] for _ in range(2)}
        assert heard == {str(inner), str(shared)}
        await client.send("typing", conversation=str(inner))
        assert (await client.next())["code"] == "not_found"
        assert await lawyer.settled() == [] and await admin.settled() == []


async def test_retracted_message_does_not_come_back(office: Office) -> None:
    from schemas.messages import Message

    async with office.client("client") as client:
        head = await client.subscribe(office.topic)
        message = Message(
            id=new_id(), case=office.case, conversation=new_id(), author=office.people["lawyer"], body="regrets",
            attachments=[], posted_at=now(), edited_at=None, retracted_at=None, seq=1, revision=1,
        )  # fmt: skip
        common: dict[str, Any] = {"org": office.org, "stream": office.case, "thing": message.id}
        await office.history.append("message.posted", data=message, **common)
        await office.live.bus.wake()
        assert bodies([await client.next()]) == ["regrets"]
        gone = msgspec.structs.replace(message, body=None, retracted_at=now(), revision=2)
        await office.history.append("message.retracted", data=gone, **common)
        await office.live.bus.wake()
        assert (await client.next())["type"] == "message.retracted"
        await client.send("unsubscribe", ref="u", topic=office.topic)
        assert (await client.next())["op"] == "unsubscribed"
        again = await client.subscribe(office.topic, {"epoch": head["epoch"], "seq": 0})
        assert again["replay"] == 2
        assert bodies([await client.next(), await client.next()]) == [None, None]


async def test_an_event_costs_no_query(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office.client("client") as client:
        await client.subscribe(office.topic)
        await client.subscribe("mine")
        await office.post("first")
        await client.next()
        await client.next()
        gateway: Gateway = office.live.gateway
        asked = 0

        class Counted:
            def __getattr__(self, name: str) -> Any:
                nonlocal asked
                asked += 1
                raise AssertionError(f"the gateway asks PostgreSQL: {name}")

        class Closed:
            system = signin = Counted()
            recorder = office.live.database.recorder  # who hears a privileged case is written down

        monkeypatch.setattr(gateway.feed, "_database", Closed())
        monkeypatch.setattr(gateway._joining, "_database", Closed())
        for n in range(20):
            await office.post(f"{n}")
        for _ in range(40):
            await client.next()
        again = await client.subscribe(office.topic, {"epoch": gateway.feed.epoch, "seq": 1})
        assert again["replay"] == 20
        for _ in range(20):
            await client.next()
    assert asked == 0


async def test_sockets_of_one_person_are_limited(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    import gateway.gateway as module
    from tests.gateway.conftest import Client

    monkeypatch.setattr(module, "SOCKETS_PER_PERSON_MAX", 1)
    async with office.client("client") as first:
        async with office.live.open(office.tokens["client"]) as second:
            assert await Client(second).close_code() == 4013
        assert await first.settled() == []
    await eventually(lambda: office.people["client"] not in office.live.gateway.feed.people, "it left")
    async with office.client("client"):
        pass
