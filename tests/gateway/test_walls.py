"""Walls and teams at the socket: who comes behind one is told that access ended, hears nothing after, and not why."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from schemas.ids import new_id
from schemas.notices import Notice
from schemas.teams import Team
from schemas.walls import Wall
from storage.postgres.locks import of_streams
from tests.gateway.conftest import Live, Office
from tests.history import STAFF, now


@pytest_asyncio.fixture(loop_scope="session")
async def office(live: Live) -> Office:
    return await seated(live)


async def seated(live: Live) -> Office:
    """Whoever takes part in a case has a place in its organisation."""
    office = await Office(live).build()
    for name, role in (("lawyer", "desk"), ("client", "outside")):
        await office.history.grant(office.people[name], office.org, role, office.org)
    return office


async def change(office: Office, type: str, data: Any, *statements: tuple[Any, ...]) -> None:
    """As the hub does it: causes and grants, the organisation's counter and one event on its stream, and no other."""
    async with office.history.pool.acquire() as connection, connection.transaction():
        await connection.execute(of_streams(office.org, exclusive=True).statement)
        for statement in statements:
            await connection.execute(*statement)
        await connection.execute("update organisations set access = access + 1 where id = $1", office.org)
        await office.history.append(
            type, org=office.org, stream=office.org, data=data, audience=("admin",), connection=connection
        )
    await office.live.bus.wake()


async def raise_wall(office: Office, *names: str, case: UUID | None = None) -> None:
    case = case or office.case
    people = [office.people[name] for name in names]
    wall = Wall(
        new_id(), office.org, "Other side", "It is", [case], people, [], now(), people[0], None, None, "", 1
    )
    give = "insert into grants (person, scope, role, org, since) select unnest($1::uuid[]), $2, 'walled', $3, now()"
    await change(office, "wall.raised", wall, (give, people, case, office.org))


async def lift_wall(office: Office, *names: str) -> None:
    people = [office.people[name] for name in names]
    wall = Wall(new_id(), office.org, "Other side", "It is", [office.case], people, [], now(), people[0], now(),
                people[0], "Over", 2)  # fmt: skip
    take = "delete from grants where person = any ($1::uuid[]) and scope = $2 and role = 'walled'"
    await change(office, "wall.lifted", wall, (take, people, office.case))


@pytest.mark.parametrize("name", ["admin", "lawyer", "client"])
async def test_who_comes_behind_a_wall_loses_the_case_at_once(office: Office, name: str) -> None:
    other = await office.new_case()
    stays = "client" if name != "client" else "lawyer"
    async with (
        office.client(name) as walled,
        office.client(name) as everywhere,
        office.client(stays) as reader,
    ):
        await walled.subscribe(office.topic)
        assert (await walled.subscribe(f"case:{other}"))["op"] == "subscribed"
        await everywhere.subscribe("mine")
        await reader.subscribe(office.topic)
        await office.post("before")
        assert [(await one.next())["seq"] for one in (walled, everywhere, reader)] == [1, 1, 1]
        await raise_wall(office, name)
        for body in ("after", "and after"):
            await office.post(body)
        assert await walled.next() == {"op": "ended", "topic": office.topic, "code": "forbidden"}
        # The other case is as it was, and is read again since what is held in its organisation is not.
        assert await everywhere.next() == {"op": "reset", "topic": "mine", "why": "access"}
        assert [(await reader.next())["seq"] for _ in range(2)] == [2, 3]
        await office.live.told()
        assert await walled.settled() == [] and await everywhere.settled() == []
        hidden = await walled.subscribe(office.topic)
        absent = await walled.subscribe(f"case:{new_id()}")
        assert {**hidden, "ref": ""} == {**absent, "ref": ""} and hidden["code"] == "not_found"
        assert (await everywhere.subscribe("mine"))["op"] == "subscribed"
        await office.post("still")
        await office.post("elsewhere", case=other)
        assert (await walled.next())["case"] == str(other)
        assert (await everywhere.next())["case"] == str(other)
        await lift_wall(office, name)
        assert (await everywhere.next())["op"] == "reset"
        assert (await walled.subscribe(office.topic))["seq"] == 4


async def test_a_wall_that_a_gateway_hears_of_as_the_first_of_an_organisation(live: Live) -> None:
    """It has no counter to compare yet, and must look all the same."""
    office = await seated(live)
    async with office.client("lawyer") as lawyer:
        await lawyer.subscribe(office.topic)
        await raise_wall(office, "lawyer")
        assert (await lawyer.next())["op"] == "ended"


async def test_who_leaves_a_team_loses_what_it_gave(office: Office) -> None:
    """The event of a team names nobody: everybody of the organisation who is here is looked at."""
    async with office.client("lawyer") as lawyer, office.client("client") as client:
        await lawyer.subscribe(office.topic)
        await client.subscribe(office.topic)
        team = Team(new_id(), office.org, "Litigation", [], now(), None, 2)
        take = "delete from grants where person = $1 and scope = $2"
        await change(office, "team.changed", team, (take, office.people["lawyer"], office.case))
        assert (await lawyer.next())["op"] == "ended"
        await office.post("after")
        assert (await client.next())["op"] == "event"
        assert await lawyer.settled() == []


async def test_a_wall_raised_during_the_handshake_is_seen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts were read before it; it names nobody; whoever comes in just now is looked at again."""
    feed = office.live.gateway.feed
    mark = feed.touched
    assert not feed.touched_since(mark, office.people["lawyer"])
    await raise_wall(office, "client")
    await office.live.told()
    assert feed.touched_since(mark, office.people["lawyer"])
    assert not feed.touched_since(feed.touched, office.people["lawyer"])


NOTED = """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, thing, data)
    select $1, 'person', $2, coalesce((select max(seq) from events where stream = $2), 0) + 1, $3, 'notice.added', $4,
        '{}', '{0,0}', now(), $5, $6::text::json"""


async def notice(office: Office, name: str, title: str, case: UUID | None = None) -> None:
    """On a person's own stream, about a deadline for staff."""
    person, case = office.people[name], case or office.case
    told = Notice(new_id(), person, case, "deadline", new_id(), "3d", title, now(), False, now(), None, 1)
    body = msgspec.json.encode({"notice": told}).decode()
    async with office.history.pool.acquire() as connection, connection.transaction():
        await connection.execute(of_streams(office.org, person).statement)
        await connection.execute(NOTED, office.org, person, case, list(STAFF), told.id, body)
    await office.live.bus.wake()


def titles(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"]["notice"]["title"] for frame in frames]


@pytest.mark.parametrize("where", ["ring", "postgres"])
async def test_what_was_told_of_a_case_is_told_no_more_once_it_is_closed(
    office: Office, live: Live, where: str
) -> None:
    """On one's own stream too, live and in replays; `replay` counts what may be seen."""
    other = await office.new_case()
    after = {"epoch": live.gateway.feed.epoch, "seq": 0}
    async with office.client("lawyer") as lawyer, office.client("client") as client:
        await lawyer.subscribe("me")
        await client.subscribe("me")
        await notice(office, "lawyer", "canary one")
        await notice(office, "lawyer", "of another case", other)
        await notice(office, "client", "for staff alone")
        assert titles([await lawyer.next(), await lawyer.next()]) == ["canary one", "of another case"]
        await raise_wall(office, "lawyer")
        await notice(office, "lawyer", "canary two")
        await live.told()
        assert await lawyer.settled() == [] and await client.settled() == []
    if where == "postgres":
        await live.stop()
        await live.start()
    async with office.client("lawyer") as lawyer:
        answer = await lawyer.subscribe("me", after)
        assert (answer["op"], answer["replay"]) == ("subscribed", 1)
        assert titles([await lawyer.next()]) == ["of another case"]
        assert await lawyer.settled() == []
    if where == "ring":
        await lift_wall(office, "lawyer")
        await live.told()
        async with office.client("lawyer") as lawyer:
            assert (await lawyer.subscribe("me", after))["replay"] == 3
