"""Telling a witness what it does not know yet, as long as what it holds is of this tree."""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from schemas import merkle
from schemas.settings import Settings
from storage.postgres import audit_log
from storage.postgres.pool import PASSING, Database
from storage.witnesses.witness import Forked, Unheard, Witness

ROUND_S = 0.5
LOGS_MAX = 200  # told in one round
PAUSE_MIN_S, PAUSE_MAX_S = 1.0, 60.0
REFUSED_AGAIN_S = 60.0  # a log that a witness refuses is tried again after that: somebody may have mended it

TOLD = Counter("casewire_audit_witness_told_total", "Checkpoints that a witness has taken.", ["witness"])
BEHIND_S = Gauge(
    "casewire_audit_witness_behind_seconds",
    "Age of the oldest checkpoint that a witness was not told of.",
    ["witness"],
)
REFUSED = Gauge(
    "casewire_audit_witness_refused",
    "Logs of which a witness holds a checkpoint that is not of this tree.",
    ["witness"],
)
LOST = Counter(
    "casewire_audit_witness_lost_total", "Times a witness held nothing of what it was told.", ["witness"]
)

logger = structlog.get_logger("witnesses")


class Teller:
    """Tells one witness what it does not know yet, until it is cancelled."""

    def __init__(self, settings: Settings, witness: Witness) -> None:
        self._settings = msgspec.structs.replace(settings, postgres_pool=1)
        self._witness = witness
        self._refused: dict[UUID, float] = {}
        self._pause = PAUSE_MIN_S

    async def run(self) -> None:
        """For ever: a witness or a database that is away is waited for."""
        while True:
            try:
                database = await Database.open(self._settings, roles=("system",))
                try:
                    await self._tell_on(database)
                finally:
                    await database.close()
            except PASSING as error:
                logger.warning("a witness waits for the database", error=type(error).__name__)
            except Exception:
                logger.exception("telling a witness failed", witness=self._witness.name)
            await asyncio.sleep(PAUSE_MIN_S)

    async def _tell_on(self, database: Database) -> None:
        while True:
            try:
                await self.tell(database.system)
                self._pause = PAUSE_MIN_S
                await asyncio.sleep(ROUND_S)
            except Unheard as reason:
                logger.warning(
                    "a witness does not take what it is told", witness=self._witness.name, reason=str(reason)
                )
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, PAUSE_MAX_S)

    async def tell(self, on: Any) -> int:
        """One round; how many checkpoints were taken. `on` is of the system role. Raises `Unheard`."""
        now = asyncio.get_running_loop().time()
        refused = [log for log, at in self._refused.items() if now - at < REFUSED_AGAIN_S]
        rows = await on.fetch(audit_log.UNTOLD, self._witness.name, refused, LOGS_MAX)
        oldest = min((row["at"] for row in rows), default=None)
        BEHIND_S.labels(self._witness.name).set(
            (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0
        )
        taken = 0
        for row in rows:
            log, size = row["log"], row["size"]
            try:
                if not await self._holds(on, log, row["told"], size):
                    await self._witness.take(log, size, row["note"])
            except Forked as reason:
                self._refused[log] = now
                logger.error(
                    "a witness holds another history of the record",
                    witness=self._witness.name, log=str(log), size=size, reason=str(reason),
                )  # fmt: skip
            else:
                self._refused.pop(log, None)
                await on.execute(audit_log.TOLD, self._witness.name, log, size, datetime.now(UTC))
                TOLD.labels(self._witness.name).inc()
                taken += 1
            REFUSED.labels(self._witness.name).set(len(self._refused))
        return taken

    async def _holds(self, on: Any, log: UUID, told: int, size: int) -> bool:
        """Whether it has this checkpoint, or a later one. Raises `Forked` unless the tree begins with what it holds."""
        held = await self._witness.held(log, told)
        if held is None:
            if told and self._witness.remembers:
                LOST.labels(self._witness.name).inc()
                logger.error(
                    "a witness has lost what it was told", witness=self._witness.name, log=str(log), size=told
                )
            return False
        whole = [(0, held.size)]
        try:
            root = merkle.root(await audit_log.tiles(on, log, whole), *whole[0])
        except merkle.Unfit as error:
            raise Forked(
                f"it holds a checkpoint of {held.size} leaves, and the log has fewer: {error}"
            ) from error
        if root != held.root:
            theirs, ours = (b64encode(one).decode() for one in (held.root, root))
            raise Forked(f"of {held.size} leaves it holds the root {theirs}, and the log has {ours}")
        return held.size >= size
