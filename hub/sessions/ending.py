"""Telling of sessions that have ended: gateways close their sockets, whoever ended them and why."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from schemas.events import NewEvent
from schemas.sessions import Session
from storage.postgres.rows import read
from storage.postgres.unit import Unit

ENDED_AT_ONCE = 500  # sessions in one transaction


async def tell_ended(unit: Unit, person: UUID, rows: Iterable[Any]) -> list[Session]:
    """On the stream of their person, whose lock the unit holds. `rows` are what the statement answers that ended them;
    none of them tells nothing."""
    ended = [read(row, Session) for row in rows]
    if ended:
        stream = await unit.person_stream(person)
        for one in ended:
            unit.append(stream, NewEvent("session.ended", one.id, one, (), (person,)))
    return ended
