"""Telling people: what a deadline's step, an escalation or an unseen message sends. Done by nobody, in their own time.

Each function is one transaction for one thing. The locks of the streams it writes come first, and under them it looks
again: a deadline met in the last moment sends nothing, and of two workers one sends.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import structlog
from msgspec import Struct

from hub.deadlines.rules import OVERDUE, last_moment
from hub.notices import rules
from schemas.access import sees
from schemas.deadlines import Deadline
from schemas.events import NewEvent
from schemas.facts import CaseFacts, Stream
from schemas.ids import new_id
from schemas.notices import Notice
from schemas.settings import Settings
from storage.postgres import deadlines, locks, notices
from storage.postgres.access import Thing, viewers
from storage.postgres.mails import guard
from storage.postgres.pool import Database
from storage.postgres.rows import read
from storage.postgres.unit import Unit

NOTICED = "deadline.noticed"  # what the record calls a step

logger = structlog.get_logger("notices")


class Due(Struct, frozen=True):
    """A step that is to be done, and whose streams may be written: read without a lock, so it may be over."""

    deadline: UUID
    step: str
    case_id: UUID
    org: UUID
    people: list[UUID]


async def due_steps(database: Database, now: datetime, limit: int) -> list[Due]:
    return [read(row, Due) for row in await database.system.fetch(deadlines.DUE, now, limit)]


async def due_escalations(database: Database, now: datetime, limit: int) -> list[Due]:
    return [read(row, Due) for row in await database.system.fetch(deadlines.TO_ESCALATE, now, limit)]


async def send_step(database: Database, settings: Settings, due: Due, now: datetime) -> int:
    """Send one step of a plan to everybody it concerns; how many were told. Nothing when another did, or it is over."""
    async with _locked(database, due, now) as unit:
        fire_at = await unit.connection.fetchval(deadlines.CLAIM, due.deadline, due.step, now)
        if fire_at is None:
            return 0
        facts, row = await unit.facts(deadlines.DEADLINE, due.deadline)
        deadline = deadlines.deadline(row)
        thing = Thing(facts.case, facts.org, deadline.audience, ())
        people = await _people(unit, deadline, "deadline", due.step)
        held = await viewers(unit.connection, [person.id for person in people])
        chosen = rules.recipients(people, held, thing)
        unit.act, unit.thing = NOTICED, deadline.id  # whoever is told, and if nobody is
        if any(person.id not in due.people for person in chosen):
            unit.changes_nothing()  # the claim is a lock
            return 0  # somebody new, whose stream is not locked: the next round knows them
        if not chosen:
            logger.warning("a deadline's notice reaches nobody", deadline=str(deadline.id), step=due.step)
        late = rules.is_late(fire_at, now)
        told = [person for person in chosen if not person.told]
        batch = _tell(unit, settings, facts, deadline, told, "deadline", due.step, late=late, fire_at=fire_at)
        if told:
            noticed = NewEvent("deadline.noticed", deadline.id, deadline, tuple(deadline.audience))
            unit.append(facts.stream, noticed)
        escalate_at = (
            now + timedelta(hours=deadline.escalate_after_h) if _escalates(deadline, due.step) else None
        )
        await unit.write(deadlines.FIRE, *batch, deadline.id, due.step, now, late, escalate_at)
    return len(told)


async def escalate(database: Database, settings: Settings, due: Due, now: datetime) -> int:
    """Tell the second person that a deadline is overdue and nobody acknowledged it."""
    async with _locked(database, due, now) as unit:
        fire_at = await unit.connection.fetchval(deadlines.CLAIM_ESCALATION, due.deadline, due.step, now)
        if fire_at is None:
            return 0
        facts, row = await unit.facts(deadlines.DEADLINE, due.deadline)
        deadline = deadlines.deadline(row)
        people = [
            person for person in await _people(unit, deadline, "escalation", due.step) if person.is_next
        ]
        unit.act, unit.thing = NOTICED, deadline.id
        if any(person.id not in due.people for person in people):
            unit.changes_nothing()
            return 0
        held = await viewers(unit.connection, [person.id for person in people])
        thing = Thing(facts.case, facts.org, deadline.audience, ())
        able = [person for person in people if sees(held[person.id], thing)]
        last = last_moment(deadline)
        if not able or await unit.connection.fetchval(deadlines.ACKED, deadline.id, due.step, last):
            await unit.connection.execute(deadlines.NOT_TO_ESCALATE, deadline.id, due.step)
            return 0
        told = [person for person in able if not person.told]
        late = rules.is_late(fire_at, now)
        batch = _tell(
            unit, settings, facts, deadline, told, "escalation", due.step, late=late, fire_at=fire_at
        )
        await unit.write(deadlines.ESCALATE, *batch, deadline.id, due.step, now)
    return len(told)


async def nudge_unseen(
    database: Database, settings: Settings, since: datetime, now: datetime, limit: int
) -> int:
    """Mail those who have not seen a message posted after `since` for `nudge_after_s`; how many mails."""
    until = now - timedelta(seconds=settings.nudge_after_s)
    rows = await database.system.fetch(notices.UNSEEN, since, until, limit)
    held = await viewers(database.system, {row["person"] for row in rows})
    sent = 0
    for row in rows:
        thing = Thing(row["case_id"], row["org"], row["audience"], row["people"])
        if sees(held[row["person"]], thing):
            body = rules.unseen_words(rules.case_url(settings.public_url, row["case_id"]))
            made = await database.system.fetchval(
                notices.NUDGE,
                row["person"],
                row["conversation"],
                row["upto"],
                now,
                new_id(),
                body,
                row["case_id"],
                guard(thing),
            )
            sent += made is not None
    return sent


def _locked(database: Database, due: Due, now: datetime) -> Any:
    return database.writing_as_system(locks.of_streams(due.org, due.case_id, *due.people), now)


def _escalates(deadline: Deadline, step: str) -> bool:
    return step == OVERDUE and deadline.escalate_to is not None


async def _people(unit: Unit, deadline: Deadline, kind: str, step: str) -> Sequence[rules.Person]:
    last = last_moment(deadline)
    rows = await unit.connection.fetch(deadlines.PEOPLE, deadline.id, kind, step, last)
    return [read(row, rules.Person) for row in rows]


def _tell(
    unit: Unit,
    settings: Settings,
    facts: CaseFacts,
    deadline: Deadline,
    people: Collection[rules.Person],
    kind: Literal["deadline", "escalation"],
    step: str,
    *,
    late: bool,
    fire_at: datetime,
) -> tuple[list[Notice], UUID, list[dict[str, Any]]]:
    """Append `notice.added` to each person's stream; the notices, their organisation and the mails to write."""
    about = Thing(facts.case, facts.org, deadline.audience, ())
    made: list[Notice] = []
    mails: list[dict[str, Any]] = []
    url = rules.case_url(settings.public_url, facts.case)
    for person in people:
        notice = rules.notice(deadline, person.id, kind=kind, step=step, late=late, id=new_id(), now=unit.now)
        stream = Stream.of_person(person.id, person.head)
        unit.append(stream, NewEvent("notice.added", notice.id, notice, (), (person.id,), about))
        made.append(notice)
        if person.email:
            text = rules.words(
                deadline, notice, number=facts.number, url=url, zone=person.zone, fire_at=fire_at
            )
            mails.append(
                {"id": new_id(), "recipient": person.email, "subject": text.subject, "body": text.body,
                 "reader": person.id, "guard": guard(about)}
            )
    return made, facts.org, mails
