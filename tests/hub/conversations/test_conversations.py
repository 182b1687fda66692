"""Conversations: with an audience or among named people, and how far each has read."""

import asyncio
from uuid import uuid4

from tests.app import ABSENT, Office, World, refused


def path(office: Office) -> str:
    return f"/v1/cases/{office.case}/conversations"


async def test_open_conversation_among_named_people_is_theirs_alone(office: Office, world: World) -> None:
    other = await world.person(office.org, "outside")
    await office.lead.made(f"/v1/cases/{office.case}/participants", {"person": other.id, "role": office.role})
    made = await office.lead.made(path(office), {"title": "Us two", "people": [office.outside.id]})
    assert set(made["people"]) == {str(office.lead.id), str(office.outside.id)} and made["audience"] == []
    for person, sees in ((office.lead, True), (office.outside, True), (other, False), (office.admin, False)):
        assert (made in await person.all(path(office))) is sees
        answer = await person.get(f"/v1/conversations/{made['id']}/messages")
        assert answer.status_code == (200 if sees else 404)
        events = await person.all(f"/v1/cases/{office.case}/events")
        assert (made["id"] in str(events)) is sees


async def test_open_conversation_refused_when_somebody_named_takes_no_part(office: Office) -> None:
    body = {"title": "Us", "people": [office.stranger.id]}
    refused(await office.lead.post(path(office), body), 409, "conflict")
    refused(await office.lead.post(path(office), body | {"people": [ABSENT]}), 409, "conflict")


async def test_open_conversation_refused_when_it_is_unclear_with_whom(office: Office) -> None:
    for more in ({}, {"people": [office.outside.id], "audience": "staff"}, {"people": [office.lead.id]},
                 {"audience": "martians"}, {"people": [office.outside.id] * 51}):  # fmt: skip
        refused(await office.lead.post(path(office), {"title": "Us"} | more), 400, "bad_input")


async def test_named_person_who_left_the_case_reads_no_more(office: Office) -> None:
    made = await office.lead.made(path(office), {"title": "Us two", "people": [office.outside.id]})
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    refused(await office.outside.get(f"/v1/conversations/{made['id']}/messages"), 404, "not_found")


async def test_open_conversation_repeated_tells_nothing_to_whom_it_is_closed_by_now(office: Office) -> None:
    key, body, people = (
        uuid4(),
        {"title": "Inside", "audience": "staff"},
        f"/v1/cases/{office.case}/participants",
    )
    await office.lead.made(path(office), body, key=key)
    await office.admin.made(people, {"person": office.lead.id, "role": office.role})
    held = {
        one["role"]: one["id"]
        for one in await office.admin.all(people)
        if one["person"] == str(office.lead.id)
    }
    assert (await office.admin.delete(f"{people}/{held['staff']}")).status_code == 200
    # The wall hides the event that bears the key too, so it is asked as if for the first time.
    refused(await office.lead.post(path(office), body, key=key), 403, "forbidden")


async def test_list_conversations_pages_to_the_end_without_repeat(office: Office) -> None:
    made = [str(await office.conversation()) for _ in range(5)]
    found = [one["id"] for one in await office.lead.all(path(office), limit=2)]
    assert found[-5:] == made and len(set(found)) == len(found)


async def test_move_marker_only_goes_on(office: Office) -> None:
    talk = await office.conversation()
    seqs = [
        (await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": str(n)}))["seq"]
        for n in range(3)
    ]
    read = f"/v1/conversations/{talk}/read"
    assert (await office.outside.made(read, {"upto": seqs[1]}))["upto"] == seqs[1]
    assert (await office.outside.made(read, {"upto": seqs[0]}))["upto"] == seqs[1]
    assert (await office.outside.made(read, {"upto": 10**9}))["upto"] == seqs[2]  # no further than there is
    markers = await office.outside.all(f"/v1/cases/{office.case}/markers")
    assert [(one["conversation"], one["upto"]) for one in markers] == [(str(talk), seqs[2])]
    assert await office.lead.all(f"/v1/cases/{office.case}/markers") == []


async def test_move_marker_of_racers_the_furthest_stays(office: Office) -> None:
    talk = await office.conversation()
    for n in range(6):
        await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": str(n)})
    head = (await office.lead.get(path(office))).json()["as_of"]["seq"]
    await asyncio.gather(
        *(office.outside.post(f"/v1/conversations/{talk}/read", {"upto": head - n}) for n in range(6))
    )
    assert (await office.outside.all(f"/v1/cases/{office.case}/markers"))[0]["upto"] == head


async def test_move_marker_refused_when_the_conversation_is_hidden(office: Office) -> None:
    secret = await office.conversation("staff")
    hidden = refused(
        await office.outside.post(f"/v1/conversations/{secret}/read", {"upto": 1}), 404, "not_found"
    )
    assert hidden == refused(
        await office.outside.post(f"/v1/conversations/{ABSENT}/read", {"upto": 1}), 404, "not_found"
    )
    for upto in (-1, "nine", 1.5, None):
        refused(await office.lead.post(f"/v1/conversations/{secret}/read", {"upto": upto}), 400, "bad_input")
