"""Whoever changes an account, its owner hears of it; what was begun with another password is over; charges come back
where they were made."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.context import Hub
from hub.sessions import throttle
from schemas.credentials import token_hash
from schemas.errors import Refused
from tests.app import Person, World, refused
from tests.browsers import PASSWORD, Browser, Key, Site, with_password

NEW = "entirely other words 7"


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person())


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def home(site: Site, person: Person) -> Browser:
    return await site.browser().signed_in(person.email)


async def told(owner: Any, person: Person) -> list[str]:
    rows = await owner.fetch("select subject from mails where recipient = $1 order by id", person.email)
    return [row["subject"] for row in rows]


async def strikes(owner: Any, counted: throttle.Counted) -> int:
    return await owner.fetchval("select coalesce(sum(strikes), 0) from throttles where key = $1", counted.key)


async def passkey(site: Site, home: Browser) -> tuple[Key, str]:
    key = Key(site.hub.settings.public_url)
    asked = (await home.post("/v1/factors/passkeys/options")).json()
    done = await home.post(
        "/v1/factors/passkeys", {"pending": asked["pending"], "passkey": key.make(asked["options"])}
    )
    assert done.status_code == 201, done.text
    return key, done.json()["factor"]["id"]


async def test_of_a_new_browser_and_not_of_the_first_or_the_same(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    assert await told(owner, person) == []
    await home.signed_in(person.email)
    assert await told(owner, person) == []
    new = site.browser("198.51.100.77")
    await new.signed_in(person.email)
    (subject,) = await told(owner, person)
    assert "new browser" in subject
    body = await owner.fetchval("select body from mails where recipient = $1", person.email)
    assert "198.51.100.77" in body and "://" not in body  # nothing to press in a mail that warns
    await new.signed_in(person.email)
    assert len(await told(owner, person)) == 1


async def test_of_every_change_of_factors_and_password(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    app = await home.app()
    assert (await home.post("/v1/factors/recovery")).status_code == 201
    _, id = await passkey(site, home)
    assert (await home.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW})).status_code == 204
    assert (await home.call("DELETE", "/v1/password")).status_code == 204
    assert (await home.call("PUT", "/v1/password", {"new": NEW})).status_code == 204
    for factor in (id, app.id):
        assert (await home.call("DELETE", f"/v1/factors/{factor}")).status_code == 204
    assert [one.partition(" (")[0] for one in await told(owner, person)] == [
        "An authenticator app was added to your account", "New recovery codes were made for your account",
        "A passkey was added to your account", "Your password was changed", "Your password was removed",
        "Your password was set", *["A second factor was removed from your account"] * 2,
    ]  # fmt: skip


async def test_nothing_is_told_of_what_was_refused(home: Browser, person: Person, owner: Any) -> None:
    refused(
        await home.call("PUT", "/v1/password", {"old": "not this one", "new": NEW}), 401, "bad_credentials"
    )
    refused(await home.call("DELETE", "/v1/password"), 409, "conflict")
    refused(await home.post("/v1/factors/recovery"), 409, "conflict")
    assert await told(owner, person) == []


async def test_without_a_password_a_passkey_opens_and_stays(
    site: Site, home: Browser, person: Person
) -> None:
    key, id = await passkey(site, home)
    assert (await home.get("/v1/factors")).json()["password"] is True
    assert (await home.call("DELETE", "/v1/password")).status_code == 204
    assert (await home.call("DELETE", "/v1/password")).status_code == 204
    assert (await home.get("/v1/factors")).json()["password"] is False
    refused(await site.browser().sign_in(person.email), 401, "bad_credentials")
    refused(await home.call("DELETE", f"/v1/factors/{id}"), 409, "conflict")
    other = site.browser()
    asked = (await other.post("/v1/session/passkey/options")).json()
    done = await other.post(
        "/v1/session/passkey", {"pending": asked["pending"], "passkey": key.show(asked["options"])}
    )
    assert done.status_code == 200, done.text


async def test_a_first_password_asks_who_is_there(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    await passkey(site, home)
    assert (await home.call("DELETE", "/v1/password")).status_code == 204
    site.clock.ahead += timedelta(minutes=11)
    refused(await home.call("PUT", "/v1/password", {"new": NEW}), 403, "step_up_needed")
    refused(await home.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW}), 403, "step_up_needed")
    refused(await home.call("DELETE", "/v1/password"), 403, "step_up_needed")


async def test_a_half_done_sign_in_ends_with_the_password(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    other = site.browser()
    asked = (await other.sign_in(person.email)).json()
    assert asked["mfa"]
    assert (await home.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW})).status_code == 204
    answer = await other.post("/v1/session/mfa", {"pending": asked["pending"], "recovery": app.recovery[0]})
    refused(answer, 401, "bad_credentials")
    asked = (await other.sign_in(person.email, NEW)).json()
    answer = await other.post("/v1/session/mfa", {"pending": asked["pending"], "recovery": app.recovery[0]})
    assert answer.status_code == 200, answer.text


async def test_a_charge_is_taken_back_where_it_was_made(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    """The first half comes from a browser that the account knows, the second from elsewhere: what others have cost that
    place is not forgiven by it."""
    app = await home.app()
    elsewhere = site.browser("203.0.113.50")
    for n in range(4):
        await elsewhere.sign_in(f"n{n}@mail.test", "wrong password")
    account, address = throttle.of_sign_in(person.email, "203.0.113.50", None, None)
    device = throttle.of_sign_in(person.email, "", token_hash(home.cookies["casewire-device"]), person.id)[0]
    asked = (await home.sign_in(person.email)).json()
    assert await strikes(owner, device) == 1
    done = await elsewhere.post("/v1/session/mfa", {"pending": asked["pending"], "recovery": app.recovery[0]})
    assert done.status_code == 200, done.text
    assert await strikes(owner, address) == 4 and await strikes(owner, device) == 0
    assert await strikes(owner, account) == 0


async def test_a_passkeys_question_is_forgiven_where_it_was_asked(
    site: Site, home: Browser, owner: Any
) -> None:
    key, _ = await passkey(site, home)
    asker, other = site.browser("203.0.113.60"), site.browser("203.0.113.61")
    asked = (await asker.post("/v1/session/passkey/options")).json()
    await other.post("/v1/session/passkey/options")
    done = await other.post(
        "/v1/session/passkey", {"pending": asked["pending"], "passkey": key.show(asked["options"])}
    )
    assert done.status_code == 200, done.text
    (here,), (there,) = throttle.of_question(asker.address), throttle.of_question(other.address)
    assert (await strikes(owner, here), await strikes(owner, there)) == (0, 1)


async def test_a_proof_by_passkey_forgives_no_guess(site: Site, home: Browser, owner: Any) -> None:
    key, _ = await passkey(site, home)
    session = next(one for one in (await home.get("/v1/sessions")).json()["items"] if one["here"])["id"]
    for _ in range(2):
        refused(await home.post("/v1/session/proof", {"code": "000000"}), 401, "bad_credentials")
    mine = throttle.of_proof(session)
    assert await strikes(owner, mine) == 2
    asked = (await home.post("/v1/session/proof/options")).json()
    proof = {"pending": asked["pending"], "passkey": key.show(asked["passkey"])}
    assert (await home.post("/v1/session/proof", proof)).status_code == 204
    assert await strikes(owner, mine) == 2


async def test_a_site_of_many_addresses_waits_too(hub: Hub) -> None:
    """One customer of IPv6 has 65,536 networks of the size that counts as one address."""

    async def tries(address: str) -> None:
        await throttle.admit(hub, *throttle.of_sign_in(f"{uuid4()}@mail.test", address, None, None))

    for n in range(throttle.ADDRESS.free * throttle.SITE_TIMES + 1):
        await tries(f"2001:db8:77:{n:x}::1")
    with pytest.raises(Refused):
        await tries("2001:db8:77:ffff::1")
    await tries("2001:db8:78::1")


@pytest.mark.parametrize("path", ["/v1/session/proof/options", "/v1/factors/passkeys/options"])
async def test_questions_of_a_session_are_bounded(home: Browser, path: str) -> None:
    answers = await asyncio.gather(*(home.post(path) for _ in range(throttle.ASKING.free)))
    assert {answer.status_code for answer in answers} == {200}
    await home.post(path)
    refused(await home.post(path), 429, "too_many")
