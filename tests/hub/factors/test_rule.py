"""The rule that asks for a second factor, and acts so dangerous that they ask once more who is there."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.context import Hub
from hub.services import CALLS
from hub.sessions import throttle
from schemas.credentials import token_hash
from storage.postgres import access
from tests.app import ABSENT, Person, World, refused
from tests.browsers import PASSWORD, Browser, Site, with_password
from workers.sweep import sweep

STEP = timedelta(seconds=30)
PROOF_OVER = timedelta(minutes=10, seconds=1)


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def org(world: World) -> UUID:
    return await world.organisation()


@pytest.fixture
async def admin(world: World, org: UUID) -> Person:
    return await with_password(world, await world.person(org, "admin"))


@pytest.fixture
async def desk(world: World, org: UUID) -> Person:
    return await with_password(world, await world.person(org, "desk"))


async def ruled(site: Site, admin: Person, org: UUID, *roles: str) -> Browser:
    """The administrator's browser, with a second factor, after the rule was made."""
    home = await site.browser().signed_in(admin.email)
    await home.app()
    answer = await home.call("PUT", f"/v1/orgs/{org}/mfa", {"roles": roles})
    assert answer.status_code == 200 and answer.json() == {"roles": sorted(roles)}, answer.text
    return home


async def test_who_lacks_a_factor_sets_one_up_and_does_nothing_else(
    site: Site, admin: Person, desk: Person, org: UUID, world: World
) -> None:
    await ruled(site, admin, org, "desk")
    browser = await site.browser().signed_in(desk.email)
    for path in ("/v1/me", "/v1/cases", "/v1/sessions", "/v1/inbox", f"/v1/people?org={org}", f"/v1/orgs/{org}/mfa",
                 "/v1/search?q=x"):  # fmt: skip
        refused(await browser.get(path), 403, "mfa_needed")
    for path, body in (
        ("/v1/tokens", {"label": "x"}), ("/v1/people", {"org": org, "email": "a@b.test", "name": "A"}),
        ("/v1/cases", {"org": org, "type": "none", "title": "X"}),
    ):  # fmt: skip
        answer = await browser.post(path, body)
        assert answer.status_code in (400, 403) and answer.json()["code"] in ("mfa_needed", "bad_input"), (
            answer.text
        )
    change = {"old": PASSWORD, "new": "seven green kettles hum"}
    refused(await browser.call("PUT", "/v1/password", change), 403, "mfa_needed")
    refused(await browser.call("DELETE", "/v1/sessions"), 403, "mfa_needed")
    assert (await browser.get("/v1/factors")).json()["needed"] is True
    # Nor does the gateway know the session; and services that carry it are refused by the same transaction.
    held = token_hash(browser.cookies["casewire"])
    assert await access.holders(site.hub.database.signin, [held], site.hub.clock()) == {}
    assert CALLS
    await browser.app()
    assert (await browser.get("/v1/me")).status_code == 200
    assert held in await access.holders(site.hub.database.signin, [held], site.hub.clock())


async def test_who_lacks_a_factor_can_sign_out(site: Site, admin: Person, desk: Person, org: UUID) -> None:
    await ruled(site, admin, org, "desk")
    browser = await site.browser().signed_in(desk.email)
    held = dict(browser.cookies)
    assert (await browser.call("DELETE", "/v1/session")).status_code == 204
    browser.cookies = held
    refused(await browser.get("/v1/factors"), 401, "unauthenticated")


async def test_the_rule_ends_sessions_without_a_factor_at_once(
    site: Site, admin: Person, desk: Person, org: UUID, owner: Any, world: World
) -> None:
    browser = await site.browser().signed_in(desk.email)
    safe = await site.browser().signed_in(
        (await with_password(world, other := await world.person(org, "desk"))).email
    )
    await safe.app()
    outside = await world.person(org, "outside")
    await ruled(site, admin, org, "admin", "desk")
    refused(await browser.get("/v1/me"), 401, "unauthenticated")
    refused(await desk.get("/v1/me"), 401, "unauthenticated")  # a token, worth no more than its session
    assert (await safe.get("/v1/me")).status_code == (await outside.get("/v1/me")).status_code == 200
    told = await owner.fetch("select type from events where stream = $1", desk.id)
    assert [row["type"] for row in told] == ["session.ended", "session.ended"]
    assert (
        await owner.fetchval("select count(*) from events where stream = $1", other.id) == 1
    )  # their old token


async def test_what_a_crash_left_open_is_swept(
    site: Site, desk: Person, org: UUID, owner: Any, world: World
) -> None:
    """The rule is written, and the process died before it ended what the rule overtook."""
    before = await site.browser().signed_in(desk.email)
    outside = await world.person(org, "outside")
    rule = "update organisations set mfa_roles = '{desk}', mfa_since = now() where id = $1"
    await owner.execute(rule, org)
    site.clock.ahead = timedelta(minutes=1)
    after = await site.browser().signed_in(desk.email)  # to set up a factor
    await sweep(site.hub)
    assert (await outside.get("/v1/me")).status_code == 200
    refused(await before.get("/v1/factors"), 401, "unauthenticated")
    assert (await after.get("/v1/factors")).json()["needed"]
    ended = await owner.fetch("select thing from events where stream = $1 and type = 'session.ended'", desk.id)
    assert len(ended) == 2 and desk.session in {row["thing"] for row in ended}


async def test_one_who_comes_to_such_a_place_is_asked_too(
    site: Site, admin: Person, org: UUID, world: World
) -> None:
    home = await ruled(site, admin, org, "desk")
    person = await with_password(world, await world.person(org, "outside"))
    browser = await site.browser().signed_in(person.email)
    assert (await browser.get("/v1/me")).status_code == 200
    body = {"org": org, "email": person.email, "name": "X", "role": "desk"}
    assert (await home.post("/v1/people", body)).status_code == 201
    refused(await browser.get("/v1/me"), 401, "unauthenticated")  # ended, so that sockets close too
    await browser.signed_in(person.email)
    refused(await browser.get("/v1/me"), 403, "mfa_needed")


async def test_the_last_factor_stays_where_one_is_needed(site: Site, admin: Person, org: UUID) -> None:
    home = await ruled(site, admin, org, "admin")
    (factor,) = (await home.get("/v1/factors")).json()["items"]
    refused(await home.call("DELETE", f"/v1/factors/{factor['id']}"), 409, "conflict")
    assert (await home.call("PUT", f"/v1/orgs/{org}/mfa", {"roles": []})).status_code == 200
    assert (await home.call("DELETE", f"/v1/factors/{factor['id']}")).status_code == 204


async def test_set_rule_refused(site: Site, admin: Person, desk: Person, org: UUID, world: World) -> None:
    path = f"/v1/orgs/{org}/mfa"
    staff = await site.browser().signed_in(desk.email)
    refused(await staff.call("PUT", path, {"roles": ["admin"]}), 403, "forbidden")
    foreign = await with_password(world, await world.person(await world.organisation(), "admin"))
    stranger = await site.browser().signed_in(foreign.email)
    hidden = refused(await stranger.call("PUT", path, {"roles": []}), 404, "not_found")
    assert hidden == refused(
        await stranger.call("PUT", f"/v1/orgs/{ABSENT}/mfa", {"roles": []}), 404, "not_found"
    )
    refused(await stranger.get(path), 404, "not_found")
    home = await site.browser().signed_in(admin.email)
    refused(
        await home.call("PUT", path, {"roles": ["admin"]}), 409, "conflict"
    )  # without a factor of one's own
    refused(await home.call("PUT", path, {"roles": ["king"]}), 400, "bad_input")
    refused(await admin.call("PUT", path, {"roles": []}), 403, "forbidden")  # a token
    assert (await home.get(path)).json() == {"roles": []}


# --- Dangerous acts ----------------------------------------------------------------------------------------


async def acts(home: Browser, org: UUID, factor: str) -> list[Any]:
    invited = {"org": org, "email": f"{uuid4().hex}@mail.test", "name": "X", "role": "admin"}
    return [
        await home.call("DELETE", f"/v1/factors/{factor}"),
        await home.post("/v1/factors/totp"),
        await home.post("/v1/factors/recovery"),
        await home.post("/v1/factors/passkeys/options"),
        await home.call("DELETE", "/v1/sessions"),
        await home.post("/v1/people", invited),
        await home.call("PUT", f"/v1/orgs/{org}/mfa", {"roles": []}),
        await home.call("PUT", "/v1/password", {"old": PASSWORD, "new": "seven green kettles hum"}),
        await home.post("/v1/tokens", {"label": "x"}),
    ]


async def test_dangerous_acts_ask_again_after_a_while(site: Site, admin: Person, org: UUID) -> None:
    home = await site.browser().signed_in(admin.email)
    app = await home.app()
    other = await site.browser().sign_in(admin.email)
    site.clock.ahead += PROOF_OVER
    for answer in await acts(home, org, app.id):
        refused(answer, 403, "step_up_needed")
    ways = (await home.post("/v1/session/proof/options")).json()
    assert ways["ways"] == ["totp", "recovery"]
    refused(
        await home.post("/v1/session/proof", {"password": PASSWORD}), 400, "bad_input"
    )  # not without the factor
    refused(await home.post("/v1/session/proof", {"code": "000000"}), 401, "bad_credentials")
    assert (await home.post("/v1/session/proof", {"code": app.code()})).status_code == 204
    assert (await home.post("/v1/tokens", {"label": "x"})).status_code == 201
    assert (await home.call("DELETE", f"/v1/factors/{app.id}")).status_code == 204
    assert other.status_code == 200


async def test_who_has_no_factor_confirms_by_password(site: Site, admin: Person, org: UUID) -> None:
    home = await site.browser().signed_in(admin.email)
    site.clock.ahead += PROOF_OVER
    refused(await home.post("/v1/factors/totp"), 403, "step_up_needed")
    assert (await home.post("/v1/session/proof/options")).json()["ways"] == ["password"]
    refused(await home.post("/v1/session/proof", {"password": "wrong"}), 401, "bad_credentials")
    refused(await home.post("/v1/factors/totp"), 403, "step_up_needed")
    assert (await home.post("/v1/session/proof", {"password": PASSWORD})).status_code == 204
    await home.app()


async def test_a_proof_is_of_one_session(site: Site, admin: Person, org: UUID) -> None:
    home, away = await site.browser().signed_in(admin.email), await site.browser().signed_in(admin.email)
    site.clock.ahead += PROOF_OVER
    assert (await home.post("/v1/session/proof", {"password": PASSWORD})).status_code == 204
    refused(await away.post("/v1/factors/totp"), 403, "step_up_needed")


async def test_a_secret_from_before_a_proof_ends_nothing(site: Site, desk: Person) -> None:
    """Whoever stole it cannot sign the owner out either: not by signing out, not by signing in as somebody else."""
    home, thief = await site.browser().signed_in(desk.email), site.browser()
    stolen = dict(home.cookies)
    thief.cookies = dict(stolen)
    assert (await thief.get("/v1/me")).status_code == 200
    assert (await home.post("/v1/session/proof", {"password": PASSWORD})).status_code == 204
    refused(await thief.call("DELETE", "/v1/session"), 401, "unauthenticated")
    thief.cookies = dict(stolen)
    assert (await thief.call("GET", "/oauth/logout")).status_code == 303
    assert (await thief.sign_in(desk.email)).status_code == 200
    assert (await home.get("/v1/me")).status_code == 200


async def test_guessing_in_a_stolen_session_is_slowed_down(site: Site, admin: Person) -> None:
    home, own = await site.browser().signed_in(admin.email), await site.browser().signed_in(admin.email)
    for _ in range(throttle.PROOF.free + 1):
        refused(await home.post("/v1/session/proof", {"password": "wrong"}), 401, "bad_credentials")
    refused(await home.post("/v1/session/proof", {"password": PASSWORD}), 429, "too_many")
    assert (
        await own.post("/v1/session/proof", {"password": PASSWORD})
    ).status_code == 204  # the owner's, elsewhere


async def test_end_other_sessions(site: Site, admin: Person, owner: Any) -> None:
    home, away = await site.browser().signed_in(admin.email), await site.browser().signed_in(admin.email)
    listed = (await home.get("/v1/sessions")).json()["items"]
    assert [one["here"] for one in listed].count(True) == 1
    assert {one["address"] for one in listed if one["kind"] == "browser"} == {home.address, away.address}
    assert (await home.call("DELETE", "/v1/sessions")).status_code == 204
    refused(await away.get("/v1/me"), 401, "unauthenticated")
    assert (await home.get("/v1/me")).status_code == (await admin.get("/v1/me")).status_code == 200
    assert (await home.call("DELETE", "/v1/sessions?tokens=true")).status_code == 204
    refused(await admin.get("/v1/me"), 401, "unauthenticated")
    assert await owner.fetchval("select count(*) from events where stream = $1", admin.id) == 2


async def test_a_proof_brings_another_secret(site: Site, admin: Person, org: UUID, owner: Any) -> None:
    """What was stolen of a session before is worth nothing after its owner has proved who they are. The session goes
    on: its sockets and what it is called stay."""
    home = await site.browser().signed_in(admin.email)
    (session,) = [one for one in (await home.get("/v1/sessions")).json()["items"] if one["here"]]
    thief = site.browser()
    thief.cookies = dict(home.cookies)
    assert (await thief.get("/v1/me")).status_code == 200  # and the process knows whose it is
    answer = await home.call("POST", "/v1/session/proof", {"password": PASSWORD})
    assert answer.status_code == 204 and home.cookies["casewire"] != thief.cookies["casewire"]
    for method, path in (
        ("GET", "/v1/me"), ("GET", "/v1/sessions"), ("GET", "/v1/factors"), ("POST", "/v1/factors/totp"),
        ("POST", "/v1/session/proof/options"), ("GET", f"/v1/people?org={org}"), ("DELETE", "/v1/sessions"),
        ("POST", "/v1/tokens"),
    ):  # fmt: skip
        body = {"label": "x"} if path == "/v1/tokens" else None
        refused(await thief.call(method, path, body), 401, "unauthenticated")
    listed = (await home.get("/v1/sessions")).json()["items"]
    assert [one["id"] for one in listed if one["here"]] == [session["id"]]
    told = await owner.fetch("select type from events where stream = $1", admin.id)
    assert "session.ended" not in {row["type"] for row in told}


async def test_of_racers_who_prove_in_one_session_one_has_it_afterwards(site: Site, admin: Person) -> None:
    """A hundred with the same cookie, half of them a thief's who knows the password too."""
    home = await site.browser().signed_in(admin.email)
    racers = []
    for _ in range(100):
        one = site.browser()
        one.cookies = dict(home.cookies)
        racers.append(one)
    answers = await asyncio.gather(
        *(one.call("POST", "/v1/session/proof", {"password": PASSWORD}) for one in racers)
    )
    assert sorted(answer.status_code for answer in answers)[0] == 204
    assert [answer.status_code for answer in answers].count(204) == 1
    good = [(await one.get("/v1/me")).status_code == 200 for one in racers]
    assert good.count(True) == 1 and answers[good.index(True)].status_code == 204
