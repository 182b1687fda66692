"""Offering actions as a NATS micro service: discoverable, shared by all that offer it, bounded in number at once."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import nats.errors
import structlog
from nats.micro import add_service
from nats.micro.request import Request
from nats.micro.service import Service

from schemas.errors import Refused
from storage.bus import Bus

INBOXES = ("_INBOX_", "_INBOX.")
WAITING_MAX = 2048  # requests that wait for their turn; who comes then is told to come later
RETRY_AFTER_MS = 1000
STOP_WAIT_S = 2.0

# Headers and body in, body out; raises `Refused`.
Handler = Callable[[Mapping[str, str], bytes], Awaitable[bytes]]

log = structlog.get_logger()


class Offer:
    """A running micro service. `endpoints` maps a subject to what answers there, `at_once` requests at a time."""

    def __init__(self, service: Service, at_once: int) -> None:
        self._service = service
        self._free = at_once
        self._working: set[asyncio.Task[None]] = set()
        self._waiting: deque[tuple[Handler, Request]] = deque()

    @classmethod
    async def start(
        cls, bus: Bus, name: str, version: str, endpoints: Mapping[str, Handler], at_once: int
    ) -> "Offer":
        service = await add_service(
            bus.client, name=name, version=version, description="The actions of the hub"
        )
        offer = cls(service, at_once)
        for subject, handler in endpoints.items():
            endpoint = "-".join(subject.split(".")[1:])
            await service.add_endpoint(name=endpoint, subject=subject, handler=offer._taking(handler))
        await bus.client.flush()  # from here on a request finds us
        return offer

    @property
    def requests(self) -> int:
        """How many requests have come here."""
        return sum(endpoint.num_requests for endpoint in self._service.stats().endpoints)

    async def stop(self) -> None:
        """Take no more requests and finish those that came."""
        await self._service.stop()
        if self._working:
            await asyncio.wait(self._working, timeout=STOP_WAIT_S)

    def _taking(self, handler: Handler) -> Callable[[Request], Awaitable[None]]:
        async def take(request: Request) -> None:
            # We may answer to any subject: whoever names another one than an inbox would speak through us.
            if (reply := request._msg.reply) and not reply.startswith(INBOXES):  # pyright: ignore[reportPrivateUsage]
                return
            # The client calls this for one request after another, so it must not wait for an answer to be made.
            if self._free:
                self._free -= 1
                task = asyncio.create_task(self._work(handler, request))
                self._working.add(task)
                task.add_done_callback(self._working.discard)
            elif len(self._waiting) < WAITING_MAX:
                self._waiting.append((handler, request))
            else:
                await _refuse(
                    request, Refused("unavailable", "Too much to do.", retry_after_ms=RETRY_AFTER_MS)
                )

        return take

    async def _work(self, handler: Handler, request: Request) -> None:
        """Answer this request and then what waits, so that a flood needs no task for each."""
        try:
            while True:
                await _answer(handler, request)
                if not self._waiting:
                    return
                handler, request = self._waiting.popleft()
        finally:
            self._free += 1


async def _answer(handler: Handler, request: Request) -> None:
    # ValueError: it names no place to answer to. Whoever lost the connection learns by the silence.
    with contextlib.suppress(nats.errors.Error, OSError, ValueError):
        try:
            answer = await handler(request.headers or {}, request.data)
        except Refused as error:
            await _refuse(request, error)
        except Exception as error:
            log.exception("service failed", subject=request.subject, exc_info=error)
            await _refuse(request, Refused("internal"))
        else:
            await request.respond(answer)


async def _refuse(request: Request, error: Refused) -> None:
    problem = error.problem()
    await request.respond_error(error.code, problem.title, data=msgspec.json.encode(problem))
