"""A case of every declared type from its opening to its closing and back, between two people, over HTTP and socket."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from schemas.casetypes import CURRENT, CaseType
from schemas.casetypes.kernel import Side
from tests.app import Office, World, opening, refused
from tests.live import Live, Told, live

each_type = pytest.mark.parametrize("name", sorted(CURRENT))


@pytest.fixture
async def office(running: World, name: str) -> Office:
    return await running.office(name)


@pytest.fixture
async def staff(office: Office, live_url: str) -> AsyncIterator[Live]:
    async with live(live_url, office.lead.token) as client:
        await client.ask("subscribe", topic=f"case:{office.case}")
        yield client


@pytest.fixture
async def guest(office: Office, live_url: str) -> AsyncIterator[Live]:
    async with live(live_url, office.outside.token) as client:
        await client.ask("subscribe", topic=f"case:{office.case}")
        yield client


@each_type
async def test_what_one_does_the_other_sees(office: Office, staff: Live, guest: Live) -> None:
    case, talk = office.case, await office.conversation()
    opened = await guest.until("event", type="conversation.opened")
    assert opened["data"]["conversation"]["id"] == str(talk)
    # Over HTTP and over the socket: the same to whoever reads.
    sent = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Could you send the deed?"})
    seen = await guest.until("event", type="message.posted")
    assert (seen["data"]["message"], seen["actor"]) == (sent, str(office.lead.id))
    key = uuid4()
    ack = await guest.post(talk, "Tomorrow.", key)
    seen = await staff.until("event", type="message.posted", actor=str(office.outside.id))
    assert (seen["data"]["message"]["id"], seen["seq"]) == (ack["id"], ack["seq"])
    # The same key by either way is the same message.
    assert {**await guest.post(talk, "Tomorrow.", key), "ref": ""} == {**ack, "ref": ""}
    repeated = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "Tomorrow."}, key=key)
    assert repeated["id"] == ack["id"]
    await office.outside.patch(f"/v1/messages/{ack['id']}", {"body": "Today!"}, 1)
    edited = await staff.until("event", type="message.edited")
    assert edited["data"]["message"]["body"] == "Today!"
    await office.outside.delete(f"/v1/messages/{ack['id']}", 2)
    retracted = await staff.until("event", type="message.retracted")
    assert retracted["data"]["message"]["body"] is None
    await staff.send("typing", conversation=talk)
    signal = await guest.until("signal")
    assert (signal["actor"], signal["conversation"]) == (str(office.lead.id), str(talk))
    for path, body, type_ in (
        ("deadlines", {"title": "Answer", "due_on": "2030-03-01", "audience": office.shared}, "deadline.set"),
        ("tasks", {"title": "Copy", "audience": office.shared}, "task.added"),
        (
            "entries",
            {"text": "Called", "occurred_on": "2026-03-01", "audience": office.shared},
            "entry.added",
        ),
        ("parties", {"name": "Roe", "role": "other"}, "party.added"),
    ):
        item = await office.lead.made(f"/v1/cases/{case}/{path}", body)
        seen = await guest.until("event", type=type_)
        assert seen["data"][type_.partition(".")[0]] == item


@each_type
async def test_what_is_for_staff_stays_there(office: Office, staff: Live, guest: Live) -> None:
    secret = await office.conversation("staff")
    posted = await staff.post(secret, "Between us.")
    await office.lead.made(
        f"/v1/cases/{office.case}/entries", {"text": "strategy", "occurred_on": "2026-03-01"}
    )
    with pytest.raises(Told) as told:
        await guest.post(secret, "hello?")
    assert told.value.args[0] == "not_found"
    talk = await office.conversation()
    await staff.post(talk, "Between all of us.")
    assert (await staff.until("event", seq=posted["seq"]))["data"]["message"]["body"] == "Between us."
    frames: list[dict[str, Any]] = []
    while (frame := await guest.until("event")) and frame["type"] != "message.posted":
        frames.append(frame)
    assert [one["type"] for one in frames] == ["conversation.opened"] and frame["data"]["message"][
        "body"
    ].endswith("all of us.")


@each_type
async def test_revoking_ends_the_subscription_at_once(office: Office, guest: Live) -> None:
    talk = await office.conversation()
    await guest.until("event", type="conversation.opened")
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "they left"})
    ended = await guest.until("ended")
    assert (ended["topic"], ended["code"]) == (f"case:{office.case}", "forbidden")
    with pytest.raises(Told) as told:
        await guest.ask("subscribe", topic=f"case:{office.case}")
    assert told.value.args[0] == "not_found"
    assert "they left" not in str(list(guest.events._queue))  # type: ignore[attr-defined]


def ways(type_: CaseType) -> dict[str, list[str]]:
    """The shortest way from the initial status to each that can be reached: transition names."""
    found: dict[str, list[str]] = {type_.initial: []}
    waiting = deque([type_.initial])
    while waiting:
        at = waiting.popleft()
        for name, move in type_.transitions.items():
            if at in move.sources and move.target not in found:
                found[move.target] = [*found[at], name]
                waiting.append(move.target)
    return found


@each_type
async def test_every_transition_can_be_taken_and_is_told(running: World, live_url: str, name: str) -> None:
    type_ = CURRENT[name]
    assert set(ways(type_)) == set(type_.statuses), "a status that no way leads to"
    office = await running.office(name)
    async with live(live_url, office.outside.token) as guest:
        for step, move in type_.transitions.items():
            for source in sorted(move.sources):
                case = (await office.lead.made("/v1/cases", opening(office.org, type_)))["case"]["id"]
                await office.lead.made(
                    f"/v1/cases/{case}/participants", {"person": office.outside.id, "role": office.role}
                )
                await guest.ask("subscribe", topic=f"case:{case}")
                mover = office.outside if office.role in move.roles else office.lead
                for before in ways(type_)[source]:
                    await office.lead.made(f"/v1/cases/{case}/transitions", {"name": before})
                moved = (await mover.made(f"/v1/cases/{case}/transitions", {"name": step}))["case"]
                assert moved["status"] == move.target and moved["is_open"] is type_.statuses[move.target].open
                assert (moved["closed_at"] is None) is moved["is_open"]
                while (await guest.until("event", type="case.moved"))["data"]["case"] != moved:
                    pass
                await guest.ask("unsubscribe", topic=f"case:{case}")


@each_type
async def test_closed_and_opened_again(office: Office, guest: Live) -> None:
    talk = await office.conversation()
    closed = await office.close()
    with pytest.raises(Told) as told:
        await guest.post(talk, "too late")
    assert told.value.args[0] == "case_closed"
    name, move = next(
        (name, move) for name, move in office.type.transitions.items() if closed in move.sources
    )
    assert office.type.statuses[move.target].open
    await office.lead.made(f"/v1/cases/{office.case}/transitions", {"name": name})
    assert (await guest.post(talk, "again"))["id"]


@each_type
async def test_opened_from_outside_reaches_staff(running: World, live_url: str, name: str) -> None:
    type_, org = CURRENT[name], await running.organisation()
    outside, desk = await running.person(org), await running.person(org, "desk")
    answer = await outside.post("/v1/cases", opening(org, type_))
    if Side.OUTSIDE not in type_.opened_by:
        refused(answer, 403, "forbidden")
        return
    case = answer.json()["item"]["case"]
    assert [row["case"] for row in await desk.all("/v1/cases")] == ([case] if type_.open_to_staff else [])
    async with live(live_url, outside.token) as guest:
        await guest.ask("subscribe", topic=f"case:{case['id']}")
        (talk,) = await outside.all(f"/v1/cases/{case['id']}/conversations")
        await desk.made(f"/v1/conversations/{talk['id']}/messages", {"body": "We are on our way."})
        assert (await guest.until("event", type="message.posted"))["actor"] == str(desk.id)
