"""When notices go: against an independent computation, over every zone, and never after a deadline is met."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.deadlines.rules import Known, Step, all_steps, last_moment, over_at, replan, steps
from schemas.deadlines import Deadline

ID = UUID("01900000-0000-7000-8000-000000000001")
MINUTE = timedelta(minutes=1)
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


def deadline(
    *, due_on: date | None = None, due_at: datetime | None = None, zone: str = "UTC", plan: Sequence[str] = ()
) -> Deadline:
    return Deadline(
        ID, ID, "Answer", "", due_on, due_at, zone, "open", list(plan), None, None, 24, ["staff"],
        datetime(2026, 1, 1, tzinfo=UTC), ID, None, 1,
    )  # fmt: skip


def at(one: Deadline) -> dict[str, datetime]:
    return {step.step: step.fire_at for step in all_steps(one)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_go_at_nine_and_overdue_after_the_last_second() -> None:
    found = at(deadline(due_on=date(2026, 6, 5), zone="America/New_York", plan=["7d", "1d", "2h", "overdue"]))
    assert found == {  # hours only for an instant
        "7d": utc("2026-05-29T13:00"),
        "1d": utc("2026-06-04T13:00"),
        "overdue": utc("2026-06-06T04:00"),
    }


def test_hours_are_elapsed_hours_and_an_instant_has_its_date_in_the_zone() -> None:
    # 00:30 in Tokyo on the 5th is still the 4th in UTC.
    due = utc("2026-06-04T15:30")
    found = at(deadline(due_at=due, zone="Asia/Tokyo", plan=["1d", "2h", "overdue"]))
    assert found == {
        "1d": utc("2026-06-04T00:00"),
        "2h": utc("2026-06-04T13:30"),
        "overdue": due + timedelta(seconds=1),
    }


@pytest.mark.parametrize(
    ("zone", "due_on", "over"),
    [
        (
            "Africa/Cairo",
            date(2025, 4, 24),
            "2025-04-24T22:00",
        ),  # 00:00 is skipped: the day ends where the gap begins
        ("America/Havana", date(2025, 11, 1), "2025-11-02T04:00"),  # 00:00 comes twice, both after the day
        (
            "America/St_Johns",
            date(2010, 11, 6),
            "2010-11-07T03:30",
        ),  # 00:01 back to 23:01: the last hour comes twice
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-30T10:00"),  # and the 30th never came
    ],
)
def test_a_day_ends_with_its_last_second_whatever_the_clock_does(zone: str, due_on: date, over: str) -> None:
    one = deadline(due_on=due_on, zone=zone, plan=["overdue"])
    assert over_at(one) == utc(over)
    assert last_moment(one).astimezone(ZoneInfo(zone)).date() == due_on


def test_nine_that_never_came_is_when_it_would_have_been() -> None:
    # Apia went from the 29th to the 31st of December 2011.
    assert at(deadline(due_on=date(2011, 12, 31), zone="Pacific/Apia", plan=["1d"])) == {
        "1d": utc("2011-12-30T19:00")
    }


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    due_on=st.dates(date(1975, 1, 10), date(2045, 12, 1)),
    days=st.integers(1, 3),
)
def test_zones_agree_with_reading_the_clock_minute_by_minute(zone: str, due_on: date, days: int) -> None:
    found = at(deadline(due_on=due_on, zone=zone, plan=[f"{days}d", "overdue"]))
    there = ZoneInfo(zone)
    start = datetime(due_on.year, due_on.month, due_on.day, tzinfo=UTC) - timedelta(days=days + 2)
    clock = [(now, now.astimezone(there)) for now in (start + n * MINUTE for n in range((days + 5) * 1440))]
    last = max(now for now, local in clock if local.date() <= due_on)
    assert found["overdue"] == last + MINUTE
    day = due_on - timedelta(days=days)
    nines = [now for now, local in clock if local.date() == day and (local.hour, local.minute) == (9, 0)]
    if nines:
        assert found[f"{days}d"] == nines[0]
    else:  # a day or an hour that was skipped
        nine = datetime.combine(day, time(9), UTC)
        before = max(local for _, local in clock if local.replace(tzinfo=UTC) < nine)
        assert found[f"{days}d"] + (before.utcoffset() or timedelta()) == nine


def test_of_the_steps_that_are_past_only_the_most_urgent_goes_at_once() -> None:
    one = deadline(due_on=date(2026, 6, 5), plan=["7d", "3d", "1d", "overdue"])
    now = utc("2026-06-03T15:00")
    assert steps(one, now) == [
        Step("3d", now),
        Step("1d", utc("2026-06-04T09:00")),
        Step("overdue", utc("2026-06-06T00:00")),
    ]


def test_a_deadline_that_is_over_already_says_only_that() -> None:
    now = utc("2026-06-09T15:00")
    assert steps(deadline(due_on=date(2026, 6, 5), plan=["3d", "1d", "overdue"]), now) == [
        Step("overdue", now)
    ]
    assert steps(deadline(due_on=date(2026, 6, 5), plan=["3d", "1d"]), now) == []


def test_a_new_plan_keeps_what_has_gone_and_what_is_still_to_go() -> None:
    before = deadline(due_on=date(2026, 6, 30), plan=["14d", "3d", "overdue"])
    after = msgspec.structs.replace(before, plan=["20d", "14d", "7d", "overdue"])
    known = [Known("14d", True), Known("3d", False), Known("overdue", False)]
    plan = replan(before, after, known, utc("2026-06-17T10:00"))
    assert plan.remove == ["3d"]
    assert plan.put == [Step("7d", utc("2026-06-23T09:00"))]


PLANS = st.lists(st.sampled_from(["10d", "7d", "3d", "1d", "5h", "2h", "overdue"]), unique=True, max_size=7)
DUES = st.integers(1, 40 * 24).map(lambda hours: utc("2026-03-01T12:00") + timedelta(hours=hours))
OPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 24 * 12)),
    st.tuples(st.just("due_at"), DUES),
    st.tuples(st.just("due_on"), DUES.map(lambda due: due.date())),
    st.tuples(st.just("plan"), PLANS),
    st.tuples(st.just("status"), st.sampled_from(["open", "met", "cancelled"])),
)


@settings(max_examples=300, deadline=None)
@given(plan=PLANS, due=DUES, ops=st.lists(OPS, max_size=25))
def test_no_notice_after_it_is_met_and_each_step_once(
    plan: list[str], due: datetime, ops: list[tuple[str, object]]
) -> None:
    """The rules against a worker that fires whatever is stored and due, over any history of one deadline."""
    now = utc("2026-03-01T12:00")
    one = deadline(due_at=due, zone="Europe/Berlin", plan=plan)
    stored: dict[str, list[Any]] = {step.step: [step.fire_at, False] for step in steps(one, now)}
    fired: list[str] = []  # since it was last set, moved or opened again

    for op, value in [*ops, ("wait", 24 * 400)]:
        if op == "wait":
            assert isinstance(value, int)
            now += timedelta(hours=value)
            for step, row in stored.items():
                if not row[1] and row[0] <= now:
                    assert one.status == "open"
                    assert step in one.plan
                    assert step not in fired
                    row[1] = True
                    fired.append(step)
            continue
        changes = {op: value} | (
            {"due_on": None} if op == "due_at" else {"due_at": None} if op == "due_on" else {}
        )
        after = msgspec.structs.replace(one, **changes)
        made = replan(one, after, [Known(step, bool(row[1])) for step, row in stored.items()], now)
        if over_at(after) != over_at(one) or (one.status != "open") != (after.status != "open"):
            fired.clear()
        stored = {step: row for step, row in stored.items() if step not in made.remove}
        stored |= {step.step: [step.fire_at, False] for step in made.put}
        one = after
        assert one.status == "open" or not stored
        assert all(row[1] or step in one.plan for step, row in stored.items())
    # At the end of time nothing is left to say, and what was overdue was said.
    assert all(row[1] for row in stored.values())
    # A step that is planned again only after its time has passed is not made good.
    if one.status == "open" and "overdue" in plan and not any(op == "plan" for op, _ in ops):
        assert "overdue" in fired
