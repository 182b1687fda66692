"""Letting people into a case and out of it."""

from typing import Any
from uuid import uuid4

from tests.app import ABSENT, Office, World, refused


def path(office: Office) -> str:
    return f"/v1/cases/{office.case}/participants"


async def test_grant_participant_opens_the_case(office: Office) -> None:
    refused(await office.stranger.get(f"/v1/cases/{office.case}"), 404, "not_found")
    answer = await office.lead.post(path(office), {"person": office.stranger.id, "role": office.role})
    assert answer.json()["item"]["role"] == office.role
    read = await office.stranger.get(f"/v1/cases/{office.case}")
    assert read.json()["item"]["roles"] == [office.role]
    assert read.json()["as_of"] == answer.json()["as_of"]


async def test_grant_participant_by_mail_waits_for_the_password(office: Office, owner: Any) -> None:
    email = f"n{uuid4().hex}@mail.test"
    made = await office.lead.made(path(office), {"email": email, "name": "Nia", "role": office.role})
    assert await owner.fetchval("select count(*) from mails where recipient = $1", email) == 1
    person = await owner.fetchrow("select id, name, password_hash from people where email = $1", email)
    assert tuple(person)[1:] == ("Nia", None) and str(person["id"]) == made["person"]


async def test_grant_participant_refused_when_it_is_held_already(office: Office) -> None:
    body = {"person": office.outside.id, "role": office.role}
    refused(await office.lead.post(path(office), body), 409, "conflict")
    refused(
        await office.lead.post(path(office), {"email": office.outside.email, "role": office.role}),
        409,
        "conflict",
    )


async def test_grant_participant_refused_when_somebody_outside_would_be_staff(office: Office) -> None:
    refused(
        await office.lead.post(path(office), {"person": office.stranger.id, "role": "staff"}), 409, "conflict"
    )
    refused(await office.stranger.get(f"/v1/cases/{office.case}"), 404, "not_found")


async def test_grant_participant_refused_when_it_is_unclear_whom_or_as_what(office: Office) -> None:
    for body in ({"role": office.role}, {"role": office.role, "person": office.stranger.id, "email": "a@b.test"},
                 {"role": "wizard", "person": office.stranger.id}, {"role": "admin", "person": office.stranger.id},
                 {"role": "desk", "person": office.stranger.id}, {"person": office.stranger.id},
                 {"role": office.role, "person": ABSENT}, {"role": office.role, "person": office.foreign.id},
                 {"role": office.role, "email": "not an address"}):  # fmt: skip
        refused(await office.lead.post(path(office), body), 400, "bad_input")
    assert len(await office.lead.all(path(office))) == 2


async def test_revoke_participant_closes_everything_at_once(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    message = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "mine"})
    place = f"{path(office)}/{office.participant}"
    refused(await office.outside.delete(place), 403, "forbidden")
    refused(await office.stranger.delete(place), 404, "not_found")
    refused(await office.lead.delete(f"{path(office)}/{ABSENT}"), 404, "not_found")
    gone = (await office.lead.delete(place)).json()["item"]
    assert gone["revoked_at"] and gone["revision"] == 2
    for method, where, body in (
        ("GET", f"/v1/cases/{office.case}", None), ("GET", f"/v1/conversations/{talk}/messages", None),
        ("GET", f"/v1/cases/{office.case}/events", None), ("PATCH", f"/v1/messages/{message['id']}", {"body": "x"}),
        ("DELETE", f"/v1/messages/{message['id']}", None), ("GET", f"/v1/cases/{office.case}/people", None),
    ):  # fmt: skip
        refused(await office.outside.call(method, where, body, revision=1), 404, "not_found")
    assert await office.outside.all("/v1/cases") == []
    # Told to the case and to the person; the counter that gateways compare has risen.
    told = await owner.fetch(
        "select type, access from events where stream in ($1, $2) and type in ('participant.revoked', 'grant.changed') "
        "order by tx, id", office.case, office.outside.id,
    )  # fmt: skip
    assert [row["type"] for row in told[-2:]] == ["participant.revoked", "grant.changed"]
    counter = await owner.fetchval("select access from cases where id = $1", office.case)
    assert told[-2]["access"][0] == counter


async def test_revoke_participant_repeats_for_free_and_can_be_undone(office: Office) -> None:
    place = f"{path(office)}/{office.participant}"
    first, again = await office.lead.delete(place), await office.lead.delete(place)
    assert first.json() == again.json()
    back = await office.lead.made(path(office), {"person": office.outside.id, "role": office.role})
    assert back["id"] == str(office.participant) and back["revision"] == 3 and back["revoked_at"] is None
    assert (await office.outside.get(f"/v1/cases/{office.case}")).status_code == 200


async def test_revoke_participant_refused_when_named_under_another_case(office: Office, world: World) -> None:
    other = await world.office()
    refused(
        await office.lead.delete(f"/v1/cases/{other.case}/participants/{office.participant}"),
        404,
        "not_found",
    )
    assert (await office.outside.get(f"/v1/cases/{office.case}")).status_code == 200


async def test_list_participants_pages_to_the_end_without_repeat(office: Office, world: World) -> None:
    for _ in range(4):
        person = await world.person(office.org)
        await office.lead.made(path(office), {"person": person.id, "role": office.role})
    whole = await office.outside.all(path(office))
    assert len(whole) == 6 and await office.outside.all(path(office), limit=1) == whole
