"""What the hub's actions are handed: made once in `hub/serve.py`, passed to every action, no globals."""

from asyncio import Future
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from hub.providers.knowing import Knowledge
from schemas.audit import NOTHING, Actor, Doing
from schemas.facts import Key
from schemas.limits import USE_NOTED_EVERY_S
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.bus import Bus
from storage.keys.ring import Keys
from storage.postgres.locks import Lock
from storage.postgres.pool import Database
from storage.postgres.privileged import Privileged
from storage.postgres.rates import Rates
from storage.postgres.recorder import Recorder
from storage.postgres.unit import Unit

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Who(Struct, frozen=True):
    """The person who asks, and by which session; None for the person at the machine, who needs none.

    What they may is looked up in each transaction, and so is whether the session is still good. `scopes` narrow what
    the session opens (`schemas/scopes.py`); they are fixed when it is made.
    """

    person: UUID
    session: UUID | None
    kind: str
    scopes: frozenset[str] = frozenset()
    held: bytes = b""  # the hash of the secret by which they ask: the session may have another one by now
    viewing: UUID | None = None  # through whose eyes this one read is looked at (`hub/views/eyes.py`)
    doing: Doing = NOTHING  # what they ask for this time, and from where
    via: UUID | None = None  # the app that holds the session for them

    @property
    def actor(self) -> Actor:
        return Actor(
            kind=self.kind, person=self.person, session=self.session, via=self.via, viewing=self.viewing
        )


class Identities:
    """Whose token it is never changes, so that is remembered; every transaction asks whether it is still good."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._known: OrderedDict[bytes, Who] = OrderedDict()

    def get(self, token_hash: bytes) -> Who | None:
        who = self._known.get(token_hash)
        if who is not None:
            self._known.move_to_end(token_hash)
        return who

    def put(self, token_hash: bytes, who: Who) -> None:
        self._known[token_hash] = who
        if len(self._known) > self._size:
            self._known.popitem(last=False)


class Uses:
    """When this process last wrote down that a session is in use: now and then is enough."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._noted: OrderedDict[UUID, datetime] = OrderedDict()

    def due(self, session: UUID, now: datetime) -> bool:
        """Whether to write it down now; it counts as written from then on."""
        before = self._noted.get(session)
        if before is not None and now - before < timedelta(seconds=USE_NOTED_EVERY_S):
            return False
        self._noted[session] = now
        self._noted.move_to_end(session)
        if len(self._noted) > self._size:
            self._noted.popitem(last=False)
        return True


class Health:
    """What was found out last about the servers, and when."""

    def __init__(self) -> None:
        self.asked: Future[list[str]] | None = None
        self.at = 0.0


class Hub(Struct, frozen=True):
    settings: Settings
    database: Database
    bus: Bus
    blobs: Blobs
    rates: Rates
    keys: Keys
    clock: Clock = utc_now
    identities: Identities = field(default_factory=Identities)
    uses: Uses = field(default_factory=Uses)
    knowledge: Knowledge = field(default_factory=Knowledge)
    health: Health = field(default_factory=Health)
    privileged: Privileged = field(default_factory=Privileged)
    copying: set[UUID] = field(default_factory=set)  # who takes a copy of what is held of somebody

    @asynccontextmanager
    async def writing(self, who: Who, lock: Lock, key: Key | None = None) -> AsyncIterator[Unit]:
        """A unit of work as `who`; after its commit the relay is woken."""
        async with self.database.writing(
            who.person, lock, self.clock(), key, who.session, who.held, who.actor, who.doing
        ) as unit:
            yield unit
        if unit.appended:
            await self.bus.wake()

    @asynccontextmanager
    async def signing(
        self, by: Actor, doing: Doing, act: str, *, thing: UUID | None = None, rule: str = "own"
    ) -> AsyncIterator[Unit]:
        """One transaction of the functions by which people come in, with its entry in the record. `rule` says how
        whoever acts has shown who they are."""
        async with self.database.signing(self.clock(), by, doing) as unit:
            unit.act, unit.thing, unit.rule = act, thing, rule
            yield unit

    @property
    def recorder(self) -> Recorder:
        return self.database.recorder

    def reading(self, who: Who) -> Any:
        return self.database.reading(who.person, who.session, who.held)


def key_of(id: UUID, action: str, target: UUID | None, request: Any) -> Key:
    """A key with the hash of what it is used for; the same whichever way the request came."""
    return Key(id, sha256(msgspec.json.encode((action, target, request), order="deterministic")).digest())
