"""An authenticator app as second factor: setting it up, signing in with it, and what it refuses."""

import asyncio
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.exceptions import InvalidTag

from hub.context import Hub
from hub.factors import proving, rules, sealing
from hub.sessions import throttle
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.settings import Secret, Settings, SettingsError
from storage.postgres import sessions
from tests.app import Person, World, refused
from tests.browsers import PASSWORD, Authenticator, Browser, Site, with_password

STEP = timedelta(seconds=30)


@pytest.fixture
def site(hub: Hub) -> Site:
    return Site(hub)


@pytest.fixture
async def person(world: World) -> Person:
    return await with_password(world, await world.person())


@pytest.fixture
async def home(site: Site, person: Person) -> Browser:
    """A browser in which the person has just signed in."""
    return await site.browser().signed_in(person.email)


async def half(site: Site, person: Person, browser: Browser | None = None) -> tuple[Browser, dict[str, Any]]:
    """A browser that has given the right password, and what it is asked next."""
    browser = browser or site.browser()
    answer = await browser.sign_in(person.email)
    assert answer.status_code == 200, answer.text
    return browser, answer.json()


async def second(browser: Browser, pending: str, **proof: Any) -> Any:
    return await browser.post("/v1/session/mfa", {"pending": pending} | proof)


async def test_set_up_an_app_and_sign_in_with_it(site: Site, home: Browser, person: Person) -> None:
    made = (await home.post("/v1/factors/totp")).json()
    uri = urlsplit(made["uri"])
    said = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Casewire:{person.email}")
    assert said["secret"] == [made["secret"]] and said["issuer"] == ["Casewire"] and said["period"] == ["30"]
    assert len(b32decode(made["secret"] + "=" * (-len(made["secret"]) % 8))) == 20
    assert made["qr"].startswith("data:image/svg+xml")
    assert (await home.get("/v1/factors")).json()["items"] == []  # it does not count before its first code
    assert "id" in (await site.browser().sign_in(person.email)).json()
    app = Authenticator(made["secret"], site.clock)
    done = await home.post(f"/v1/factors/totp/{made['id']}/confirm", {"code": app.code()})
    assert done.status_code == 200 and len(set(done.json()["recovery"])) == 10
    browser, asked = await half(site, person)
    assert asked["mfa"] == ["totp", "recovery"] and asked["passkey"] is None
    assert "casewire" not in browser.cookies and "casewire-device" not in browser.cookies
    refused(await browser.get("/v1/me"), 401, "unauthenticated")
    site.clock.ahead += STEP
    answer = await second(browser, asked["pending"], code=app.code())
    assert answer.status_code == 200 and answer.json()["id"] == str(person.id)
    assert (await browser.get("/v1/me")).status_code == 200
    (factor,) = (await browser.get("/v1/factors")).json()["items"]
    assert factor["kind"] == "totp" and factor["used_at"] and "sealed" not in factor


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B for SHA-1, with the last six of its eight digits."""
    for seconds, code in (
        (59, "287082"),
        (1111111109, "081804"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ):
        now = datetime.fromtimestamp(seconds, UTC)
        assert rules.step_of(b"12345678901234567890", code, now) == seconds // 30
        assert rules.step_of(b"12345678901234567890", f"{code[:3]} {code[3:]}", now + STEP) == seconds // 30
        assert rules.step_of(b"12345678901234567890", code, now + 2 * STEP) is None
    for wrong in ("", "28708", "2870822", "28708a", "２８７０８２", "-87082"):
        assert rules.step_of(b"12345678901234567890", wrong, datetime.fromtimestamp(59, UTC)) is None


async def test_a_code_is_good_once(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    browser, asked = await half(site, person)
    refused(
        await second(browser, asked["pending"], code=app.code()), 401, "bad_credentials"
    )  # it confirmed the app
    site.clock.ahead += STEP
    code = app.code()
    assert (await second(browser, asked["pending"], code=code)).status_code == 200
    other, asked = await half(site, person)
    refused(await second(other, asked["pending"], code=code), 401, "bad_credentials")
    refused(
        await second(other, asked["pending"], code=app.code(-1)), 401, "bad_credentials"
    )  # nor one before it
    assert (await second(other, asked["pending"], code=app.code(1))).status_code == 200


async def test_of_racers_with_one_code_one_wins(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    site.clock.ahead += STEP
    code = app.code()
    (factor,) = await proving.kept(site.hub, person.id)
    answer = proving.one_of(code, None, None)

    async def race() -> bool:
        try:
            await proving.prove(site.hub, factor.person, b"", answer)
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(race() for _ in range(100)))) == 1


async def test_of_racers_with_one_recovery_code_one_wins(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    answer = proving.one_of(None, app.recovery[3], None)

    async def race() -> bool:
        try:
            await proving.prove(site.hub, person.id, b"", answer)
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(race() for _ in range(100)))) == 1
    assert (await home.get("/v1/factors")).json()["recovery_left"] == 9


async def test_of_racers_with_one_pending_sign_in_one_wins(site: Site, home: Browser, person: Person) -> None:
    """Each gives another recovery code that is good: one session comes of one password."""
    app = await home.app()
    browser, asked = await half(site, person)
    answers = await asyncio.gather(
        *(second(browser, asked["pending"], recovery=code) for code in app.recovery[:4])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_a_recovery_code_is_one_hundred_and_twenty_random_bits() -> None:
    codes = rules.new_recovery_codes()
    assert len(set(codes)) == len(codes) == 10
    for code in codes:
        assert len(b32decode(code.replace("-", "").upper())) * 8 == 120


async def test_a_recovery_code_is_good_once_however_it_is_typed(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    app = await home.app()
    browser, asked = await half(site, person)
    typed = app.recovery[0].upper().replace("-", " ")
    assert (await second(browser, asked["pending"], recovery=typed)).status_code == 200
    other, asked = await half(site, person)
    refused(await second(other, asked["pending"], recovery=app.recovery[0]), 401, "bad_credentials")
    stored = await owner.fetch("select hash from recovery_codes where person = $1", person.id)
    assert len(stored) == 10 and app.recovery[1].encode() not in b"".join(
        bytes(row["hash"]) for row in stored
    )
    fresh = (await home.post("/v1/factors/recovery")).json()["codes"]
    refused(await second(other, asked["pending"], recovery=app.recovery[1]), 401, "bad_credentials")
    assert (await second(other, asked["pending"], recovery=fresh[0])).status_code == 200


async def test_a_pending_sign_in_opens_nothing_else(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    browser, asked = await half(site, person)
    pending = asked["pending"]
    refused(await browser.call("GET", "/v1/me", authorization=f"Bearer {pending}"), 401, "unauthenticated")
    browser.cookies["casewire"] = pending
    refused(await browser.get("/v1/me"), 401, "unauthenticated")
    refused(await browser.get("/v1/factors"), 401, "unauthenticated")
    del browser.cookies["casewire"]
    refused(
        await browser.post("/v1/session/passkey", {"pending": pending, "passkey": {}}), 401, "bad_credentials"
    )
    refused(
        await home.post("/v1/factors/passkeys", {"pending": pending, "passkey": {}}), 401, "bad_credentials"
    )
    # A question for something else is none here.
    other = (await home.post("/v1/session/proof/options")).json()["pending"]
    site.clock.ahead += STEP
    refused(await second(browser, other, code=app.code()), 401, "bad_credentials")
    assert (await second(browser, pending, code=app.code())).status_code == 200
    refused(await second(browser, pending, code=app.code(1)), 401, "bad_credentials")  # used


async def test_a_pending_sign_in_ends_by_time_and_by_tries(site: Site, home: Browser, person: Person) -> None:
    app = await home.app()
    browser, asked = await half(site, person)
    site.clock.ahead += timedelta(minutes=5, seconds=1)
    refused(await second(browser, asked["pending"], code=app.code()), 401, "bad_credentials")
    browser, asked = await half(site, person)
    for _ in range(5):
        refused(await second(browser, asked["pending"], code="000000"), 401, "bad_credentials")
    problem = refused(await second(browser, asked["pending"], code=app.code()), 401, "bad_credentials")
    assert "start again" in problem["detail"]


async def test_guessing_codes_is_slowed_down_over_all_sign_ins(
    site: Site, home: Browser, person: Person, owner: Any
) -> None:
    app = await home.app()
    site.clock.ahead += STEP
    for n in range(throttle.SECOND.free + 2):
        browser, asked = await half(site, person)
        answer = await second(browser, asked["pending"], code="000000")
        if n <= throttle.SECOND.free:
            refused(answer, 401, "bad_credentials")
        else:
            refused(answer, 429, "too_many")
        # So that the second factor is what waits, and not the password.
        (account, _) = throttle.of_sign_in(person.email, browser.address, None, None)
        await owner.execute("delete from throttles where key = $1", account.key)
    # The owner's own browser is counted by itself.
    _, asked = await half(site, person, home)
    assert (await second(home, asked["pending"], code=app.code())).status_code == 200


async def test_exactly_one_proof_is_asked_for(site: Site, home: Browser, person: Person) -> None:
    await home.app()
    browser, asked = await half(site, person)
    for proof in ({}, {"code": "000000", "recovery": "x" * 16}, {"code": "1"}, {"code": "000000", "x": 1}):
        refused(await second(browser, asked["pending"], **proof), 400, "bad_input")


async def test_confirm_refused_when_the_code_is_wrong_or_the_factor_anothers(
    site: Site, home: Browser, world: World
) -> None:
    made = (await home.post("/v1/factors/totp")).json()
    path, app = f"/v1/factors/totp/{made['id']}/confirm", Authenticator(made["secret"], site.clock)
    (field,) = refused(await home.post(path, {"code": "000000"}), 400, "bad_input")["fields"]
    assert field["at"] == "$.code"
    stranger = await with_password(world, await world.person())
    other = await site.browser().signed_in(stranger.email)
    refused(await other.post(path, {"code": app.code()}), 404, "not_found")
    assert (await home.post(path, {"code": app.code()})).status_code == 200
    refused(await home.post(path, {"code": app.code(1)}), 404, "not_found")
    refused(await home.post("/v1/factors/totp"), 409, "conflict")


async def test_a_spied_out_password_does_not_take_a_new_factor_away(
    site: Site, home: Browser, person: Person
) -> None:
    """A session that was opened with it just before the factor came confirms with the factor, like any other."""
    thief = await site.browser().signed_in(person.email)
    app = await home.app()
    for _ in range(2):
        refused(await thief.call("DELETE", f"/v1/factors/{app.id}"), 403, "step_up_needed")
        refused(await thief.post("/v1/factors/recovery"), 403, "step_up_needed")
        refused(await thief.post("/v1/factors/passkeys/options"), 403, "step_up_needed")
        body = {"old": PASSWORD, "new": "seven other words than before"}
        refused(await thief.call("PUT", "/v1/password", body), 403, "step_up_needed")
        # Also one whose password was looked at just before.
        session = token_hash(thief.cookies["casewire"])
        row = await site.hub.database.signin.fetchrow(sessions.KNOWN, session, site.clock())
        await site.hub.database.signin.execute(sessions.PROVE, row["id"], False, site.clock())
    assert (await home.call("DELETE", f"/v1/factors/{app.id}")).status_code == 204


async def test_one_that_was_begun_again_replaces_the_first(site: Site, home: Browser) -> None:
    first = (await home.post("/v1/factors/totp")).json()
    app = await home.app()
    code = Authenticator(first["secret"], site.clock).code()
    refused(await home.post(f"/v1/factors/totp/{first['id']}/confirm", {"code": code}), 404, "not_found")
    assert [one["id"] for one in (await home.get("/v1/factors")).json()["items"]] == [app.id]


async def test_remove_factor(site: Site, home: Browser, person: Person, world: World) -> None:
    app = await home.app()
    stranger = await with_password(world, await world.person())
    other = await site.browser().signed_in(stranger.email)
    assert (
        await other.call("DELETE", f"/v1/factors/{app.id}")
    ).status_code == 204  # as of one that is not there
    assert (await home.get("/v1/factors")).json()["items"]
    assert (await home.call("DELETE", f"/v1/factors/{app.id}")).status_code == 204
    left = {"items": [], "recovery_left": 0, "needed": False, "password": True}
    assert (await home.get("/v1/factors")).json() == left
    assert "id" in (await site.browser().sign_in(person.email)).json()
    refused(await home.post("/v1/factors/recovery"), 409, "conflict")


# --- At rest -----------------------------------------------------------------------------------------------


async def test_the_database_alone_does_not_give_a_secret(site: Site, home: Browser, owner: Any) -> None:
    made = (await home.post("/v1/factors/totp")).json()
    secret = b32decode(made["secret"] + "=" * (-len(made["secret"]) % 8))
    row = await owner.fetchrow("select * from factors where id::text = $1", made["id"])
    assert secret not in bytes(row["sealed"]) and made["secret"] not in str(dict(row))
    assert sealing.unseal(site.hub.settings, row["sealed"], row["id"], row["person"]) == secret


def test_what_is_sealed_opens_with_its_key_for_its_row_alone() -> None:
    settings, factor, person = Settings(seal_key=Secret("k" * 40)), new_id(), new_id()
    sealed = sealing.seal(settings, b"secret", factor, person)
    assert sealing.unseal(settings, sealed, factor, person) == b"secret"
    assert sealing.seal(settings, b"secret", factor, person) != sealed
    for wrong in (
        (Settings(seal_key=Secret("l" * 40)), sealed, factor, person),
        (settings, sealed, new_id(), person),
        (settings, sealed, factor, new_id()),
        (settings, sealed[:-1] + bytes([sealed[-1] ^ 1]), factor, person),
    ):
        with pytest.raises(InvalidTag):
            sealing.unseal(*wrong)


@pytest.mark.parametrize("key", ["development-only-secret", "short"])
def test_a_hub_in_production_refuses_a_known_key(key: str) -> None:
    with pytest.raises(SettingsError, match=r"^CASEWIRE_SEAL_KEY"):
        sealing.check(Settings(mode="production", seal_key=Secret(key)))
    sealing.check(Settings(mode="production", seal_key=Secret("r" * 32)))
    sealing.check(Settings(seal_key=Secret(key)))


async def test_no_role_of_the_app_reads_what_proves_anything(owner: Any) -> None:
    for role in ("casewire_app", "casewire_signin", "casewire_system"):
        for table, column in (
            ("factors", "sealed"), ("factors", "public_key"), ("recovery_codes", "hash"), ("challenges", "challenge"),
            ("devices", "hash"),
        ):  # fmt: skip
            assert not await owner.fetchval(
                "select has_column_privilege($1, $2, $3, 'select')", role, table, column
            )
