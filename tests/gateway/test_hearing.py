"""Whoever is told what is privileged is in the record before: one entry for a socket and a case, whatever brings it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.app import owner
from tests.gateway.conftest import Office
from tests.hub.audit.entries import Found, entries

__all__ = ["owner"]  # fixture


async def heard(owner: Any, office: Office, name: str) -> list[Found]:
    return await entries(owner, act="conversation.heard", person=office.people[name])


async def cases_heard(owner: Any, office: Office, name: str) -> list[UUID | None]:
    return sorted((one.entry.case for one in await heard(owner, office, name)), key=str)


class Gate:
    """What the gateway writes into the record waits here."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder = office.live.database.recorder
        run = recorder._run  # pyright: ignore[reportPrivateUsage]
        self.waits, self.open = asyncio.Event(), asyncio.Event()

        async def later(statements: str) -> None:
            self.waits.set()
            await self.open.wait()
            await run(statements)

        monkeypatch.setattr(recorder, "_run", later)


async def test_it_says_who_heard_what_and_from_where(office: Office, owner: Any) -> None:
    async with office.client("client") as client:
        await client.subscribe(office.topic)
        (found,) = await heard(owner, office, "client")
        entry = found.entry
        assert (entry.log, entry.case, entry.thing) == (office.org, office.case, office.case)
        assert (entry.by.kind, entry.by.session) == ("token", office.sessions["client"])
        assert (entry.outcome, entry.rule) == ("done", "read")
        assert found.private.address == "127.0.0.1" and entry.from_


async def test_nobody_chooses_from_where_they_come(office: Office, owner: Any) -> None:
    headers = {"Authorization": f"Bearer {office.tokens['client']}"}
    headers |= {"X-Forwarded-For": "192.0.2.9", "Cw-Address": "192.0.2.9"}
    async with office.client("client", additional_headers=headers) as client:
        await client.subscribe(office.topic)
    assert [one.private.address for one in await heard(owner, office, "client")] == ["127.0.0.1"]


async def test_mine_leaves_one_for_each_case_when_it_first_brings_something(
    office: Office, owner: Any
) -> None:
    other, quiet = await office.new_case(), await office.new_case()
    async with office.client("client") as client:
        await client.subscribe("mine")
        assert await heard(owner, office, "client") == []
        for case, expected in (
            (office.case, [office.case]),
            (other, sorted([office.case, other], key=str)),
            (office.case, sorted([office.case, other], key=str)),
        ):
            await office.post(case=case)
            assert (await client.next())["case"] == str(case)
            assert await cases_heard(owner, office, "client") == expected
        # Two ways to the same leave one, and so does coming back to it by the same socket.
        await client.subscribe(f"case:{other}")
        await client.subscribe("mine")
        await office.post(case=other)
        assert [(await client.next())["topic"] for _ in range(2)] == [f"case:{other}", "mine"]
        await client.subscribe(f"case:{quiet}")
        await office.post(case=quiet)
        assert {(await client.next())["topic"] for _ in range(2)} == {f"case:{quiet}", "mine"}
    assert await cases_heard(owner, office, "client") == sorted([office.case, other, quiet], key=str)


async def test_each_socket_leaves_its_own_and_who_may_not_hear_none(office: Office, owner: Any) -> None:
    async with office.client("client") as one, office.client("client") as other:
        async with office.client("stranger") as stranger:
            for client in (one, other, stranger):
                await client.subscribe("mine")
            await office.post()
            await one.next()
            await other.next()
            assert await stranger.settled() == []
    assert await cases_heard(owner, office, "client") == [office.case, office.case]
    assert await heard(owner, office, "stranger") == []


async def test_what_was_missed_is_written_down_before_it_is_brought(office: Office, owner: Any) -> None:
    epoch, start = office.live.gateway.feed.epoch, str(office.live.gateway.feed.position)
    other = await office.new_case()
    hidden = await office.history.case(office.org, office.people["admin"])
    for case in (office.case, other, hidden, office.case):
        await office.post(case=case)
    await office.live.told()
    async with office.client("client") as client:
        assert (await client.subscribe("mine", {"epoch": epoch, "pos": start}))["replay"] == 3
        for _ in range(3):
            await client.next()
        assert await cases_heard(owner, office, "client") == sorted([office.case, other], key=str)


async def test_what_is_far_back_is_written_down_as_well(
    office: Office, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From PostgreSQL, when the ring has forgotten it."""
    feed = office.live.gateway.feed
    epoch, start = feed.epoch, str(feed.position)
    await office.post()
    await office.live.told()
    monkeypatch.setattr(feed.ring, "after", lambda *place: None)
    async with office.client("client") as client:
        await client.subscribe("mine", {"epoch": epoch, "pos": start})
        await client.next()
        assert await cases_heard(owner, office, "client") == [office.case]


async def test_nobody_else_waits_for_it_and_nothing_is_lost(
    office: Office, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await office.new_case()
    async with office.client("lawyer") as known, office.client("client") as fresh:
        for client in (known, fresh):
            await client.subscribe("mine")
        await office.post("0")
        assert [(await client.next())["seq"] for client in (known, fresh)] == [1, 1]
        await known.subscribe(f"case:{other}")
        gate = Gate(office, monkeypatch)
        for n in range(1, 60):
            await office.post(f"{n}", case=other if n % 2 else office.case)
        await gate.waits.wait()
        await office.live.told()
        seen = [frame for frame in await known.settled() if frame["topic"] == "mine"]
        assert len(seen) == 59
        assert (
            await fresh.settled() == []
        )  # also nothing of the case that they heard before: it would be out of order
        gate.open.set()
        frames = [await fresh.next() for _ in range(59)]
        assert [frame["pos"] for frame in frames] == [frame["pos"] for frame in seen]
        assert await fresh.settled() == []
    assert await cases_heard(owner, office, "client") == sorted([office.case, other], key=str)


async def test_two_topics_at_the_same_time_leave_one(
    office: Office, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with office.client("client") as client:
        await client.subscribe("mine")
        gate = Gate(office, monkeypatch)
        await office.post()
        await gate.waits.wait()
        await client.send("subscribe", ref="again", topic=office.topic)
        assert await client.settled() == []
        gate.open.set()
        assert {(await client.next())["op"] for _ in range(2)} == {"subscribed", "event"}
    assert await cases_heard(owner, office, "client") == [office.case]


async def test_what_cannot_be_written_down_is_not_told(office: Office, owner: Any) -> None:
    epoch, start = office.live.gateway.feed.epoch, str(office.live.gateway.feed.position)
    async with office.client("client") as client:
        await client.subscribe("mine")
        await owner.execute("revoke insert on audit_entries from casewire_app, casewire_system")
        try:
            await office.post()
            assert await client.next() == {"op": "reset", "topic": "mine", "why": "history"}
            assert (await client.subscribe(office.topic))["code"] == "unavailable"
            frame = await client.subscribe("mine", {"epoch": epoch, "pos": start})
            assert (frame["op"], frame["replay"]) == ("subscribed", 1)
            assert (await client.next())["op"] in ("error", "reset")
            assert await client.settled() == []
        finally:
            await owner.execute("grant insert on audit_entries to casewire_app, casewire_system")
        assert (await client.subscribe("mine", {"epoch": epoch, "pos": start}))["op"] == "subscribed"
        assert (await client.next())["op"] == "event"
    assert await cases_heard(owner, office, "client") == [office.case]
