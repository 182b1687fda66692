"""Setting, changing and ending deadlines. The steps of a plan are written in the transaction of their deadline."""

from collections.abc import Collection
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.deadlines import rules
from hub.paging import read_page
from schemas.answers import Answer, Page
from schemas.deadlines import ChangeDeadline, Deadline, SetDeadline
from schemas.events import NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from storage.postgres import deadlines, locks
from storage.postgres.unit import Unit


async def set_deadline(hub: Hub, who: Who, case: UUID, request: SetDeadline, key: UUID) -> Answer[Deadline]:
    remembered = key_of(key, "set_deadline", case, request)
    async with hub.writing(who, locks.of_row("cases", case), remembered) as unit:
        facts, _ = await unit.facts(deadlines.CASE, case)
        if again := await unit.recalled(facts, deadlines.ONE, deadlines.deadline):
            return again
        audience = rules.audience(facts, request)
        readers = await _readers(unit, facts, audience, request.assignee, request.escalate_to)
        new = rules.set_deadline(facts, request, audience, readers, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("deadline.set", new.id, new, audience))
        await unit.write(
            deadlines.INSERT, new.id, case, facts.org, new.title, new.note, new.due_on, new.due_at, new.zone,
            new.status, new.plan, new.assignee, new.escalate_to, new.escalate_after_h, new.audience, new.set_at,
            new.set_by,
        )  # fmt: skip
        if steps := rules.steps(new, unit.now):
            await unit.connection.execute(
                deadlines.STEPS, new.id, [one.step for one in steps], [one.fire_at for one in steps]
            )
    return Answer(new, unit.as_of(facts.stream))


async def change_deadline(
    hub: Hub, who: Who, id: UUID, request: ChangeDeadline, revision: int
) -> Answer[Deadline]:
    """Change, meet, cancel or open again; what of the plan had not gone out yet is planned anew."""
    async with hub.writing(who, locks.of_row("deadlines", id)) as unit:
        facts, row = await unit.facts(deadlines.DEADLINE, id)
        before = deadlines.deadline(row)
        audience = tuple(before.audience)
        readers = await _readers(unit, facts, audience, request.assignee, request.escalate_to)
        after = rules.change(facts, before, request, readers, revision=revision, now=unit.now)
        if after is before:
            return Answer(before, unit.as_of(facts.stream))
        known = [rules.Known(*one) for one in zip(row["f_steps"], row["f_fired"], strict=True)]
        plan = rules.replan(before, after, known, unit.now)
        unit.append(facts.stream, NewEvent(rules.event_type(before, after), id, after, audience))
        await unit.write(
            deadlines.CHANGE, id, plan.remove, [one.step for one in plan.put], [one.fire_at for one in plan.put],
            after.title, after.note, after.due_on, after.due_at, after.zone, after.status, after.plan, after.assignee,
            after.escalate_to, after.done_at,
        )  # fmt: skip
        if after.escalate_to is not None and after.escalate_to != before.escalate_to:
            await unit.connection.execute(deadlines.ESCALATE_LATER, id, after.escalate_after_h)
    return Answer(after, unit.as_of(facts.stream))


async def _readers(
    unit: Unit, facts: CaseFacts, audience: Collection[str], *named: object
) -> Collection[UUID]:
    """Who of those named may see what this audience opens."""
    people = [person for person in named if isinstance(person, UUID)]
    if not people:
        return ()
    return await unit.connection.fetchval(deadlines.READERS, facts.org, facts.case, list(audience), people)


async def list_deadlines(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Deadline]:
    return await read_page(hub, who, deadlines.PAGE, deadlines.deadline, case, limit, after)
