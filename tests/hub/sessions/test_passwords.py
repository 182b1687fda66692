"""Which passwords are taken, and changing one's own."""

import threading
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from hub.context import Hub
from hub.people.actions import set_up
from hub.sessions import passwords
from hub.sessions.passwords import is_common
from schemas.errors import Refused
from schemas.people import FirstRun
from storage.postgres.sessions import STILL
from tests.app import World, refused
from tests.browsers import PASSWORD, Site, with_password

NEW = "seven green kettles hum"


@pytest.mark.parametrize(
    "password",
    ["password1234", "passwordpassword", "qwertyuiop123", "aaaaaaaaaaaa", "123456789012", "P@ssw0rd1234",
     "abcdefghijkl", "iloveyou12345", "Casewire2026!", "letmeinletmein", "zoe.nunez@firm.test", "1qaz2wsx3edc"],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert is_common(password, ["zoe.nunez@firm.test", "Zoe Nunez"])


@pytest.mark.parametrize(
    "password",
    [PASSWORD, NEW, "correct-horse-battery-2026", "zażółć gęślą jaźń", "🙂🐢🦊🐝🍋🌵🎻🧭🪁🧵🪄🧊", "kQ7vN2xPzR9m"],
)  # fmt: skip
def test_no_rule_says_which_characters(password: str) -> None:
    assert not is_common(password, ["zoe.nunez@firm.test", "Zoe Nunez"])


def test_an_owners_own_words_are_worth_nothing() -> None:
    assert not is_common("Featherstonehaugh", []) and is_common("Featherstonehaugh", ["Featherstonehaugh"])


def test_judging_sees_no_more_than_it_can_judge_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes zxcvbn work for seconds, a sequence of 256 characters, is cut off before."""
    judged: list[str] = []
    real = passwords.zxcvbn

    def noted(text: str, words: list[str]) -> Any:
        judged.append(text)
        return real(text, words)

    monkeypatch.setattr(passwords, "zxcvbn", noted)
    assert is_common("".join(chr(33 + n % 90) for n in range(256)), [])
    assert [len(text) for text in judged] == [passwords.JUDGED_CHARS]


async def test_judging_and_hashing_stay_off_the_event_loop(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    for name in ("is_common", "hash_password"):
        real: Any = getattr(passwords, name)

        def noted(*args: Any, real: Any = real) -> Any:
            seen.append(threading.current_thread().name)
            return real(*args)

        monkeypatch.setattr(passwords, name, noted)
    await passwords.chosen(hub.settings, "$.password", NEW)
    assert len(seen) == 2 and all(name.startswith("argon2") for name in seen)


async def test_set_up_refused_before_anything_is_hashed_when_it_was_done(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.organisation()

    async def never(*_: object) -> str:
        raise AssertionError("hashed for nobody")

    monkeypatch.setattr(passwords, "hashed", never)
    with pytest.raises(Refused) as error:
        await set_up(hub, FirstRun(organisation="X", name="X", email="x@mail.test", password=NEW))
    assert error.value.code == "conflict"


async def test_accept_refused_before_anything_is_hashed_when_the_invitation_is_none(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> str:
        raise AssertionError("hashed for nobody")

    monkeypatch.setattr(passwords, "hashed", never)
    body = {"token": "x" * 43, "name": "X", "password": NEW}
    refused(await Site(hub).browser().post("/v1/invitations/accept", body), 404, "not_found")


async def test_accept_refused_when_the_password_is_short_or_known(hub: Hub, world: World) -> None:
    org = await world.organisation()
    admin, email = await world.person(org, "admin"), f"i{uuid4().hex}@mail.test"
    await admin.made("/v1/people", {"org": org, "email": email, "name": "Ina"})
    body = await world.pool.fetchval("select body from mails where recipient = $1", email)
    token = body.partition("/invitation#")[2].split()[0]
    browser = Site(hub).browser()
    for password, word in (
        ("elevenchars", "12 characters"),
        ("password1234", "tried first"),
        (email, "tried first"),
    ):
        answer = await browser.post(
            "/v1/invitations/accept", {"token": token, "name": "Ina", "password": password}
        )
        (field,) = refused(answer, 400, "bad_input")["fields"]
        assert field["at"] == "$.password" and word in field["why"]
    answer = await browser.post("/v1/invitations/accept", {"token": token, "name": "Ina", "password": NEW})
    assert answer.status_code == 200 and "casewire-device" in browser.cookies


async def test_the_least_length_is_a_setting(hub: Hub, world: World) -> None:
    person = await with_password(world, await world.person())
    browser = await Site(hub, password_min=24).browser().signed_in(person.email)
    answer = await browser.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW})
    assert "24 characters" in refused(answer, 400, "bad_input")["fields"][0]["why"]


async def test_change_password(hub: Hub, world: World, owner: Any) -> None:
    site, person = Site(hub), await with_password(world, await world.person())
    browser, other = (
        await site.browser().signed_in(person.email),
        await site.browser().signed_in(person.email),
    )
    answer = await browser.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW})
    assert answer.status_code == 204, answer.text
    assert (await browser.get("/v1/me")).status_code == 200
    refused(await other.get("/v1/me"), 401, "unauthenticated")
    assert (await person.get("/v1/me")).status_code == 200  # a token, which nobody asked to end
    refused(await site.browser().sign_in(person.email), 401, "bad_credentials")
    await site.browser().signed_in(person.email, NEW)
    told = await owner.fetch("select type, actor from events where stream = $1", person.id)
    assert [tuple(row) for row in told] == [("session.ended", person.id)]
    answer = await browser.call("PUT", "/v1/password", {"old": NEW, "new": PASSWORD, "end_tokens": True})
    assert answer.status_code == 204
    refused(await person.get("/v1/me"), 401, "unauthenticated")


async def test_change_password_refused_when_the_old_one_is_wrong_or_the_new_one_known(
    hub: Hub, world: World
) -> None:
    site, person = Site(hub), await with_password(world, await world.person())
    browser = await site.browser().signed_in(person.email)
    other = await site.browser().signed_in(person.email)
    refused(
        await browser.call("PUT", "/v1/password", {"old": "not the old one", "new": NEW}),
        401,
        "bad_credentials",
    )
    refused(
        await browser.call("PUT", "/v1/password", {"old": PASSWORD, "new": "password1234"}), 400, "bad_input"
    )
    assert (await other.get("/v1/me")).status_code == 200
    wrong = {"old": "not the old one", "new": NEW}
    answers = [await browser.call("PUT", "/v1/password", wrong) for _ in range(6)]
    refused(answers[-1], 429, "too_many")  # a stolen session does not give the password away by trying
    refused(await person.call("PUT", "/v1/password", {"old": PASSWORD, "new": NEW}), 403, "forbidden")


async def test_who_signs_in_while_the_password_changes_gets_no_session(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look at a password takes long where many do, and whoever knew the one before could wait in that queue."""
    person = await with_password(world, await world.person(await world.organisation(), "desk"))
    real, site = passwords.verified, Site(hub)
    sessions = "select count(*) from sessions where person = $1"
    before = await world.pool.fetchval(sessions, person.id)

    async def and_changed(kept: str | None, given: str) -> bool:
        right = await real(kept, given)
        changed = "update people set password_hash = $2 where id = $1"
        await world.pool.execute(changed, person.id, passwords.hash_password(NEW))
        return right

    monkeypatch.setattr(passwords, "verified", and_changed)
    refused(await site.browser().sign_in(person.email), 401, "bad_credentials")
    assert await world.pool.fetchval(sessions, person.id) == before


async def test_a_password_stays_until_the_session_is_there_that_it_opens(hub: Hub, world: World) -> None:
    person = await with_password(world, await world.person(await world.organisation(), "desk"))
    kept = await world.pool.fetchval("select password_hash from people where id = $1", person.id)
    async with hub.database.signin.acquire() as opening, opening.transaction():
        assert await opening.fetchval(STILL, person.id, kept, None, None)
        async with world.pool.acquire() as changing, changing.transaction():
            await changing.execute("set local lock_timeout = 100")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await changing.execute("update people set password_hash = null where id = $1", person.id)
