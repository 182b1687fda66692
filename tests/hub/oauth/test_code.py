"""Signing in to an app: the question, the answer, the code, and what it gives. RFC 6749, 7636, 9207, 9700."""

import asyncio
import re
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.hub.oauth.conftest import BACK, AppSide, Scene, allowed, asked, where


async def test_a_person_lets_an_app_act_for_them(scene: Scene) -> None:
    app = await scene.app()
    to, said = where(await asked(scene.person, app.question()))
    request = re.fullmatch(r"http://localhost:\d+/connect/([0-9a-f-]{36})", to)
    assert request and said == {}
    shown = (await scene.person.get(f"/v1/apps/requests/{request[1]}")).json()
    assert (shown["scopes"], shown["known"], shown["to"]) == (
        ["openid", "offline_access", "read"],
        [],
        "app.test",
    )
    assert shown["email"] == scene.who.email
    answer = await scene.person.post(f"/v1/apps/requests/{request[1]}", {"allow": True})
    back = answer.json()["to"]
    assert back.startswith(f"{BACK}?code=") and "state=a+state" in back
    assert back.endswith("&iss=http%3A%2F%2Flocalhost%3A8000") or "iss=" in back
    code = re.search(r"code=([\w-]+)", back)
    assert code
    given = await app.by_code(code[1])
    assert given.status_code == 200, given.text
    assert given.headers["cache-control"] == "no-store"
    token = given.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == (
        "Bearer",
        600,
        "openid offline_access read",
    )
    me = await app.me(token["access_token"])
    assert me.json()["id"] == str(scene.who.id)


async def test_the_identity_token_says_who_and_for_whom(scene: Scene) -> None:
    for alg in ("RS256", "ES256"):
        app = await scene.app(id_token_alg=alg)
        token = await app.connected(scene.person)
        published = (await app.browser.http.get("/oauth/jwks")).json()
        read = jwt.decode(token["id_token"], KeySet.import_key_set(published), algorithms=[alg])
        issuer = scene.site.hub.settings.public_url
        assert {name: read.claims[name] for name in ("iss", "aud", "sub", "nonce")} == {
            "iss": issuer, "aud": app.id, "sub": str(scene.who.id), "nonce": "a nonce",
        }  # fmt: skip
        assert read.claims["exp"] - read.claims["iat"] == 600
        assert read.claims["acr"] == "urn:casewire:single" and "amr" not in read.claims
        assert not any("d" in key or "p" in key for key in published["keys"])


async def test_what_was_given_is_remembered(scene: Scene) -> None:
    app = await scene.app()
    await app.connected(scene.person)
    to, said = where(await asked(scene.person, app.question(prompt="none")))
    assert to == BACK and (await app.by_code(said["code"])).status_code == 200
    assert said["iss"] == scene.site.hub.settings.public_url
    _, said = where(await asked(scene.person, app.question(prompt="none", scope="openid write")))
    assert said["error"] == "consent_required"
    to, _ = where(await asked(scene.person, app.question(prompt="consent")))
    assert "/connect/" in to


async def test_a_declined_question_is_told_to_the_app(scene: Scene) -> None:
    app = await scene.app()
    to, _ = where(await asked(scene.person, app.question()))
    answer = await scene.person.post(f"/v1/apps/requests/{to[-36:]}", {"allow": False})
    assert "error=access_denied" in answer.json()["to"] and "code=" not in answer.json()["to"]
    again = await scene.person.post(f"/v1/apps/requests/{to[-36:]}", {"allow": True})
    assert again.status_code == 404


async def test_a_code_is_good_once_and_a_second_use_ends_what_the_first_gave(scene: Scene) -> None:
    app = await scene.app()
    code = await allowed(scene.person, app.question())
    token = (await app.by_code(code)).json()
    assert (await app.me(token["access_token"])).status_code == 200
    again = await app.by_code(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await app.me(token["access_token"])).status_code == 401
    assert (await app.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


async def test_of_a_hundred_who_show_one_code_one_is_given_something(scene: Scene) -> None:
    app = await scene.app()
    code = await allowed(scene.person, app.question())
    answers = await asyncio.gather(*(app.by_code(code) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 99
    # Two had it, so not even the first keeps what it got.
    token = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
    assert (await app.me(token)).status_code == 401


async def test_a_code_is_of_no_use_to_others(scene: Scene) -> None:
    app, other = await scene.app(), await scene.app()
    code = await allowed(scene.person, app.question())
    other.verifier = app.verifier
    wrong: list[tuple[AppSide, dict[str, Any]]] = [
        (other, {}),
        (app, {"code_verifier": "x" * 43}),
        (app, {"code_verifier": None}),
        (app, {"code_verifier": app.challenge}),
        (app, {"redirect_uri": "https://app.test/other"}),
        (app, {"redirect_uri": None}),
        (app, {"client_secret": "x" * 43}),
        (app, {"client_secret": None}),
    ]
    for who, said in wrong:
        answer = await who.by_code(code, **said)
        assert answer.json()["error"] in ("invalid_grant", "invalid_request", "invalid_client"), (
            said,
            answer.text,
        )
        assert answer.status_code in (400, 401)
    assert (await app.by_code(code)).status_code == 200  # none of them used it up
    await_late = await allowed(scene.person, app.question(prompt="consent"))
    scene.site.clock.ahead += __import__("datetime").timedelta(seconds=61)
    assert (await app.by_code(await_late)).json()["error"] == "invalid_grant"
