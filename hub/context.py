"""What the hub's actions are handed: made once in `hub/serve.py`, passed to every action, no globals."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.access import Viewer
from schemas.facts import Key
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.bus import Bus
from storage.postgres.locks import Lock
from storage.postgres.pool import Database
from storage.postgres.unit import Unit

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Who(Struct, frozen=True):
    """The person who asks, by which session, and what they held when they asked. Writes look again."""

    person: UUID
    session: UUID
    kind: str
    viewer: Viewer


class Hub(Struct, frozen=True):
    settings: Settings
    database: Database
    bus: Bus
    blobs: Blobs
    clock: Clock = utc_now

    @asynccontextmanager
    async def writing(self, who: Who, lock: Lock, key: Key | None = None) -> AsyncIterator[Unit]:
        """A unit of work as `who`; after its commit the relay is woken."""
        async with self.database.writing(who.person, lock, self.clock(), key) as unit:
            yield unit
        if unit.appended:
            await self.bus.wake()

    def reading(self, who: Who) -> Any:
        return self.database.reading(who.person)


def key_of(id: UUID, action: str, target: UUID | None, request: Any) -> Key:
    """A key with the hash of what it is used for; the same whichever way the request came."""
    return Key(id, sha256(msgspec.json.encode((action, target, request), order="deterministic")).digest())
