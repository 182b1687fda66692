"""Who may set a deadline, and when its notices go. Pure.

- Notices counted in days go at 09:00 on the wall clock of the deadline's zone, that many dates before its own date.
  Where the clock skips 09:00 the notice goes when 09:00 would have been; where 09:00 comes twice, at the first.
- Notices counted in hours exist only for an instant (`due_at`) and are elapsed hours.
- `overdue` goes when the last second of `due_on` in its zone is over, or the second after `due_at`.
- Of the steps that are past when a deadline is set (or moved, or opened again) only the most urgent goes, at once: who
  learns on Tuesday of a deadline on Friday needs one notice and not three. A deadline already over gets `overdue`.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET, structs

from schemas.access import STAFF
from schemas.deadlines import ChangeDeadline, Deadline, SetDeadline
from schemas.errors import bad_input
from schemas.facts import CaseFacts, changed, check_revision
from schemas.zones import zone_named

NOTICE_TIME = time(9, 0)
OVERDUE = "overdue"
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
# Outside of these years a date is a slip of the finger.
DUE_FROM, DUE_UNTIL = date(1970, 1, 1), date(2200, 1, 1)


def audience(facts: CaseFacts, request: SetDeadline) -> tuple[str, ...]:
    facts.require("deadline.set")
    return facts.audience_named(request.audience, frozenset({STAFF}))


def set_deadline(
    facts: CaseFacts,
    request: SetDeadline,
    audience: Sequence[str],
    readers: Collection[UUID],
    *,
    id: UUID,
    now: datetime,
) -> Deadline:
    """The deadline as it will be. `readers`: who of those it names may see it."""
    new = Deadline(
        id=id,
        case=facts.case,
        title=request.title,
        note=request.note,
        due_on=request.due_on,
        due_at=request.due_at,
        zone=zone_named(request.zone, facts.zone),
        status="open",
        plan=list(facts.type.notice_plan if request.plan is None else request.plan),
        assignee=request.assignee,
        escalate_to=request.escalate_to,
        escalate_after_h=request.escalate_after_h,
        audience=list(audience),
        set_at=now,
        set_by=facts.viewer.person,
        done_at=None,
        revision=1,
    )
    _check(new, readers, plan_given=request.plan is not None)
    return new


def change(
    facts: CaseFacts,
    before: Deadline,
    request: ChangeDeadline,
    readers: Collection[UUID],
    *,
    revision: int,
    now: datetime,
) -> Deadline:
    """The deadline after a change; `before` itself when nothing differs. One that is done can be opened again."""
    # A closed case's deadlines can still be met or cancelled: nobody reopens a case to tick them off.
    ends = request.status in ("met", "cancelled")
    facts.require("deadline.set", open=not ends)
    check_revision(revision, before.revision)
    given = {name: value for name, value in structs.asdict(request).items() if value is not UNSET}
    # Naming the one due replaces the other.
    if given.get("due_on") is not None:
        given.setdefault("due_at", None)
    if given.get("due_at") is not None:
        given.setdefault("due_on", None)
    if "zone" in given:
        given["zone"] = zone_named(given["zone"], before.zone)
    after = structs.replace(before, **given)
    if after == before:
        return before
    # People who were named before and left the case since do not stand in the way of another change.
    kept = {before.assignee, before.escalate_to} - {None}
    _check(after, {*readers, *(person for person in kept if person is not None)}, plan_given="plan" in given)
    if after.status != before.status:
        after = structs.replace(after, done_at=None if after.status == "open" else now)
    return changed(after)


def event_type(before: Deadline, after: Deadline) -> str:
    if after.status != before.status and after.status != "open":
        return f"deadline.{after.status}"
    return "deadline.changed"


def _check(deadline: Deadline, readers: Collection[UUID], *, plan_given: bool) -> None:
    on, at = deadline.due_on, deadline.due_at
    if (on is None) == (at is None):
        raise bad_input("$.due_on", "give either due_on (a date) or due_at (an instant)")
    if at is not None and at.tzinfo is None:
        raise bad_input("$.due_at", "an offset is needed, as in 2026-06-01T17:00:00-04:00")
    if at is not None and not DUE_FROM <= at.date() < DUE_UNTIL:
        raise bad_input("$.due_at", f"a time between {DUE_FROM.year} and {DUE_UNTIL.year} is needed")
    if on is not None and not DUE_FROM <= on < DUE_UNTIL:
        raise bad_input("$.due_on", f"a date between {DUE_FROM.year} and {DUE_UNTIL.year} is needed")
    if plan_given and on is not None and any(step.endswith("h") for step in deadline.plan):
        raise bad_input("$.plan", "notices counted in hours need due_at: a date has no hour")
    for name, person in (("assignee", deadline.assignee), ("escalate_to", deadline.escalate_to)):
        if person is not None and person not in readers:
            raise bad_input(
                f"$.{name}", "choose somebody who takes part in the case and may see this deadline"
            )


class Step(NamedTuple):
    step: str
    fire_at: datetime


class Known(NamedTuple):
    """A step as it is stored."""

    step: str
    fired: bool


class Replan(NamedTuple):
    """What changes in the stored steps: those to remove, and those to put, anew even where they had fired."""

    remove: list[str]
    put: list[Step]


def over_at(deadline: Deadline) -> datetime:
    """The first instant at which the deadline has passed, in UTC."""
    if deadline.due_at is not None:
        return deadline.due_at.astimezone(UTC) + SECOND
    assert deadline.due_on is not None
    zone = ZoneInfo(deadline.zone)
    midnight = datetime.combine(deadline.due_on + DAY, time(0), zone)
    first, second = midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)
    # A clock put back over midnight (00:01 to 23:01) brings the last hour of the day a second time; one put back to
    # midnight (01:00 to 00:00) does not.
    again = second > first and (second - SECOND).astimezone(zone).date() <= deadline.due_on
    return second if again else first


def last_moment(deadline: Deadline) -> datetime:
    """The last second that is in time, in UTC: what a notice carries as `due`."""
    return over_at(deadline) - SECOND


def all_steps(deadline: Deadline) -> list[Step]:
    """Every step of the plan that this deadline can have, by time, each once; past or not."""
    due_on = deadline.due_on
    if due_on is None:
        assert deadline.due_at is not None
        due_on = deadline.due_at.astimezone(ZoneInfo(deadline.zone)).date()
    found: list[Step] = []
    for step in dict.fromkeys(deadline.plan):
        if step == OVERDUE:
            found.append(Step(step, over_at(deadline)))
        elif step.endswith("d"):
            found.append(
                Step(step, _local(due_on - timedelta(days=int(step[:-1])), NOTICE_TIME, deadline.zone))
            )
        elif deadline.due_at is not None:
            found.append(Step(step, deadline.due_at.astimezone(UTC) - timedelta(hours=int(step[:-1]))))
    return sorted(found, key=lambda one: one.fire_at)


def steps(deadline: Deadline, now: datetime) -> list[Step]:
    """What an open deadline that is set, moved or opened again `now` has still to send, by time."""
    if deadline.status != "open":
        return []
    every = all_steps(deadline)
    coming = [one for one in every if one.fire_at > now]
    past = [one for one in every if one.fire_at <= now]
    if past and (now < over_at(deadline) or past[-1].step == OVERDUE):
        return [Step(past[-1].step, now), *coming]
    return coming


def replan(before: Deadline, after: Deadline, known: Collection[Known], now: datetime) -> Replan:
    """The steps after a change. What has fired stays fired, unless the deadline is another one: moved, opened again."""
    if after.status != "open":
        return Replan([one.step for one in known], [])
    if before.status != "open" or over_at(before) != over_at(after) or before.zone != after.zone:
        put = steps(after, now)
        return Replan(_others(known, put), put)
    if before.plan == after.plan:
        return Replan([], [])
    had = {one.step for one in known}
    remove = [one.step for one in known if not one.fired and one.step not in after.plan]
    return Replan(remove, [one for one in all_steps(after) if one.step not in had and one.fire_at > now])


def _others(known: Collection[Known], put: Collection[Step]) -> list[str]:
    kept = {one.step for one in put}
    return [one.step for one in known if one.step not in kept]


def _local(day: date, at: time, zone: str) -> datetime:
    # fold=0: the earlier of two, and the offset before the gap where there is none.
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
