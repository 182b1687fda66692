"""What a session asks of the hub: a NATS request that carries the user's token, since the hub asks the wall itself, and
the client's address, which the hub believes where only the gateway may ask."""

from uuid import UUID

import msgspec
import structlog
from msgspec import Struct

from schemas.errors import Problem, Refused
from schemas.frames import Ack, ErrorFrame, Post, Read
from schemas.subjects import HEADER_ADDRESS, HEADER_AUTHORIZATION, HEADER_KEY, socket_subject
from storage.bus import Bus

ERROR_CODE = "Nats-Service-Error-Code"
POST = socket_subject("messages", "post")
MOVE_MARKER = socket_subject("markers", "move")
# A hub that says nothing for so long is given up; what became of it is unknown, and the same key may be sent again.
ANSWER_S = 5.0

logger = structlog.get_logger("gateway")


class _Item(Struct):
    id: UUID
    seq: int


class _Posted(Struct):
    """Of `Answer[Message]` the part that an `ack` holds."""

    item: _Item


class _Post(Struct):
    conversation: UUID
    body: str
    attachments: list[UUID]


class _Move(Struct):
    conversation: UUID
    upto: int


async def call(bus: Bus, token: str, address: str, frame: Post | Read) -> Ack | ErrorFrame | None:
    """The frame to answer with; None for a read that went well, which the `me` topic tells. Never raises. `address` is
    where the client is, for the record."""
    headers = {HEADER_AUTHORIZATION: token} | ({HEADER_ADDRESS: address} if address else {})
    if isinstance(frame, Post):
        ref: str | None = frame.ref
        subject, headers[HEADER_KEY] = POST, str(frame.key)
        body = msgspec.json.encode(_Post(frame.conversation, frame.body, frame.attachments))
    else:
        ref, subject = None, MOVE_MARKER
        body = msgspec.json.encode(_Move(frame.conversation, frame.upto))
    try:
        answer = await bus.request(subject, body, headers, timeout_s=ANSWER_S)
    except Refused as refused:
        return ErrorFrame(ref, refused.code, refused.detail, refused.retry_after_ms)
    try:
        if code := (answer.headers or {}).get(ERROR_CODE):
            problem = msgspec.json.decode(answer.data, type=Problem) if answer.data else None
            return ErrorFrame(
                ref, code, problem.detail if problem else "", problem.retry_after_ms if problem else None
            )
        if isinstance(frame, Read):
            return None
        posted = msgspec.json.decode(answer.data, type=_Posted)
    except msgspec.MsgspecError:
        logger.error("the hub's answer is not of the protocol", subject=subject)
        return ErrorFrame(ref, "internal", "")
    return Ack(frame.ref, posted.item.seq, posted.item.id)
