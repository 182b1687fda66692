"""Nobody is seated unasked: who is there already says yes first, and no rule of an office holds for them before."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import httpx

from hub.context import Hub
from storage.postgres import locks, people
from tests.app import ABSENT, Person, World, refused
from tests.browsers import PASSWORD, Browser, Site, proved, with_password


async def mailed(owner: Any, email: str) -> str:
    return await owner.fetchval("select body from mails where recipient = $1 order by id desc limit 1", email)


def secret_in(body: str) -> str:
    found = re.search(r"/invitation(?:\?for=[^#]*)?#(\S+)", body)
    assert found
    return found[1]


class Two:
    """`ann` signs in and belongs to one office; the administrator of another one asks her in."""

    def __init__(self, ann: Person, home: Browser, org: UUID, admin: Person, desk: Person) -> None:
        self.ann, self.home, self.org, self.admin, self.desk = ann, home, org, admin, desk

    @classmethod
    async def made(cls, world: World, hub: Hub) -> "Two":
        ann = await with_password(world, await world.person(await world.organisation(), "desk"))
        await world.pool.execute("update people set email_proved_at = now() where id = $1", ann.id)
        org = await world.organisation()
        admin = await proved(world, await world.person(org, "admin"))
        return cls(
            ann, await Site(hub).browser().signed_in(ann.email), org, admin, await world.person(org, "desk")
        )

    async def asked(self, role: str = "desk", by: Person | None = None) -> dict[str, Any]:
        body = {"org": self.org, "email": self.ann.email, "name": "Ann", "role": role}
        answer = await (by or self.admin).post("/v1/people", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["item"]

    async def listed(self) -> list[dict[str, Any]]:
        return await self.admin.all(f"/v1/orgs/{self.org}/invitations")

    async def waiting(self) -> list[dict[str, Any]]:
        return (await self.home.get("/v1/invitations")).json()["items"]

    async def seats(self) -> set[tuple[str, str]]:
        return {(seat["org"]["id"], seat["role"]) for seat in (await self.home.get("/v1/me")).json()["seats"]}

    async def answer(self, accept: bool, id: str | None = None, **more: Any) -> httpx.Response:
        id = id or (await self.waiting())[0]["id"]
        return await self.home.post(f"/v1/invitations/{id}/answer", {"accept": accept} | more)


async def test_a_known_person_is_seated_when_they_say_yes(world: World, hub: Hub, owner: Any) -> None:
    two = await Two.made(world, hub)
    before = await two.seats()
    card = await two.asked()
    assert card["membership"] == "" and card["name"] == "Ann"  # no more than the asker said
    assert await two.seats() == before
    assert str(two.ann.id) not in {one["id"] for one in await two.admin.all("/v1/people", org=two.org)}
    (waits,) = await two.waiting()
    assert (waits["org"], waits["role"]) == (str(two.org), "desk") and waits["organisation"]
    assert "say yes" in await mailed(owner, two.ann.email)
    (made,) = await two.listed()
    assert (made["state"], made["email"], made["role"]) == ("waiting", two.ann.email, "desk")
    assert (await two.answer(True)).status_code == 204
    assert await two.seats() == before | {(str(two.org), "desk")}
    assert (await two.answer(True, waits["id"])).status_code == 204  # again is free
    refused(await two.answer(False, waits["id"]), 404, "not_found")
    assert [one["state"] for one in await two.listed()] == ["accepted"] and await two.waiting() == []
    types = await owner.fetch("select type from events where stream = $1 order by seq", two.org)
    assert [row["type"] for row in types] == ["invitation.added", "member.added"]


async def test_no_rule_of_an_office_holds_for_who_was_only_asked(world: World, hub: Hub) -> None:
    """Or any administrator could shut any stranger's sessions out."""
    two = await Two.made(world, hub)
    await two.asked()
    await world.pool.execute("update sessions set mfa = true where id = $1", two.admin.session)
    rule = await two.admin.call("PUT", f"/v1/orgs/{two.org}/mfa", {"roles": ["admin", "desk", "outside"]})
    assert rule.status_code == 200, rule.text
    assert (await two.home.get("/v1/me")).status_code == 200
    assert (await two.answer(True)).status_code == 204
    assert (await two.home.get("/v1/me")).status_code == 401  # now it is her office too


async def test_declined_and_withdrawn(world: World, hub: Hub) -> None:
    two = await Two.made(world, hub)
    await two.asked()
    id = (await two.waiting())[0]["id"]
    assert (await two.answer(False)).status_code == 204
    refused(await two.answer(True, id), 404, "not_found")
    await two.asked()
    later = (await two.waiting())[0]["id"]
    path = f"/v1/orgs/{two.org}/invitations/{later}"
    assert (await two.admin.delete(path)).status_code == 204
    assert (await two.admin.delete(path)).status_code == 204
    assert await two.waiting() == []
    refused(await two.answer(True, later), 404, "not_found")
    refused(await two.admin.post(f"{path}/resend"), 409, "conflict")
    assert {one["state"] for one in await two.listed()} == {"declined", "withdrawn"}
    assert not any(org == str(two.org) for org, _ in await two.seats())


async def test_over_after_its_term(world: World, hub: Hub, owner: Any) -> None:
    two = await Two.made(world, hub)
    await two.asked()
    id = (await two.waiting())[0]["id"]
    await owner.execute(
        "update invitations set expires_at = now() - interval '1 hour' where id = $1", UUID(id)
    )
    assert await two.waiting() == []
    refused(await two.answer(True, id), 404, "not_found")
    assert (await two.admin.post(f"/v1/orgs/{two.org}/invitations/{id}/resend")).status_code == 204
    assert (await two.answer(True)).status_code == 204


async def test_another_persons_invitation_is_none(world: World, hub: Hub) -> None:
    two = await Two.made(world, hub)
    await two.asked()
    id = (await two.waiting())[0]["id"]
    other = await proved(world, await world.person())
    absent = refused(await other.post(f"/v1/invitations/{ABSENT}/answer", {"accept": True}), 404, "not_found")
    assert (
        refused(await other.post(f"/v1/invitations/{id}/answer", {"accept": True}), 404, "not_found")
        == absent
    )
    assert (await other.get("/v1/invitations")).json()["items"] == []
    # Nor is it for others of the office than its administrators, nor for another office's.
    foreign = await world.person(await world.organisation(), "admin")
    for person in (two.desk, foreign):
        refused(await person.get(f"/v1/orgs/{two.org}/invitations"), 404, "not_found")
        refused(await person.post(f"/v1/orgs/{two.org}/invitations/{id}/resend"), 404, "not_found")
        refused(await person.delete(f"/v1/orgs/{two.org}/invitations/{id}"), 404, "not_found")
    refused(await two.admin.delete(f"/v1/orgs/{two.org}/invitations/{ABSENT}"), 404, "not_found")


async def test_asked_once_at_a_time(world: World, hub: Hub, owner: Any) -> None:
    two = await Two.made(world, hub)
    for _ in range(3):
        await two.asked()
    assert len(await two.waiting()) == 1
    assert await owner.fetchval("select count(*) from mails where recipient = $1", two.ann.email) == 1


async def test_of_racers_one_seat_comes(world: World, hub: Hub, owner: Any) -> None:
    two = await Two.made(world, hub)
    await two.asked()
    id = (await two.waiting())[0]["id"]
    answers = await asyncio.gather(*(two.answer(True, id) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {204}
    added = "select count(*) from events where stream = $1 and type = 'member.added'"
    assert await owner.fetchval(added, two.org) == 1


async def test_a_repeat_of_asking_is_free(world: World, hub: Hub) -> None:
    two = await Two.made(world, hub)
    key, body = uuid4(), {"org": two.org, "email": two.ann.email, "name": "Ann", "role": "desk"}
    first = await two.admin.made("/v1/people", body, key=key)
    assert await two.admin.made("/v1/people", body, key=key) == first
    assert len(await two.listed()) == 1


async def test_staff_ask_outside_people_alone(world: World, hub: Hub) -> None:
    two = await Two.made(world, hub)
    body = {"org": two.org, "email": two.ann.email, "name": "Ann", "role": "desk"}
    refused(await two.desk.post("/v1/people", body), 403, "forbidden")
    assert (await two.asked("outside", two.desk))["membership"] == ""
    case = (await two.desk.made("/v1/cases", {"org": two.org, "type": "legal_matter", "title": "A"}))["case"][
        "id"
    ]
    part = {"email": two.ann.email, "role": "client"}
    refused(await two.desk.post(f"/v1/cases/{case}/participants", part), 409, "conflict")
    assert (await two.answer(True)).status_code == 204
    assert (await two.desk.post(f"/v1/cases/{case}/participants", part)).status_code == 201


async def test_who_has_not_shown_that_they_read_their_mail_answers_with_its_secret(
    world: World, hub: Hub, owner: Any
) -> None:
    """Of an account made by hand nobody has seen that its address is read: whoever reads the mail may say yes. One that
    an outside provider brought is asked for more, in tests/hub/providers."""
    two = await Two.made(world, hub)
    await owner.execute("update people set email_proved_at = null where id = $1", two.ann.id)
    await two.asked()
    refused(await two.answer(True), 409, "conflict")
    refused(await two.answer(True, token="x" * 43), 409, "conflict")
    assert len(await two.waiting()) == 1
    token = secret_in(await mailed(owner, two.ann.email))
    assert (await two.answer(True, token=token)).status_code == 204
    assert await owner.fetchval("select email_proved_at is not null from people where id = $1", two.ann.id)


async def test_the_secret_of_a_question_takes_nobody_over(world: World, hub: Hub, owner: Any) -> None:
    two = await Two.made(world, hub)
    await two.asked()
    token = secret_in(await mailed(owner, two.ann.email))
    body = {"token": token, "name": "Mallory", "password": "the attacker's own choice"}
    refused(await Site(hub).browser().post("/v1/invitations/accept", body), 404, "not_found")
    assert (await Site(hub).browser().sign_in(two.ann.email)).status_code == 200


async def test_a_second_office_waits_also_for_who_never_came_in(world: World, hub: Hub, owner: Any) -> None:
    """The first one made the account; the second one's mail opens it, and is the yes to the second one."""
    first, second = [await world.person(await world.organisation(), "admin") for _ in range(2)]
    orgs = [(await admin.get("/v1/me")).json()["seats"][0]["org"]["id"] for admin in (first, second)]
    email = f"n{uuid4().hex}@mail.test"
    await first.made("/v1/people", {"org": orgs[0], "email": email, "name": "Nia"})
    assert (await second.made("/v1/people", {"org": orgs[1], "email": email, "name": "N"}))[
        "membership"
    ] == ""
    body = {"token": secret_in(await mailed(owner, email)), "name": "Nia", "password": PASSWORD}
    answer = await Site(hub).browser().post("/v1/invitations/accept", body)
    assert answer.status_code == 200, answer.text
    assert {seat["org"]["id"] for seat in answer.json()["seats"]} == set(orgs)


async def test_withdrawing_takes_the_place_of_who_never_came_in(world: World, owner: Any) -> None:
    org = await world.organisation()
    admin = await proved(world, await world.person(org, "admin"))
    email = f"w{uuid4().hex}@mail.test"
    card = await admin.made("/v1/people", {"org": org, "email": email, "name": "Wu"})
    (made,) = await admin.all(f"/v1/orgs/{org}/invitations")
    assert (made["state"], made["role"]) == ("waiting", "outside")
    token = secret_in(await mailed(owner, email))
    assert (await admin.delete(f"/v1/orgs/{org}/invitations/{made['id']}")).status_code == 204
    assert card["id"] not in {one["id"] for one in await admin.all("/v1/people", org=org)}
    body = {"token": token, "name": "Wu", "password": PASSWORD}
    refused(await admin.http.post("/v1/invitations/accept", json=body), 404, "not_found")


async def test_sent_again_with_another_secret(world: World, owner: Any) -> None:
    org = await world.organisation()
    admin = await proved(world, await world.person(org, "admin"))
    email = f"s{uuid4().hex}@mail.test"
    await admin.made("/v1/people", {"org": org, "email": email, "name": "Sol"})
    (made,) = await admin.all(f"/v1/orgs/{org}/invitations")
    before = secret_in(await mailed(owner, email))
    assert (await admin.post(f"/v1/orgs/{org}/invitations/{made['id']}/resend")).status_code == 204
    after = secret_in(await mailed(owner, email))
    assert before != after
    body = {"name": "Sol", "password": PASSWORD}
    refused(await admin.http.post("/v1/invitations/accept", json=body | {"token": before}), 404, "not_found")
    assert (await admin.http.post("/v1/invitations/accept", json=body | {"token": after})).status_code == 200
    (made,) = await admin.all(f"/v1/orgs/{org}/invitations")
    assert made["state"] == "accepted"


async def test_listed_page_by_page(world: World) -> None:
    org = await world.organisation()
    admin = await proved(world, await world.person(org, "admin"))
    emails = [f"l{uuid4().hex}@mail.test" for _ in range(5)]
    for email in emails:
        await admin.made("/v1/people", {"org": org, "email": email, "name": "L"})
    assert [one["email"] for one in await admin.all(f"/v1/orgs/{org}/invitations", limit=2)] == emails[::-1]
    refused(await admin.get(f"/v1/orgs/{org}/invitations", after="!"), 400, "bad_input")


async def test_no_statement_of_an_administrator_seats_a_stranger(world: World, hub: Hub, owner: Any) -> None:
    """With the rules passed over, the database still asks first."""
    two = await Two.made(world, hub)
    async with hub.database.writing(two.admin.id, locks.of_streams(two.org), hub.clock()) as unit:
        await unit.connection.execute(people.INTRODUCE, two.org, two.ann.id, two.ann.email, "Ann", unit.now)
        assert await unit.connection.fetchval(people.SEAT, two.org, two.ann.id, "desk", unit.now) is None
    held = "select count(*) from grants where person = $1 and org = $2"
    assert await owner.fetchval(held, two.ann.id, two.org) == 0
