"""Whom a notice reaches, what it says, and whether it is late. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from hub.deadlines.rules import OVERDUE, last_moment, over_at
from schemas.access import Guarded, Viewer, sees
from schemas.deadlines import Deadline
from schemas.notices import Notice, NoticeKind

# A notice that goes later than this after its time says so.
LATE_AFTER = timedelta(minutes=5)


class Person(Struct, frozen=True):
    """Somebody whom a deadline concerns. `head` is where their own stream stands; `told`: has this notice already."""

    id: UUID
    email: str
    zone: str
    head: int
    is_assignee: bool
    is_setter: bool
    is_next: bool
    is_staff: bool
    told: bool


class Words(NamedTuple):
    subject: str
    body: str


def is_late(fire_at: datetime, now: datetime) -> bool:
    return now - fire_at > LATE_AFTER


def recipients(people: Sequence[Person], viewers: Mapping[UUID, Viewer], thing: Guarded) -> list[Person]:
    """Who is told: the assignee; else all staff who take part; else whoever set it. Only those who may see it now.

    An assignee who lost access must not leave a deadline unwatched, so then the next in this row are told.
    """
    able = [person for person in people if sees(viewers[person.id], thing)]
    for chosen in (
        [person for person in able if person.is_assignee],
        [person for person in able if person.is_staff],
        [person for person in able if person.is_setter],
    ):
        if chosen:
            return chosen
    return []


def notice(
    deadline: Deadline, person: UUID, *, kind: NoticeKind, step: str, late: bool, id: UUID, now: datetime
) -> Notice:
    return Notice(
        id=id,
        person=person,
        case=deadline.case,
        kind=kind,
        thing=deadline.id,
        step=step,
        title=deadline.title,
        due=last_moment(deadline),
        late=late,
        at=now,
        acked_at=None,
        revision=1,
    )


def words(
    deadline: Deadline, notice: Notice, *, number: str, url: str, zone: str, fire_at: datetime
) -> Words:
    """The mail of a notice, true at whatever time it goes: it names the date and not how far off that is."""
    day = _day(deadline)
    if notice.kind == "escalation":
        subject = f"Overdue, not acknowledged: {deadline.title} ({number})"
        first = "This deadline has passed, and nobody has acknowledged the notice of it."
    elif notice.step == OVERDUE:
        subject = f"Overdue: {deadline.title} ({number})"
        first = "This deadline has passed."
    elif notice.at >= over_at(deadline):
        subject = f"Was due {day}: {deadline.title} ({number})"
        first = "This deadline has passed."
    else:
        subject = f"Due {day}: {deadline.title} ({number})"
        first = "A deadline is coming."
    lines = [first, "", deadline.title, f"Case {number}", f"Due {_due(deadline, zone)}"]
    if notice.late:
        lines += ["", f"This notice is late: it was planned for {_instant(fire_at, zone)}."]
    return Words(subject, "\n".join([*lines, "", f"Open the case: {url}", ""]))


def unseen_words(url: str) -> str:
    """The body of the mail about an unseen message: that there is one, and where. Nothing of what it says."""
    return "\n".join(["There is a new message for you in Casewire.", "", f"Read it here: {url}", ""])


def case_url(public_url: str, case: UUID) -> str:
    return f"{public_url.rstrip('/')}/cases/{case}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")  # a person's setting is no reason to keep a notice back


def _date(at: datetime) -> str:
    return f"{at:%A}, {at.day} {at:%B} {at.year}"


def _instant(at: datetime, zone: str) -> str:
    there = _zone(zone)
    local = at.astimezone(there)
    return f"{_date(local)}, {local:%H:%M} ({there.key})"


def _day(deadline: Deadline) -> str:
    """The date of a deadline in its own zone."""
    local = last_moment(deadline).astimezone(ZoneInfo(deadline.zone))
    return f"{local.day} {local:%B} {local.year}"


def _due(deadline: Deadline, zone: str) -> str:
    """A date stays the date of its zone, whoever reads; an instant is told on the reader's clock."""
    if deadline.due_at is not None:
        return _instant(deadline.due_at, zone)
    local = last_moment(deadline).astimezone(ZoneInfo(deadline.zone))
    return f"{_date(local)}, until the end of the day in {deadline.zone}"
