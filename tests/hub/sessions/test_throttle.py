"""Guessing is slowed down, for all processes at once, and never locks an owner out."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.context import Hub
from hub.http.auth import address_of
from hub.sessions import throttle
from schemas.credentials import token_hash
from schemas.errors import Refused
from storage.postgres import expired
from tests.app import Person, World, refused
from tests.browsers import Site, with_password
from workers.sweep import sweep


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person())


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


async def guesses(site: Site, email: str, n: int) -> list[Any]:
    """So many wrong passwords, each from an address of its own."""
    return [await site.browser().sign_in(email, f"wrong password {i}") for i in range(n)]


async def test_guessing_at_an_account_waits_longer_and_longer(site: Site, person: Person) -> None:
    answers = await guesses(site, person.email, throttle.ACCOUNT.free + 1)
    assert {answer.status_code for answer in answers} == {401}
    waits: list[int] = []
    for _ in range(12):
        (answer,) = await guesses(site, person.email, 1)
        problem = refused(answer, 429, "too_many")
        assert int(answer.headers["retry-after"]) == -(-problem["retry_after_ms"] // 1000)
        waits.append(int(answer.headers["retry-after"]))
        site.clock.ahead += timedelta(milliseconds=problem["retry_after_ms"])
        refused((await guesses(site, person.email, 1))[0], 401, "bad_credentials")
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    site.clock.ahead += timedelta(hours=2)
    await site.browser().signed_in(person.email)


async def test_who_waits_learns_nothing_and_costs_nothing(site: Site, person: Person) -> None:
    """Not even the right password is looked at before the time is over; and to ask does not make it longer."""
    await guesses(site, person.email, throttle.ACCOUNT.free + 4)
    site.clock.ahead += timedelta(seconds=1)
    await guesses(site, person.email, 1)
    first = refused(await site.browser().sign_in(person.email), 429, "too_many")
    for _ in range(5):
        again = refused(await site.browser().sign_in(person.email), 429, "too_many")
        assert again["retry_after_ms"] <= first["retry_after_ms"]


async def test_an_attacker_does_not_lock_the_owner_out(site: Site, person: Person) -> None:
    home = await site.browser().signed_in(person.email)
    await home.call("DELETE", "/v1/session")
    await guesses(site, person.email, throttle.ACCOUNT.free + 3)
    refused(await site.browser().sign_in(person.email), 429, "too_many")
    assert (await home.sign_in(person.email)).status_code == 200  # the browser that the account knows
    # Nor by sharing the owner's address.
    for n in range(throttle.ADDRESS.free + 2):
        await site.browser(home.address).sign_in(f"{uuid4()}@mail.test", f"wrong {n}")
    refused(await site.browser(home.address).sign_in(f"{uuid4()}@mail.test"), 429, "too_many")
    assert (await home.sign_in(person.email)).status_code == 200


async def test_a_device_is_known_to_its_own_account_alone(site: Site, person: Person, world: World) -> None:
    """An attacker who signs in to an account of their own gets no budget at another's by it."""
    attacker = await with_password(world, await world.person())
    browser = await site.browser().signed_in(attacker.email)
    await guesses(site, person.email, throttle.ACCOUNT.free + 2)
    refused(await browser.sign_in(person.email), 429, "too_many")
    browser.cookies["casewire-device"] = "x" * 43
    refused(await browser.sign_in(person.email), 429, "too_many")


async def test_a_known_device_guesses_within_a_budget_too(site: Site, person: Person) -> None:
    browser = await site.browser().signed_in(person.email)
    answers = [await browser.sign_in(person.email, f"wrong {n}") for n in range(throttle.DEVICE.free + 2)]
    assert [answer.status_code for answer in answers] == [401] * (throttle.DEVICE.free + 1) + [429]


async def test_an_address_waits_whichever_accounts_it_tries(site: Site, person: Person) -> None:
    place = site.browser()
    for n in range(throttle.ADDRESS.free + 1):
        refused(
            await site.browser(place.address).sign_in(f"{uuid4()}@mail.test", f"x{n}"), 401, "bad_credentials"
        )
    refused(await site.browser(place.address).sign_in(person.email), 429, "too_many")
    assert (await site.browser().sign_in(person.email)).status_code == 200


async def test_an_office_behind_one_address_signs_in_as_often_as_it_likes(site: Site, person: Person) -> None:
    place = site.browser()
    for _ in range(throttle.ADDRESS.free + 5):
        assert (await site.browser(place.address).sign_in(person.email)).status_code == 200


async def test_known_and_unknown_accounts_wait_alike(site: Site, person: Person) -> None:
    there = await guesses(site, person.email.upper(), throttle.ACCOUNT.free + 3)
    absent = await guesses(site, f"{uuid4()}@mail.test", throttle.ACCOUNT.free + 3)
    assert [answer.status_code for answer in there] == [answer.status_code for answer in absent]
    for one, other in zip(there, absent, strict=True):
        told, said = one.json(), other.json()
        for body in (told, said):
            body.pop("retry_after_ms", None)
        assert told == said and "set-cookie" not in one.headers
    refused((await guesses(site, person.email, 1))[0], 429, "too_many")  # upper case is the same account


async def test_attempts_at_the_same_time_are_all_counted(site: Site, person: Person) -> None:
    """Twenty at once are not twenty free ones: each is counted before it is looked at."""
    answers = await asyncio.gather(*(site.browser().sign_in(person.email, f"no {n}") for n in range(20)))
    assert sum(answer.status_code == 401 for answer in answers) == throttle.ACCOUNT.free + 1
    assert sum(answer.status_code == 429 for answer in answers) == 20 - throttle.ACCOUNT.free - 1


async def test_attempts_that_wait_for_each_other_are_all_counted(hub: Hub, owner: Any) -> None:
    """Each sees what those before it have written, though all began before any was done."""
    one = throttle.of_sign_in(f"{uuid4()}@mail.test", "", None, None)[0]
    await throttle.admit(hub, one)

    async def attempt() -> bool:
        try:
            await throttle.admit(hub, one)
        except Refused:
            return False
        return True

    async with owner.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetch("select 1 from throttles where key = $1 for update", one.key)
        attempts = [asyncio.create_task(attempt()) for _ in range(20)]
        while await connection.fetchval("select count(*) from pg_locks where not granted") < 5:
            await asyncio.sleep(0.01)
        await transaction.rollback()
    assert sum(await asyncio.gather(*attempts)) == throttle.ACCOUNT.free


async def test_two_hubs_count_together(hub: Hub, person: Person) -> None:
    one, other = Site(hub), Site(hub)
    await guesses(one, person.email, 3)
    await guesses(other, person.email, 3)
    refused((await guesses(one, person.email, 1))[0], 429, "too_many")


async def test_what_a_client_writes_into_x_forwarded_for_is_worth_nothing(site: Site) -> None:
    place = site.browser()
    codes: list[int] = []
    for n in range(throttle.ADDRESS.free + 2):
        body = {"email": f"{uuid4()}@mail.test", "password": "wrong"}
        told = f"203.0.113.{n}, {place.address}"  # its own lie, then what the proxy wrote
        answer = await site.browser().call("POST", "/v1/session", body, **{"x-forwarded-for": told})
        codes.append(answer.status_code)
    assert codes == [401] * (throttle.ADDRESS.free + 1) + [429]


def test_without_a_trusted_proxy_the_header_is_not_read(hub: Hub) -> None:
    class Asked:
        scope = {"client": ("192.0.2.7", 1)}

        class headers:
            @staticmethod
            def getall(*_: object) -> list[str]:
                return ["203.0.113.9"]

    assert address_of(hub.settings, Asked()) == "192.0.2.7"  # type: ignore[arg-type]


async def test_the_table_stays_small(hub: Hub, owner: Any) -> None:
    for n in range(30):
        await throttle.admit(hub, throttle.of_sign_in(f"{uuid4()}@mail.test", f"10.9.8.{n}", None, None)[0])
    await hub.database.system.execute(expired.THROTTLES, hub.clock() - timedelta(days=1), 10)
    assert await owner.fetchval("select count(*) from throttles") == 10
    await hub.database.system.execute(expired.THROTTLES, hub.clock() + timedelta(days=1), 10)
    assert await owner.fetchval("select count(*) from throttles") == 0


async def test_a_flood_does_not_free_those_who_wait(site: Site, person: Person, owner: Any) -> None:
    """Whoever waits leaves no row of the accounts they name meanwhile; and what is too much goes before what blocks."""
    place = site.browser()
    for n in range(throttle.ADDRESS.free + 1):
        await place.sign_in(f"{uuid4()}@mail.test", f"x{n}")
    before = await owner.fetchval("select count(*) from throttles")
    for n in range(10):
        refused(await place.sign_in(f"{uuid4()}@mail.test", f"x{n}"), 429, "too_many")
    assert await owner.fetchval("select count(*) from throttles") == before
    await guesses(site, person.email, throttle.ACCOUNT.free + 4)
    site.clock.ahead += timedelta(milliseconds=10)
    for _ in range(10):
        await guesses(site, f"{uuid4()}@mail.test", 1)
    site.clock.ahead += timedelta(milliseconds=10)
    await site.hub.database.system.execute(expired.THROTTLES, site.clock() - timedelta(days=1), 5)
    refused((await guesses(site, person.email, 1))[0], 429, "too_many")


async def test_an_account_is_counted_as_the_database_knows_it(site: Site, world: World, owner: Any) -> None:
    """One whose letters, of Unicode 16, Python does not fold; a database with its system's locale has more of them."""
    person = await with_password(world, await world.person())
    small = f"\U00010d70\U00010d71{uuid4()}@mail.test"
    await owner.execute("update people set email = $2 where id = $1", person.id, small)
    others = small.replace("\U00010d70", "\U00010d50"), small.replace("\U00010d71", "\U00010d51")
    assert await owner.fetchval("select $1::citext = $2::citext", small, others[0])
    for email in others:
        await guesses(site, email, throttle.ACCOUNT.free)
    refused(await site.browser().sign_in(small), 429, "too_many")


async def test_neither_address_nor_account_stands_in_the_table(
    site: Site, owner: Any, person: Person
) -> None:
    browser = site.browser()
    await browser.sign_in(person.email, "wrong password")
    kept = b"".join(bytes(row["key"]) for row in await owner.fetch("select key from throttles"))
    assert person.email.encode() not in kept and browser.address.encode() not in kept


async def test_signing_in_again_ends_the_session_before(site: Site, person: Person) -> None:
    browser = await site.browser().signed_in(person.email)
    before = dict(browser.cookies)
    await browser.signed_in(person.email)
    assert browser.cookies["casewire"] != before["casewire"]
    assert browser.cookies["casewire-device"] == before["casewire-device"]
    browser.cookies = before
    refused(await browser.get("/v1/me"), 401, "unauthenticated")
    # A personal token that was put there as a cookie is no browser's session, and stays.
    browser.cookies["casewire"] = person.token
    await browser.signed_in(person.email)
    assert (await person.get("/v1/me")).status_code == 200


async def test_admit_refused_says_when(hub: Hub) -> None:
    (one,) = throttle.of_question("192.0.2.55")
    for _ in range(throttle.QUESTION.free + 1):
        await throttle.admit(hub, one)
    with pytest.raises(Refused) as error:
        await throttle.admit(hub, one)
    assert error.value.code == "too_many" and 0 < (error.value.retry_after_ms or 0) <= 1000
    assert "1 second." in error.value.detail


async def test_what_is_over_is_swept(site: Site, person: Person, owner: Any) -> None:
    """A question that nobody answered, an app that was never confirmed, a device that was not seen for half a year."""
    home = await site.browser().signed_in(person.email)
    app = (await home.post("/v1/factors/totp")).json()["id"]
    asked = (await home.post("/v1/session/proof/options")).json()["pending"]
    kept = {
        "challenge": ("select count(*) from challenges where hash = $1", token_hash(asked)),
        "factor": ("select count(*) from factors where id::text = $1", app),
        "device": ("select count(*) from devices where person = $1", person.id),
    }

    async def left() -> dict[str, int]:
        return {name: await owner.fetchval(*query) for name, query in kept.items()}

    await sweep(site.hub)
    assert await left() == {"challenge": 1, "factor": 1, "device": 1}
    for ahead, remaining in (
        (timedelta(minutes=6), {"challenge": 0, "factor": 1, "device": 1}),
        (timedelta(minutes=61), {"challenge": 0, "factor": 0, "device": 1}),
        (timedelta(days=181), {"challenge": 0, "factor": 0, "device": 0}),
    ):
        site.clock.ahead = ahead
        await sweep(site.hub)
        assert await left() == remaining
