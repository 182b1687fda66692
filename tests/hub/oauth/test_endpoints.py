"""Who an app is, what it is told of its tokens, a device's code, signing out, and what any page may ask."""

import base64
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from hub.context import Hub
from hub.oauth import keys
from tests.browsers import Browser
from tests.hub.oauth.conftest import BACK, AppSide, Scene, where


def basic(id: str, secret: str) -> dict[str, str]:
    said = base64.b64encode(f"{quote(id)}:{quote(secret)}".encode()).decode()
    return {"authorization": f"Basic {said}"}


async def test_an_app_says_who_it_is_in_one_of_two_ways(scene: Scene) -> None:
    app = await scene.app()
    assert app.secret
    token = (await app.connected(scene.person))["access_token"]
    for answer in (
        await app.post("/oauth/introspect", token=token),
        await app.post("/oauth/introspect", basic(app.id, app.secret), token=token, client_id=None),
    ):
        assert answer.json()["active"] is True
    public = await scene.app("browser")
    wrong: list[tuple[AppSide, dict[str, str] | None, dict[str, Any], int]] = [
        (app, None, {"client_secret": "x" * 43}, 400),
        (app, None, {"client_secret": None}, 400),
        (app, None, {"client_secret": "é" * 5}, 400),
        (app, basic(app.id, "x" * 43), {}, 401),
        (app, basic(app.id.upper(), app.secret), {"client_id": None}, 401),
        (app, {"authorization": "Basic %%%"}, {}, 401),
        (app, {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()}, {}, 401),
        (app, {"authorization": f"Bearer {token}"}, {}, 401),
        (app, basic(app.id, app.secret), {"client_secret": app.secret}, 400),
        (app, None, {"client_id": "01900000-0000-7000-8000-000000000000"}, 400),
        (app, None, {"client_id": "' or 1=1"}, 400),
        (public, None, {}, 400),  # who keeps no secret proves nothing, and asks about no token
    ]
    for who, headers, fields, status in wrong:
        answer = await who.post("/oauth/introspect", headers, token=token, **fields)
        assert answer.json()["error"] in ("invalid_client", "invalid_request"), (fields, answer.text)
        assert answer.status_code in (status, 401) and "active" not in answer.json()
    unknown = await app.post(
        "/oauth/token", grant_type="refresh_token", client_id="01900000-0000-7000-8000-000000000000"
    )
    known = await app.post("/oauth/token", grant_type="refresh_token", client_secret="x" * 43)
    assert (unknown.status_code, unknown.json()) == (known.status_code, known.json())


async def test_a_secret_is_good_until_the_next_one(scene: Scene) -> None:
    app = await scene.app()
    before = app.secret
    answer = await scene.admin.call(
        "POST", f"/v1/orgs/{scene.org}/apps/{app.id}/secret", {}, **{"if-match": '"1"'}
    )
    app.secret = answer.json()["item"]["secret"]
    assert (await app.token(grant_type="refresh_token", refresh_token="x", client_secret=before)).json()[
        "error"
    ] == "invalid_client"
    assert (await app.token(grant_type="refresh_token", refresh_token="x")).json()["error"] == "invalid_grant"


async def test_an_app_is_told_of_its_own_tokens_alone(scene: Scene) -> None:
    app, other = await scene.app(), await scene.app()
    token = await app.connected(scene.person)
    found = (await app.post("/oauth/introspect", token=token["access_token"])).json()
    assert (found["sub"], found["client_id"], found["scope"]) == (
        str(scene.who.id),
        app.id,
        "openid offline_access read",
    )
    found = (
        await app.post("/oauth/introspect", token=token["refresh_token"], token_type_hint="nonsense")
    ).json()
    assert found["active"] is True and "scope" not in found
    for half in ("access_token", "refresh_token"):
        assert (await other.post("/oauth/introspect", token=token[half])).json() == {"active": False}
        assert (await other.post("/oauth/revoke", token=token[half])).status_code == 200
    assert (await app.me(token["access_token"])).status_code == 200  # another app's word ends nothing
    assert (await app.post("/oauth/revoke", token="unknown" * 6)).status_code == 200
    assert (await app.post("/oauth/revoke", token=token["access_token"])).status_code == 200
    assert (await app.me(token["access_token"])).status_code == 401
    assert (await app.by_refresh(token["refresh_token"])).json()["error"] == "invalid_grant"


async def test_who_it_is_as_far_as_the_scopes_say(scene: Scene) -> None:
    app = await scene.app()
    http = app.browser.http

    async def told(scope: str) -> tuple[int, Any]:
        token = (await app.connected(scene.person, scope=scope))["access_token"]
        answer = await http.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
        return answer.status_code, answer.json() if answer.status_code == 200 else answer.headers[
            "www-authenticate"
        ]

    sub = str(scene.who.id)
    assert await told("openid") == (200, {"sub": sub})
    status, said = await told("openid profile email")
    assert (status, set(said)) == (200, {"sub", "name", "zoneinfo", "email", "email_verified"})
    assert said["email_verified"] is False  # nobody ever followed a link that went there
    await scene.world.pool.execute(  # nor does it show that they read their mail when they decline what waits
        "insert into invitations (id, token_hash, org, email, name, role, invited_by, invited_at, expires_at, used_at,"
        " answered_at, person) values ($1, $2, $3, $4, '', 'outside', $5, now(), now(), now(), now(), $5)",
        uuid4(), uuid4().bytes, scene.org, scene.who.email, scene.who.id,
    )  # fmt: skip
    _, said = await told("openid email")
    assert said["email_verified"] is False
    await scene.world.pool.execute("update people set email_proved_at = now() where id = $1", scene.who.id)
    _, said = await told("openid email")
    assert said["email_verified"] is True
    status, challenge = await told("read")
    assert status == 403 and 'error="insufficient_scope"' in challenge
    token = (await app.connected(scene.person))["access_token"]
    assert (await http.get(f"/oauth/userinfo?access_token={token}")).status_code == 401
    assert (await http.get(f"/v1/me?access_token={token}")).status_code == 401


async def test_no_forged_token_is_anybodys(scene: Scene) -> None:
    """Access tokens are no JWT, so no header of one is ever looked at; an identity token opens nothing either."""
    app = await scene.app(id_token_alg="ES256")
    token = await app.connected(scene.person)
    claims = {
        "iss": scene.site.hub.settings.public_url,
        "sub": str(scene.who.id),
        "aud": app.id,
        "exp": int(time.time()) + 600,
    }
    public = next(
        key for key in (await app.browser.http.get("/oauth/jwks")).json()["keys"] if key["alg"] == "ES256"
    )
    mine = ECKey.generate_key("P-256")
    none = ".".join(
        base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")
        for part in ('{"alg":"none"}', str(claims).replace("'", '"'))
    )
    confused = jwt.encode({"alg": "HS256", "kid": public["kid"]}, claims, OctKey.import_key(str(public)))
    forged = jwt.encode({"alg": "ES256", "kid": public["kid"]}, claims, mine)
    embedded = jwt.encode({"alg": "ES256", "jwk": mine.as_dict(private=False)}, claims, mine)
    tricked = jwt.encode({"alg": "ES256", "kid": "../../dev/null"}, claims, mine)
    for one in (
        f"{none}.",
        confused,
        forged,
        embedded,
        tricked,
        token["id_token"],
        token["refresh_token"],
        "x",
        "",
    ):
        answer = await app.browser.http.get("/oauth/userinfo", headers={"authorization": f"Bearer {one}"})
        assert answer.status_code == 401, one
        if one != token["id_token"]:
            left = await scene.person.call("GET", f"/oauth/logout?id_token_hint={quote(one)}")
            assert left.headers["location"].endswith("/sign-out"), one
            assert (await scene.person.get("/v1/me")).status_code == 200  # still signed in


async def test_an_app_signs_its_person_out(scene: Scene) -> None:
    app = await scene.app(logout_uris=["https://app.test/bye"])
    hint = (await app.connected(scene.person))["id_token"]
    _, stranger = await scene.someone()

    async def leave(browser: Browser, **said: str) -> str:
        question = "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items())
        return (await browser.get(f"/oauth/logout?{question}")).headers["location"]

    bye = {"id_token_hint": hint, "state": "s"}
    assert (await leave(stranger, **bye)).endswith("/sign-out")  # somebody else sits here
    assert (await stranger.get("/v1/me")).status_code == 200
    assert (await leave(scene.person, **bye, client_id=str((await scene.app()).id))).endswith("/sign-out")
    assert (
        await leave(scene.person, post_logout_redirect_uri="https://app.test/bye", client_id=app.id)
    ).endswith("/sign-out")
    assert (await scene.person.get("/v1/me")).status_code == 200
    scene.site.clock.ahead += timedelta(days=2)  # an old identity token still says whose app it is
    to = await leave(scene.person, **bye, post_logout_redirect_uri="https://evil.test/bye")
    assert to.endswith("/signed-out") and "evil" not in to
    assert (await scene.person.get("/v1/me")).status_code == 401
    again = await scene.site.browser().signed_in(scene.who.email)
    to = await leave(again, **bye, post_logout_redirect_uri="https://app.test/bye")
    assert to == "https://app.test/bye?state=s"
    assert (await again.get("/v1/me")).status_code == 401


async def test_a_device_gets_in_when_its_person_types_the_code(scene: Scene) -> None:
    app = await scene.app("native", redirect_uris=[])
    begun = (await app.post("/oauth/device_authorization", scope="openid offline_access read")).json()
    assert begun["verification_uri_complete"].endswith(f"/device?user_code={begun['user_code']}")

    async def poll() -> str:
        scene.site.clock.ahead += timedelta(seconds=5)
        answer = await app.token(
            grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=begun["device_code"]
        )
        return answer.json().get("error") or answer.json()["access_token"]

    assert await poll() == "authorization_pending"
    scene.site.clock.ahead -= timedelta(seconds=4)
    assert await poll() == "slow_down"
    assert await poll() == "slow_down"  # 10 s by now, and only 5 have gone
    typed = begun["user_code"].lower().replace("-", " ")
    shown = (await scene.person.post("/v1/apps/devices", {"code": typed})).json()
    assert (shown["scopes"], shown["email"]) == (["openid", "offline_access", "read"], scene.who.email)
    answers = [
        await scene.person.post("/v1/apps/devices/answer", {"code": typed, "allow": allow})
        for allow in (True, False)
    ]
    assert [answer.status_code for answer in answers] == [204, 404]  # the first answer stands
    token = await poll()
    assert (await app.me(token)).json()["id"] == str(scene.who.id)
    assert await poll() == "invalid_grant"
    assert [one["app"] for one in (await scene.person.get("/v1/apps")).json()["items"]] == [app.id]


async def test_a_device_is_told_no_and_that_its_code_is_over(scene: Scene) -> None:
    app = await scene.app("native", redirect_uris=[])
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    begun = (await app.post("/oauth/device_authorization", scope="openid")).json()
    await scene.person.post("/v1/apps/devices/answer", {"code": begun["user_code"], "allow": False})
    answer = await app.token(grant_type=grant, device_code=begun["device_code"])
    assert answer.json()["error"] == "access_denied"
    other = await scene.app("native", redirect_uris=[])
    late = (await app.post("/oauth/device_authorization", scope="openid")).json()
    assert (await other.token(grant_type=grant, device_code=late["device_code"])).json()[
        "error"
    ] == "invalid_grant"
    scene.site.clock.ahead += timedelta(seconds=901)
    assert (await app.token(grant_type=grant, device_code=late["device_code"])).json()[
        "error"
    ] == "expired_token"
    assert (await scene.person.post("/v1/apps/devices", {"code": late["user_code"]})).status_code == 404


async def test_a_web_app_is_no_device(scene: Scene) -> None:
    answer = await (await scene.app()).post("/oauth/device_authorization", scope="openid")
    assert answer.json()["error"] == "unauthorized_client"


async def test_user_codes_are_not_guessed(scene: Scene) -> None:
    codes = [await scene.person.post("/v1/apps/devices", {"code": "BBBB-BBBB"}) for _ in range(13)]
    assert [answer.status_code for answer in codes[:10]] == [404] * 10
    assert codes[-1].status_code == 429 and "retry-after" in codes[-1].headers


async def test_a_service_app_acts_as_its_service_alone(scene: Scene) -> None:
    made = await scene.admin.post(f"/v1/orgs/{scene.org}/services", {"name": "Importer", "role": "desk"})
    service = made.json()["item"]
    app = await scene.app("service", service=service["id"], redirect_uris=[], scopes=["read", "write"])
    answer = await app.token(grant_type="client_credentials")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["scope"] == "read write" and not {"refresh_token", "id_token"} & set(said)
    assert (await app.me(said["access_token"])).json()["id"] == service["id"]
    assert (await app.token(grant_type="client_credentials", scope="read")).json()["scope"] == "read"
    assert (await app.token(grant_type="client_credentials", scope="admin")).json()[
        "error"
    ] == "invalid_scope"
    assert (await app.token(grant_type="authorization_code", code="x")).json()[
        "error"
    ] == "unauthorized_client"
    assert (await app.token(grant_type="password", username="a", password="b")).json()[
        "error"
    ] == "unsupported_grant_type"
    web = await scene.app()
    assert (await web.token(grant_type="client_credentials")).json()["error"] == "unauthorized_client"
    path = f"/v1/orgs/{scene.org}/services/{service['id']}"
    off = await scene.admin.call(
        "PATCH", path, {"disabled": True}, **{"if-match": f'"{service["revision"]}"'}
    )
    assert off.status_code == 200, off.text
    assert (await app.token(grant_type="client_credentials")).json()["error"] == "invalid_grant"
    assert (await app.me(said["access_token"])).status_code == 401


async def test_messages_are_forms_in_the_body(scene: Scene) -> None:
    app = await scene.app()
    http = app.browser.http
    for content, kind, query in (
        (b'{"grant_type": "refresh_token"}', "application/json", ""),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded", ""),
        (b"a=1&a=2", "application/x-www-form-urlencoded", ""),
        (b"&".join(b"a%d=1" % n for n in range(50)), "application/x-www-form-urlencoded", ""),
        (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded", ""),
        (b"grant_type=refresh_token%00", "application/x-www-form-urlencoded", ""),
        (b"", "application/x-www-form-urlencoded", f"?grant_type=refresh_token&client_id={app.id}"),
    ):
        for path in ("token", "revoke", "introspect", "device_authorization"):
            answer = await http.post(f"/oauth/{path}{query}", content=content, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["error"]) in (
                (400, "invalid_request"),
                (400, "invalid_client"),
                (401, "invalid_client"),
            )
            assert answer.headers["cache-control"] == "no-store"


async def test_any_page_may_ask_what_takes_no_cookie_and_only_that(scene: Scene) -> None:
    http = scene.site.browser().http
    origin = {"origin": "https://spa.test", "access-control-request-method": "POST"}
    for path in (
        "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/oauth/jwks", "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server", "/oauth/device_authorization",
    ):  # fmt: skip
        answer = await http.request("OPTIONS", path, headers=origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*"), path
        assert "access-control-allow-credentials" not in answer.headers
    for path in ("/oauth/authorize", "/oauth/logout", "/oauth/introspect", "/v1/me", "/v1/apps"):
        assert (
            "access-control-allow-origin" not in (await http.request("OPTIONS", path, headers=origin)).headers
        ), path


async def test_it_says_of_itself_what_it_does(scene: Scene) -> None:
    http = scene.site.browser().http
    said = (await http.get("/.well-known/openid-configuration")).json()
    assert said == (await http.get("/.well-known/oauth-authorization-server")).json()
    assert said["issuer"] == scene.site.hub.settings.public_url
    assert (said["response_types_supported"], said["code_challenge_methods_supported"]) == (
        ["code"],
        ["S256"],
    )
    assert said["authorization_response_iss_parameter_supported"] is True
    for name, at in said.items():
        if name.endswith(("_endpoint", "_uri")):
            answer = await http.get(at.removeprefix(said["issuer"]))
            assert answer.status_code != 404, name


async def test_a_question_by_post_is_asked_again_as_a_get(scene: Scene) -> None:
    app = await scene.app()
    answer = await app.post("/oauth/authorize", redirect_uri=BACK, client_secret=None)
    to, said = where(answer)
    assert to.endswith("/oauth/authorize") and said["client_id"] == app.id


@pytest.mark.parametrize("distrust", [False, True])
async def test_keys_change_and_old_signatures_stay_good_unless_a_key_got_out(
    scene: Scene, distrust: bool
) -> None:
    app = await scene.app()
    hub: Hub = scene.site.hub
    before = {key["kid"] for key in (await keys.published(hub))["keys"]}
    hint = (await app.connected(scene.person))["id_token"]
    await keys.rotate(hub, distrust=distrust)
    now = (await keys.published(hub))["keys"]
    assert {key["alg"] for key in now if key["kid"] not in before} == {"RS256", "ES256"}
    assert before & {key["kid"] for key in now} == (
        set() if distrust else before & {key["kid"] for key in now}
    )
    left = await scene.person.get(f"/oauth/logout?id_token_hint={hint}")
    assert left.headers["location"].endswith("/sign-out" if distrust else "/signed-out")
    stored = await scene.world.pool.fetch("select sealed from oauth_keys")
    assert not any(b"PRIVATE" in row["sealed"] for row in stored)
