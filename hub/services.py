"""The same actions for other services, as NATS requests: `nats micro ls` shows them.

A request carries the ids of its target and the fields of its Struct in one JSON object, the caller's token in
`Cw-Authorization` and, for writes, a UUID in `Cw-Idempotency-Key`. The answer is what HTTP answers; an error has its
code in `Nats-Service-Error-Code` and the problem as its body.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog
from nats.micro import add_service
from nats.micro.request import Request
from nats.micro.service import Service

from hub.cases import actions as cases
from hub.context import Hub, Who
from hub.conversations import actions as conversations
from hub.entries import actions as entries
from hub.http.auth import session_of
from hub.messages import actions as messages
from schemas.cases import MoveCase, OpenCase
from schemas.conversations import MoveMarker, OpenConversation
from schemas.entries import AddEntry
from schemas.errors import FieldProblem, Refused
from schemas.messages import PostMessage
from schemas.subjects import HEADER_AUTHORIZATION, HEADER_KEY, api_subject

log = structlog.get_logger()

AT_ONCE_MAX = 256


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that has no fields besides its target."""


class Call(NamedTuple):
    """`target` names the id in the request that the action is about; `run(hub, who, target, request, key)`."""

    noun: str
    action: str
    target: str | None
    request: type[msgspec.Struct]
    run: Callable[..., Awaitable[Any]]
    keyed: bool = True


CALLS = [
    Call("messages", "post", "conversation", PostMessage, messages.post_message),
    Call("markers", "move", "conversation", MoveMarker, conversations.move_marker, keyed=False),
    Call("conversations", "open", "case", OpenConversation, conversations.open_conversation),
    Call("cases", "open", None, OpenCase, cases.open_case),
    Call("cases", "read", "case", Nothing, cases.read_case, keyed=False),
    Call("cases", "move", "case", MoveCase, cases.move_case),
    Call("entries", "add", "case", AddEntry, entries.add_entry),
]


class Services:
    """The NATS micro service `casewire`. Several hubs share its work by its queue group."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.free = asyncio.Semaphore(AT_ONCE_MAX)
        self.tasks: set[asyncio.Task[None]] = set()
        self.service: Service | None = None

    async def start(self) -> None:
        self.service = await add_service(
            self.hub.bus.client, name="casewire", version="1.0.0", description="The actions of the hub"
        )
        for call in CALLS:
            await self.service.add_endpoint(
                name=f"{call.noun}-{call.action}",
                subject=api_subject(call.noun, call.action),
                handler=self._handler(call),
            )

    async def stop(self) -> None:
        """Take no more requests and finish those under way."""
        if self.service is not None:
            await self.service.stop()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=2)

    def _handler(self, call: Call) -> Callable[[Request], Awaitable[None]]:
        async def handle(request: Request) -> None:
            # The client calls handlers one after another; each request is a task, and their number is bounded.
            await self.free.acquire()
            task = asyncio.create_task(self._answer(call, request))
            self.tasks.add(task)
            task.add_done_callback(self._done)

        return handle

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.free.release()

    async def _answer(self, call: Call, request: Request) -> None:
        try:
            answer = await self._run(call, request)
            await request.respond(msgspec.json.encode(answer))
        except Refused as error:
            await _refuse(request, error)
        except Exception as error:
            log.exception("service failed", subject=request.subject, exc_info=error)
            await _refuse(request, Refused("internal"))

    async def _run(self, call: Call, request: Request) -> Any:
        headers = request.headers or {}
        who = await self._who(headers)
        fields, target = _read(call, request.data)
        arguments: list[Any] = [self.hub, who]
        if target is not None:
            arguments.append(target)
        if call.request is not Nothing:
            arguments.append(fields)
        if call.keyed:
            arguments.append(_key(headers))
        return await call.run(*arguments)

    async def _who(self, headers: dict[str, str]) -> Who:
        token = headers.get(HEADER_AUTHORIZATION, "").removeprefix("Bearer ")
        who = await session_of(self.hub, token) if token else None
        if who is None:
            raise Refused("unauthenticated")
        return who


def _key(headers: dict[str, str]) -> UUID:
    try:
        return UUID(headers[HEADER_KEY])
    except (KeyError, ValueError):
        raise Refused("key_missing", f"Send a UUID in {HEADER_KEY}.") from None


def _read(call: Call, data: bytes) -> tuple[Any, UUID | None]:
    try:
        fields = msgspec.json.decode(data or b"{}", type=dict[str, Any])
        target = msgspec.convert(fields.pop(call.target, None), UUID) if call.target else None
        return msgspec.convert(fields, call.request), target
    except msgspec.MsgspecError as error:
        why, _, at = str(error).partition(" - at `")
        place = at.rstrip("`") or "$"
        raise Refused("bad_input", f"{place}: {why}", fields=(FieldProblem(place, why),)) from None


async def _refuse(request: Request, error: Refused) -> None:
    problem = error.problem()
    await request.respond_error(error.code, problem.title, data=msgspec.json.encode(problem))
