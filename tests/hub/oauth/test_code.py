"""Signing in to an app: the question, the answer, the code, and what it gives. RFC 6749, 7636, 9207, 9700."""

import asyncio
import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browsers import PASSWORD
from tests.hub.oauth.conftest import BACK, AppSide, Scene, allowed, asked, where


async def test_a_person_lets_an_app_act_for_them(scene: Scene) -> None:
    app = await scene.app()
    to, said = where(await asked(scene.person, app.question()))
    request = re.fullmatch(r"http://localhost:\d+/connect/([0-9a-f-]{36})", to)
    assert request and set(said) == {"q"}
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
    assert back.endswith("&iss=" + quote(scene.site.hub.settings.public_url, safe=""))
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
    late = await allowed(scene.person, app.question(prompt="consent"))
    scene.site.clock.ahead += timedelta(seconds=61)
    assert (await app.by_code(late)).json()["error"] == "invalid_grant"


async def test_a_code_dies_with_the_session_of_the_browser_that_gave_it(scene: Scene) -> None:
    app = await scene.app()
    code = await allowed(scene.person, app.question())
    assert (await scene.person.call("DELETE", "/v1/session")).status_code == 204
    assert (await app.by_code(code)).json()["error"] == "invalid_grant"


async def test_a_question_is_answered_in_the_session_that_it_was_put_to(scene: Scene) -> None:
    """Nor does another page answer in its person's place: a cookie counts only with our own Origin."""
    app = await scene.app()
    to, _ = where(await asked(scene.person, app.question()))
    path = f"/v1/apps/requests/{to[-36:]}"
    _, stranger = await scene.someone("admin")
    elsewhere = await scene.site.browser().signed_in(scene.who.email)
    for browser in (stranger, elsewhere):
        assert (await browser.get(path)).status_code == 404
        assert (await browser.post(path, {"allow": True})).status_code == 404
    for headers in ({"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = await scene.person.call("POST", path, {"allow": True}, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    token = (await app.connected(scene.person))["access_token"]
    http = app.browser.http
    answer = await http.post(path, json={"allow": True}, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 403  # an app does not answer for its person
    assert (await scene.person.post(path, {"allow": True})).status_code == 200


async def test_of_many_answers_to_one_question_one_counts(scene: Scene) -> None:
    app = await scene.app()
    to, _ = where(await asked(scene.person, app.question()))
    path = f"/v1/apps/requests/{to[-36:]}"
    answers = await asyncio.gather(*(scene.person.post(path, {"allow": True}) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 9


async def test_a_fresh_proof_is_asked_for_where_the_app_wants_one(scene: Scene) -> None:
    app = await scene.app()
    await app.connected(scene.person)
    scene.site.clock.ahead += timedelta(minutes=5)
    for wanted in ({"prompt": "login"}, {"max_age": 60}):
        to, _ = where(await asked(scene.person, app.question(**wanted)))
        path = f"/v1/apps/requests/{to[-36:]}"
        assert (await scene.person.post(path, {"allow": True})).json()["code"] == "step_up_needed"
        proof = await scene.person.post("/v1/session/proof", {"password": PASSWORD})
        assert proof.status_code == 204, proof.text
        answer = await scene.person.post(path, {"allow": True})
        assert answer.status_code == 200
        code = parse_qs(urlsplit(answer.json()["to"]).query)["code"][0]
        read = jwt.decode(
            (await app.by_code(code)).json()["id_token"],
            KeySet.import_key_set((await app.browser.http.get("/oauth/jwks")).json()),
            algorithms=["RS256"],
        )
        assert read.claims["auth_time"] == int(scene.site.clock().timestamp())
        scene.site.clock.ahead += timedelta(minutes=5)
    _, said = where(await asked(scene.person, app.question(prompt="none", max_age=60)))
    assert said["error"] == "login_required"


async def test_nobody_signed_in_is_led_to_sign_in_or_told_to_the_app(scene: Scene) -> None:
    app = await scene.app()
    nobody = scene.site.browser()
    _, said = where(await asked(nobody, app.question(prompt="none")))
    assert (said["error"], said["state"]) == ("login_required", "a state")
    to, said = where(await asked(nobody, app.question(prompt="login", login_hint="x@y.test")))
    assert to.endswith("/connect")
    again = urlsafe_b64decode(said["q"][1:] + "==").decode()
    assert "prompt" not in again and "login_hint=x%40y.test" in again
    token = (await app.connected(scene.person))["access_token"]
    nobody.cookies["casewire"] = token  # an app's token is no browser's session
    _, said = where(await asked(nobody, app.question(prompt="none")))
    assert said["error"] == "login_required"


async def test_an_app_is_for_the_people_of_its_organisation(scene: Scene) -> None:
    app = await scene.app()
    foreign = Scene(scene.site, scene.world, await scene.world.organisation())
    _, browser = await foreign.someone("admin")
    to, said = where(await asked(browser, app.question()))
    assert to.endswith("/connect") and said["error"] == "not_found" and "code" not in said
    _, said = where(await asked(browser, app.question(prompt="none")))
    assert said["error"] == "interaction_required"


async def test_who_lacks_a_second_factor_that_a_rule_asks_for_gives_nothing(scene: Scene) -> None:
    app = await scene.app()
    token = await app.connected(scene.person)
    await scene.world.pool.execute(
        "update organisations set mfa_roles = '{outside}' where id = $1", scene.org
    )
    to, said = where(await asked(scene.person, app.question()))
    assert (to.endswith("/connect"), said["error"]) == (True, "mfa_needed")
    _, said = where(await asked(scene.person, app.question(prompt="none")))
    assert said["error"] == "interaction_required"
    assert (await app.me(token["access_token"])).json()["code"] == "mfa_needed"
    assert (await app.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_proved_second_factor_is_said_and_lasts_as_long_as_the_factor(scene: Scene) -> None:
    app = await scene.app()
    authenticator = await scene.person.app()
    token = await app.connected(scene.person)
    keys = KeySet.import_key_set((await app.browser.http.get("/oauth/jwks")).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["acr"], claims["amr"]) == ("urn:casewire:mfa", ["mfa"])
    await scene.person.call("DELETE", f"/v1/factors/{authenticator.id}")
    token = (await app.by_refresh(token["refresh_token"])).json()
    await scene.world.pool.execute(
        "update organisations set mfa_roles = '{outside}' where id = $1", scene.org
    )
    assert (await app.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


async def test_who_came_in_by_a_link_from_a_mail_gives_nothing_to_apps(scene: Scene) -> None:
    app = await scene.app()
    device = await scene.app("native", redirect_uris=[])
    to, _ = where(await asked(scene.person, app.question()))
    await scene.world.pool.execute(
        "update sessions set scopes = '{read,write}' where person = $1 and kind = 'browser'", scene.who.id
    )
    scene.site.hub.identities._known.clear()  # as another hub, which has not seen this session before
    answer = await scene.person.post(f"/v1/apps/requests/{to[-36:]}", {"allow": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    _, said = where(await asked(scene.person, app.question()))
    assert said == {"error": "forbidden"}
    _, said = where(await asked(scene.person, app.question(prompt="none")))
    assert said["error"] == "interaction_required"
    code = (await device.post("/oauth/device_authorization", scope="read")).json()["user_code"]
    answer = await scene.person.post("/v1/apps/devices/answer", {"code": code, "allow": True})
    assert answer.status_code == 403
