"""What people do about their own account leaves one entry each: signing in, factors, passwords, sessions, links."""

import re
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub
from schemas.audit import HOUSE
from tests.app import ABSENT, Office, Person, World
from tests.browsers import PASSWORD, Browser, Key, Site, with_password
from tests.leaks.written import NOBODY, Ledger, Someone, proves

NEW = "seven green kettles hum"


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person(await world.organisation()))


@pytest.fixture
async def home(site: Site, person: Person) -> Browser:
    return await site.browser().signed_in(person.email)


async def mailed(owner: Any, email: str, page: str) -> str:
    """The secret in the newest mail about a page."""
    bodies = await owner.fetch("select body from mails where recipient = $1 order by id desc", email)
    found = (re.search(rf"/{page}(?:\?for=[^#]*)?#(\S+)", row["body"]) for row in bodies)
    return next(one[1] for one in found if one)


@proves(
    "POST /v1/session", "DELETE /v1/session", "DELETE /v1/sessions", "DELETE /v1/sessions/{session:uuid}",
    "PATCH /v1/me",
)  # fmt: skip
async def test_sessions(ledger: Ledger, site: Site, person: Person) -> None:
    home, other = site.browser(), await site.browser().signed_in(person.email)
    came = await ledger.did("POST /v1/session", home.sign_in(person.email), "session.opened")
    me = await ledger.someone(home)
    came.says("session.opened", me, thing=me.session, rule="password", log=HOUSE)
    assert came.came_from("session.opened") == home.address
    # Who signs in again in the same browser is out before: that session ends by its own holder.
    again = await ledger.did(
        "POST /v1/session", home.sign_in(person.email), "session.ended", "session.opened"
    )
    again.says("session.ended", me, thing=me.session)
    me = await ledger.someone(home)
    correction = home.call("PATCH", "/v1/me", {"name": "Ada Roe", "zone": "UTC"})
    await ledger.by("PATCH /v1/me", home, correction, "person.corrected", thing=person.id, rule="oneself")
    theirs = await ledger.someone(other)
    one = f"/v1/sessions/{theirs.session}"
    await ledger.by(
        "DELETE /v1/sessions/{session:uuid}",
        home,
        home.call("DELETE", one),
        "session.ended",
        thing=theirs.session,
    )
    await ledger.no_more(home.call("DELETE", one))
    out = await site.browser().signed_in(person.email)
    ended = (await ledger.someone(out)).session
    await ledger.by(
        "DELETE /v1/sessions", home, home.call("DELETE", "/v1/sessions"), "session.ended", thing=ended
    )
    await ledger.by(
        "DELETE /v1/session", home, home.call("DELETE", "/v1/session"), "session.ended", thing=me.session
    )


@proves(
    "POST /v1/factors/totp", "POST /v1/factors/totp/{factor:uuid}/confirm", "POST /v1/factors/recovery",
    "DELETE /v1/factors/{factor:uuid}", "POST /v1/session/mfa", "POST /v1/session/proof",
    "POST /v1/session/proof/options",
)  # fmt: skip
async def test_an_authenticator_and_recovery_codes(
    ledger: Ledger, site: Site, person: Person, home: Browser
) -> None:
    me = await ledger.someone(home)
    await ledger.nothing("POST /v1/session/proof/options", home.post("/v1/session/proof/options"))
    proof = home.post("/v1/session/proof", {"password": PASSWORD})
    proved = await ledger.did("POST /v1/session/proof", proof, "session.proved", "session.renewed")
    proved.says("session.proved", me, thing=me.session, rule="password")
    proved.says("session.renewed", me, thing=me.session)
    app = await ledger.watch(home.app())
    assert app.acts == ["factor.added", "factor.confirmed", "recovery_codes.made"]
    for act in app.acts:
        app.says(act, me, log=HOUSE)
    assert app.entry("factor.confirmed").thing == app.entry("factor.added").thing == UUID(app.answer.id)
    ledger.proved |= {("POST", "/v1/factors/totp"), ("POST", "/v1/factors/totp/{factor:uuid}/confirm")}
    made = home.post("/v1/factors/recovery")
    codes = (
        await ledger.by("POST /v1/factors/recovery", home, made, "recovery_codes.made", thing=person.id)
    ).answer
    other = site.browser()
    pending = (await other.sign_in(person.email)).json()["pending"]
    second = {"pending": pending, "recovery": codes.json()["codes"][0]}
    came = await ledger.did(
        "POST /v1/session/mfa", other.post("/v1/session/mfa", second), "recovery_code.used", "session.opened"
    )
    came.says("recovery_code.used", Someone("recovery", person.id))
    came.says("session.opened", await ledger.someone(other), rule="password, recovery")
    # A second passkey brings no second set of codes, and one app is enough.
    key = Key(site.hub.settings.public_url)
    asked = (await home.post("/v1/factors/passkeys/options")).json()
    body = {"pending": asked["pending"], "passkey": key.make(asked["options"]), "label": "Key"}
    added = await ledger.watch(home.post("/v1/factors/passkeys", body))
    assert added.acts == ["factor.added"], added.acts
    gone = f"/v1/factors/{app.answer.id}"
    left = home.call("DELETE", gone)
    await ledger.by(
        "DELETE /v1/factors/{factor:uuid}", home, left, "factor.removed", thing=UUID(app.answer.id)
    )
    await ledger.no_more(home.call("DELETE", gone))
    assert str(ABSENT) not in gone


@proves(
    "POST /v1/factors/passkeys/options", "POST /v1/factors/passkeys", "POST /v1/session/passkey/options",
    "POST /v1/session/passkey", "PUT /v1/password", "DELETE /v1/password",
)  # fmt: skip
async def test_a_passkey_and_the_password(ledger: Ledger, site: Site, person: Person, home: Browser) -> None:
    me = await ledger.someone(home)
    asked = await ledger.nothing(
        "POST /v1/factors/passkeys/options", home.post("/v1/factors/passkeys/options")
    )
    said, key = asked.answer.json(), Key(site.hub.settings.public_url)
    body = {"pending": said["pending"], "passkey": key.make(said["options"]), "label": "Laptop"}
    added = await ledger.did(
        "POST /v1/factors/passkeys",
        home.post("/v1/factors/passkeys", body),
        "factor.added",
        "recovery_codes.made",
    )
    factor = UUID(added.answer.json()["factor"]["id"])
    added.says("factor.added", me, thing=factor)
    added.says("recovery_codes.made", me, thing=person.id)
    other = site.browser()
    asked = await ledger.nothing(
        "POST /v1/session/passkey/options", other.post("/v1/session/passkey/options")
    )
    shown = asked.answer.json()
    body = {"pending": shown["pending"], "passkey": key.show(shown["options"])}
    came = await ledger.did(
        "POST /v1/session/passkey", other.post("/v1/session/passkey", body), "session.opened"
    )
    came.says("session.opened", await ledger.someone(other), rule="passkey")
    # With the password go the other sessions: it is the password that the record names.
    change = home.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW})
    left = await ledger.by("PUT /v1/password", home, change, "password.changed", thing=person.id)
    assert left.said[0].entry.spans, "the sessions that ended with it"
    removal = home.call("DELETE", "/v1/password")
    await ledger.by("DELETE /v1/password", home, removal, "password.removed", thing=person.id)
    await ledger.no_more(home.call("DELETE", "/v1/password"))
    # By this key alone they sign in: that it stays is no act, and that it was refused is one.
    await ledger.refused(
        home, home.call("DELETE", f"/v1/factors/{factor}"), 409, "remove_factor", thing=factor
    )


@proves("POST /v1/password/ask", "POST /v1/password/reset")
async def test_a_forgotten_password(
    ledger: Ledger, site: Site, person: Person, home: Browser, owner: Any
) -> None:
    ask = site.browser().post("/v1/password/ask", {"email": person.email})
    asked = await ledger.did("POST /v1/password/ask", ask, "password.asked")
    asked.says("password.asked", NOBODY, thing=person.id, log=HOUSE)
    body = {"token": await mailed(owner, person.email, "reset"), "password": NEW}
    left = await ledger.did(
        "POST /v1/password/reset", site.browser().post("/v1/password/reset", body), "password.changed"
    )
    left.says("password.changed", Someone("mail", person.id), thing=person.id, rule="mail")
    assert left.said[0].entry.spans, "the sessions that ended with it"


@proves(
    "POST /v1/orgs/{org:uuid}/people/{person:uuid}/link", "DELETE /v1/orgs/{org:uuid}/people/{person:uuid}/link",
    "POST /v1/session/link/ask", "POST /v1/session/link",
)  # fmt: skip
async def test_links_in_the_mail(
    ledger: Ledger, site: Site, office: Office, world: World, owner: Any
) -> None:
    client = office.outside
    path, route = (
        f"/v1/orgs/{office.org}/people/{client.id}/link",
        "/v1/orgs/{org:uuid}/people/{person:uuid}/link",
    )
    given = office.lead.post(path)
    await ledger.by(f"POST {route}", office.lead, given, "give_link", thing=client.id, log=office.org)
    browser = site.browser()
    asking = browser.post("/v1/session/link/ask", {"email": client.email})
    (await ledger.did("POST /v1/session/link/ask", asking, "link.asked")).says(
        "link.asked", NOBODY, thing=client.id
    )
    entering = browser.post("/v1/session/link", {"token": await mailed(owner, client.email, "link")})
    came = await ledger.did("POST /v1/session/link", entering, "link.used", "session.opened")
    came.says("link.used", NOBODY, thing=client.id)
    came.says("session.opened", await ledger.someone(browser), rule="link")
    taken = office.lead.delete(path)
    await ledger.by(f"DELETE {route}", office.lead, taken, "take_link", thing=client.id, log=office.org)
    await ledger.no_more(office.lead.delete(path))
    # Somebody who is staff elsewhere was nearly given one, which is not a gift.
    await world.seat(client.id, await world.organisation(), "desk")
    await ledger.refused(office.lead, office.lead.post(path), 409, "give_link", thing=client.id)
