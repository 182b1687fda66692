"""Who is behind a token, with their facts: asked of PostgreSQL for everyone who came meanwhile at once."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import structlog
from msgspec import Raw
from prometheus_client import Counter

from gateway.asking import Asking
from gateway.feed import Feed
from schemas.credentials import token_hash
from schemas.settings import Settings
from storage.postgres import access
from storage.postgres.access import Holder
from storage.postgres.pool import PASSING

HANDSHAKES_MAX = 2000  # waiting at once; more are asked to come later

QUERIES = Counter("casewire_gateway_session_queries_total", "Queries for the sessions of those who come.")

logger = structlog.get_logger("gateway")


class Admitted(NamedTuple):
    """`me` is a `schemas.people.Me`, encoded once for all sockets of a person that come together. `mark` is the feed's
    count of changes before the facts were read: see `Feed.touched_since`."""

    holder: Holder
    me: Raw
    mark: int


class Admission:
    """A storm of handshakes is a few queries."""

    def __init__(self, feed: Feed, database: Any, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._feed, self._database, self._clock = feed, database, clock
        self._urls = {"live_url": settings.live_url, "files_url": settings.files_url}
        self._asking = Asking(self._look_up)
        self._count = 0

    def admit(self, token: str, then: Callable[[Admitted | None], None], busy: Callable[[], None]) -> None:
        """Call `then` with who holds this token, None when nobody does; or `busy`, at once or later."""
        if self._count >= HANDSHAKES_MAX or not self._feed.running:
            busy()
            return

        def answered(found: "asyncio.Future[Admitted | None]") -> None:
            self._count -= 1
            if (error := found.exception()) is not None:
                if not isinstance(error, PASSING):
                    logger.error("sessions cannot be read", exc_info=error)
                busy()
            elif (admitted := found.result()) is not None and self._outdated(admitted):
                self.admit(token, then, busy)
            else:
                then(admitted)

        self._count += 1
        self._asking.get(token_hash(token)).add_done_callback(answered)

    def _outdated(self, admitted: Admitted) -> bool:
        """The feed does not refresh those who are not in yet: if they changed meanwhile, ask again."""
        return self._feed.touched_since(admitted.mark, admitted.holder.viewer.person)

    async def _look_up(self, hashes: list[bytes]) -> dict[bytes, Admitted]:
        mark = self._feed.touched
        QUERIES.inc()
        try:
            holders = await access.holders(self._database.signin, hashes, self._clock())
            people = {holder.viewer.person for holder in holders.values()}
            known = await access.people(self._database.system, people, **self._urls) if people else {}
        except PASSING as error:
            logger.warning("postgres does not answer", error=type(error).__name__)
            raise
        told = {person: Raw(msgspec.json.encode(me)) for person, me in known.items()}
        return {
            key: Admitted(holder, told[holder.viewer.person], mark)
            for key, holder in holders.items()
            if holder.viewer.person in told
        }
