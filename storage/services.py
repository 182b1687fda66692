"""Offering actions as a NATS micro service: discoverable, shared by all that offer it, bounded in number at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog
from nats.micro import add_service
from nats.micro.request import Request
from nats.micro.service import Service

from schemas.errors import Refused
from storage.bus import Bus

AT_ONCE_MAX = 256
STOP_WAIT_S = 2.0

# Headers and body in, body out; raises `Refused`.
Handler = Callable[[Mapping[str, str], bytes], Awaitable[bytes]]

log = structlog.get_logger()


class Offer:
    """A running micro service. `endpoints` maps a subject to what answers there."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._free = asyncio.Semaphore(AT_ONCE_MAX)
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(cls, bus: Bus, name: str, version: str, endpoints: Mapping[str, Handler]) -> "Offer":
        offer = cls(await add_service(bus.client, name=name, version=version, description="The actions of the hub"))
        for subject, handler in endpoints.items():
            endpoint = "-".join(subject.split(".")[2:])
            await offer._service.add_endpoint(name=endpoint, subject=subject, handler=offer._spawning(handler))
        return offer

    async def stop(self) -> None:
        """Take no more requests and finish those under way."""
        await self._service.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WAIT_S)

    def _spawning(self, handler: Handler) -> Callable[[Request], Awaitable[None]]:
        async def handle(request: Request) -> None:
            # The client calls handlers one after another; each request is a task, and their number is bounded.
            await self._free.acquire()
            task = asyncio.create_task(_answer(handler, request))
            self._tasks.add(task)
            task.add_done_callback(self._done)

        return handle

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._free.release()


async def _answer(handler: Handler, request: Request) -> None:
    try:
        await request.respond(await handler(request.headers or {}, request.data))
    except Refused as error:
        await _refuse(request, error)
    except Exception as error:
        log.exception("service failed", subject=request.subject, exc_info=error)
        await _refuse(request, Refused("internal"))


async def _refuse(request: Request, error: Refused) -> None:
    problem = error.problem()
    await request.respond_error(error.code, problem.title, data=msgspec.json.encode(problem))
