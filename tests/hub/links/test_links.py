"""Clients come in by a link in the mail: once, in their browser, to what is theirs, and never staff."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub
from schemas.limits import LINK_MINUTES, LINK_SESSION_DAYS
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import Browser, Site


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def client(office: Office) -> Person:
    """A client of the office's case, who was sent a first link that nobody opened."""
    assert (await office.lead.post(path(office, office.outside.id))).status_code == 204
    return office.outside


def path(office: Office, person: Any) -> str:
    return f"/v1/orgs/{office.org}/people/{person}/link"


async def mailed(owner: Any, email: str) -> list[str]:
    rows = await owner.fetch("select body from mails where recipient = $1 order by id", email)
    return [found[1] for row in rows if (found := re.search(r"/link#(\S+)", row["body"]))]


async def asked(browser: Browser, email: str) -> Browser:
    answer = await browser.post("/v1/session/link/ask", {"email": email})
    assert answer.status_code == 204, answer.text
    return browser


async def test_ask_and_come_in(site: Site, client: Person, office: Office, owner: Any) -> None:
    browser = await asked(site.browser(), client.email)
    first, mine = await mailed(owner, client.email)
    answer = await browser.post("/v1/session/link", {"token": mine})
    assert answer.status_code == 200 and answer.json()["id"] == str(client.id), answer.text
    assert (await browser.get(f"/v1/cases/{office.case}")).status_code == 200
    # The first one, which staff sent, works in any browser, and once too.
    other = site.browser()
    assert (await other.post("/v1/session/link", {"token": first})).status_code == 200
    for token in (first, mine):
        refused(await other.post("/v1/session/link", {"token": token}), 404, "not_found")
        refused(await browser.post("/v1/session/link", {"token": token}), 404, "not_found")
    kept = await owner.fetchval("select count(*) from links where person = $1", client.id)
    assert kept == 0


async def test_of_a_hundred_racers_one_comes_in(site: Site, client: Person, owner: Any) -> None:
    browser = await asked(site.browser(), client.email)
    token = (await mailed(owner, client.email))[-1]
    before = await owner.fetchval("select count(*) from sessions where person = $1", client.id)
    answers = await asyncio.gather(*(browser.post("/v1/session/link", {"token": token}) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200, *[404] * 99]
    assert await owner.fetchval("select count(*) from sessions where person = $1", client.id) == before + 1


async def test_only_in_the_browser_that_asked(site: Site, client: Person, owner: Any) -> None:
    """Whoever reads the mail elsewhere gets nowhere, and does not use it up."""
    browser = await asked(site.browser(), client.email)
    token = (await mailed(owner, client.email))[-1]
    absent = refused(await site.browser().post("/v1/session/link", {"token": "x" * 43}), 404, "not_found")
    assert (
        refused(await site.browser().post("/v1/session/link", {"token": token}), 404, "not_found") == absent
    )
    another = await asked(site.browser(), "nobody@mail.test")
    refused(await another.post("/v1/session/link", {"token": token}), 404, "not_found")
    assert (await browser.post("/v1/session/link", {"token": token})).status_code == 200


async def test_reading_it_uses_nothing_up(site: Site, client: Person, owner: Any) -> None:
    """Mail scanners open what they find: its address is a page, and the secret is not even sent."""
    browser = await asked(site.browser(), client.email)
    body = await owner.fetchval(
        "select body from mails where recipient = $1 order by id desc limit 1", client.email
    )
    url = re.search(r"\S+/link#\S+", body)
    assert url
    for method in ("GET", "HEAD"):
        answer = await browser.call(method, "/link")
        assert answer.status_code in (200, 503)  # 503: the web client is not built
    refused(await browser.get("/v1/session/link"), 405, "method")
    token = url[0].partition("#")[2]
    assert (await browser.post("/v1/session/link", {"token": token})).status_code == 200


async def test_over_after_a_quarter_of_an_hour(site: Site, client: Person, owner: Any) -> None:
    browser = await asked(site.browser(), client.email)
    site.clock.ahead += timedelta(minutes=LINK_MINUTES, seconds=1)
    refused(
        await browser.post("/v1/session/link", {"token": (await mailed(owner, client.email))[-1]}),
        404,
        "not_found",
    )


async def test_asking_answers_alike(
    site: Site, client: Person, office: Office, world: World, owner: Any
) -> None:
    """For who comes in by links, for who does not, and for nobody: same answer, same rows, but for the mail."""
    emails = [
        client.email,
        office.lead.email,
        office.stranger.email,
        "nobody-at-all@mail.test",
        client.email.upper(),
    ]
    seen: set[tuple[int, bytes, frozenset[str]]] = set()
    for email in emails:
        browser = site.browser()
        before = await owner.fetchval("select count(*) from links")
        answer = await browser.post("/v1/session/link/ask", {"email": email})
        seen.add((answer.status_code, answer.content, frozenset(answer.headers) - {"date"}))
        assert await owner.fetchval("select count(*) from links") == before + 1
        assert "casewire-journey" in browser.cookies
    assert len(seen) == 1
    assert [len(await mailed(owner, email)) for email in emails[:4]] == [3, 0, 0, 0]


async def test_asking_is_slowed_down(site: Site, client: Person, owner: Any) -> None:
    """By address of mail and by address of network, whoever has it."""
    for _ in range(4):
        await asked(site.browser(), client.email)
    refused(
        await site.browser().post("/v1/session/link/ask", {"email": client.email.upper()}), 429, "too_many"
    )
    for n in range(11):
        await asked(site.browser("10.88.8.8"), f"n{n}@mail.test")
    refused(
        await site.browser("10.88.8.8").post("/v1/session/link/ask", {"email": "z@mail.test"}),
        429,
        "too_many",
    )


async def test_who_asks_for_others_keeps_nobody_out_of_their_own_browser(
    site: Site, client: Person, owner: Any
) -> None:
    """A link is the only way in that they have, and anybody may ask for one: a browser that the account knows counts by
    itself, and to all others and for all other people as before."""
    home = await asked(site.browser(), client.email)
    token = (await mailed(owner, client.email))[-1]
    assert (await home.post("/v1/session/link", {"token": token})).status_code == 200
    while (await site.browser().post("/v1/session/link/ask", {"email": client.email})).status_code == 204:
        pass
    await asked(home, client.email)
    token = (await mailed(owner, client.email))[-1]
    assert (await home.post("/v1/session/link", {"token": token})).status_code == 200
    refused(await site.browser().post("/v1/session/link/ask", {"email": client.email}), 429, "too_many")
    answers = [
        (await home.post("/v1/session/link/ask", {"email": client.email})).status_code for _ in range(8)
    ]
    assert answers[-1] == 429


async def test_a_session_by_a_link_is_short_and_rules_nothing(
    site: Site, client: Person, office: Office, owner: Any
) -> None:
    browser = await asked(site.browser(), client.email)
    assert (
        await browser.post("/v1/session/link", {"token": (await mailed(owner, client.email))[-1]})
    ).status_code == 200
    (mine,) = [one for one in (await browser.get("/v1/sessions")).json()["items"] if one["here"]]
    assert mine["scopes"] == ["read", "write"]
    row = await owner.fetchrow("select made_at, expires_at from sessions where id = $1", UUID(mine["id"]))
    assert row["expires_at"] - row["made_at"] == timedelta(days=LINK_SESSION_DAYS)
    refused(await browser.post("/v1/tokens", {"label": "x"}), 403, "forbidden")
    invite = {"org": str(office.org), "email": "x@mail.test", "name": "X"}
    refused(await browser.post("/v1/people", invite), 403, "scope")
    refused(await browser.call("PUT", f"/v1/orgs/{office.org}/mfa", {"roles": []}), 403, "scope")


async def test_who_has_a_second_factor_is_asked_for_it(site: Site, client: Person, owner: Any) -> None:
    browser = await asked(site.browser(), client.email)
    await browser.post("/v1/session/link", {"token": (await mailed(owner, client.email))[-1]})
    app = await browser.app()
    second = await asked(site.browser(), client.email)
    needed = (
        await second.post("/v1/session/link", {"token": (await mailed(owner, client.email))[-1]})
    ).json()
    assert "totp" in needed["mfa"] and "casewire" not in second.cookies
    bare = needed["pending"].removeprefix("link.")
    refused(
        await second.post("/v1/session/mfa", {"pending": bare, "recovery": app.recovery[0]}),
        401,
        "bad_credentials",
    )
    done = await second.post("/v1/session/mfa", {"pending": needed["pending"], "recovery": app.recovery[0]})
    assert done.status_code == 200, done.text
    (mine,) = [one for one in (await second.get("/v1/sessions")).json()["items"] if one["here"]]
    assert mine["scopes"] == ["read", "write"]  # also with two proofs it is what a link opens


async def test_a_rule_asks_for_a_second_factor_here_too(
    site: Site, client: Person, office: Office, owner: Any
) -> None:
    await owner.execute("update organisations set mfa_roles = '{outside}' where id = $1", office.org)
    browser = await asked(site.browser(), client.email)
    answer = await browser.post("/v1/session/link", {"token": (await mailed(owner, client.email))[-1]})
    assert answer.status_code in (200, 403)
    refused(await browser.get("/v1/me"), 403, "mfa_needed")


async def test_staff_never_come_in_by_a_link(
    site: Site, office: Office, client: Person, world: World, owner: Any
) -> None:
    for person in (office.lead, office.admin):
        refused(await office.admin.post(path(office, person.id)), 409, "conflict")
        await asked(site.browser(), person.email)
        assert await mailed(owner, person.email) == []
    # A client who becomes staff, here or elsewhere, comes in no more; not by a link that waits either.
    browser = await asked(site.browser(), client.email)
    token = (await mailed(owner, client.email))[-1]
    await world.seat(client.id, await world.organisation(), "desk")
    refused(await browser.post("/v1/session/link", {"token": token}), 404, "not_found")
    n = len(await mailed(owner, client.email))
    await asked(site.browser(), client.email)
    assert len(await mailed(owner, client.email)) == n
    refused(await office.lead.post(path(office, client.id)), 409, "conflict")


async def test_taken_back(site: Site, office: Office, client: Person, owner: Any) -> None:
    listed = f"/v1/orgs/{office.org}/links"
    assert (await office.lead.get(listed)).json() == {"people": [str(client.id)]}
    browser = await asked(site.browser(), client.email)
    for _ in range(2):
        assert (await office.lead.delete(path(office, client.id))).status_code == 204
    for token in await mailed(owner, client.email):
        refused(await browser.post("/v1/session/link", {"token": token}), 404, "not_found")
    assert (await office.lead.get(listed)).json() == {"people": []}


async def test_staff_of_the_office_alone_let_somebody(office: Office, client: Person) -> None:
    for person in (office.outside, office.stranger, office.foreign):
        refused(await person.get(f"/v1/orgs/{office.org}/links"), 404, "not_found")
        for target in (client.id, ABSENT):
            refused(await person.post(path(office, target)), 404, "not_found")
            refused(await person.delete(path(office, target)), 404, "not_found")
    refused(await office.lead.post(path(office, ABSENT)), 404, "not_found")
    refused(await office.lead.post(path(office, office.foreign.id)), 404, "not_found")
