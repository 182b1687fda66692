"""Every bad token, cookie, login and message, at every door that takes its kind: refused whole, nothing written."""

import asyncio
import base64
import hmac
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed

from deploy.embedded.stack import Stack
from gateway.files import Files
from gateway.handshake import Caller, Refusal, door, judge
from hub.app import make_app
from hub.context import Hub
from hub.services import offer
from schemas.addresses import Address, write_address
from schemas.credentials import token_hash
from schemas.frames import SUBPROTOCOL
from schemas.ids import new_id
from schemas.settings import Settings
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, api_subject
from storage.bus import Bus
from storage.http import Impatient
from tests.app import ABSENT, World
from tests.conftest import Database
from tests.corpus.cookies import COOKIES, FORGED, FORGED_SITE, NOBODYS, OURS
from tests.corpus.logins import LOGINS
from tests.corpus.messages import ADDRESSES, CALLS, FRAMES, GRANTS, MESSAGES, WIRE, Message
from tests.corpus.tokens import TOKENS, Token
from tests.gateway.conftest import Live

# Guesses and budgets are counted, and only they.
COUNTERS = {"throttles", "rates"}
REFUSALS = {"audit_entries"}  # what is refused is written down, and nothing else is
MINE = [
    *(f"token: {one.name}" for one in TOKENS),
    *(f"cookie: {one.name}" for one in COOKIES),
    *(f"login {path}: {one.name}" for path, rows in LOGINS.items() for one in rows),
    *(one.name for one in MESSAGES),
]


def test_there_are_300_of_different_names() -> None:
    assert len(set(MINE)) == len(MINE)
    assert len(MINE) >= 300, len(MINE)


@asynccontextmanager
async def nothing_written(database: Database) -> AsyncIterator[None]:
    before = await _counted(database)
    yield
    assert await _counted(database) == before


async def _counted(database: Database) -> dict[str, tuple[int, int]]:
    """Rows of each table, and how many rows were ever written in it."""
    connection = await asyncpg.connect(database.superuser)
    try:
        await connection.execute("select pg_stat_force_next_flush()")
        tables = await connection.fetch("select tablename as t from pg_tables where schemaname = 'public'")
        return {
            row["t"]: await connection.fetchval(f"select count(*) from {row['t']}")
            for row in tables
            if row["t"] not in COUNTERS | REFUSALS
        }
    finally:
        await connection.close()


@pytest.fixture
async def forms(world: World, owner: Any) -> dict[str, str]:
    """What stands for the words in braces: a good token, and what can be made of it."""
    person = await world.person(await world.organisation(), "admin")
    ended, over = await world.person(), await world.person()
    await owner.execute("update sessions set ended_at = now() where id = $1", ended.session)
    await owner.execute("update sessions set expires_at = now() where id = $1", over.session)
    good = person.token
    return {
        "good": good, "cut": good[:-1], "backwards": good[::-1], "swapped": good.swapcase(), "half": good[:21],
        "percent": "%" + good[:2] + quote(good[2:]) + "%20", "hash": token_hash(good).hex(), "id": str(person.session),
        "person": str(person.id), "base64": base64.b64encode(good.encode()).decode(), "hex": good.encode().hex(),
        "ended": ended.token, "over": over.token, "invitation": "x" * 43,
    }  # fmt: skip


def filled(text: bytes, forms: Mapping[str, str]) -> bytes:
    for name, value in forms.items():
        text = text.replace(b"{%s}" % name.encode(), value.encode())
    return text


def code_of(answer: httpx.Response) -> str:
    found = answer.json()
    return found.get("code") or found.get("error") or found.get("scimType") or ""


# --- Tokens ------------------------------------------------------------------------------------------------


DOORS = [
    ("GET", "/v1/me"),
    ("POST", "/v1/cases"),
    ("DELETE", "/v1/session"),
    ("GET", f"/scim/v2/{ABSENT}/Users"),
]


async def test_every_bad_token_is_refused_alike_over_http(
    http: httpx.AsyncClient, forms: dict[str, str], database: Database
) -> None:
    good = {"authorization": f"Bearer {forms['good']}"}
    assert (await http.get("/v1/me", headers=good)).status_code == 200  # that it is the token which is wrong
    async with nothing_written(database):
        for method, path in DOORS:
            bodies: dict[bytes, str] = {}
            for row in TOKENS:
                headers = [
                    (b"authorization", filled(row.header, forms)),
                    (b"idempotency-key", str(ABSENT).encode()),
                ]
                answer = await http.request(method, path, headers=headers)
                assert answer.status_code == 401, (row.name, path, answer.status_code, answer.text)
                assert answer.headers["www-authenticate"].startswith("Bearer"), (row.name, path)
                bodies[answer.content] = row.name
            assert len(bodies) <= 2, bodies  # it is no bearer token, or it is nobody's
        twice = [("authorization", f"Bearer {forms['good']}"), ("authorization", "Bearer " + "x" * 43)]
        for headers in (twice, twice[::-1]):
            assert (await http.get("/v1/me", headers=headers)).status_code == 401
    assert (await http.get("/v1/me", headers=good)).status_code == 200  # and nothing of it ended the good one


async def test_every_bad_token_is_refused_at_the_endpoints_of_apps(
    http: httpx.AsyncClient, forms: dict[str, str], database: Database
) -> None:
    async with nothing_written(database):
        for row in TOKENS:
            headers = [(b"authorization", filled(row.header, forms))]
            answer = await http.get("/oauth/userinfo", headers=headers)
            assert answer.status_code in (400, 401), (row.name, answer.status_code, answer.text)
            assert forms["person"] not in answer.text, row.name


async def test_every_bad_token_is_refused_over_nats(
    hub: Hub, stack: Stack, forms: dict[str, str], database: Database
) -> None:
    offered, bus = await offer(hub), await Bus.connect(Settings.read(stack.settings("operator")))
    subject, body = api_subject("cases", "read"), msgspec.json.encode({"case": ABSENT})
    try:
        good = await bus.request(subject, body, {HEADER_AUTHORIZATION: forms["good"]}, timeout_s=10)
        assert (good.headers or {})["Nats-Service-Error-Code"] == "not_found"
        async with nothing_written(database):
            for row in TOKENS:
                sent = filled(row.header, forms).decode("latin-1")
                if (
                    not sent.isprintable()
                    or not sent.isascii()
                    or not sent.strip()
                    or row.name == "no scheme"
                ):
                    continue  # no header of NATS holds it, or it is how services say it
                answer = await bus.request(subject, body, {HEADER_AUTHORIZATION: sent}, timeout_s=10)
                assert (answer.headers or {}).get("Nats-Service-Error-Code") == "unauthenticated", row.name
    finally:
        await bus.close()
        await offered.stop()


async def test_no_bad_token_opens_a_socket(live: Live, forms: dict[str, str], database: Database) -> None:
    async with nothing_written(database):
        for row in TOKENS:
            await _no_socket(live, row, filled(row.header, forms))


async def _no_socket(live: Live, row: Token, header: bytes) -> None:
    """Bytes that no client library sends, so by hand: an HTTP refusal, or 101 and then a close with 4501."""
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    try:
        writer.write(
            b"GET /v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: %s\r\nAuthorization: %s\r\n\r\n" % (SUBPROTOCOL.encode(), header)
        )
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            assert status in (101, 400, 431), (row.name, head)
            frame = await reader.readexactly(4) if status == 101 else b""
    except ConnectionResetError:  # hung up on in the middle of its headers
        return
    finally:
        writer.close()
    assert status != 101 or (frame[:1] == b"\x88" and int.from_bytes(frame[2:]) == 4501), (row.name, frame)


# --- Cookies -----------------------------------------------------------------------------------------------


def cookie(header: str, forms: Mapping[str, str]) -> str:
    return filled(header.encode(), forms).decode()


async def test_every_bad_cookie_is_refused(
    http: httpx.AsyncClient, forms: dict[str, str], database: Database, settings: Settings
) -> None:
    good = {"cookie": f"casewire={forms['good']}", "origin": OURS}
    assert (await http.get("/v1/me", headers=good)).status_code == 200
    async with nothing_written(database):
        bodies: set[bytes] = set()
        for row in NOBODYS:
            headers = {"cookie": cookie(row.header, forms), "origin": OURS} | row.headers
            answer = await http.get("/v1/me", headers=headers)
            assert (answer.status_code, code_of(answer)) == (401, "unauthenticated"), row.name
            bodies.add(answer.content)
            found = judge("/v1/live", _as_handshake(headers), door(settings))
            assert isinstance(found, Refusal) or found.token != forms["good"], row.name
        assert len(bodies) == 1
        for row in (*FORGED, *FORGED_SITE):
            headers = {"cookie": cookie(row.header, forms)} | row.headers
            answer = await http.delete("/v1/session", headers=headers)
            assert (answer.status_code, code_of(answer)) == (403, "origin"), row.name
        for row in FORGED:
            headers = {"cookie": cookie(row.header, forms)} | row.headers
            assert isinstance(judge("/v1/live", _as_handshake(headers), door(settings)), Refusal), row.name
        # A bad token is not mended by a good cookie, nor does a bad cookie spoil a good token.
        bad = "Bearer " + "x" * 43
        assert (await http.get("/v1/me", headers=good | {"authorization": bad})).status_code == 401
        spoilt = {"cookie": "casewire=" + "x" * 43, "authorization": f"Bearer {forms['good']}"}
        assert (await http.get("/v1/me", headers=spoilt)).status_code == 200
        found = judge("/v1/live", _as_handshake(good | {"authorization": bad}), door(settings))
        assert isinstance(found, Caller) and found.token == "x" * 43
    assert (await http.get("/v1/me", headers=good)).status_code == 200


def _as_handshake(headers: Mapping[str, str]) -> dict[str, list[str]]:
    return {"sec-websocket-protocol": [SUBPROTOCOL]} | {name: [value] for name, value in headers.items()}


# --- Logins ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LOGINS)
async def test_every_bad_login_is_refused(hub: Hub, database: Database, path: str) -> None:
    told = msgspec.structs.replace(hub.settings, trusted_proxies="127.0.0.1")
    app = make_app(msgspec.structs.replace(hub, settings=told))
    transport = httpx.ASGITransport(cast(Any, app), raise_app_exceptions=False)
    wrong: set[bytes] = set()
    async with httpx.AsyncClient(transport=transport, base_url=OURS) as http, nothing_written(database):
        for n, row in enumerate(LOGINS[path]):
            body = row.body if isinstance(row.body, bytes) else msgspec.json.encode(row.body)
            # Each is another account's first try, or they would be told to wait.
            body = body.replace(b'"nobody@corpus.test"', b'"nobody-%d@corpus.test"' % n)
            headers = {"content-type": row.kind, "x-forwarded-for": f"198.51.{len(path)}.{n}", "origin": OURS}
            answer = await http.post(path, content=body, headers=headers)
            assert code_of(answer) in row.codes, (row.name, answer.status_code, answer.text[:300])
            assert "set-cookie" not in answer.headers, row.name
            if code_of(answer) == "bad_credentials" and path == "/v1/session":
                wrong.add(answer.content)
    assert len(wrong) <= 1  # nobody learns why


# --- Messages ----------------------------------------------------------------------------------------------


async def test_every_bad_call_is_refused(hub: Hub, stack: Stack, database: Database, world: World) -> None:
    person = await world.person(await world.organisation(), "desk")
    offered, bus = await offer(hub), await Bus.connect(Settings.read(stack.settings("operator")))
    try:
        async with nothing_written(database):
            for row in CALLS:
                content, key = row.value
                body = content if isinstance(content, bytes) else msgspec.json.encode(content)
                headers = {HEADER_AUTHORIZATION: person.token} | ({} if key is None else {HEADER_KEY: key})
                answer = await bus.request(api_subject("messages", "post"), body, headers, timeout_s=10)
                assert (answer.headers or {}).get("Nats-Service-Error-Code") == row.code, (
                    row.name,
                    answer.data,
                )
    finally:
        await bus.close()
        await offered.stop()


@pytest.mark.parametrize("row", FRAMES, ids=[row.name for row in FRAMES])
async def test_every_bad_frame_closes_its_socket(live: Live, world: World, row: Message) -> None:
    person = await world.person()
    async with live.open(person.token) as opened:
        await opened.recv()

        async def until_closed() -> None:
            await opened.send(row.value)
            async with asyncio.timeout(20):
                while True:
                    await opened.recv()

        with pytest.raises(ConnectionClosed) as closed:
            await until_closed()
    assert closed.value.rcvd is not None and str(closed.value.rcvd.code) == row.code


@pytest.fixture
def addresses(settings: Settings, forms: dict[str, str]) -> dict[str, str]:
    """A good address and what somebody makes of it."""
    person, session = UUID(forms["person"]), UUID(forms["id"])
    soon = datetime.now(UTC) + timedelta(seconds=60)
    one = Address(new_id(), person, session, soon, False)

    def token(address: Address, secret: str = settings.secret.reveal()) -> str:
        return write_address("", secret, address).removeprefix("/f/")

    good = token(one)
    raw = base64.urlsafe_b64decode(good + "=" * (-len(good) % 4))

    def changed(at: int, value: bytes) -> str:
        return base64.urlsafe_b64encode(raw[:at] + value + raw[at + len(value) :]).decode().rstrip("=")

    return {
        "token": good, "cut": good[:-2], "forged": changed(57, bytes(32)), "version": changed(0, new_id().bytes),
        "person": changed(16, new_id().bytes), "later": changed(48, (4_000_000_000).to_bytes(8, "big")),
        "inline": changed(56, b"\1"), "secret": token(one, "another secret"), "empty": token(one, ""),
        "purpose": base64.urlsafe_b64encode(
            raw[:57] + hmac.digest(settings.secret.reveal().encode(), raw[:57], sha256)
        ).decode().rstrip("="),
        "over": token(one._replace(expires_at=soon - timedelta(hours=1))),
        "sessionless": token(one._replace(session=new_id())), "absent": good,
    }  # fmt: skip


async def test_every_bad_address_is_refused(hub: Hub, addresses: dict[str, str], database: Database) -> None:
    app = Files(hub.settings, hub.database, hub.blobs, hub.rates)
    bodies: set[bytes] = set()
    async with nothing_written(database):
        for row in ADDRESSES:
            path = row.value
            for name, value in addresses.items():
                path = path.replace(f"{{{name}}}", value)
            status, body = await _asked(app, path)
            assert msgspec.json.decode(body)["code"] == row.code, (row.name, status, body)
            if row.code == "not_found":
                bodies.add(body)
    assert len(bodies) == 1


async def _asked(app: Any, path: str) -> tuple[int, bytes]:
    """Without a client in between, which would mend the path."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": ("127.0.0.1", 1)}
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:])


async def test_every_bad_grant_is_refused(http: httpx.AsyncClient, database: Database) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    async with nothing_written(database):
        for row in GRANTS:
            answer = await http.post("/oauth/token", content=row.value, headers=form)
            assert answer.status_code in (400, 401), (row.name, answer.status_code, answer.text[:200])
            assert answer.json()["error"] in (row.code, "invalid_request", "invalid_client"), (
                row.name,
                answer.text,
            )


@pytest.fixture
async def port(hub: Hub) -> AsyncIterator[int]:
    """The hub behind the server that it has in production."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = cast(Any, make_app(hub))
    config = uvicorn.Config(
        app, http=Impatient, ws="none", lifespan="off", log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    yield listening.getsockname()[1]
    server.should_exit = True
    await running


async def test_nothing_that_is_no_http_gets_anything(
    port: int, forms: dict[str, str], database: Database
) -> None:
    async with nothing_written(database):
        for row in WIRE:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(filled(row.value, forms))
                if writer.can_write_eof():
                    writer.write_eof()
                async with asyncio.timeout(20):
                    answer = await reader.read()
            except ConnectionError:
                answer = b""
            finally:
                writer.close()
            statuses = [
                int(line.split(b" ")[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")
            ]
            assert all(400 <= status < 500 for status in statuses), (row.name, answer[:300])
            assert len(statuses) <= 1 and forms["person"].encode() not in answer, (row.name, answer[:300])
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}"
    ) as client:  # the hub is as well as before
        good = await client.get("/v1/me", headers={"authorization": f"Bearer {forms['good']}"})
        assert good.status_code == 200
