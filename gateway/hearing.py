"""Who is told what is privileged is in the record before they are: one entry for a socket and a case, whatever topic
brings it, in the case's log. What is written is remembered with the session, so no event costs an entry or a query."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gateway.session import Session
from schemas.limits import ENTRIES_TOGETHER_MAX
from storage.postgres import audit
from storage.postgres.privileged import Privileged

HEARD_KEPT_MAX = 10_000  # cases remembered for a socket; who is told of more leaves a second entry rather than none


class Hearing:
    """What a process knows of it."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._privileged = Privileged()
        self._writing: dict[tuple[Session, UUID], asyncio.Task[None]] = {}

    def knows(self, case: UUID) -> bool:
        return self._privileged.knows(case)

    def may_tell(self, session: Session, case: UUID | None) -> bool:
        """Whether nothing need be written down first; also False where that has to be asked."""
        return case is None or case in session.heard or self._privileged.is_open(case)

    async def learn(self, cases: Collection[UUID]) -> None:
        """So that `may_tell` knows of them."""
        await self._privileged.among(self._database.system, cases)

    async def record(self, session: Session, cases: Collection[UUID]) -> None:
        """Returns when all may be told to the session; raises `unavailable` where that cannot be written down."""
        new = [case for case in cases if not self.may_tell(session, case)]
        for at in range(0, len(new), ENTRIES_TOGETHER_MAX):
            some = new[at : at + ENTRIES_TOGETHER_MAX]
            found = await self._privileged.among(self._database.system, some)
            await asyncio.gather(*(self._once(session, case, org) for case, org in found.items()))

    def _once(self, session: Session, case: UUID, org: UUID) -> "asyncio.Future[None]":
        """Two topics that bring the same case at the same time leave one entry; and who leaves has still asked."""
        key = session, case
        writing = self._writing.get(key)
        if writing is None:
            writing = self._writing[key] = asyncio.create_task(self._write(session, case, org))
            writing.add_done_callback(lambda done: self._written(key, done))
        return asyncio.shield(writing)

    def _written(self, key: tuple[Session, UUID], done: "asyncio.Task[None]") -> None:
        del self._writing[key]
        if not done.cancelled():
            done.exception()  # whoever still waits for it is told

    async def _write(self, session: Session, case: UUID, org: UUID) -> None:
        if case in session.heard:
            return
        entry, private = audit.made(
            act="conversation.heard",
            at=datetime.now(UTC),
            by=session.by,
            rule="read",
            log=org,
            case=case,
            thing=case,
            address=session.address,
        )
        await self._database.recorder.record(entry, private)
        if len(session.heard) >= HEARD_KEPT_MAX:
            session.heard.clear()
        session.heard.add(case)
