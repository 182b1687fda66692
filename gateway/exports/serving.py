"""Answers for an archive's address: the wall is asked, the reading is written down, and then it is made and sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

import structlog

from gateway.exports.making import Making, Opened
from schemas.access import Viewer, sees
from schemas.addresses import Address
from schemas.audit import Actor, Version
from schemas.audit_log import Signer
from schemas.errors import Refused
from schemas.limits import (
    EXPORT_RECORD_S,
    EXPORTS_AT_ONCE_MAX,
    EXPORTS_FULL_AGAIN_MS,
    EXPORTS_OF_ONE_MAX,
    READING_ASKED_AGAIN_S,
)
from schemas.zips import archive_name
from storage.blobs import Absent, Blobs
from storage.leaving import Leaving
from storage.postgres import audit, exports
from storage.postgres.access import Thing
from storage.postgres.pool import Database
from storage.sealed import Sealing, opened

log = structlog.get_logger("exports")


class Readable(Protocol):
    """A version that its reader may read now; `gateway.files.Readable`."""

    @property
    def id(self) -> UUID: ...
    @property
    def document(self) -> UUID: ...
    @property
    def n(self) -> int: ...
    @property
    def case_id(self) -> UUID: ...
    @property
    def org(self) -> UUID: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def object_key(self) -> str: ...
    @property
    def object_version(self) -> str: ...
    @property
    def sealing(self) -> Sealing | None: ...


class Origin(Protocol):
    """The files origin, as far as archives need it."""

    database: Database
    blobs: Blobs
    clock: Callable[[], datetime]

    async def readable(self, address: Address, client: str) -> tuple[Readable, Actor]: ...


class Serving:
    """`connections` is how many to the database there are: half of them at most are for archives."""

    def __init__(self, origin: Origin, signer: Signer, connections: int = 2 * EXPORTS_AT_ONCE_MAX) -> None:
        self.origin, self.signer = origin, signer
        self.at_once = max(1, min(EXPORTS_AT_ONCE_MAX, connections // 2))
        self._seats: Counter[UUID] = Counter()

    async def name(self, address: Address, place: str) -> str:
        """The file's name; `not_found` for whoever may not have it now, which is written down."""
        try:
            async with self.origin.database.reading(address.person, address.session) as connection:
                row = (await self._open(connection, address)).row
        except Refused as error:
            by = Actor(kind="browser", person=address.person, session=address.session)
            made = audit.made(
                act="export.read", at=self.origin.clock(), by=by, rule=error.code, outcome="refused",
                thing=address.version, address=place,
            )  # fmt: skip
            await self.origin.database.recorder.record(*made)
            raise
        return archive_name(row["number"], row["made_at"])

    async def send(
        self, address: Address, place: str, hand: Callable[[bytes], Awaitable[None]], asked_again_s: float | None = None
    ) -> None:
        """Hand over the archive, a part at a time. The first comes when the reading is written down (`place`: the
        client's address), and nothing does when that cannot be. Each part leaves after the wall was asked: raises
        `Refused` where the exporter loses the case, or a role in it, on the way; `Slow` where they do not take it."""
        with ExitStack() as held:
            held.enter_context(self._seat(address.person))
            database = self.origin.database
            async with database.reading(address.person, address.session, steady_s=EXPORT_RECORD_S) as connection:
                found = await self._open(connection, address)
                by = Actor(kind=found.row["f_kind"], person=address.person, session=address.session)
                await self._told(found.row, by, "export.read", address.version, place)

                async def still() -> None:
                    async with database.reading(address.person, address.session) as again:
                        now = await self._open(again, address)
                    if not found.held <= now.held:  # what was read by a role that is gone is not theirs any more
                        raise Refused("not_found")

                def content(version: UUID) -> AsyncGenerator[bytes, None]:
                    return self._content(found.row, address, version, by, place)

                making = Making(found, database.epoch, self.signer, content, still)
                held.callback(making.archive.abandon)
                leaving = Leaving(hand, still, asked_again_s=asked_again_s or READING_ASKED_AGAIN_S)
                async for part in making.record(connection):
                    await leaving.add(part)
            async for part in making.files():
                await leaving.add(part)
            await leaving.end()

    @contextmanager
    def _seat(self, person: UUID) -> Iterator[None]:
        """A place among those who download. One person's downloads, however slow, leave places for others."""
        if self._seats[person] >= EXPORTS_OF_ONE_MAX:
            raise Refused(
                "too_many", "You are downloading an archive already; wait until it is there, then try again.",
                retry_after_ms=EXPORTS_FULL_AGAIN_MS,
            )  # fmt: skip
        if self._seats.total() >= self.at_once:
            raise Refused(
                "unavailable", "As many archives as can be are being downloaded; try again soon.",
                retry_after_ms=EXPORTS_FULL_AGAIN_MS,
            )  # fmt: skip
        self._seats[person] += 1
        try:
            yield
        finally:
            self._seats[person] -= 1
            self._seats += Counter()  # who has none is not kept

    async def _open(self, connection: Any, address: Address) -> Opened:
        """The export as it may be read now: the session is good, and the case to be seen, by policy and pure rule."""
        row = await connection.fetchrow(exports.OPEN, address.version, address.session, self.origin.clock())
        if row is None or not row["f_reads"]:
            raise Refused("not_found")
        viewer = Viewer(address.person, frozenset(zip(row["f_scopes"], row["f_roles"], strict=True)))
        if not sees(viewer, Thing(row["id"], row["org"], row["audience"], ())):
            raise Refused("not_found")
        return Opened(row, viewer)

    async def _told(
        self, row: Any, by: Actor, act: str, thing: UUID, place: str, of: Version | None = None
    ) -> None:
        made = audit.made(
            act=act, at=self.origin.clock(), by=by, rule=f"export {row['export']}", log=row["org"], case=row["id"],
            thing=thing, of=of, address=place,
        )  # fmt: skip
        await self.origin.database.recorder.record(*made)

    async def _content(
        self, row: Any, address: Address, id: UUID, by: Actor, place: str
    ) -> AsyncGenerator[bytes, None]:
        """A version's bytes, for which the wall is asked again; written down before the first of them."""
        version, _ = await self.origin.readable(address._replace(version=id, kind="file"), place)
        of = Version(document=version.document, n=version.n, sha256=version.sha256, version=version.id)
        await self._told(row, by, "document.read", id, place, of)
        digest, total = sha256(), 0
        chunks = opened(
            self.origin.blobs, version.object_key, version.object_version, version.size, version.sealing
        )
        async with aclosing(chunks):
            async for chunk in chunks:
                await asyncio.to_thread(digest.update, chunk)
                total += len(chunk)
                yield chunk
        if total != version.size or digest.hexdigest() != version.sha256:
            log.error("the stored bytes are not those that were examined", version=str(id))
            raise Absent
