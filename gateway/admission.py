"""Who is behind a token, with their facts: asked of PostgreSQL for everyone who came meanwhile at once."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from gateway.feed import Feed
from schemas.credentials import token_hash
from schemas.people import Me
from schemas.settings import Settings
from storage.postgres import access
from storage.postgres.access import Holder
from storage.postgres.pool import PASSING

HANDSHAKES_MAX = 2000  # waiting at once; more are asked to come later
ASKED_AT_ONCE = 200

logger = structlog.get_logger("gateway")


class Admitted(NamedTuple):
    """`mark` is the feed's count of changes before the facts were read: see `Feed.touched_since`."""

    holder: Holder
    me: Me
    mark: int


class Busy(Exception):
    """Too many at once, or PostgreSQL does not answer: come back later."""


class Admission:
    """One question at a time, each for all who wait: a storm of handshakes is a few queries."""

    def __init__(self, feed: Feed, database: Any, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._feed, self._database, self._clock = feed, database, clock
        self._urls = {"live_url": settings.live_url, "files_url": settings.files_url}
        self._waiting: dict[bytes, list[asyncio.Future[Admitted | None]]] = {}
        self._count = 0
        self._asking: asyncio.Task[None] | None = None

    async def admit(self, token: str) -> Admitted | None:
        """Who holds this token, as of now; None when nobody does. Raises `Busy`."""
        if self._count >= HANDSHAKES_MAX or not self._feed.running:
            raise Busy
        self._count += 1
        future: asyncio.Future[Admitted | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(token_hash(token), []).append(future)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        try:
            return await future
        finally:
            self._count -= 1

    async def _ask(self) -> None:
        try:
            while self._waiting:
                hashes = list(self._waiting)[:ASKED_AT_ONCE]
                asked = {key: self._waiting.pop(key) for key in hashes}
                found: dict[bytes, Admitted] = {}
                failed = False
                try:
                    found = await self._look_up(hashes)
                except PASSING as error:
                    logger.warning("postgres does not answer", error=type(error).__name__)
                    failed = True
                for key, waiting in asked.items():
                    for future in waiting:
                        if future.done():
                            continue
                        if failed:
                            future.set_exception(Busy())
                        else:
                            future.set_result(found.get(key))
        finally:
            self._asking = None

    async def _look_up(self, hashes: list[bytes]) -> dict[bytes, Admitted]:
        mark = self._feed.touched
        holders = await access.holders(self._database.signin, hashes, self._clock())
        people = {holder.viewer.person for holder in holders.values()}
        known = await access.people(self._database.system, people, **self._urls) if people else {}
        return {
            key: Admitted(holder, known[holder.viewer.person], mark)
            for key, holder in holders.items()
            if holder.viewer.person in known
        }
