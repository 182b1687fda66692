"""The socket: one union up, one union down. A change here raises `PROTOCOL_VERSION`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Raw, Struct

from schemas.limits import Body
from schemas.people import Me

PROTOCOL_VERSION = 1
SUBPROTOCOL = "casewire.v1"

Ref = Annotated[str, Meta(min_length=1, max_length=64)]
Topic = Annotated[str, Meta(pattern="^(case:[0-9a-f-]{36}|mine|me)$")]


class After(Struct, frozen=True, forbid_unknown_fields=True):
    """The last place the client holds: `seq` for `case:<id>` and `me`, `pos` for `mine`."""

    epoch: Annotated[str, Meta(max_length=64)]
    seq: Annotated[int, Meta(ge=0)] | None = None
    pos: Annotated[str, Meta(max_length=40)] | None = None


class Up(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op"):
    pass


class Subscribe(Up, frozen=True, tag="subscribe"):
    ref: Ref
    topic: Topic
    after: After | None = None


class Unsubscribe(Up, frozen=True, tag="unsubscribe"):
    ref: Ref
    topic: Topic


class Post(Up, frozen=True, tag="post"):
    ref: Ref
    key: UUID
    conversation: UUID
    body: Body
    attachments: Annotated[list[UUID], Meta(max_length=20)] = []


class Read(Up, frozen=True, tag="read"):
    conversation: UUID
    upto: Annotated[int, Meta(ge=0)]


class Typing(Up, frozen=True, tag="typing"):
    conversation: UUID


class Ping(Up, frozen=True, tag="ping"):
    ref: Ref


FromClient = Subscribe | Unsubscribe | Post | Read | Typing | Ping


class Down(Struct, frozen=True, tag_field="op"):
    pass


class Welcome(Down, frozen=True, tag="welcome"):
    protocol: int
    session: UUID
    me: Me
    heartbeat_s: int
    time: datetime


class Subscribed(Down, frozen=True, tag="subscribed"):
    """`replay` counts the events that follow and were written before this subscription."""

    ref: str
    topic: str
    epoch: str
    seq: int
    pos: str
    replay: int


class Unsubscribed(Down, frozen=True, tag="unsubscribed"):
    ref: str
    topic: str


class Reset(Down, frozen=True, tag="reset"):
    """Drop what you hold of this topic, read again, subscribe again."""

    topic: str
    why: Literal["access", "epoch", "history"]


class EventFrame(Down, frozen=True, tag="event"):
    topic: str
    case: UUID | None
    seq: int
    pos: str
    type: str
    at: datetime
    actor: UUID | None
    data: Raw


class Signal(Down, frozen=True, tag="signal"):
    """Ephemeral: never stored, never replayed."""

    case: UUID
    conversation: UUID
    type: Literal["typing"]
    actor: UUID


class Ack(Down, frozen=True, tag="ack"):
    """Sent only after the commit. `id` is the message's."""

    ref: str
    seq: int
    id: UUID


class Pong(Down, frozen=True, tag="pong"):
    ref: str


class ErrorFrame(Down, frozen=True, tag="error"):
    ref: str | None
    code: str
    detail: str
    retry_after_ms: int | None = None


class Ended(Down, frozen=True, tag="ended"):
    topic: str
    code: str


FromGateway = (
    Welcome | Subscribed | Unsubscribed | Reset | EventFrame | Signal | Ack | Pong | ErrorFrame | Ended
)
