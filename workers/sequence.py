"""The sequencer: gives entries of the record their places in the logs' trees, signs the trees, and tells witnesses.

One leads; another takes over in 2 s. It asks PostgreSQL alone and no bus wakes it: a place within a fifth of a second
is soon enough, and the record goes on whatever else is away.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from schemas import merkle
from schemas.audit import Entry, entry_of
from schemas.audit_log import Signer
from schemas.positions import Position
from schemas.settings import Settings
from storage.bus import end
from storage.postgres import audit_log, leader
from storage.postgres.audit_log import EMPTY, Batch, Head, Leaf
from storage.postgres.events import READS_IN_ORDER
from storage.postgres.leader import leading
from storage.postgres.pool import PASSING
from storage.witnesses import Teller, Witness, witnesses_of

NAME = "casewire-sequence"
LEADER_LOCK = 0x6361736577617564  # "casewaud"
POLL_S = 0.2  # also what tells others that the leader lives
BATCH_ENTRIES_MAX = 1000
SIGN_EVERY = timedelta(seconds=1)  # a log that grows
SIGN_QUIET_EVERY = timedelta(
    seconds=55
)  # one that does not: at least every minute, looked for and signed in time
SIGN_LOGS_MAX = 100  # in one statement
LOOK_EVERY_S = 1.0  # for what waits
COUNTED_MAX = 100_000

LEADING = Gauge("casewire_audit_leading", "1 while this process is the one that gives entries their places.")
WAITING = Gauge("casewire_audit_waiting", "Entries of the record that have no place in a log yet.")
WAITING_S = Gauge("casewire_audit_waiting_seconds", "Age of the oldest entry that has no place in a log yet.")
PLACED = Counter("casewire_audit_placed_total", "Entries that were given a place in a log.")
DAMAGED = Gauge("casewire_audit_damaged", "Logs that were to be signed last and whose tree is damaged.")
UNREADABLE = Counter(
    "casewire_audit_unreadable_total", "Entries whose bytes are no entry; they have a place too."
)

Clock = Callable[[], datetime]

logger = structlog.get_logger("sequence")


def utc_now() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Give places until `stop`. Raises `SettingsError` for a key or a witness that cannot be used; it waits for
    PostgreSQL."""
    signer, witnesses = Signer(settings), witnesses_of(settings)
    working, stopping = (
        asyncio.create_task(_stand(settings, signer, witnesses)),
        asyncio.create_task(stop.wait()),
    )
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        await end(working, stopping)


async def _stand(settings: Settings, signer: Signer, witnesses: Sequence[Witness]) -> None:
    while True:
        try:
            async with leading(
                settings.postgres_system, NAME, LEADER_LOCK, lambda: True, READS_IN_ORDER
            ) as connection:
                logger.info("sequencer leads", key=signer.key)
                tellers = [asyncio.create_task(Teller(settings, one).run()) for one in witnesses]
                try:
                    await Sequencer(connection, signer).lead()
                finally:
                    LEADING.set(0)
                    await end(*tellers)
        except PASSING as error:
            logger.warning("sequencer stands down", error=type(error).__name__)
        await asyncio.sleep(leader.POLL_S)


class Sequencer:
    """The leader: all goes through `connection`, which holds the lock, so nothing is written that another leader could
    have written too."""

    def __init__(self, connection: Any, signer: Signer, clock: Clock = utc_now) -> None:
        self._db, self._signer, self._clock = connection, signer, clock
        self._position = Position(0, 0)
        self._looked = 0.0

    async def begin(self) -> None:
        """Read where the last leader stood, and make the key known."""
        self._position = await audit_log.position(self._db)
        await self._db.execute(audit_log.INTRODUCE, self._signer.key, self._clock())

    async def lead(self) -> None:
        """Give places for as long as the connection lasts."""
        await self.begin()
        LEADING.set(1)
        while True:
            placed = await self.place()
            await self.sign()
            await self._look()
            if placed < BATCH_ENTRIES_MAX:
                await asyncio.sleep(POLL_S)

    async def place(self) -> int:
        """Give the next batch of entries their places; how many that were."""
        rows = await self._db.fetch(audit_log.SETTLED, *self._position, BATCH_ENTRIES_MAX)
        if not rows:
            return 0
        heads = await audit_log.heads(self._db, {row["log"] for row in rows})
        batch = await asyncio.to_thread(planned, rows, heads)
        after = Position(rows[-1]["tx"], rows[-1]["id"])
        if not await audit_log.sequence(self._db, self._position, after, batch):
            raise ConnectionError("somebody else has moved on: this process leads no more")
        self._position = after
        PLACED.inc(len(rows))
        return len(rows)

    async def sign(self) -> int:
        """Sign what is due; how many logs that were."""
        now, signed = self._clock(), 0
        while True:
            due = await self._db.fetch(audit_log.DUE, now - SIGN_EVERY, now - SIGN_QUIET_EVERY, SIGN_LOGS_MAX)
            if not due:
                return signed
            heads = await audit_log.heads(self._db, [row["log"] for row in due])
            notes = await asyncio.to_thread(self._notes, heads, now)
            DAMAGED.set(len(heads) - len(notes))
            await audit_log.sign(self._db, notes, now)
            signed += len(notes)
            if len(due) < SIGN_LOGS_MAX:
                return signed

    def _notes(self, heads: dict[UUID, Head], now: datetime) -> list[tuple[UUID, int, str]]:
        """Of all that can be signed: a tree that somebody has damaged is an alarm, and no reason to leave others."""
        notes: list[tuple[UUID, int, str]] = []
        for log, head in heads.items():
            try:
                notes.append((log, head.size, self._signer.checkpoint(log, head.size, head.root, now)))
            except merkle.Unfit as reason:
                logger.error("a log cannot be signed: its tree is damaged", log=str(log), reason=str(reason))
        return notes

    async def _look(self) -> None:
        """Say how much waits and since when: also what is behind a transaction that is still open."""
        now = asyncio.get_running_loop().time()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        entries, first = await self.waiting()
        WAITING.set(entries)
        read = _read(first) if first else None
        WAITING_S.set((self._clock() - read[1]).total_seconds() if read else 0.0)

    async def waiting(self) -> tuple[int, bytes | None]:
        """How many committed entries have no place yet, at most `COUNTED_MAX`, and the first of them."""
        row = await self._db.fetchrow(audit_log.WAITING, *self._position, COUNTED_MAX)
        return row["entries"], row["first"]


def _read(data: bytes) -> tuple[Entry, datetime] | None:
    """An entry and its time; None for what is no entry. The database has looked that it is JSON, and at some of it."""
    try:
        entry = entry_of(data)
        at = datetime.fromisoformat(entry.at)
        if at.tzinfo is None or "\0" in entry.act:
            return None
        return entry, at.astimezone(UTC)
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return None


def planned(rows: Sequence[Any], heads: dict[UUID, Head]) -> Batch:
    """The leaves of these entries, each at the end of its log, and what becomes of the trees. Pure."""
    leaves: dict[UUID, list[Leaf]] = {}
    for row in rows:
        log = row["log"]
        mine = leaves.setdefault(log, [])
        mine.append(_leaf(row, heads.get(log, EMPTY).size + len(mine)))
    tiles: list[tuple[UUID, int, int, bytes]] = []
    sizes: list[tuple[UUID, int]] = []
    for log, mine in leaves.items():
        head = heads.get(log, EMPTY)
        grown = merkle.grow(head.edge, head.size, [leaf.hash for leaf in mine])
        tiles += [(log, level, n, hashes) for (level, n), hashes in grown.items()]
        sizes.append((log, head.size + len(mine)))
    return Batch([leaf for mine in leaves.values() for leaf in mine], tiles, sizes)


def _leaf(row: Any, n: int) -> Leaf:
    data = row["entry"]
    place = row["log"], n, row["tx"], row["id"], merkle.leaf_hash(data)
    if (read := _read(data)) is None:
        # It is in the record, so it has a place like any other: one bad line must not end the log.
        UNREADABLE.inc()
        return Leaf(
            *place, datetime.fromtimestamp(0, UTC), "unreadable", "done", None, None, None, UUID(int=0)
        )
    entry, at = read
    return Leaf(*place, at, entry.act, entry.outcome, entry.by.person, entry.case, entry.thing, entry.id)
