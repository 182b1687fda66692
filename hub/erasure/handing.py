"""How a person's copy leaves: as long as who asked for it may have it, and not slower than a named pace."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from litestar.response import Stream
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import HTTPResponseBodyEvent, Receive, Send

from hub.context import Hub, Who
from hub.erasure import exports
from hub.people.rules import may_administer
from schemas.errors import Refused
from storage.leaving import Leaving, Slow
from storage.postgres import erasure, people

log = structlog.get_logger("copies")

ZIP_TYPE = "application/zip"
ZIP = {"content-disposition": 'attachment; filename="casewire-person.zip"'}


class Gone(Exception):
    """Nobody takes it any more."""


async def handed(hub: Hub, who: Who, org: UUID | None, person: UUID) -> "Handed":
    """The copy of `exports.export` as an answer, begun: whoever may not have it is refused before."""
    walls = await _open(hub, who, org, person, None)
    made = await exports.export(hub, who, org, person)
    return Handed(made, partial(_still, hub, who, org, person, walls))


async def _still(hub: Hub, who: Who, org: UUID | None, person: UUID, walls: frozenset[UUID]) -> None:
    await _open(hub, who, org, person, walls)


async def _open(
    hub: Hub, who: Who, org: UUID | None, person: UUID, walls: frozenset[UUID] | None
) -> frozenset[UUID]:
    """The cases that walls close to the asker. Refuses whose session is over, who has lost the place by which they
    asked, and whom a wall keeps out that did not when it was made (`walls`)."""
    async with hub.database.reading(who.person, who.session, who.held) as connection:
        if org is not None:
            may_administer(await connection.fetchval(people.ROLE, org))
        if await connection.fetchval(erasure.ROWS, org, person, "profile") is None:
            raise Refused("not_found")
        now = frozenset(await connection.fetchval(erasure.WALLED))
    if walls is not None and not now <= walls:
        raise Refused("not_found")
    return now


class Handed(Stream):
    """An answer that breaks off where `still` refuses, or where it is taken too slowly: no program opens it then."""

    def __init__(self, made: AsyncGenerator[bytes, None], still: Callable[[], Awaitable[None]]) -> None:
        super().__init__(made, media_type=ZIP_TYPE, headers=ZIP)
        self._made, self._still = made, still

    def to_asgi_response(
        self, app: Any, request: Any, *, headers: Any = None, type_encoders: Any = None, **more: Any
    ) -> "_Leaving":
        said = {**(headers or {}), **self.headers}
        return _Leaving(self._made, self._still, **more | {"headers": said, "media_type": ZIP_TYPE})


class _Leaving(ASGIStreamingResponse):
    def __init__(
        self, made: AsyncGenerator[bytes, None], still: Callable[[], Awaitable[None]], **more: Any
    ) -> None:
        super().__init__(iterator=made, **more)
        self._made, self._still = made, still

    async def send_body(self, send: Send, receive: Receive) -> None:
        left = asyncio.ensure_future(_left(receive))

        async def hand(part: bytes) -> None:
            await send(_body(part, more=True))

        async def still() -> None:
            if left.done():
                raise Gone
            await self._still()

        try:
            async with aclosing(self._made):
                leaving = Leaving(hand, still)
                async for part in self._made:
                    await leaving.add(part)
                await leaving.end()
            await send(_body(b"", more=False))
        except Gone:
            pass
        except (Refused, Slow) as error:
            # It ends before its end, for which the server closes the connection.
            log.warning("a person's copy broke off", why=repr(error))
        finally:
            left.cancel()


def _body(part: bytes, *, more: bool) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": part, "more_body": more}


async def _left(receive: Receive) -> None:
    """Returns when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
