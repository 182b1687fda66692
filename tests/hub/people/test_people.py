"""People of an organisation: inviting, accepting once, directories, removing."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from storage.mail import message_of
from storage.postgres.mails import Mail
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import proved

PASSWORD = "a long enough password"


async def invited(world: World, by: Person, org: UUID, role: str = "outside") -> tuple[str, str]:
    """Invite a new address; answers it and the secret in its mail."""
    email = f"i{uuid4().hex}@mail.test"
    answer = await by.post("/v1/people", {"org": org, "email": email, "name": "Ina", "role": role})
    assert answer.status_code == 201, answer.text
    return email, await mailed(world, email)


async def mailed(world: World, email: str) -> str:
    body = await world.pool.fetchval(
        "select body from mails where recipient = $1 order by id desc limit 1", email
    )
    found = re.search(r"/invitation#(\S+)", body)
    assert found
    return found[1]


async def accept(http: httpx.AsyncClient, token: str, **more: Any) -> httpx.Response:
    return await http.post(
        "/v1/invitations/accept", json={"token": token, "name": "Ina", "password": PASSWORD} | more
    )


@pytest.mark.parametrize("role", ["admin", "desk", "outside"])
async def test_invite_person_and_accept(world: World, http: httpx.AsyncClient, role: str) -> None:
    org = await world.organisation()
    admin = await proved(world, await world.person(org, "admin"))
    email, token = await invited(world, admin, org, role)
    assert (await http.post("/v1/session", json={"email": email, "password": PASSWORD})).status_code == 401
    answer = await accept(http, token, zone="Europe/Paris")
    assert answer.status_code == 200 and answer.cookies["casewire"]
    me = answer.json()
    assert me["email"] == email and me["zone"] == "Europe/Paris"
    assert [(seat["org"]["id"], seat["role"]) for seat in me["seats"]] == [(str(org), role)]
    assert (await http.post("/v1/session", json={"email": email, "password": PASSWORD})).status_code == 200
    cards = await admin.all("/v1/people", org=org)
    assert {"id": me["id"], "name": "Ina", "email": email, "membership": role} in cards
    stored = await world.pool.fetchval("select token_hash from invitations where email = $1", email)
    assert token.encode() not in bytes(stored)


async def test_the_invitation_names_who_invites_and_for_whom(world: World, owner: Any) -> None:
    org = await world.organisation()
    by = await world.person(org, "desk", name="Zoë Núñez\r\nBcc: all@mail.test\n\nPay here")
    await owner.execute("update organisations set name = $2 where id = $1", org, "Núñez & Partners\nLLP")
    email, _ = await invited(world, by, org)
    row = await world.pool.fetchrow("select * from mails where recipient = $1", email)
    mail = Mail(row["id"], row["message_id"], email, row["subject"], row["body"], row["made_at"], 1)
    message = message_of(mail, "Casewire <no-reply@casewire.test>")
    who = "Zoë Núñez Bcc: all@mail.test Pay here of Núñez & Partners LLP invites you to Casewire"
    assert message["subject"] == who
    assert message["bcc"] is None
    assert f"\n\n{who}, where" in message.get_content()


async def test_accept_refused_when_it_was_used_by_any_racer(world: World, http: httpx.AsyncClient) -> None:
    org = await world.organisation()
    _, token = await invited(world, await world.person(org, "admin"), org)
    answers = await asyncio.gather(*(accept(http, token, name=f"Racer {n}") for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404, 404]
    refused(await accept(http, token), 404, "not_found")


async def test_accept_refused_when_it_is_over_or_unknown(
    world: World, http: httpx.AsyncClient, owner: Any
) -> None:
    org = await world.organisation()
    email, token = await invited(world, await world.person(org, "admin"), org)
    await owner.execute("update invitations set expires_at = now() - interval '1 s' where email = $1", email)
    over = refused(await accept(http, token), 404, "not_found")
    assert over == refused(await accept(http, "x" * 43), 404, "not_found")


async def test_accept_refused_when_the_input_is_bad(world: World, http: httpx.AsyncClient) -> None:
    org = await world.organisation()
    _, token = await invited(world, await world.person(org, "admin"), org)
    for more, at in (({"password": "short"}, "$.password"), ({"password": "x" * 257}, "$.password"),
                     ({"zone": "Mars"}, "$.zone"), ({"name": ""}, "$.name"), ({"role": "admin"}, "$")):  # fmt: skip
        problem = refused(await accept(http, token, **more), 400, "bad_input")
        assert [one["at"] for one in problem["fields"]] == [at]
    assert (await accept(http, token)).status_code == 200  # none of them used it up


async def test_accept_never_takes_over_a_person_who_signs_in(world: World, http: httpx.AsyncClient) -> None:
    """An invitation to an address that has a password by now changes neither password nor name."""
    first, second = await world.organisation(), await world.organisation()
    email, token = await invited(world, await world.person(first, "admin"), first)
    admin = await world.person(second, "admin")
    await admin.made("/v1/people", {"org": second, "email": email, "name": "Other"})
    other = await mailed(world, email)
    assert (await accept(http, token)).status_code == 200
    refused(await accept(http, other, password="the attacker's choice", name="Mallory"), 404, "not_found")
    assert (await http.post("/v1/session", json={"email": email, "password": PASSWORD})).json()[
        "name"
    ] == "Ina"


async def test_invite_person_refused_when_the_role_does_not_allow_it(office: Office, world: World) -> None:
    await proved(world, office.admin)
    body = {"org": office.org, "email": f"x{uuid4().hex}@mail.test", "name": "X"}
    for person, role, allowed in (
        (office.lead, "outside", True), (office.lead, "desk", False), (office.lead, "admin", False),
        (office.outside, "outside", False), (office.admin, "admin", True),
    ):  # fmt: skip
        answer = await person.post("/v1/people", body | {"role": role})
        assert answer.status_code == (201 if allowed else 403), (role, answer.text)
    hidden = refused(await office.foreign.post("/v1/people", body), 404, "not_found")
    assert hidden == refused(
        await office.foreign.post("/v1/people", body | {"org": ABSENT}), 404, "not_found"
    )


async def test_invite_person_who_is_known_gets_the_new_place(office: Office) -> None:
    card = await office.admin.made(
        "/v1/people", {"org": office.org, "email": office.stranger.email, "name": "?", "role": "desk"}
    )
    assert card["membership"] == "desk" and card["id"] == str(office.stranger.id) and card["name"] != "?"
    if office.type.open_to_staff:
        assert (await office.stranger.get(f"/v1/cases/{office.case}")).status_code == 200


async def test_invite_person_refused_when_a_desk_would_demote_an_administrator(office: Office) -> None:
    """Inviting a known address as staff must not change the seat that it has."""
    body = {"org": office.org, "email": office.admin.email, "name": "X", "role": "outside"}
    card = await office.lead.made("/v1/people", body)
    assert card["membership"] == "admin"


async def test_invite_person_repeats_for_free(office: Office, owner: Any) -> None:
    key, email = uuid4(), f"r{uuid4().hex}@mail.test"
    body = {"org": office.org, "email": email, "name": "R"}
    first = await office.admin.made("/v1/people", body, key=key)
    assert await office.admin.made("/v1/people", body, key=key) == first
    refused(await office.admin.post("/v1/people", body | {"name": "S"}, key=key), 409, "key_reused")
    assert await owner.fetchval("select count(*) from mails where recipient = $1", email) == 1


async def test_list_people_is_for_staff(office: Office) -> None:
    listed = await office.lead.all("/v1/people", org=office.org, limit=2)
    assert {one["id"] for one in listed} >= {
        str(p.id) for p in (office.lead, office.admin, office.outside, office.stranger)
    }
    assert len({one["id"] for one in listed}) == len(listed)
    absent = refused(await office.lead.get("/v1/people", org=ABSENT), 404, "not_found")
    for person in (office.outside, office.foreign):
        assert refused(await person.get("/v1/people", org=office.org), 404, "not_found") == absent
    refused(await office.lead.get("/v1/people"), 400, "bad_input")


async def test_list_case_people_names_those_of_the_case(office: Office) -> None:
    cards = await office.outside.all(f"/v1/cases/{office.case}/people")
    assert {one["id"] for one in cards} == {str(office.lead.id), str(office.outside.id)}
    refused(await office.stranger.get(f"/v1/cases/{office.case}/people"), 404, "not_found")


async def test_remove_person_ends_every_way_in(office: Office, world: World) -> None:
    path = f"/v1/orgs/{office.org}/people/{office.outside.id}"
    for person in (office.lead, office.stranger, office.foreign):
        refused(await person.delete(path), 404, "not_found")
    refused(await office.admin.delete(f"/v1/orgs/{office.org}/people/{office.admin.id}"), 409, "conflict")
    assert (await office.outside.get(f"/v1/cases/{office.case}")).status_code == 200
    assert (await office.admin.delete(path)).status_code == 204
    refused(await office.outside.get(f"/v1/cases/{office.case}"), 404, "not_found")
    assert (await office.outside.get("/v1/me")).json()["seats"] == []
    assert (await office.admin.delete(path)).status_code == 204  # a repeat is free
    types = [event["type"] for event in await office.lead.all(f"/v1/cases/{office.case}/events")]
    assert types[-1] == "participant.revoked"


async def test_set_up_refused_when_there_is_an_organisation(office: Office, http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/setup")).json() == {"needed": False}
    body = {"organisation": "Mine now", "name": "M", "email": "m@mail.test", "password": PASSWORD}
    refused(await http.post("/v1/setup", json=body), 409, "conflict")


async def test_a_person_seated_outside_leaves_the_teams_of_cases(world: World) -> None:
    org = await world.organisation()
    admin, lawyer = await world.person(org, "admin"), await world.person(org, "desk")
    case = (await admin.made("/v1/cases", {"org": org, "type": "legal_matter", "title": "A"}))["case"]["id"]
    await admin.made(f"/v1/cases/{case}/participants", {"person": lawyer.id, "role": "staff"})
    assert (await lawyer.get(f"/v1/cases/{case}")).status_code == 200
    await admin.made("/v1/people", {"org": org, "email": lawyer.email, "name": "L", "role": "outside"})
    assert (await lawyer.get(f"/v1/cases/{case}")).status_code == 404


async def test_seat_refused_when_an_administrator_steps_down_alone(world: World) -> None:
    org = await world.organisation()
    admin = await world.person(org, "admin")
    answer = await admin.post(
        "/v1/people", {"org": org, "email": admin.email, "name": "A", "role": "outside"}
    )
    refused(answer, 409, "conflict")
    assert (await admin.get("/v1/people", org=str(org))).status_code == 200


async def test_a_client_sees_names_and_no_addresses(world: World) -> None:
    org = await world.organisation()
    admin, client = await world.person(org, "admin"), await world.person(org, "outside")
    other = await world.person(org, "admin")
    case = (await admin.made("/v1/cases", {"org": org, "type": "legal_matter", "title": "A"}))["case"]["id"]
    await admin.made(f"/v1/cases/{case}/participants", {"person": client.id, "role": "client"})
    await other.made(f"/v1/cases/{case}/entries", {"text": "for staff alone", "occurred_on": "2026-01-02"})
    seen = {card["id"]: card["email"] for card in await client.all(f"/v1/cases/{case}/people")}
    assert seen == {str(admin.id): "", str(client.id): ""}
    assert str(other.id) in {card["id"] for card in await admin.all(f"/v1/cases/{case}/people")}
