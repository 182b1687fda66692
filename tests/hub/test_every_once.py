"""Whatever works once: of 100 who try at the same time, at two hubs, exactly one wins; and nobody after them.

**To add a one-time secret**: a function here that makes one and answers how it is tried.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
import pytest_asyncio

from deploy.embedded.hold import TEMPLATE
from deploy.embedded.postgres import Postgres
from hub.context import Hub
from hub.factors import proving
from hub.serve import opened
from schemas.errors import Refused
from schemas.settings import Settings, as_role
from tests.app import Person, World
from tests.browsers import Authenticator, Browser, Key, Site, proved, with_password
from tests.hub.people.test_invitations import mailed, secret_in

RACERS = 100
# One try at one of the two hubs; whether it won.
Try = Callable[[Site], Awaitable[bool]]


class Race:
    """Two hubs on one database, and somebody who signs in."""

    def __init__(self, sites: tuple[Site, Site], world: World, owner: Any) -> None:
        self.sites, self.world, self.owner = sites, world, owner
        sites[1].hub = msgspec.structs.replace(sites[1].hub, clock=sites[0].clock)

    async def somebody(self) -> tuple[Person, Browser]:
        person = await with_password(self.world, await self.world.person())
        return person, await self.sites[0].browser().signed_in(person.email)

    async def key(self, home: Browser) -> Key:
        key = Key(self.sites[0].hub.settings.public_url)
        asked = (await home.post("/v1/factors/passkeys/options")).json()
        body = {"pending": asked["pending"], "passkey": key.make(asked["options"]), "label": "Laptop"}
        assert (await home.post("/v1/factors/passkeys", body)).status_code == 201
        return key


@pytest_asyncio.fixture(loop_scope="session")
async def race(hub: Hub, settings: Settings, world: World, owner: Any) -> AsyncIterator[Race]:
    async with opened(settings) as second:
        yield Race((Site(hub), Site(second)), world, owner)


def asks(method: str, path: str, body: Any, cookies: dict[str, str] | None = None) -> Try:
    """Each racer is a browser somewhere else."""

    async def one(site: Site) -> bool:
        browser = site.browser()
        browser.cookies |= cookies or {}
        answer = await browser.call(method, path, body)
        assert answer.status_code < 500, answer.text
        return answer.status_code < 300

    return one


async def invitation(race: Race) -> Try:
    org = await race.world.organisation()
    admin = await proved(race.world, await race.world.person(org, "admin"))
    email = f"new{uuid4().hex}@mail.test"
    made = await admin.post("/v1/people", {"org": org, "email": email, "name": "New", "role": "desk"})
    assert made.status_code == 201, made.text
    token = secret_in(await mailed(race.owner, email))
    body = {"token": token, "name": "New", "password": "four words nobody has said"}
    return asks("POST", "/v1/invitations/accept", body)


async def recovery_code(race: Race) -> Try:
    person, home = await race.somebody()
    app = await home.app()
    return _proves(person, proving.one_of(None, app.recovery[0], None))


async def totp_step(race: Race) -> Try:
    person, home = await race.somebody()
    app = await home.app()
    return _proves(person, proving.one_of(app.code(1), None, None))


def _proves(person: Person, answer: proving.Answer) -> Try:
    """Below the throttle, which lets few of so many through."""

    async def one(site: Site) -> bool:
        try:
            await proving.prove(site.hub, person.id, b"", answer)
        except Refused as error:
            assert error.code == "bad_credentials"  # noqa: PT017 - a refusal of another kind is no race
            return False
        return True

    return one


async def pending_sign_in(race: Race) -> Try:
    """With a right answer for each racer: it is the password that is good for one session."""
    person, home = await race.somebody()
    key = await race.key(home)
    asked = (await race.sites[0].browser().sign_in(person.email)).json()
    return asks(
        "POST", "/v1/session/mfa", {"pending": asked["pending"], "passkey": key.show(asked["passkey"])}
    )


async def question_to_passkeys(race: Race) -> Try:
    _, home = await race.somebody()
    key = await race.key(home)
    asked = (await race.sites[0].browser().post("/v1/session/passkey/options")).json()
    body = {"pending": asked["pending"], "passkey": key.show(asked["options"])}
    return asks("POST", "/v1/session/passkey", body)


async def question_of_a_new_passkey(race: Race) -> Try:
    _, home = await race.somebody()
    asked = (await home.post("/v1/factors/passkeys/options")).json()
    key = Key(race.sites[0].hub.settings.public_url)
    body = {"pending": asked["pending"], "passkey": key.make(asked["options"]), "label": "Laptop"}
    return asks("POST", "/v1/factors/passkeys", body, home.cookies)


async def proof_by_passkey(race: Race) -> Try:
    _, home = await race.somebody()
    key = await race.key(home)
    ways = (await home.post("/v1/session/proof/options")).json()
    body = {"pending": ways["pending"], "passkey": key.show(ways["passkey"])}
    return asks("POST", "/v1/session/proof", body, home.cookies)


async def question_itself(race: Race) -> Try:
    """The row of a challenge, whatever its purpose."""
    person, _ = await race.somebody()
    pending, _ = await proving.begin(race.sites[0].hub, "second", person.id, None)

    async def one(site: Site) -> bool:
        try:
            await proving.taken(site.hub, pending)
        except Refused:
            return False
        return True

    return one


async def new_authenticator_app(race: Race) -> Try:
    _, home = await race.somebody()
    made = (await home.post("/v1/factors/totp")).json()
    app = Authenticator(made["secret"], race.sites[0].clock)
    return asks("POST", f"/v1/factors/totp/{made['id']}/confirm", {"code": app.code()}, home.cookies)


async def link_in_a_mail(race: Race) -> Try:
    org = await race.world.organisation()
    admin = await proved(race.world, await race.world.person(org, "admin"))
    client = await race.world.person(org, "outside")
    given = await admin.post(f"/v1/orgs/{org}/people/{client.id}/link")
    assert given.status_code == 204, given.text
    asker = race.sites[0].browser()
    assert (await asker.post("/v1/session/link/ask", {"email": client.email})).status_code == 204
    body = await mailed(race.owner, client.email)
    token = body.partition("/link#")[2].split()[0]
    return asks("POST", "/v1/session/link", {"token": token}, asker.cookies)


async def forgotten_password(race: Race) -> Try:
    person, _ = await race.somebody()
    assert (
        await race.sites[0].browser().post("/v1/password/ask", {"email": person.email})
    ).status_code == 204
    token = (await mailed(race.owner, person.email)).partition("/reset#")[2].split()[0]
    n = count()

    async def one(site: Site) -> bool:
        body = {"token": token, "password": f"sturdy umbrella {next(n)} of nobody"}
        answer = await site.browser().post("/v1/password/reset", body)
        assert answer.status_code in (204, 404, 429), answer.text
        return answer.status_code == 204

    return one


async def old_password(race: Race) -> Try:
    _, home = await race.somebody()
    n = count()

    async def one(site: Site) -> bool:
        browser = site.browser()
        browser.cookies |= home.cookies
        body = {"old": "a long enough password", "new": f"sturdy umbrella {next(n)} of nobody"}
        return (await browser.call("PUT", "/v1/password", body)).status_code == 204

    return one


ONCE = [
    invitation, recovery_code, totp_step, pending_sign_in, question_to_passkeys, question_of_a_new_passkey,
    proof_by_passkey, question_itself, new_authenticator_app, link_in_a_mail, forgotten_password, old_password,
]  # fmt: skip


@pytest.mark.parametrize("made", ONCE, ids=lambda made: made.__name__)
async def test_of_100_racers_one_wins(race: Race, made: Callable[[Race], Awaitable[Try]]) -> None:
    one = await made(race)
    won = await asyncio.gather(*(one(race.sites[n % 2]) for n in range(RACERS)))
    assert sum(won) == 1
    assert not await one(race.sites[0])
    assert not await one(race.sites[1])


async def test_of_100_racers_one_sets_the_first_organisation_up(
    settings: Settings, shared: dict[str, str], worker: str, tmp_path: Path
) -> None:
    """In a database of its own, where nobody is yet."""
    postgres = Postgres(Path(shared["postgres_home"]), tmp_path / "unused.log", Path(shared["socket_dir"]))
    name = f"casewire_{worker}_first"
    postgres.make_database(name, template=TEMPLATE)
    try:
        app = postgres.dsn("casewire_app", name)
        roles = {
            f"postgres_{role}": as_role(app, f"casewire_{role}") for role in ("owner", "system", "signin")
        }
        there = msgspec.structs.replace(settings, postgres=app, **roles)
        async with opened(there) as one, opened(there) as other:
            sites = Site(one), Site(other)
            bodies = [
                {
                    "organisation": f"Office {n}", "name": "First", "email": f"first{n}@mail.test",
                    "password": "four words nobody has said",
                }
                for n in range(RACERS)
            ]  # fmt: skip
            answers: list[httpx.Response] = await asyncio.gather(
                *(sites[n % 2].browser().post("/v1/setup", body) for n, body in enumerate(bodies))
            )
            codes = [answer.status_code for answer in answers]
            assert codes.count(204) == 1 and set(codes) <= {204, 409, 429}, codes
            assert await one.database.system.fetchval("select count(*) from organisations") == 1
            assert await one.database.system.fetchval("select count(*) from people") == 1
    finally:
        postgres.drop_database(name)
