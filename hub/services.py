"""The same actions for other services, as NATS requests: `nats micro ls` shows them.

A request carries the id of its target and the fields of its Struct in one JSON object, the caller's token in
`Cw-Authorization` and, for writes, a UUID in `Cw-Idempotency-Key`. The answer is what HTTP answers; an error has its
code in `Nats-Service-Error-Code` and the problem as its body.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from hub.cases import actions as cases
from hub.context import Hub, Who
from hub.conversations import actions as conversations
from hub.deadlines import actions as deadlines
from hub.entries import actions as entries
from hub.http.auth import session_of
from hub.messages import actions as messages
from hub.tasks import actions as tasks
from schemas.cases import MoveCase, OpenCase
from schemas.conversations import MoveMarker, OpenConversation
from schemas.deadlines import SetDeadline
from schemas.entries import AddEntry
from schemas.errors import Refused, bad_input
from schemas.messages import PostMessage
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, api_subject
from schemas.tasks import AddTask
from storage.services import Handler, Offer


class Call(NamedTuple):
    """`target` names the id in the request that the action is about. `request` is None where there are no fields."""

    noun: str
    action: str
    target: str | None
    request: type[Struct] | None
    run: Callable[..., Awaitable[Any]]
    keyed: bool = True


CALLS = [
    Call("messages", "post", "conversation", PostMessage, messages.post_message),
    Call("markers", "move", "conversation", MoveMarker, conversations.move_marker, keyed=False),
    Call("conversations", "open", "case", OpenConversation, conversations.open_conversation),
    Call("cases", "open", None, OpenCase, cases.open_case),
    Call("cases", "read", "case", None, cases.read_case, keyed=False),
    Call("cases", "move", "case", MoveCase, cases.move_case),
    Call("entries", "add", "case", AddEntry, entries.add_entry),
    Call("deadlines", "set", "case", SetDeadline, deadlines.set_deadline),
    Call("tasks", "add", "case", AddTask, tasks.add_task),
]


async def offer(hub: Hub) -> Offer:
    """Offer every call until the offer is stopped."""
    endpoints = {api_subject(call.noun, call.action): _handler(hub, call) for call in CALLS}
    return await Offer.start(hub.bus, "casewire", "1.0.0", endpoints)


def _handler(hub: Hub, call: Call) -> Handler:
    async def handle(headers: Mapping[str, str], data: bytes) -> bytes:
        arguments: list[Any] = [hub, await _who(hub, headers), *_read(call, data)]
        if call.keyed:
            arguments.append(_key(headers))
        return msgspec.json.encode(await call.run(*arguments))

    return handle


async def _who(hub: Hub, headers: Mapping[str, str]) -> Who:
    token = headers.get(HEADER_AUTHORIZATION, "").removeprefix("Bearer ")
    who = await session_of(hub, token) if token else None
    if who is None:
        raise Refused("unauthenticated")
    return who


def _key(headers: Mapping[str, str]) -> UUID:
    try:
        return UUID(headers[HEADER_KEY])
    except (KeyError, ValueError):
        raise Refused("key_missing", f"Send a UUID in {HEADER_KEY}.") from None


def _read(call: Call, data: bytes) -> list[Any]:
    """Target and request, as far as the call has them."""
    try:
        fields = msgspec.json.decode(data or b"{}", type=dict[str, Any])
        found: list[Any] = [msgspec.convert(fields.pop(call.target, None), UUID)] if call.target else []
        return [*found, msgspec.convert(fields, call.request)] if call.request else found
    except msgspec.MsgspecError as error:
        why, _, at = str(error).partition(" - at `")
        raise bad_input(at.rstrip("`") or "$", why) from None
