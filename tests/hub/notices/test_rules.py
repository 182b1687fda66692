"""Whom a notice reaches and what its mail says."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from hub.notices.rules import LATE_AFTER, Person, is_late, notice, recipients, unseen_words, words
from schemas.access import Viewer
from schemas.deadlines import Deadline
from schemas.notices import NoticeKind
from storage.postgres.access import Thing

CASE, ORG = UUID(int=1), UUID(int=2)
ONE, TWO, THREE = UUID(int=11), UUID(int=12), UUID(int=13)
DUE = datetime(2026, 6, 5, 21, tzinfo=UTC)
DEADLINE = Deadline(
    UUID(int=3), CASE, "Answer", "in confidence", None, DUE, "America/New_York", "open", ["1d"], None, None, 24,
    ["staff"], DUE, ONE, None, 1,
)  # fmt: skip
URL = "https://casewire.test/cases/1"


def person(id: UUID, **flags: bool) -> Person:
    nothing = {"is_assignee": False, "is_setter": False, "is_next": False, "is_staff": False, "told": False}
    return Person(id, f"{id}@mail.test", "UTC", 0, **(nothing | flags))


def told(*people: Person, able: tuple[UUID, ...] = (ONE, TWO, THREE)) -> list[UUID]:
    held = {
        one.id: Viewer(one.id, frozenset({(CASE, "staff")} if one.id in able else set())) for one in people
    }
    return [one.id for one in recipients(people, held, Thing(CASE, ORG, ["staff"], ()))]


def test_the_assignee_is_told_else_the_staff_else_the_setter() -> None:
    assignee, staff, setter = (
        person(ONE, is_assignee=True),
        person(TWO, is_staff=True),
        person(THREE, is_setter=True),
    )
    assert told(assignee, staff, setter) == [ONE]
    assert told(staff, setter) == [TWO]
    assert told(setter) == [THREE]
    assert told() == []


def test_who_may_not_see_it_is_passed_over() -> None:
    assignee, staff, setter = (
        person(ONE, is_assignee=True),
        person(TWO, is_staff=True),
        person(THREE, is_setter=True),
    )
    assert told(assignee, staff, setter, able=(TWO, THREE)) == [TWO]
    assert told(assignee, staff, setter, able=(THREE,)) == [THREE]
    assert told(assignee, staff, setter, able=()) == []


def test_five_minutes_are_no_delay() -> None:
    assert not is_late(DUE, DUE + LATE_AFTER)
    assert is_late(DUE, DUE + LATE_AFTER + timedelta(seconds=1))


def mail(
    deadline: Deadline,
    now: datetime,
    *,
    kind: NoticeKind = "deadline",
    step: str = "1d",
    zone: str = "UTC",
    late: bool = False,
) -> tuple[str, str]:
    made = notice(deadline, ONE, kind=kind, step=step, late=late, id=TWO, now=now)
    return words(deadline, made, number="M-2026-1", url=URL, zone=zone, fire_at=DUE - timedelta(days=1))


def on(day: date, **more: Any) -> Deadline:
    return msgspec.structs.replace(DEADLINE, due_at=None, due_on=day, **more)


def test_an_instant_is_told_on_the_readers_clock() -> None:
    subject, body = mail(DEADLINE, DUE - timedelta(days=1), zone="Asia/Tokyo")
    assert subject == "Due 5 June 2026: Answer (M-2026-1)"
    assert body == (
        "A deadline is coming.\n\nAnswer\nCase M-2026-1\nDue Saturday, 6 June 2026, 06:00 (Asia/Tokyo)\n\n"
        f"Open the case: {URL}\n"
    )


def test_a_date_stays_the_date_of_its_zone() -> None:
    _, body = mail(on(date(2026, 6, 5)), DUE - timedelta(days=1), zone="Asia/Tokyo")
    assert "Due Friday, 5 June 2026, until the end of the day in America/New_York\n" in body


def test_what_is_late_or_over_says_so_and_nothing_untrue() -> None:
    subject, body = mail(DEADLINE, DUE + timedelta(hours=1), late=True)
    assert subject.startswith("Was due 5 June 2026: ")
    assert "This deadline has passed." in body
    assert "late: it was planned for Thursday, 4 June 2026, 21:00 (UTC)" in body
    assert mail(DEADLINE, DUE, step="overdue")[0].startswith("Overdue: ")
    assert mail(DEADLINE, DUE, step="overdue", kind="escalation")[0].startswith("Overdue, not acknowledged: ")


def test_a_zone_that_is_none_keeps_no_notice_back() -> None:
    assert "21:00 (UTC)" in mail(DEADLINE, DUE, zone="Mars/Olympus")[1]


def test_a_mail_tells_the_title_and_no_note() -> None:
    for subject, body in (mail(DEADLINE, DUE), mail(on(date(2026, 6, 5)), DUE)):
        assert "in confidence" not in subject + body
    assert "Answer" not in unseen_words(URL)
