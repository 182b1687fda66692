"""The same actions for other services, as NATS requests: `nats micro ls` shows them. Who may come at all, `admit` says.

A request carries the id of its target and the fields of its Struct in one JSON object, the caller's token in
`Cw-Authorization` and, for writes, a UUID in `Cw-Idempotency-Key`. The answer is what HTTP answers; an error has its
code in `Nats-Service-Error-Code` and the problem as its body.

What sockets may ask, the gateway asks on subjects of its own, with the client's address for the record. A service's
requests have none there: NATS does not say from which connection one came, and its token is in the entry.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, replace

from hub.audit.recording import record_refused
from hub.cases import actions as cases
from hub.context import Hub, Who
from hub.conversations import actions as conversations
from hub.deadlines import actions as deadlines
from hub.entries import actions as entries
from hub.http.auth import session_of
from hub.http.bodies import unfit
from hub.messages import actions as messages
from hub.tasks import actions as tasks
from schemas.audit import Doing
from schemas.cases import MoveCase, OpenCase
from schemas.conversations import MoveMarker, OpenConversation
from schemas.credentials import token_hash
from schemas.deadlines import SetDeadline
from schemas.entries import AddEntry
from schemas.errors import Refused
from schemas.limits import TOKEN_BYTES_MAX
from schemas.messages import PostMessage
from schemas.rates import Kind
from schemas.scopes import READ, WRITE, require
from schemas.subjects import (
    HEADER_ADDRESS,
    HEADER_AUTHORIZATION,
    HEADER_KEY,
    api_subject,
    inbox,
    socket_subject,
)
from schemas.tasks import AddTask
from storage.callout import Guest
from storage.postgres.access import holders
from storage.postgres.pool import translated
from storage.services import Handler, Offer


class Call(NamedTuple):
    """`target` names the id in the request that the action is about. `request` is None where there are no fields. What
    has `socket` is also asked by the gateway for its clients."""

    noun: str
    action: str
    target: str | None
    request: type[Struct] | None
    run: Callable[..., Awaitable[Any]]
    keyed: bool = True
    scope: str = WRITE
    rate: Kind = "write"
    socket: bool = False


CALLS = [
    Call("messages", "post", "conversation", PostMessage, messages.post_message, socket=True),
    Call(
        "markers",
        "move",
        "conversation",
        MoveMarker,
        conversations.move_marker,
        keyed=False,
        rate="read",
        socket=True,
    ),
    Call("conversations", "open", "case", OpenConversation, conversations.open_conversation),
    Call("cases", "open", None, OpenCase, cases.open_case),
    Call("cases", "read", "case", None, cases.read_case, keyed=False, scope=READ, rate="read"),
    Call("cases", "move", "case", MoveCase, cases.move_case),
    Call("entries", "add", "case", AddEntry, entries.add_entry),
    Call("deadlines", "set", "case", SetDeadline, deadlines.set_deadline),
    Call("tasks", "add", "case", AddTask, tasks.add_task),
]


# Connections to PostgreSQL that requests over NATS leave to HTTP: a flood by socket, or a room in which everybody waits
# for the same lock, does not keep the hub from answering.
CONNECTIONS_LEFT = 2


async def offer(hub: Hub) -> Offer:
    """Offer every call until the offer is stopped."""
    endpoints = {api_subject(call.noun, call.action): _handler(hub, call, socket=False) for call in CALLS}
    for call in CALLS:
        if call.socket:
            endpoints[socket_subject(call.noun, call.action)] = _handler(hub, call, socket=True)
    at_once = max(1, hub.settings.postgres_pool - CONNECTIONS_LEFT)
    return await Offer.start(hub.bus, "casewire", "1.0.0", endpoints, at_once)


async def admit(hub: Hub, token: str, address: str) -> Guest | None:
    """Who comes to NATS with this token: a service, which may ask for what its scopes open and hear its own answers.
    Each request is judged by itself nevertheless. Whoever else has a token comes by HTTP or by the socket."""
    await hub.rates.admit("live", None, address)
    if not token or len(token) > TOKEN_BYTES_MAX:
        return None
    hashed = token_hash(token)
    async with translated():
        found = await holders(hub.database.signin, [hashed], hub.clock())
    holder = found.get(hashed)
    if holder is None or holder.kind != "service":
        return None
    opened = [api_subject(call.noun, call.action) for call in CALLS if call.scope in holder.scopes]
    return Guest(str(holder.session), opened, [f"{inbox(holder.viewer.person)}.>"], holder.expires_at)


def _handler(hub: Hub, call: Call, *, socket: bool) -> Handler:
    read = _reader(call)

    async def handle(headers: Mapping[str, str], data: bytes) -> bytes:
        address = headers.get(HEADER_ADDRESS, "") if socket else ""
        who = await _who(hub, headers, Doing(call.run.__name__, address=address))
        await hub.rates.admit(call.rate, who.person, "")  # the address is the gateway's affair
        try:
            require(who.kind, who.scopes, call.scope)
            asked = read(data)
            if call.target:
                who = replace(who, doing=replace(who.doing, thing=asked[0]))
            arguments: list[Any] = [hub, who, *asked]
            if call.keyed:
                arguments.append(_key(headers))
            return msgspec.json.encode(await call.run(*arguments))
        except Refused as error:
            if call.scope != READ:
                await record_refused(hub, who.actor, who.doing, error)
            raise

    return handle


async def _who(hub: Hub, headers: Mapping[str, str], doing: Doing) -> Who:
    token = headers.get(HEADER_AUTHORIZATION, "").removeprefix("Bearer ")
    who = await session_of(hub, token, doing) if token else None
    if who is None:
        raise Refused("unauthenticated")
    return who


def _key(headers: Mapping[str, str]) -> UUID:
    try:
        return UUID(headers[HEADER_KEY])
    except (KeyError, ValueError):
        raise Refused("key_missing", f"Send a UUID in {HEADER_KEY}.") from None


def _reader(call: Call) -> Callable[[bytes], list[Any]]:
    """Reads target and request, as far as the call has them, of one JSON object that holds the fields of both."""
    request = call.request
    fields = msgspec.structs.fields(request) if request else ()
    given = [(call.target, UUID)] if call.target else []
    whole: Any = msgspec.defstruct(
        call.noun, [*given, *map(_field, fields)], kw_only=True, forbid_unknown_fields=True
    )
    decode = msgspec.json.Decoder(whole).decode

    def read(data: bytes) -> list[Any]:
        try:
            values = decode(data or b"{}")
        except msgspec.MsgspecError as error:
            raise unfit(error) from None
        found = [getattr(values, call.target)] if call.target else []
        if request is not None:
            found.append(request(**{field.name: getattr(values, field.name) for field in fields}))
        return found

    return read


def _field(of: FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    if of.default_factory is not NODEFAULT:
        return of.name, of.type, msgspec.field(default_factory=of.default_factory)
    return (of.name, of.type) if of.default is NODEFAULT else (of.name, of.type, of.default)
