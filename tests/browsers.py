"""A browser for tests of signing in: it keeps its cookies, says where it is, and has an app for codes, and passkeys."""

import hashlib
import json
from base64 import b32decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import uuid4

import cbor2
import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hub.app import make_app
from hub.context import Hub, utc_now
from hub.sessions.passwords import hash_password
from tests.app import Person, World

PASSWORD = "a long enough password"


@cache
def hashed() -> str:
    """Of `PASSWORD`: once a run, since it is slow on purpose."""
    return hash_password(PASSWORD)


async def with_password(world: World, person: Person) -> Person:
    """The person, who can sign in with `PASSWORD` from now on."""
    await world.pool.execute(
        "update people set password_hash = $2 where id = $1", person.id, hashed()
    )
    return person


async def proved(world: World, person: Person) -> Person:
    """The person, whose session is a browser's now in which they have just proved who they are."""
    await world.pool.execute("update sessions set kind = 'browser', proved_at = now() where id = $1", person.session)
    return person


class Clock:
    """A time that stands still until it is moved on by hand."""

    def __init__(self) -> None:
        self.start, self.ahead = utc_now(), timedelta()

    def __call__(self) -> datetime:
        return self.start + self.ahead


class Site:
    """A hub as it stands behind one reverse proxy that it trusts: browsers come from addresses of their own."""

    def __init__(self, hub: Hub, **settings: Any) -> None:
        self.clock = Clock()
        told = msgspec.structs.replace(hub.settings, trusted_proxies="127.0.0.1", **settings)
        self.hub = msgspec.structs.replace(hub, settings=told, clock=cast(Callable[[], datetime], self.clock))
        self.app = make_app(self.hub)
        self.addresses = iter(range(1, 60_000))

    def browser(self, address: str | None = None) -> "Browser":
        n = next(self.addresses)
        tag = uuid4().int
        return Browser(self, address or f"10.{tag % 250}.{tag // 250 % 250}.{n % 250}")


class Browser:
    """Somebody at a browser. `call` answers whatever the hub says; cookies are kept as a browser does."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.cookies: dict[str, str] = {}
        transport = httpx.ASGITransport(cast(Any, site.app), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=site.hub.settings.public_url)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"origin": self.site.hub.settings.public_url, "x-forwarded-for": self.address} | headers
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent.setdefault("idempotency-key", str(uuid4()))
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            sent["content-type"] = "application/json"
        self.http.cookies.clear()
        answer = await self.http.request(method, path, content=content, headers=sent)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        if "Max-Age=0" in answer.headers.get("set-cookie", ""):
            self.cookies.pop("casewire", None)
        return answer

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.call("POST", path, body)

    async def get(self, path: str) -> httpx.Response:
        return await self.call("GET", path)

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/v1/session", {"email": email, "password": password})

    async def signed_in(self, email: str, password: str = PASSWORD) -> "Browser":
        answer = await self.sign_in(email, password)
        assert answer.status_code == 200 and "id" in answer.json(), answer.text
        return self

    async def app(self) -> "Authenticator":
        """Set up an authenticator app; the session has proved a second factor then."""
        made = await self.post("/v1/factors/totp")
        assert made.status_code == 201, made.text
        app = Authenticator(made.json()["secret"], self.site.clock)
        done = await self.post(f"/v1/factors/totp/{made.json()['id']}/confirm", {"code": app.code()})
        assert done.status_code == 200, done.text
        app.id, app.recovery = made.json()["id"], done.json()["recovery"]
        return app


class Authenticator:
    """An authenticator app, as people have it on their phone: RFC 6238 by `cryptography`."""

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._totp = TOTP(b32decode(secret + "=" * (-len(secret) % 8)), 6, SHA1(), 30)
        self._clock = clock
        self.id, self.recovery = "", cast(list[str], [])

    def code(self, steps: int = 0) -> str:
        """The code that is shown now, or so many steps of 30 s later."""
        return self._totp.generate(self._clock().timestamp() + 30 * steps).decode()


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Key:
    """A passkey in software, to give answers that no browser gives. `origin` and `flags` are what it says of itself:
    0x01 somebody was there, 0x04 it verified who, 0x40 a new key follows."""

    def __init__(self, origin: str, host: str = "localhost") -> None:
        self.origin, self.host, self.flags, self.count = origin, host, 0x05, 0
        self.id = uuid4().bytes
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.user = b""

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        self.user = unb64(options["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(self.flags | 0x40, attested)
        return self._said(
            {
                "clientDataJSON": b64(self._client("webauthn.create", options["challenge"])),
                "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
                "transports": ["internal", "made-up"],
            }
        )

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        client, data = self._client("webauthn.get", options["challenge"]), self._data(self.flags)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._said(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": b64(self.user),
            }
        )

    def _said(self, response: dict[str, Any]) -> dict[str, Any]:
        id = b64(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}}
