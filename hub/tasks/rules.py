"""Who may give whom something to do, and say that it is done. Pure."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import UNSET, structs

from schemas.access import STAFF
from schemas.errors import bad_input
from schemas.facts import CaseFacts, changed, check_revision
from schemas.tasks import AddTask, ChangeTask, Task

# Outside of these years a date is a slip of the finger.
DUE_FROM, DUE_UNTIL = date(1970, 1, 1), date(2200, 1, 1)


def audience(facts: CaseFacts, request: AddTask) -> tuple[str, ...]:
    facts.require("task.add")
    return facts.audience_named(request.audience, frozenset({STAFF}))


def add(
    facts: CaseFacts,
    request: AddTask,
    audience: Sequence[str],
    readers: Collection[UUID],
    *,
    id: UUID,
    now: datetime,
) -> Task:
    """The task as it will be. `readers`: who of those it names may see it."""
    new = Task(
        id=id,
        case=facts.case,
        title=request.title,
        note=request.note,
        assignee=request.assignee,
        due_on=request.due_on,
        audience=list(audience),
        added_at=now,
        added_by=facts.viewer.person,
        done_at=None,
        done_by=None,
        revision=1,
    )
    _check(new, readers)
    return new


def change(
    facts: CaseFacts,
    before: Task,
    request: ChangeTask,
    readers: Collection[UUID],
    *,
    revision: int,
    now: datetime,
) -> Task:
    """The task after a change; `before` itself when nothing differs. One that is done can be taken up again."""
    given = {name: value for name, value in structs.asdict(request).items() if value is not UNSET}
    # Whoever has the task may say that it is done; all else is for those who give tasks. Ticking off is possible in a
    # closed case too.
    ticks = set(given) == {"done"}
    if not (ticks and before.assignee == facts.viewer.person):
        facts.require("task.add", open=not (ticks and given["done"]))
    check_revision(revision, before.revision)
    done = given.pop("done", before.done_at is not None)
    after = structs.replace(before, **given)
    if done != (before.done_at is not None):
        after = structs.replace(
            after, done_at=now if done else None, done_by=facts.viewer.person if done else None
        )
    if after == before:
        return before
    _check(after, readers if before.assignee is None else {*readers, before.assignee})
    return changed(after)


def event_type(before: Task, after: Task) -> str:
    return "task.done" if after.done_at is not None and before.done_at is None else "task.changed"


def _check(task: Task, readers: Collection[UUID]) -> None:
    if task.due_on is not None and not DUE_FROM <= task.due_on < DUE_UNTIL:
        raise bad_input("$.due_on", f"a date between {DUE_FROM.year} and {DUE_UNTIL.year} is needed")
    if task.assignee is not None and task.assignee not in readers:
        raise bad_input("$.assignee", "choose somebody who takes part in the case and may see this task")
