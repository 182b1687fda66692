"""Services of an organisation: made, given tokens, put to work, disabled; and never signed in by anything else."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from hub.context import Hub
from hub.notices import sending
from schemas.limits import SERVICE_TOKENS_MAX
from tests.app import ABSENT, Office, Person, World, refused

RACERS = 100


@pytest.fixture
async def admin(office: Office, world: World) -> Person:
    """The office's administrator at a browser, who has just proved who they are."""
    return await world.token(office.admin, kind="browser", proved=True)


async def made(admin: Person, org: UUID, **more: Any) -> dict[str, Any]:
    return await admin.made(f"/v1/orgs/{org}/services", {"name": "Docket reader"} | more)


async def token_of(admin: Person, org: UUID, service: Any, *scopes: str, **more: Any) -> Person:
    """The service with a new token of these scopes."""
    body = {"label": "production", "scopes": list(scopes)} | more
    answer = await admin.post(f"/v1/orgs/{org}/services/{service}/tokens", body)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    return Person(admin.http, UUID(str(service)), "", given["token"], UUID(given["session"]["id"]))


async def types_of(world: World, stream: UUID) -> list[str]:
    rows = await world.pool.fetch("select type from events where stream = $1 order by seq", stream)
    return [row["type"] for row in rows]


async def test_a_service_takes_part_like_a_person(office: Office, admin: Person, world: World) -> None:
    service = await made(admin, office.org)
    assert (service["role"], service["disabled_at"], service["made_by"]) == ("outside", None, str(admin.id))
    program = await token_of(admin, office.org, service["id"], "read", "write")
    assert program.token.startswith("cws_")
    refused(await program.get(f"/v1/cases/{office.case}"), 404, "not_found")
    body = {"person": service["id"], "role": office.role}
    await office.lead.made(f"/v1/cases/{office.case}/participants", body)
    assert (await program.get(f"/v1/cases/{office.case}")).status_code == 200
    talk = await office.conversation()
    said = await program.made(f"/v1/conversations/{talk}/messages", {"body": "Filed."})
    assert said["author"] == service["id"]
    me = (await program.get("/v1/me")).json()
    assert (me["id"], me["name"], me["email"]) == (service["id"], "Docket reader", "")
    cards = {card["id"]: card for card in await office.lead.all(f"/v1/cases/{office.case}/people")}
    assert cards[service["id"]] == {
        "id": service["id"], "name": "Docket reader", "email": "", "membership": "outside",
    }  # fmt: skip
    directory = await office.lead.all("/v1/people", org=office.org)
    assert cards[service["id"]] in directory
    (listed,) = await admin.all(f"/v1/orgs/{office.org}/services")
    assert listed["used_at"] is not None and listed | {"used_at": None} == service
    (token,) = await admin.all(f"/v1/orgs/{office.org}/services/{service['id']}/tokens")
    assert (token["scopes"], token["kind"], token["id"]) == (
        ["read", "write"],
        "service",
        str(program.session),
    )
    assert token["used_at"] is not None and program.token not in str(token)
    told = await types_of(world, office.org)
    assert told[-3:] == ["member.added", "service.added", "token.made"]


async def test_scopes_of_a_service_hold(office: Office, admin: Person) -> None:
    service = await made(admin, office.org, role="desk")
    reader = await token_of(admin, office.org, service["id"], "read")
    refused(await reader.post(f"/v1/cases/{office.case}/tasks", {"title": "x"}), 403, "scope")
    refused(await reader.get(f"/v1/orgs/{office.org}/services"), 403, "scope")
    ruler = await token_of(admin, office.org, service["id"], "read", "admin")
    refused(
        await ruler.get(f"/v1/orgs/{office.org}/services"), 404, "not_found"
    )  # a desk is no administrator


async def test_a_token_makes_no_token(office: Office, admin: Person, world: World) -> None:
    """Whatever its scopes: what is made by a token could be wider than what made it."""
    service = await made(admin, office.org, role="admin")
    ruler = await token_of(admin, office.org, service["id"], "read", "write", "admin", "scim")
    other = await made(ruler, office.org)
    body = {"label": "more", "scopes": ["read"]}
    for token in (ruler, office.admin):
        for target in (service["id"], other["id"]):
            answer = await token.post(f"/v1/orgs/{office.org}/services/{target}/tokens", body)
            refused(answer, 403, "forbidden")
        refused(await token.post("/v1/tokens", {"label": "more"}), 403, "forbidden")


async def test_making_a_token_or_an_administrator_asks_for_a_proof(
    office: Office, admin: Person, world: World
) -> None:
    unproved = await world.token(office.admin, kind="browser")
    path = f"/v1/orgs/{office.org}/services"
    service = await made(unproved, office.org)
    token = {"label": "x", "scopes": ["read"]}
    refused(await unproved.post(f"{path}/{service['id']}/tokens", token), 403, "step_up_needed")
    refused(await unproved.post(path, {"name": "x", "role": "admin"}), 403, "step_up_needed")
    one = f"{path}/{service['id']}"
    refused(await unproved.patch(one, {"role": "admin"}, 1), 403, "step_up_needed")
    assert (await admin.patch(one, {"role": "admin"}, 1)).json()["item"]["role"] == "admin"
    # To disable one is no danger: whoever notices does it at once.
    assert (await unproved.patch(one, {"disabled": True}, 2)).status_code == 200
    refused(await unproved.patch(one, {"disabled": False}, 3), 403, "step_up_needed")


async def test_services_are_for_administrators(office: Office, admin: Person, world: World) -> None:
    service = await made(admin, office.org)
    program = await token_of(admin, office.org, service["id"], "read")
    place = f"/v1/orgs/{office.org}/services"
    absent = f"/v1/orgs/{ABSENT}/services"
    token = {"label": "x", "scopes": ["read"]}
    for person in (office.lead, office.outside, office.stranger, office.foreign):
        browser = await world.token(person, kind="browser", proved=True)
        for method, path, body in (
            ("GET", place, None), ("POST", place, {"name": "x"}), ("GET", absent, None),
            ("PATCH", f"{place}/{service['id']}", {"name": "x"}),
            ("GET", f"{place}/{service['id']}/tokens", None),
            ("POST", f"{place}/{service['id']}/tokens", token), ("POST", f"{place}/{ABSENT}/tokens", token),
            ("DELETE", f"{place}/{service['id']}/tokens/{program.session}", None),
        ):  # fmt: skip
            refused(await browser.call(method, path, body, revision=1), 404, "not_found")
    # Nor does it reach from one's own organisation into another's.
    foreign = await world.token(office.foreign, kind="browser", proved=True)
    theirs = await world.pool.fetchval("select org from grants where person = $1", office.foreign.id)
    reach = f"/v1/orgs/{theirs}/services/{service['id']}"
    refused(await foreign.post(f"{reach}/tokens", token), 404, "not_found")
    refused(await foreign.patch(reach, {"disabled": True}, 1), 404, "not_found")
    refused(await foreign.delete(f"{reach}/tokens/{program.session}"), 404, "not_found")
    assert (await program.get("/v1/me")).status_code == 200


async def test_a_disabled_service_is_out_at_once(office: Office, admin: Person, world: World) -> None:
    service = await made(admin, office.org)
    tokens = [await token_of(admin, office.org, service["id"], "read") for _ in range(3)]
    place = f"/v1/orgs/{office.org}/services/{service['id']}"
    answer = await admin.patch(place, {"disabled": True}, 1)
    assert answer.json()["item"]["disabled_at"] is not None
    for token in tokens:
        refused(await token.get("/v1/me"), 401, "unauthenticated")
    assert await admin.all(f"{place}/tokens") == []
    body = {"label": "x", "scopes": ["read"]}
    refused(await admin.post(f"{place}/tokens", body), 409, "conflict")
    assert (await types_of(world, UUID(service["id"]))).count("session.ended") == 3
    refused(await admin.patch(place, {"disabled": False}, 1), 412, "stale")
    assert (await admin.patch(place, {"disabled": False}, 2)).status_code == 200
    refused(await tokens[0].get("/v1/me"), 401, "unauthenticated")  # what has ended stays so
    assert (await (await token_of(admin, office.org, service["id"], "read")).get("/v1/me")).status_code == 200


async def test_an_ended_token_is_out_and_the_others_stay(office: Office, admin: Person, world: World) -> None:
    service = await made(admin, office.org)
    gone, stays = [await token_of(admin, office.org, service["id"], "read") for _ in range(2)]
    place = f"/v1/orgs/{office.org}/services/{service['id']}/tokens"
    for _ in range(2):  # a repeat is free
        assert (await admin.delete(f"{place}/{gone.session}")).status_code == 204
    assert (await admin.delete(f"{place}/{admin.session}")).status_code == 204  # none of this service's
    refused(await gone.get("/v1/me"), 401, "unauthenticated")
    assert (await stays.get("/v1/me")).status_code == (await admin.get("/v1/me")).status_code == 200
    assert await types_of(world, UUID(service["id"])) == ["grant.changed", "session.ended"]
    assert (await types_of(world, office.org))[-1] == "token.ended"


async def test_tokens_are_bounded_in_number_time_and_scope(office: Office, admin: Person) -> None:
    service = await made(admin, office.org)
    place = f"/v1/orgs/{office.org}/services/{service['id']}/tokens"
    for bad in ({"days": 366}, {"days": 0}, {"scopes": []}, {"scopes": ["root"]}, {"label": ""}):
        body = {"label": "x", "scopes": ["read"]} | bad
        refused(await admin.post(place, body), 400, "bad_input")
    for _ in range(SERVICE_TOKENS_MAX):
        await token_of(admin, office.org, service["id"], "read", days=365)
    refused(await admin.post(place, {"label": "x", "scopes": ["read"]}), 409, "conflict")


async def test_of_racers_with_one_key_one_makes_a_token_and_one_a_service(
    office: Office, admin: Person, world: World
) -> None:
    key = uuid4()
    path = f"/v1/orgs/{office.org}/services"
    answers = await asyncio.gather(*(admin.post(path, {"name": "x"}, key=key) for _ in range(RACERS)))
    (id,) = {answer.json()["item"]["id"] for answer in answers}
    key, body = uuid4(), {"label": "x", "scopes": ["read"]}
    answers = await asyncio.gather(*(admin.post(f"{path}/{id}/tokens", body, key=key) for _ in range(RACERS)))
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} == {"conflict"}
    assert len(await admin.all(f"{path}/{id}/tokens")) == 1


async def test_a_service_signs_in_by_nothing_but_its_tokens(
    office: Office, admin: Person, world: World, http: httpx.AsyncClient
) -> None:
    service = UUID((await made(admin, office.org))["id"])
    for column, value in (("email", f"{uuid4()}@mail.test"), ("password_hash", "x")):
        with pytest.raises(asyncpg.CheckViolationError):
            await world.pool.execute(f"update people set {column} = $2 where id = $1", service, value)
    open_ = (
        "select signin_open($1, $2, $3, $4, '', now(), now() + interval '1 hour', '', true, null, '{read}')"
    )
    for person, kind in ((service, "browser"), (service, "token"), (office.lead.id, "service")):
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await world.pool.execute(open_, uuid4(), uuid4().bytes, person, kind)
    await world.pool.execute(open_, uuid4(), uuid4().bytes, service, "app")
    program = await token_of(admin, office.org, service, "read", "write", "admin")
    for method, path in (
        ("GET", "/v1/factors"), ("POST", "/v1/factors/totp"), ("POST", "/v1/factors/passkeys/options"),
        ("PUT", "/v1/password"), ("POST", "/v1/session/proof/options"), ("GET", "/v1/sessions"),
    ):  # fmt: skip
        refused(await program.call(method, path), 403, "forbidden")
    for email in ("", "Docket reader", str(service), f"{service}@service.invalid"):
        answer = await http.post("/v1/session", json={"email": email, "password": "a long enough password"})
        assert answer.status_code in (400, 401)


async def test_no_rule_about_second_factors_shuts_a_service_out(
    office: Office, admin: Person, world: World
) -> None:
    service = await made(admin, office.org, role="desk")
    program = await token_of(admin, office.org, service["id"], "read")
    await world.pool.execute("update organisations set mfa_roles = '{desk}' where id = $1", office.org)
    assert (await program.get(f"/v1/cases/{office.case}")).status_code in (200, 404)
    refused(await office.lead.get("/v1/me"), 403, "mfa_needed")


async def test_no_mail_goes_to_a_service(office: Office, admin: Person, world: World, hub: Hub) -> None:
    """A message that it has not read and a deadline of its own: people get mail about those."""
    service = await made(admin, office.org)
    body = {"person": service["id"], "role": office.role}
    await office.lead.made(f"/v1/cases/{office.case}/participants", body)
    talk = await office.conversation()
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Read this."})
    before = await world.pool.fetchval(
        "select count(*) from mails where recipient = $1", office.outside.email
    )
    now = hub.clock() + timedelta(days=1)
    await sending.nudge_unseen(hub.database, hub.settings, now - timedelta(days=3), now, 500)
    mailed = await world.pool.fetchval(
        "select count(*) from mails where recipient = $1", office.outside.email
    )
    assert mailed == before + 1
    assert not await world.pool.fetchval(
        "select count(*) from mails where recipient = '' or position('@' in recipient) = 0"
    )


async def test_a_service_that_was_removed_can_be_given_a_place_again(office: Office, admin: Person) -> None:
    service = await made(admin, office.org, role="desk")
    program = await token_of(admin, office.org, service["id"], "read")
    assert (await program.get(f"/v1/cases/{office.case}")).status_code == 200 or not office.type.open_to_staff
    assert (await admin.delete(f"/v1/orgs/{office.org}/people/{service['id']}")).status_code in (200, 204)
    refused(await program.get(f"/v1/cases/{office.case}"), 404, "not_found")
    (listed,) = await admin.all(f"/v1/orgs/{office.org}/services")
    assert listed["role"] == ""
    place = f"/v1/orgs/{office.org}/services/{service['id']}"
    assert (await admin.patch(place, {"role": "outside"}, 1)).json()["item"]["role"] == "outside"
    (listed,) = await admin.all(f"/v1/orgs/{office.org}/services")
    assert listed["role"] == "outside"
