"""A forgotten password is set anew by a mail: once, by whose it is, and past no second factor."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.context import Hub
from hub.sessions import passwords
from schemas.limits import RESET_MINUTES
from tests.app import Person, World, refused
from tests.browsers import PASSWORD, Browser, Site, with_password

NEW = "seven green kettles hum"


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person(await world.organisation()))


async def mailed(owner: Any, email: str) -> list[str]:
    rows = await owner.fetch("select body from mails where lower(recipient) = lower($1) order by id", email)
    return [row["body"].partition("/reset#")[2].split()[0] for row in rows if "/reset#" in row["body"]]


async def asked(site: Site, owner: Any, email: str) -> str:
    """The secret of the mail that comes of asking."""
    answer = await site.browser().post("/v1/password/ask", {"email": email})
    assert answer.status_code == 204, answer.text
    return (await mailed(owner, email))[-1]


async def reset(browser: Browser, token: str, password: str = NEW) -> Any:
    return await browser.post("/v1/password/reset", {"token": token, "password": password})


async def test_set_anew(site: Site, person: Person, owner: Any) -> None:
    token = await asked(site, owner, person.email.upper())
    browser = site.browser()
    assert (await reset(browser, token)).status_code == 204
    assert "casewire" not in browser.cookies  # it lets nobody in
    refused(await browser.sign_in(person.email), 401, "bad_credentials")
    await browser.signed_in(person.email, NEW)
    last = await owner.fetchrow(
        "select subject from mails where recipient = $1 order by id desc", person.email
    )
    assert last["subject"].startswith("Your password was set anew")
    refused(await reset(browser, token, "nine purple ladders sing"), 404, "not_found")


@pytest.fixture
async def asked_twice(site: Site, person: Person, owner: Any) -> list[str]:
    return [await asked(site, owner, person.email) for _ in range(2)]


async def test_one_that_was_used_ends_all_that_wait(site: Site, asked_twice: list[str]) -> None:
    first, second = asked_twice
    assert (await reset(site.browser(), first)).status_code == 204
    refused(await reset(site.browser(), second), 404, "not_found")


async def test_everything_that_was_open_ends(site: Site, person: Person, owner: Any) -> None:
    """Sessions, personal tokens, and a sign-in that waits for its second half. Each is told, so sockets close."""
    home = await site.browser().signed_in(person.email)
    app = await home.app()
    waiting = (await site.browser().sign_in(person.email)).json()["pending"]
    assert (await person.get("/v1/me")).status_code == 200
    token = await asked(site, owner, person.email)
    assert (await reset(home, token)).status_code == 204
    refused(await home.get("/v1/me"), 401, "unauthenticated")
    refused(await person.get("/v1/me"), 401, "unauthenticated")
    assert not await owner.fetchval(
        "select count(*) from sessions where person = $1 and ended_at is null", person.id
    )
    told = await owner.fetchval(
        "select count(*) from events where stream = $1 and type = 'session.ended'", person.id
    )
    assert told == 2
    late = await site.browser().post("/v1/session/mfa", {"pending": waiting, "code": app.code(1)})
    refused(late, 401, "bad_credentials")


async def test_a_second_factor_stays(site: Site, person: Person, owner: Any) -> None:
    app = await (await site.browser().signed_in(person.email)).app()
    browser = site.browser()
    assert (await reset(browser, await asked(site, owner, person.email))).status_code == 204
    waiting = (await browser.sign_in(person.email, NEW)).json()
    assert waiting["mfa"] == ["totp", "recovery"] and "casewire" not in browser.cookies
    refused(await browser.get("/v1/me"), 401, "unauthenticated")
    done = await browser.post("/v1/session/mfa", {"pending": waiting["pending"], "recovery": app.recovery[0]})
    assert done.status_code == 200


async def test_it_is_no_link_that_lets_in_and_a_link_is_none_of_these(
    site: Site, person: Person, world: World, owner: Any
) -> None:
    """Not even for a client who may come in by links, in the browser that asked."""
    org = await world.organisation()
    desk = await world.person(org, "desk")
    await world.seat(person.id, org, "outside")
    assert (await desk.post(f"/v1/orgs/{org}/people/{person.id}/link")).status_code == 204
    link = await owner.fetchval("select body from mails where recipient = $1", person.email)
    link = link.partition("/link#")[2].split()[0]
    token = await asked(site, owner, person.email)
    refused(await site.browser().post("/v1/session/link", {"token": token}), 404, "not_found")
    refused(await reset(site.browser(), link), 404, "not_found")
    assert (await site.browser().post("/v1/session/link", {"token": link})).status_code == 200
    assert (await reset(site.browser(), token)).status_code == 204


async def test_over_after_half_an_hour(site: Site, person: Person, owner: Any) -> None:
    token = await asked(site, owner, person.email)
    site.clock.ahead += timedelta(minutes=RESET_MINUTES, seconds=1)
    refused(await reset(site.browser(), token), 404, "not_found")


async def test_a_refused_password_and_a_look_use_nothing_up(site: Site, person: Person, owner: Any) -> None:
    token = await asked(site, owner, person.email)
    browser = site.browser()
    for password, word in (
        ("elevenchars", "12 char"),
        ("password1234", "tried first"),
        (person.email, "tried"),
    ):
        (field,) = refused(await reset(browser, token, password), 400, "bad_input")["fields"]
        assert field["at"] == "$.password" and word in field["why"]
    for method in ("GET", "HEAD"):
        assert (await browser.call(method, "/reset")).status_code in (
            200,
            503,
        )  # 503: the client is not built
    refused(await browser.get("/v1/password/reset"), 405, "method")
    assert (await reset(browser, token)).status_code == 204


async def test_nothing_is_hashed_for_a_secret_that_is_none(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> str:
        raise AssertionError("hashed for nobody")

    monkeypatch.setattr(passwords, "hashed", never)
    refused(await reset(site.browser(), "x" * 43), 404, "not_found")


async def test_who_has_no_password_gets_none(site: Site, person: Person, world: World, owner: Any) -> None:
    """Who comes in otherwise; whose address only a provider has named; and who lost it since the mail was sent. All
    are answered alike, and leave the same rows, but for the mail."""
    bare = await world.person(await world.organisation(), "desk")
    named = await with_password(world, await world.person())
    org = await world.organisation()
    provider = uuid4()
    await owner.execute(
        "insert into providers (id, org, name, issuer, client_id, sealed, made_at) "
        "values ($1, $2, 'P', 'https://id.mail.test', 'c', '', now())", provider, org,
    )  # fmt: skip
    await owner.execute(
        "insert into identities (id, person, provider, issuer, subject, made_at) "
        "values ($1, $2, $3, 'https://id.mail.test', $4, now())", uuid4(), named.id, provider, str(named.id),
    )  # fmt: skip
    seen: set[tuple[int, bytes, frozenset[str]]] = set()
    for email in (person.email, bare.email, named.email, "nobody-at-all@mail.test"):
        before = await owner.fetchval("select count(*) from links")
        answer = await site.browser().post("/v1/password/ask", {"email": email})
        seen.add((answer.status_code, answer.content, frozenset(answer.headers) - {"date"}))
        assert await owner.fetchval("select count(*) from links") == before + 1
    assert len(seen) == 1
    assert [len(await mailed(owner, one.email)) for one in (person, bare, named)] == [1, 0, 0]
    await owner.execute("update people set email_proved_at = now() where id = $1", named.id)
    assert await asked(site, owner, named.email)
    (token,) = await mailed(owner, person.email)
    await owner.execute("update people set password_hash = null where id = $1", person.id)
    refused(await reset(site.browser(), token), 404, "not_found")


async def test_asking_is_slowed_down(site: Site, person: Person) -> None:
    """By address of mail and by address of network, whoever has it; and signing in goes on."""
    for email in (person.email, f"n{uuid4().hex}@mail.test"):
        for _ in range(4):
            assert (await site.browser().post("/v1/password/ask", {"email": email})).status_code == 204
        refused(await site.browser().post("/v1/password/ask", {"email": email.upper()}), 429, "too_many")
    place = site.browser()
    for _ in range(11):
        body = {"email": f"n{uuid4().hex}@mail.test"}
        assert (await place.post("/v1/password/ask", body)).status_code == 204
    refused(await place.post("/v1/password/ask", {"email": f"n{uuid4().hex}@mail.test"}), 429, "too_many")
    home = await site.browser().signed_in(person.email, PASSWORD)
    # Whoever asks for others: a browser that the account knows is not kept waiting.
    assert (await home.post("/v1/password/ask", {"email": person.email})).status_code == 204


async def test_the_secret_is_kept_as_a_hash(site: Site, person: Person, owner: Any) -> None:
    token = await asked(site, owner, person.email)
    rows = await owner.fetch("select * from links where person = $1", person.id)
    assert len(rows) == 1 and token not in str([dict(row) for row in rows])
