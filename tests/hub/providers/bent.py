"""A provider that can be bent: OpenID Connect as it should be, until a row of a table changes one thing of it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048)
OTHER = RSAKey.generate_key(2048)
KID = "k1"
CLIENT = "casewire-at-bent"
SECRET = "a-client-secret-of-the-bent-provider"


def b64(data: bytes | dict[str, Any] | list[Any] | str) -> str:
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_token(header: Any, claims: Any, mac: bytes | None = None) -> str:
    """A token made by hand, for headers that no library writes; with an HMAC under `mac`, or with no signature."""
    signed = f"{b64(header)}.{b64(claims)}"
    return f"{signed}.{b64(hmac.digest(mac, signed.encode(), 'sha256')) if mac is not None else ''}"


class Answer:
    """What is sent for a request: `content` as JSON unless it is bytes; `drip_s` seconds between its bytes."""

    def __init__(self, content: Any, status: int = 200, drip_s: float = 0, **headers: str) -> None:
        self.content, self.status, self.drip_s = content, status, drip_s
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Shop:
    """One issuer. Every part may be replaced: `header` and `claims` before the token is signed, `sign` itself, and the
    answers by path."""

    def __init__(self, base: str) -> None:
        self.name = uuid4().hex
        self.base = base
        self.issuer = f"{base}/{self.name}"
        self.subject = f"subject-{self.name}"
        self.keys: list[dict[str, Any]] = [
            {**KEY.as_dict(private=False), "kid": KID, "use": "sig", "alg": "RS256"}
        ]
        self.description: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "authorization_response_iss_parameter_supported": True,
        }
        self.header: dict[str, Any] = {"alg": "RS256", "kid": KID, "typ": "JWT"}
        self.more: dict[str, Any] = {}  # claims in place of, or beside, the honest ones; None takes one away
        self.sign: Callable[[dict[str, Any], dict[str, Any]], Any] = self._sign
        self.answers: dict[str, Answer] = {}
        self.userinfo: dict[str, Any] | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []  # paths, in order

    def _sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, KEY)

    def visit(self, url: str) -> dict[str, str]:
        """What a browser brings back from `url`, to which the hub sent it: as if its person had signed in here."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert (
            url.startswith(self.description["authorization_endpoint"])
            and query["code_challenge_method"] == "S256"
        )
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT) and "openid" in query[
            "scope"
        ].split()
        code = uuid4().hex
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def answer(self, path: str, form: dict[str, str], headers: Any) -> Answer:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        match path:
            case "/.well-known/openid-configuration":
                return Answer(self.description)
            case "/jwks":
                return Answer({"keys": self.keys})
            case "/token":
                return self.token(form, headers)
            case "/userinfo" if self.userinfo is not None:
                return Answer(self.userinfo)
            case _:
                return Answer({"error": "not here"}, 404)

    def token(self, form: dict[str, str], headers: Any) -> Answer:
        """RFC 6749 and RFC 7636: the client's secret, a code once, and the verifier of its challenge."""
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        query = self.codes.pop(form.get("code", ""), None)
        if headers.get("authorization") != basic:
            return Answer({"error": "invalid_client"}, 401)
        if query is None or query["redirect_uri"] != form.get("redirect_uri"):
            return Answer({"error": "invalid_grant"}, 400)
        if b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != query["code_challenge"]:
            return Answer({"error": "invalid_grant"}, 400)
        access, now = uuid4().hex, int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": query["nonce"], "at_hash": b64(hashlib.sha256(access.encode()).digest()[:16]),
        }  # fmt: skip
        claims = {name: value for name, value in {**claims, **self.more}.items() if value is not None}
        return Answer(
            {"access_token": access, "token_type": "Bearer", "id_token": self.sign(self.header, claims)}
        )


class Mall:
    """Any number of issuers on one port of this machine."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.shops: dict[str, Shop] = {}

    def shop(self) -> Shop:
        made = Shop(self.base)
        self.shops[made.name] = made
        return made


@contextmanager
def mall() -> Iterator[Mall]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            _, name, rest = self.path.split("/", 2)
            length = int(self.headers.get("content-length") or 0)
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            shop = found.shops.get(name)
            answer = shop.answer(f"/{rest}", form, self.headers) if shop else Answer({}, 404)
            content = (
                answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
            )
            self.send_response(answer.status)
            for name, value in {"content-type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            try:
                if not answer.drip_s:
                    self.wfile.write(content)
                for at in range(len(content) if answer.drip_s else 0):
                    self.wfile.write(content[at : at + 1])
                    time.sleep(answer.drip_s)
            except OSError:
                self.close_connection = True  # whoever asked had enough

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Mall(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
