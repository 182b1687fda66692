"""The headers of every answer: of each route, of each error, of static files, of redirects and of nothing at all."""

import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest

from gateway.connection import ANSWER_HEADERS
from gateway.files import Files
from hub.app import make_app
from hub.context import Hub
from schemas.headers import answer_headers
from schemas.settings import Settings
from tests.app import ABSENT, World
from tests.browsers import PASSWORD, Site, with_password
from tests.routes import all_routes

ROUTES = all_routes()
EVERY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}
# What anybody may keep: it holds nothing of anybody.
KEPT = re.compile(r"^/(assets/|docs|$|[^/]*$)")


def policy(answer: httpx.Response) -> dict[str, str]:
    said = answer.headers.get_list("content-security-policy")
    assert len(said) == 1, said
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in said[0].split(";"))}


def strict(answer: httpx.Response, *, personal: bool = True) -> None:
    """What every answer must say, once."""
    for name, value in EVERY.items():
        assert answer.headers.get_list(name) == [value], (name, answer.request.url, answer.status_code)
    assert len(answer.headers.get_list("permissions-policy")) == 1
    rules = policy(answer)
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules.get("base-uri") == "'none'" or answer.is_redirect  # which has nothing in it to have a base
    assert "'unsafe-inline'" not in str(rules) and "'unsafe-eval'" not in str(rules) and "*" not in str(rules)
    assert rules.get("script-src", "'self'") == "'self'" and rules.get("style-src", "'self'") == "'self'"
    if personal:
        assert answer.headers.get_list("cache-control") == ["no-store"], answer.request.url


@pytest.fixture(scope="module")
async def https(hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    """The hub as people reach it in production."""
    told = msgspec.structs.replace(hub.settings, public_url="https://casewire.test")
    app = make_app(msgspec.structs.replace(hub, settings=told))
    transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://casewire.test") as client:
        yield client


def address(path: str) -> str:
    return re.sub(r"\{[^}:]*:uuid\}", str(ABSENT), re.sub(r"\{[^}:]*:(?!uuid)[^}]*\}", "1", path))


@pytest.mark.parametrize("signed_in", [False, True])
async def test_every_route_says_them_whatever_it_answers(
    https: httpx.AsyncClient, world: World, signed_in: bool
) -> None:
    person = await world.person(await world.organisation(), "admin")
    who = {"authorization": f"Bearer {person.token}"} if signed_in else {}
    seen: set[int] = set()
    for route in ROUTES:
        for method in {route.method, "OPTIONS", "PATCH"}:
            answer = await https.request(method, address(route.path), headers=who)
            strict(answer, personal=not (route.public and KEPT.match(route.path)))
            seen.add(answer.status_code)
    assert seen >= ({200, 400, 404, 405} if signed_in else {200, 400, 401, 404, 405}), seen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404), ("POST", "/v1/nothing", 404), ("DELETE", "/", 405), ("GET", "/%00", 404),
        ("GET", "/" + "a" * 300, 404), ("POST", "/v1/session", 400), ("GET", "/health/live", 200),
        ("GET", "/openapi.json", 200), ("TRACE", "/v1/me", 405), ("GET", "/assets/none.js", 404),
    ],
)  # fmt: skip
async def test_what_is_no_route_says_them_too(
    https: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await https.request(method, path)
    assert answer.status_code == status
    strict(answer)


async def test_what_breaks_says_them_too(https: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hub.http.auth.session_of", breaks)
    answer = await https.get("/v1/me", headers={"authorization": "Bearer " + "x" * 43})
    assert answer.status_code == 500
    strict(answer)


async def test_pages_run_their_own_scripts_alone_and_are_asked_for_anew(https: httpx.AsyncClient) -> None:
    for path in ("/", "/cases/1", "/docs/"):
        answer = await https.get(path)
        if answer.status_code in (404, 503):
            pytest.skip("the web client is not built")
        strict(answer, personal=False)
        rules = policy(answer)
        assert rules["script-src"] == rules["style-src"] == "'self'" and rules["object-src"] == "'none'"
        assert rules["form-action"] == "'self'"
        assert answer.headers["cache-control"] == "no-cache"


async def test_hsts_is_said_over_tls_alone(http: httpx.AsyncClient) -> None:
    assert "strict-transport-security" not in (await http.get("/health/live")).headers
    assert "strict-transport-security" not in answer_headers(secure=False)


@pytest.mark.parametrize("secure", [True, False])
async def test_cookies_stay_on_this_host_and_from_scripts(hub: Hub, world: World, secure: bool) -> None:
    site = Site(hub, public_url="https://casewire.test" if secure else "http://localhost:8000")
    person = await with_password(world, await world.person())
    answer = await site.browser().sign_in(person.email, PASSWORD)
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        name, *parts = (part.strip() for part in cookie.split(";"))
        said = {part.lower() for part in parts}
        assert {"httponly", "samesite=lax", "path=/"} <= said and not any("domain" in part for part in said)
        assert name.startswith("__Host-") is secure and ("secure" in said) is secure


async def test_files_come_from_an_origin_where_nothing_runs(hub: Hub) -> None:
    told = msgspec.structs.replace(
        hub.settings, public_url="https://casewire.test", files_url="https://files.casewire.test"
    )
    app = Files(told, hub.database, hub.blobs, hub.rates)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=told.files_url) as client:
        for method, path in (
            ("GET", "/"),
            ("GET", "/f/x"),
            ("POST", "/f/x"),
            ("OPTIONS", "/f/x"),
            ("HEAD", "/x"),
        ):
            answer = await client.request(method, path, headers={"origin": "https://elsewhere.test"})
            rules = policy(answer)
            assert "sandbox" in rules and rules["default-src"] == "'none'" and "script-src" not in rules
            assert rules["frame-ancestors"] == "https://casewire.test"
            assert answer.headers["cross-origin-resource-policy"] == "same-site"
            assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "private, no-store"
            assert "access-control-allow-origin" not in answer.headers


def test_the_gateway_says_them_when_it_refuses_a_handshake() -> None:
    assert ANSWER_HEADERS.items() >= EVERY.items()
    assert ANSWER_HEADERS["content-security-policy"].startswith("default-src 'none'")


def test_the_setting_of_the_public_address_decides(settings: Settings) -> None:
    assert not settings.secure and answer_headers(secure=settings.secure)["cache-control"] == "no-store"
