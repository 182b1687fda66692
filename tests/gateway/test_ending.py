"""Whoever ends a token, a session or a service ends its sockets with it, through the hub as people do it; no others."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from hub.app import make_app
from hub.serve import opened
from hub.sessions.passwords import hash_password
from schemas.credentials import cookie_name
from schemas.settings import Settings
from tests.browsers import PASSWORD
from tests.gateway.conftest import Client, Office

ENDED, NOBODY, RENEWED = 4503, 4501, 4010


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(settings) as hub:
        transport: Any = httpx.ASGITransport(make_app(hub))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client:
            yield client


class Browser:
    """The office's administrator, who has just proved who they are."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http, self.token = http, token

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid4())} | headers
        answer = await self.http.request(method, path, json=body, headers=sent)
        assert answer.status_code < 300, answer.text
        return answer


@pytest.fixture
async def admin(office: Office, http: httpx.AsyncClient) -> Browser:
    token, session = await office.history.token(office.people["admin"])
    proved = "update sessions set kind = 'browser', proved_at = now() where id = $1"
    await office.history.pool.execute(proved, session)
    return Browser(http, token)


async def gone(office: Office, token: str, client: Client) -> None:
    assert await client.close_code() == ENDED
    async with office.live.open(token) as again:
        assert await Client(again).close_code() == NOBODY


async def test_a_token_of_ones_own(office: Office, admin: Browser) -> None:
    made = [(await admin.call("POST", "/v1/tokens", {"label": name})).json() for name in ("a", "b")]
    async with (
        office.live.client(made[0]["token"]) as ends, office.live.client(made[1]["token"]) as stays,
    ):  # fmt: skip
        await ends.subscribe("me")
        await admin.call("DELETE", f"/v1/sessions/{made[0]['session']['id']}")
        await gone(office, made[0]["token"], ends)
        assert await stays.settled() == []
        await admin.call("DELETE", "/v1/sessions?tokens=true")
        await gone(office, made[1]["token"], stays)


async def test_a_token_of_a_service_and_a_service(office: Office, admin: Browser) -> None:
    place = f"/v1/orgs/{office.org}/services"
    service = (await admin.call("POST", place, {"name": "Reader"})).json()["item"]
    token = {"label": "x", "scopes": ["read"]}
    made = [(await admin.call("POST", f"{place}/{service['id']}/tokens", token)).json() for _ in range(3)]
    async with (
        office.live.client(made[0]["token"]) as first, office.live.client(made[1]["token"]) as second,
        office.live.client(made[2]["token"]) as third, office.client("client") as other,
    ):  # fmt: skip
        await admin.call("DELETE", f"{place}/{service['id']}/tokens/{made[0]['session']['id']}")
        await gone(office, made[0]["token"], first)
        assert await second.settled() == await third.settled() == []
        await admin.call("PATCH", f"{place}/{service['id']}", {"disabled": True}, **{"if-match": '"1"'})
        await gone(office, made[1]["token"], second)
        await gone(office, made[2]["token"], third)
        assert await other.settled() == []


async def test_a_service_hears_what_it_may_see_while_it_may(office: Office, admin: Browser) -> None:
    place = f"/v1/orgs/{office.org}/services"
    service = (await admin.call("POST", place, {"name": "Reader"})).json()["item"]
    token = {"label": "x", "scopes": ["read"]}
    secret = (await admin.call("POST", f"{place}/{service['id']}/tokens", token)).json()["token"]
    async with office.live.client(secret) as client:
        assert (await client.subscribe(office.topic))["code"] == "not_found"
        await office.history.grant(UUID(service["id"]), office.case, "client", office.org)
        assert (await client.subscribe(office.topic))["op"] == "subscribed"
        await office.post("heard")
        assert (await client.next())["data"]["message"]["body"] == "heard"


async def test_the_secret_of_a_session_that_has_another_one(
    office: Office, http: httpx.AsyncClient, settings: Settings
) -> None:
    """Who proves once more that it is them has a new one: a socket opened with a copy of the old one closes, and
    so does the browser's own, which comes back with the new one."""
    person = office.people["admin"]
    token, session = await office.history.token(person)
    pool = office.history.pool
    await pool.execute("update sessions set kind = 'browser' where id = $1", session)
    await pool.execute("update people set password_hash = $2 where id = $1", person, hash_password(PASSWORD))
    async with (
        office.live.client(token) as own, office.live.client(token) as thief, office.client("admin") as other,
    ):  # fmt: skip
        await own.subscribe("me")
        answer = await http.post(
            "/v1/session/proof",
            json={"password": PASSWORD},
            headers={"origin": settings.public_url, "cookie": f"{cookie_name(settings.secure)}={token}"},
        )
        assert answer.status_code == 204, answer.text
        assert await own.close_code() == await thief.close_code() == RENEWED
        assert await other.settled() == []
    renewed = answer.cookies[cookie_name(settings.secure)]
    async with office.live.open(token) as again:
        assert await Client(again).close_code() == NOBODY
    async with office.live.client(renewed) as back:
        assert await back.settled() == []
