"""When a deadline's notices go. Pure.

- Notices counted in days go at 09:00 on the wall clock of the deadline's zone, that many dates before its own date.
  Where the clock skips 09:00 the notice goes when 09:00 would have been; where 09:00 comes twice, at the first.
- Notices counted in hours exist only for an instant (`due_at`) and are elapsed hours.
- `overdue` goes when the last second of `due_on` in its zone is over, or the second after `due_at`.
- Of the steps that are past when a deadline is set (or moved, or opened again) only the most urgent goes, at once: who
  learns on Tuesday of a deadline on Friday needs one notice and not three. A deadline already over gets `overdue`.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.deadlines import Deadline

NOTICE_TIME = time(9, 0)
OVERDUE = "overdue"
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


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
    return _local(deadline.due_on + DAY, time(0), deadline.zone)


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
            found.append(Step(step, _local(due_on - timedelta(days=int(step[:-1])), NOTICE_TIME, deadline.zone)))
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
