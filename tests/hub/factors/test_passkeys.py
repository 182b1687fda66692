"""Passkeys, by a key in software: what a browser never says must not be believed. A real browser: tests/stories."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hub.context import Hub
from tests.app import Person, World, refused
from tests.browsers import Browser, Key, Site, b64, with_password


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person())


@pytest.fixture
async def home(site: Site, person: Person) -> Browser:
    return await site.browser().signed_in(person.email)


async def made(home: Browser, key: Key, **more: Any) -> Any:
    asked = (await home.post("/v1/factors/passkeys/options")).json()
    return await home.post(
        "/v1/factors/passkeys", {"pending": asked["pending"], "passkey": key.make(asked["options"])} | more
    )


@pytest.fixture
async def key(site: Site, home: Browser) -> Key:
    key = Key(site.hub.settings.public_url)
    answer = await made(home, key, label="Laptop")
    assert answer.status_code == 201 and len(answer.json()["recovery"]) == 10, answer.text
    assert answer.json()["factor"]["label"] == "Laptop"
    return key


async def shown(browser: Browser, key: Key, change: Callable[[dict[str, Any]], None] | None = None) -> Any:
    """Sign in with the key and nothing else."""
    asked = (await browser.post("/v1/session/passkey/options")).json()
    answer = key.show(asked["options"])
    if change:
        change(answer)
    return await browser.post("/v1/session/passkey", {"pending": asked["pending"], "passkey": answer})


async def test_a_passkey_alone_signs_in(site: Site, key: Key, person: Person) -> None:
    browser = site.browser()
    answer = await shown(browser, key)
    assert answer.status_code == 200 and answer.json()["id"] == str(person.id), answer.text
    assert (await browser.get("/v1/me")).status_code == 200
    (factor,) = (await browser.get("/v1/factors")).json()["items"]
    assert factor["kind"] == "passkey" and factor["used_at"]


async def test_a_passkey_as_second_factor(site: Site, key: Key, person: Person) -> None:
    browser = site.browser()
    asked = (await browser.sign_in(person.email)).json()
    assert asked["mfa"] == ["passkey", "recovery"]
    assert [one["id"] for one in asked["passkey"]["allowCredentials"]] == [b64(key.id)]
    body = {"pending": asked["pending"], "passkey": key.show(asked["passkey"])}
    assert (await browser.post("/v1/session/mfa", body)).status_code == 200
    refused(await browser.post("/v1/session/mfa", body), 401, "bad_credentials")


async def test_a_passkey_confirms_that_it_is_you(site: Site, home: Browser, key: Key) -> None:
    site.clock.ahead += timedelta(minutes=11)
    refused(await home.post("/v1/factors/recovery"), 403, "step_up_needed")
    ways = (await home.post("/v1/session/proof/options")).json()
    body = {"pending": ways["pending"], "passkey": key.show(ways["passkey"])}
    assert (await home.post("/v1/session/proof", body)).status_code == 204
    refused(await home.post("/v1/session/proof", body), 401, "bad_credentials")
    assert (await home.post("/v1/factors/recovery")).status_code == 201


def _client(origin: str) -> Callable[[Key], None]:
    return lambda key: setattr(key, "origin", origin)


WRONG: dict[str, Callable[[Key], None]] = {
    "another origin": _client("https://evil.test"),
    "an origin that begins like ours": _client("http://localhost:8000.evil.test"),
    "another host": lambda key: setattr(key, "host", "evil.test"),
    "nobody was there": lambda key: setattr(key, "flags", 0x04),
    "nobody was verified": lambda key: setattr(key, "flags", 0x01),
    "a count that goes back": lambda key: setattr(key, "count", -1),
}


@pytest.mark.parametrize("wrong", list(WRONG))
async def test_sign_in_refused(site: Site, key: Key, wrong: str) -> None:
    if wrong == "a count that goes back":
        assert (await shown(site.browser(), key)).status_code == 200
        key.count = 0
    else:
        WRONG[wrong](key)
    problem = refused(await shown(site.browser(), key), 401, "bad_credentials")
    assert problem["detail"] == "This passkey was not accepted."


async def test_sign_in_refused_when_the_answer_is_bent(
    site: Site, key: Key, person: Person, world: World
) -> None:
    other = (await world.person()).id

    def response(**parts: Any) -> Callable[[dict[str, Any]], None]:
        return lambda answer: answer["response"].update(parts)

    for change in (
        response(signature=b64(b"x" * 70)),
        response(signature=""),
        response(authenticatorData=""),
        response(authenticatorData=b64(b"\xff" * 37)),
        response(clientDataJSON=b64(b"[" * 3000)),
        response(clientDataJSON=b64(b"\xff")),
        response(clientDataJSON=7),
        response(userHandle=b64(other.bytes)),
        lambda answer: answer.update(id=b64(b"unknown"), rawId=b64(b"unknown")),
        lambda answer: answer.update(rawId=b64(b"another")),
        lambda answer: answer.update(type="password"),
    ):
        refused(await shown(site.browser(), key, change), 401, "bad_credentials")
    for change in (
        lambda answer: answer.pop("id"),
        lambda answer: answer.update(id=7),
        lambda answer: answer.update(response="x"),
        lambda answer: answer.update(more="x" * 20_000),
    ):
        refused(await shown(site.browser(), key, change), 400, "bad_input")
    assert (await shown(site.browser(), key)).status_code == 200


async def test_an_answer_counts_once_and_for_its_question_alone(site: Site, key: Key) -> None:
    browser = site.browser()
    asked = (await browser.post("/v1/session/passkey/options")).json()
    other = (await browser.post("/v1/session/passkey/options")).json()
    body = {"pending": asked["pending"], "passkey": key.show(asked["options"])}
    refused(
        await browser.post("/v1/session/passkey", {"pending": other["pending"], "passkey": body["passkey"]}),
        401, "bad_credentials",
    )  # fmt: skip
    answers = await asyncio.gather(*(site.browser().post("/v1/session/passkey", body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    asked = (await browser.post("/v1/session/passkey/options")).json()
    site.clock.ahead += timedelta(minutes=5, seconds=1)
    late = {"pending": asked["pending"], "passkey": key.show(asked["options"])}
    refused(await browser.post("/v1/session/passkey", late), 401, "bad_credentials")


async def test_make_refused(site: Site, home: Browser, key: Key, world: World) -> None:
    for wrong in ("another origin", "another host", "nobody was there", "nobody was verified"):
        bad = Key(site.hub.settings.public_url)
        WRONG[wrong](bad)
        refused(await made(home, bad), 400, "bad_input")
    refused(await made(home, key), 409, "conflict")  # it is there already
    stranger = await with_password(world, await world.person())
    other = await site.browser().signed_in(stranger.email)
    asked = (await home.post("/v1/factors/passkeys/options")).json()
    assert [one["id"] for one in asked["options"]["excludeCredentials"]] == [b64(key.id)]
    body = {"pending": asked["pending"], "passkey": Key(site.hub.settings.public_url).make(asked["options"])}
    refused(
        await other.post("/v1/factors/passkeys", body), 401, "bad_credentials"
    )  # a question to somebody else
    refused(await home.post("/v1/factors/passkeys", body | {"passkey": {"response": {}}}), 400, "bad_input")
    assert len((await home.get("/v1/factors")).json()["items"]) == 1


async def test_a_removed_passkey_opens_nothing(site: Site, home: Browser, key: Key) -> None:
    (factor,) = (await home.get("/v1/factors")).json()["items"]
    assert (await home.call("DELETE", f"/v1/factors/{factor['id']}")).status_code == 204
    refused(await shown(site.browser(), key), 401, "bad_credentials")
