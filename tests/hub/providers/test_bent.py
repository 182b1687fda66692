"""A provider bent to be hostile gets nobody in, whatever it says; nor does whoever stands before the browser."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hub.providers import outside
from schemas.limits import JOURNEY_MINUTES
from tests.app import ABSENT, refused
from tests.hub.providers.bent import Answer, b64
from tests.hub.providers.offices import Town
from tests.hub.providers.rows import CLAIMS, ENDPOINTS, TOKENS, Row, claim, header

STATUS = {"bad_credentials": 401, "unavailable": 503}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Whoever answers drop by drop takes longer than one second; all others may take what a busy machine takes."""
    monkeypatch.setattr(outside, "PROVIDER_FETCH_S", 1.0 if "drop by drop" in request.node.name else 60.0)


def test_there_are_rows() -> None:
    names = [row.name for row in (*TOKENS, *CLAIMS, *ENDPOINTS)]
    assert len(set(names)) == len(names) >= 100


async def test_the_honest_one_gets_its_person_in(town: Town) -> None:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject, "email": "ann@else.test", "email_verified": True}
    answer = await office.enter()
    assert answer.status_code == 200 and answer.json()["id"] == str(office.ann.id), answer.text
    assert office.shop.asked == [
        "/.well-known/openid-configuration", "/jwks",  # when it was added
        "/.well-known/openid-configuration", "/jwks", "/token", "/userinfo",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "bend",
    [
        claim(aud=["another-client"], azp="another-client"),
        claim(),
        lambda shop: shop.more.update(aud=["another-client", "casewire-at-bent"], azp="casewire-at-bent"),
        lambda shop: shop.more.update(aud=["casewire-at-bent"]),
        header(typ=None),
        header(kid=None),
        header(),
    ],
    ids=[
        "(refused)",
        "as it is",
        "several audiences and azp",
        "a list of one",
        "no typ",
        "one key",
        "by hand",
    ],
)
async def test_what_is_right_is_taken(town: Town, bend: Any, request: pytest.FixtureRequest) -> None:
    """Or the rows below would be refused for how they are made, and not for what is wrong with them."""
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    bend(office.shop)
    wanted = 401 if "refused" in request.node.callspec.id else 200
    answer = await office.enter()
    assert answer.status_code == wanted, answer.text


@pytest.mark.parametrize("row", [*TOKENS, *CLAIMS, *ENDPOINTS], ids=lambda row: row.name)
async def test_refused(town: Town, row: Row) -> None:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    row.bend(office.shop)
    before, browser = await office.sessions(office.ann.id), office.site.browser()
    people = await town.world.pool.fetchval("select count(*) from people")
    answer = await browser.post(f"/v1/session/providers/{office.id}/start")
    if answer.status_code == 200:
        answer = await office.returned(browser, office.shop.visit(answer.json()["url"]))
    problem = refused(answer, STATUS[row.code], row.code)
    assert "casewire" not in browser.cookies and await office.sessions(office.ann.id) == before
    assert await town.world.pool.fetchval("select count(*) from people") == people
    assert not {"token", "secret", office.shop.subject} & set(problem.get("detail", "").split())


async def _swapped(town: Town, **more: str | None) -> httpx.Response:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    browser = office.site.browser()
    brought: dict[str, Any] = await office.departed(browser)
    return await office.returned(browser, {**brought, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"iss": None}, {"iss": "https://accounts.test"}, {"iss": ""}, {"code": "x" * 32}, {"code": ""},
        {"error": "access_denied"}, {"state": "x" * 43},
    ],
    ids=["iss missing", "iss of another", "iss empty", "a code of another", "no code", "error", "state"],
)  # fmt: skip
async def test_what_the_browser_brings_refused(town: Town, more: dict[str, str | None]) -> None:
    refused(await _swapped(town, **more), 401, "bad_credentials")


async def test_iss_of_another_refused_though_none_was_promised(town: Town) -> None:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    office.shop.description.pop("authorization_response_iss_parameter_supported")
    browser = office.site.browser()
    brought = await office.departed(browser)
    refused(
        await office.returned(browser, {**brought, "iss": "https://accounts.test"}), 401, "bad_credentials"
    )
    brought = await office.departed(browser)
    assert (await office.returned(browser, {**brought, "iss": None})).status_code == 200


async def test_a_state_of_another_browser_is_none(town: Town) -> None:
    """Login CSRF: a browser is not signed in as who began it elsewhere."""
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    attacker, victim = office.site.browser(), office.site.browser()
    brought = await office.departed(attacker)
    refused(await office.returned(victim, brought), 401, "bad_credentials")
    await office.departed(victim)  # nor one that began something of its own
    refused(await office.returned(victim, brought), 401, "bad_credentials")
    assert "/token" not in office.shop.asked
    assert (await office.returned(attacker, brought)).status_code == 200


async def test_a_return_works_once(town: Town) -> None:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    browser = office.site.browser()
    brought = await office.departed(browser)
    assert (await office.returned(browser, brought)).status_code == 200
    refused(await office.returned(browser, brought), 401, "bad_credentials")
    assert office.shop.asked.count("/token") == 1


async def test_two_windows_of_one_browser(town: Town) -> None:
    office = await town.office()
    office.shop.userinfo = {"sub": office.shop.subject}
    browser = office.site.browser()
    first, second = await office.departed(browser), await office.departed(browser)
    assert (await office.returned(browser, first)).status_code == 200
    assert (await office.returned(browser, second)).status_code == 200


async def test_a_return_is_over_after_a_while(town: Town) -> None:
    office = await town.office(own=True)
    browser = office.site.browser()
    brought = await office.departed(browser)
    office.site.clock.ahead += timedelta(minutes=JOURNEY_MINUTES, seconds=1)
    refused(await office.returned(browser, brought), 401, "bad_credentials")


async def test_one_providers_answer_is_not_anothers(town: Town) -> None:
    """Mix-up: what the browser brings of one is not sent to the other, even where both know the code."""
    honest, evil = await town.office(), await town.office()
    evil.shop.codes = honest.shop.codes
    browser = honest.site.browser()
    brought = await honest.departed(browser)
    body = {"provider": str(evil.id), **brought}
    refused(await browser.post("/v1/session/providers/return", body), 401, "bad_credentials")
    assert "/token" not in evil.shop.asked
    evil.shop.issuer = honest.shop.issuer  # its tokens name the other one: they are of its own key
    evil.shop.description["issuer"] = honest.shop.issuer
    answer = await evil.site.browser().post(f"/v1/session/providers/{evil.id}/start")
    refused(answer, 503, "unavailable")


async def test_the_code_goes_with_its_verifier_and_the_clients_secret(town: Town) -> None:
    """A stolen code is worth nothing: the provider wants both, and neither leaves the hub but to it."""
    office = await town.office()
    browser = office.site.browser()
    answer = await browser.post(f"/v1/session/providers/{office.id}/start")
    brought = office.shop.visit(answer.json()["url"])
    office.shop.codes[brought["code"]]["code_challenge"] = b64(b"x" * 32)
    refused(await office.returned(browser, brought), 401, "bad_credentials")
    assert "verifier" not in answer.text and "secret" not in answer.text


async def test_an_unknown_key_is_looked_for_now_and_then_alone(town: Town) -> None:
    """A key may be new; a made-up one does not make us ask each time."""
    office = await town.office(own=True)
    office.shop.userinfo = {"sub": office.shop.subject}
    assert (await office.enter()).status_code == 200
    fetched = office.shop.asked.count("/jwks")
    office.shop.header["kid"] = "made-up"
    for _ in range(3):
        refused(await office.enter(), 401, "bad_credentials")
    assert office.shop.asked.count("/jwks") == fetched
    office.site.clock.ahead += timedelta(seconds=61)
    office.shop.more = {
        "iat": int(office.site.clock().timestamp()),
        "exp": int(office.site.clock().timestamp()) + 300,
    }
    for _ in range(3):
        refused(await office.enter(), 401, "bad_credentials")
    assert office.shop.asked.count("/jwks") == fetched + 1
    office.shop.keys[0]["kid"] = "made-up"
    office.site.clock.ahead += timedelta(seconds=61)
    assert (await office.enter()).status_code == 200


async def test_one_that_fails_is_not_asked_again_at_once(town: Town) -> None:
    office = await town.office()
    asked = len(office.shop.asked)
    office.shop.answers["/jwks"] = Answer({}, 500)
    for _ in range(5):
        refused(
            await office.site.browser().post(f"/v1/session/providers/{office.id}/start"), 503, "unavailable"
        )
    assert len(office.shop.asked) == asked + 2


async def test_start_refused_for_a_provider_that_is_none_or_removed(town: Town) -> None:
    office = await town.office()
    browser = office.site.browser()
    absent = refused(await browser.post(f"/v1/session/providers/{ABSENT}/start"), 404, "not_found")
    brought = await office.departed(browser)
    assert (await office.admin.delete(f"/v1/orgs/{office.org}/providers/{office.id}")).status_code == 204
    assert refused(await browser.post(f"/v1/session/providers/{office.id}/start"), 404, "not_found") == absent
    refused(await office.returned(browser, brought), 404, "not_found")


async def test_starting_is_slowed_down(town: Town) -> None:
    office = await town.office()
    for _ in range(31):
        await office.site.browser("10.77.1.1").post(f"/v1/session/providers/{office.id}/start")
    refused(
        await office.site.browser("10.77.1.1").post(f"/v1/session/providers/{office.id}/start"),
        429,
        "too_many",
    )


@pytest.mark.parametrize(
    "shop", [{"token_endpoint_auth_methods_supported": ["client_secret_post"]}], ids=["post"]
)
async def test_the_secret_goes_as_the_provider_wants_it(town: Town, shop: dict[str, Any]) -> None:
    office = await town.office()
    office.shop.description |= shop
    office.shop.userinfo = {"sub": office.shop.subject}
    seen: list[dict[str, str]] = []

    honest = office.shop.token

    def token(form: dict[str, str], headers: Any) -> Answer:
        seen.append(form)
        mine = f"{form['client_id']}:{form['client_secret']}".encode()
        return honest(form, {"authorization": "Basic " + base64.b64encode(mine).decode()})

    office.shop.token = token  # type: ignore[method-assign]
    assert (await office.enter()).status_code == 200
    assert seen[0]["grant_type"] == "authorization_code"
