"""Adding and changing tasks."""

from collections.abc import Collection
from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.paging import read_page
from hub.tasks import rules
from schemas.answers import Answer, Page
from schemas.events import NewEvent
from schemas.facts import CaseFacts
from schemas.ids import new_id
from schemas.tasks import AddTask, ChangeTask, Task
from storage.postgres import locks, tasks
from storage.postgres.unit import Unit


async def add_task(hub: Hub, who: Who, case: UUID, request: AddTask, key: UUID) -> Answer[Task]:
    remembered = key_of(key, "add_task", case, request)
    async with hub.writing(who, locks.of_row("cases", case), remembered) as unit:
        facts, _ = await unit.facts(tasks.CASE, case)
        if again := await unit.recalled(facts, tasks.ONE, tasks.task):
            return again
        audience = rules.audience(facts, request)
        readers = await _readers(unit, facts, audience, request.assignee)
        new = rules.add(facts, request, audience, readers, id=new_id(), now=unit.now)
        unit.append(facts.stream, NewEvent("task.added", new.id, new, audience))
        await unit.write(
            tasks.INSERT, new.id, case, facts.org, new.title, new.note, new.assignee, new.due_on, new.audience,
            new.added_at, new.added_by,
        )  # fmt: skip
    return Answer(new, unit.as_of(facts.stream))


async def change_task(hub: Hub, who: Who, id: UUID, request: ChangeTask, revision: int) -> Answer[Task]:
    async with hub.writing(who, locks.of_row("tasks", id)) as unit:
        facts, row = await unit.facts(tasks.TASK, id)
        before = tasks.task(row)
        readers = await _readers(unit, facts, before.audience, request.assignee)
        after = rules.change(facts, before, request, readers, revision=revision, now=unit.now)
        if after is before:
            return Answer(before, unit.as_of(facts.stream))
        unit.append(
            facts.stream, NewEvent(rules.event_type(before, after), id, after, tuple(before.audience))
        )
        await unit.write(
            tasks.CHANGE,
            id,
            after.title,
            after.note,
            after.assignee,
            after.due_on,
            after.done_at,
            after.done_by,
        )
    return Answer(after, unit.as_of(facts.stream))


async def _readers(
    unit: Unit, facts: CaseFacts, audience: Collection[str], person: object
) -> Collection[UUID]:
    """The person named, if they may see what this audience opens."""
    if not isinstance(person, UUID):
        return ()
    return await unit.connection.fetchval(tasks.READERS, facts.org, facts.case, list(audience), [person])


async def list_tasks(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Task]:
    return await read_page(hub, who, tasks.PAGE, tasks.task, case, limit, after)
