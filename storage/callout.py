"""Letting services in to NATS by tokens of the product: nats-server asks us about every client that it does not know by
its configuration, and takes a signed word for who that is and what they may publish and hear.

https://docs.nats.io/learn/security/auth-callout.md; nats-server's `server/auth_callout.go` and the claims of
https://github.com/nats-io/jwt. The server asks on a subject that its configuration opens to the hub alone, and takes an
answer only for the key that it made up for this one client.
"""

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import nkeys
import structlog
from msgspec import Struct
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from schemas.errors import Refused
from schemas.limits import GUEST_MESSAGE_BYTES_MAX, GUEST_SUBSCRIPTIONS_MAX
from storage.bus import Bus

SUBJECT = "$SYS.REQ.USER.AUTH"
ANSWERS_TO = "$SYS._INBOX."  # where the server hears them; who else asks is not answered
ACCOUNT = "$G"
AT_ONCE = 8
WAITING_MAX = 256  # the server gives up after two seconds, so more would wait in vain
STOP_WAIT_S = 2.0

log = structlog.get_logger()


class Guest(NamedTuple):
    """Who came in, what they may publish and hear, and until when."""

    name: str
    publish: Collection[str]
    subscribe: Collection[str]
    until: datetime


# Token and address in; None for a token that opens nothing. Raises `Refused`.
Decide = Callable[[str, str], Awaitable[Guest | None]]


class _Server(Struct):
    id: str


class _Client(Struct):
    host: str = ""


class _Options(Struct):
    auth_token: str = ""


class _Asked(Struct):
    server_id: _Server
    user_nkey: str
    client_info: _Client
    connect_opts: _Options


class _Claims(Struct):
    nats: _Asked


_read = msgspec.json.Decoder(_Claims).decode


def new_issuer() -> str:
    """The seed of a fresh key: whoever holds it lets clients in."""
    return nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_ACCOUNT).decode()


def issuer_of(seed: str) -> str:
    """The public part, for the server's configuration."""
    public: Any = nkeys.from_seed(seed.encode()).public_key
    return public.decode().rstrip("=")


class Callout:
    """Answers the server's questions until it is stopped."""

    def __init__(self, seed: str, decide: Decide) -> None:
        self._key = nkeys.from_seed(seed.encode())
        self._issuer = issuer_of(seed)
        self._decide = decide
        self._free = asyncio.Semaphore(AT_ONCE)
        self._working: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    @classmethod
    async def start(cls, bus: Bus, seed: str, decide: Decide) -> "Callout":
        callout = cls(seed, decide)
        callout._subscription = await bus.subscribe(SUBJECT, callout._take, queue="hub")
        await bus.client.flush()
        return callout

    async def stop(self, bus: Bus) -> None:
        if self._subscription is not None:
            await bus.unsubscribe(self._subscription)
        if self._working:
            await asyncio.wait(self._working, timeout=STOP_WAIT_S)

    async def _take(self, message: Msg) -> None:
        if not message.reply.startswith(ANSWERS_TO) or len(self._working) >= WAITING_MAX:
            return
        task = asyncio.create_task(self._answer(message))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _answer(self, message: Msg) -> None:
        async with self._free:
            try:
                asked = _read(_payload(message.data)).nats
            except (ValueError, msgspec.MsgspecError):
                log.error("the question of nats-server is not of the protocol")
                return
            guest, error = None, "refused"
            try:
                guest = await self._decide(asked.connect_opts.auth_token, asked.client_info.host)
            except Refused as refused:
                error = refused.code
            except Exception as broken:
                log.exception("admission to NATS failed", exc_info=broken)
            said: dict[str, Any] = {"jwt": self._user(asked.user_nkey, guest)} if guest else {"error": error}
            answer = self._signed(asked.user_nkey, asked.server_id.id, "authorization_response", said)
            await message.respond(answer.encode())

    def _user(self, key: str, guest: Guest) -> str:
        held: dict[str, Any] = {
            "pub": {"allow": list(guest.publish)} if guest.publish else {"deny": [">"]},
            "sub": {"allow": list(guest.subscribe)},
            "subs": GUEST_SUBSCRIPTIONS_MAX,
            "data": -1,
            "payload": GUEST_MESSAGE_BYTES_MAX,
        }
        until = int(guest.until.timestamp())
        return self._signed(key, ACCOUNT, "user", held, name=guest.name, exp=until)

    def _signed(self, subject: str, audience: str, type: str, held: dict[str, Any], **claims: Any) -> str:
        """A JWT as nats-server reads it: Ed25519 under a name of its own for it."""
        whole = claims | {
            "jti": base64.b32encode(os.urandom(20)).decode(),
            "iat": int(datetime.now(UTC).timestamp()),
            "iss": self._issuer,
            "sub": subject,
            "aud": audience,
            "nats": held | {"type": type, "version": 2},
        }
        text = ".".join(_encoded(msgspec.json.encode(part)) for part in (_HEADER, whole))
        return f"{text}.{_encoded(self._key.sign(text.encode()))}"


_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _payload(token: bytes) -> bytes:
    """The claims of a JWT that came by a way on which nobody but the server speaks."""
    middle = token.split(b".")[1:2]
    if not middle:
        raise ValueError("no JWT")
    return base64.urlsafe_b64decode(middle[0] + b"=" * (-len(middle[0]) % 4))
