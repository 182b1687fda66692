"""Signing in and out, what carries a session, and from where."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hub.sessions.passwords import hash_password
from schemas.credentials import cookie_name
from schemas.settings import Settings
from tests.app import Person, World, refused

PASSWORD = "a long enough password"


@pytest.fixture
async def person(world: World) -> Person:
    """Somebody who signs in with `PASSWORD`."""
    org = await world.organisation()
    person = await world.person(org)
    await world.pool.execute(
        "update people set password_hash = $2 where id = $1", person.id, hash_password(PASSWORD)
    )
    return person


async def sign_in(
    http: httpx.AsyncClient, email: str, password: str = PASSWORD, **headers: str
) -> httpx.Response:
    return await http.post("/v1/session", json={"email": email, "password": password}, headers=headers)


def cookie(answer: httpx.Response) -> str:
    """The secret that an answer sets as cookie."""
    return answer.cookies["casewire"]


async def me(http: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await http.get("/v1/me", headers=headers)


async def test_sign_in(http: httpx.AsyncClient, person: Person) -> None:
    answer = await sign_in(http, person.email.upper())  # addresses are compared without case
    assert answer.status_code == 200 and answer.json()["id"] == str(person.id)
    header = answer.headers["set-cookie"]
    assert "HttpOnly" in header and "SameSite=lax" in header and "Path=/" in header and "Domain" not in header
    read = await me(http, cookie=f"casewire={cookie(answer)}")
    assert read.status_code == 200 and read.json() == answer.json()
    assert read.headers["cache-control"] == "no-store"


def test_cookie_is_bound_to_the_host_over_tls() -> None:
    assert cookie_name(True) == "__Host-casewire"
    assert (
        Settings(public_url="https://case.test").secure
        and not Settings(public_url="http://localhost:1").secure
    )


async def test_sign_in_refused_when_the_password_is_wrong(http: httpx.AsyncClient, person: Person) -> None:
    answer = await sign_in(http, person.email, "another password")
    refused(answer, 401, "bad_credentials")
    assert "set-cookie" not in answer.headers


async def test_sign_in_answers_alike_when_nobody_has_the_address(
    http: httpx.AsyncClient, person: Person, world: World
) -> None:
    waiting = await world.person()  # known, but without a password yet
    wrong = refused(await sign_in(http, person.email, "another password"), 401, "bad_credentials")
    unknown = refused(await sign_in(http, f"{uuid4()}@mail.test"), 401, "bad_credentials")
    assert wrong == unknown == refused(await sign_in(http, waiting.email), 401, "bad_credentials")


async def test_sign_in_refused_when_the_input_is_bad(http: httpx.AsyncClient, person: Person) -> None:
    for body in ({}, {"email": person.email}, {"email": "no address", "password": "x"},
                 {"email": person.email, "password": ["x"]},
                 {"email": person.email, "password": "x" * 300}):  # fmt: skip
        refused(await http.post("/v1/session", json=body), 400, "bad_input")


async def test_sign_in_never_adopts_a_session_that_the_client_chose(
    http: httpx.AsyncClient, person: Person
) -> None:
    """Session fixation: what an attacker planted opens nothing after the victim signed in."""
    planted = "attacker-chosen-secret-0123456789"
    answer = await sign_in(http, person.email, cookie=f"casewire={planted}", origin="http://localhost:8000")
    assert answer.status_code == 200 and cookie(answer) != planted
    refused(await me(http, cookie=f"casewire={planted}"), 401, "unauthenticated")


async def test_each_sign_in_is_a_session_of_its_own(
    http: httpx.AsyncClient, person: Person, owner: Any
) -> None:
    first, second = cookie(await sign_in(http, person.email)), cookie(await sign_in(http, person.email))
    assert first != second
    stored = await owner.fetch("select token_hash from sessions where person = $1", person.id)
    assert all(first.encode() not in bytes(row["token_hash"]) for row in stored)


async def test_sign_out(http: httpx.AsyncClient, person: Person) -> None:
    secret = cookie(await sign_in(http, person.email))
    held = {"cookie": f"casewire={secret}", "origin": "http://localhost:8000"}
    answer = await http.delete("/v1/session", headers=held)
    assert answer.status_code == 204 and "Max-Age=0" in answer.headers["set-cookie"]
    refused(await me(http, cookie=f"casewire={secret}"), 401, "unauthenticated")
    assert (await person.get("/v1/me")).status_code == 200  # the other session stays


async def test_refused_when_the_session_is_over(http: httpx.AsyncClient, person: Person, owner: Any) -> None:
    await owner.execute(
        "update sessions set expires_at = now() - interval '1 second' where id = $1", person.session
    )
    refused(await person.get("/v1/me"), 401, "unauthenticated")


async def test_refused_when_a_page_of_another_origin_asks(http: httpx.AsyncClient, person: Person) -> None:
    held = {"cookie": f"casewire={cookie(await sign_in(http, person.email))}"}
    body = {"label": "stolen"}
    key = {"idempotency-key": str(uuid4())}
    for forged in (
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "http://localhost:8000", "sec-fetch-site": "same-site"},
        {},  # no word of where it comes from
    ):
        refused(await http.post("/v1/tokens", json=body, headers=held | key | forged), 403, "origin")
    good = {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}
    assert (await http.post("/v1/tokens", json=body, headers=held | key | good)).status_code == 201
    assert len((await http.get("/v1/sessions", headers=held)).json()["items"]) == 3


async def test_sign_in_refused_when_a_page_of_another_origin_asks(
    http: httpx.AsyncClient, person: Person
) -> None:
    """Login forgery: a victim must not end up in the attacker's account."""
    refused(await sign_in(http, person.email, origin="https://evil.test"), 403, "origin")


async def test_bearer_needs_no_origin(person: Person) -> None:
    assert (await person.get("/v1/me")).status_code == 200
    answer = await person.call("GET", "/v1/me", headers={"origin": "https://evil.test"})
    assert answer.status_code == 200  # no browser sends this header by itself


@pytest.mark.parametrize(
    "value", ["Basic eDp5", "Bearer", "Bearer short", "Bearer " + "x" * 300, "Bearer  ", "x"]
)
async def test_refused_when_the_authorization_header_is_no_bearer(
    http: httpx.AsyncClient, value: str
) -> None:
    refused(await me(http, authorization=value), 401, "unauthenticated")


async def test_a_bad_header_is_not_mended_by_a_good_cookie(http: httpx.AsyncClient, person: Person) -> None:
    secret = cookie(await sign_in(http, person.email))
    answer = await me(http, authorization="Bearer " + "x" * 43, cookie=f"casewire={secret}")
    refused(answer, 401, "unauthenticated")


async def test_make_token(http: httpx.AsyncClient, person: Person) -> None:
    held = {
        "cookie": f"casewire={cookie(await sign_in(http, person.email))}",
        "origin": "http://localhost:8000",
    }
    answer = await http.post(
        "/v1/tokens", json={"label": "script", "days": 30}, headers=held | {"idempotency-key": str(uuid4())}
    )
    assert answer.status_code == 201
    made = answer.json()
    assert (await me(http, authorization=f"Bearer {made['token']}")).json()["id"] == str(person.id)
    days = datetime.fromisoformat(made["session"]["expires_at"]) - datetime.now(UTC)
    assert 29 <= days.days <= 30
    listed = (await http.get("/v1/sessions", headers=held)).json()["items"]
    (same,) = [one for one in listed if one["id"] == made["session"]["id"]]
    assert same["used_at"] and not same["here"] and made["token"] not in str(listed)
    assert made["token"].startswith("cwp_") and same["scopes"] == ["read", "write"]
    assert [one["scopes"] for one in listed if one["kind"] == "browser"] == [["admin", "read", "write"]]
    assert [one["here"] for one in listed if one["kind"] == "browser"] == [True]


async def test_make_token_refused_when_asked_by_a_token(person: Person) -> None:
    refused(await person.post("/v1/tokens", {"label": "more"}), 403, "forbidden")


async def test_make_token_refused_when_the_input_is_bad(http: httpx.AsyncClient, person: Person) -> None:
    held = {
        "cookie": f"casewire={cookie(await sign_in(http, person.email))}",
        "origin": "http://localhost:8000",
    }
    for body in (
        {},
        {"label": ""},
        {"label": "x", "days": 0},
        {"label": "x", "days": 4000},
        {"label": "x", "a": 1},
        {"label": "x", "scopes": []},
        {"label": "x", "scopes": ["scim"]},
    ):
        refused(
            await http.post("/v1/tokens", json=body, headers=held | {"idempotency-key": str(uuid4())}),
            400,
            "bad_input",
        )
    refused(await http.post("/v1/tokens", json={"label": "x"}, headers=held), 400, "key_missing")


async def test_end_session(http: httpx.AsyncClient, person: Person, world: World, owner: Any) -> None:
    secret = cookie(await sign_in(http, person.email))
    person = await world.token(person, kind="browser")
    listed = await person.all("/v1/sessions")
    session = next(one["id"] for one in listed if one["kind"] == "browser" and not one["here"])
    other = await world.token(await world.person(), kind="browser")
    # Somebody else's session: the answer is that of one that is not there, and nothing ends.
    gone = await other.delete(f"/v1/sessions/{uuid4()}")
    assert (await other.delete(f"/v1/sessions/{session}")).status_code == gone.status_code == 204
    assert (await me(http, cookie=f"casewire={secret}")).status_code == 200
    assert (await person.delete(f"/v1/sessions/{session}")).status_code == 204
    refused(await me(http, cookie=f"casewire={secret}"), 401, "unauthenticated")
    assert (await person.delete(f"/v1/sessions/{session}")).status_code == 204  # a repeat is free
    told = await owner.fetch("select type, thing::text from events where stream = $1 order by seq", person.id)
    assert [tuple(row) for row in told] == [("session.ended", session)]
