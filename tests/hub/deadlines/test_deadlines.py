"""Deadlines over HTTP: set, changed, met, opened again, and refused."""

from typing import Any
from uuid import uuid4

import pytest

from tests.app import ABSENT, Office, refused

DUE = {"title": "Answer", "due_on": "2099-06-05", "plan": ["7d", "1d", "overdue"]}


async def steps(owner: Any, id: str) -> dict[str, str]:
    rows = await owner.fetch("select step, fire_at from deadline_steps where deadline = $1", id)
    return {row["step"]: row["fire_at"].isoformat() for row in rows}


async def events(office: Office) -> list[tuple[str, int]]:
    items = await office.lead.all(f"/v1/cases/{office.case}/events")
    return [
        (one["type"], one["data"]["deadline"]["revision"])
        for one in items
        if one["type"].startswith("deadline.")
    ]


async def test_set_deadline_writes_its_steps_and_its_event(office: Office, owner: Any) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", DUE)
    assert made["zone"] == "America/New_York"
    assert made["status"] == "open"
    assert await steps(owner, made["id"]) == {
        "7d": "2099-05-29T13:00:00+00:00",
        "1d": "2099-06-04T13:00:00+00:00",
        "overdue": "2099-06-06T04:00:00+00:00",
    }
    assert await office.lead.all(f"/v1/cases/{office.case}/deadlines") == [made]
    assert await events(office) == [("deadline.set", 1)]


async def test_set_deadline_twice_with_one_key_sets_one(office: Office) -> None:
    path, key = f"/v1/cases/{office.case}/deadlines", uuid4()
    first = await office.lead.made(path, DUE, key=key)
    assert await office.lead.made(path, DUE, key=key) == first
    refused(await office.lead.post(path, DUE | {"title": "Reply"}, key=key), 409, "key_reused")
    assert await office.lead.all(path) == [first]


async def test_change_deadline_plans_anew(office: Office, owner: Any) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", DUE)
    path = f"/v1/deadlines/{made['id']}"
    moved = await office.lead.patch(path, {"due_at": "2099-07-01T17:00:00-04:00", "plan": ["1d", "2h"]}, 1)
    assert moved.status_code == 200, moved.text
    assert moved.json()["item"]["due_on"] is None
    assert moved.headers["etag"] == '"2"'
    assert await steps(owner, made["id"]) == {
        "1d": "2099-06-30T13:00:00+00:00",
        "2h": "2099-07-01T19:00:00+00:00",
    }
    refused(await office.lead.patch(path, {"title": "x"}, 1), 412, "stale")
    refused(await office.lead.patch(path, {"title": "x"}, None), 428, "revision_missing")
    same = await office.lead.patch(path, {"plan": ["1d", "2h"]}, 2)
    assert same.json()["item"]["revision"] == 2  # nothing differs, nothing is told
    assert await events(office) == [("deadline.set", 1), ("deadline.changed", 2)]


async def test_met_deadline_has_no_steps_until_it_is_opened_again(office: Office, owner: Any) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", DUE)
    path = f"/v1/deadlines/{made['id']}"
    met = (await office.lead.patch(path, {"status": "met"}, 1)).json()["item"]
    assert met["status"] == "met"
    assert met["done_at"] is not None
    assert await steps(owner, made["id"]) == {}
    again = (await office.lead.patch(path, {"status": "open"}, 2)).json()["item"]
    assert again["done_at"] is None
    assert set(await steps(owner, made["id"])) == {"7d", "1d", "overdue"}
    await office.lead.patch(path, {"status": "cancelled"}, 3)
    assert await steps(owner, made["id"]) == {}
    assert [one for one, _ in await events(office)] == [
        "deadline.set",
        "deadline.met",
        "deadline.changed",
        "deadline.cancelled",
    ]


async def test_deadline_of_a_closed_case_can_only_be_ended(office: Office) -> None:
    path = f"/v1/cases/{office.case}/deadlines"
    made = await office.lead.made(path, DUE)
    await office.close()
    refused(await office.lead.post(path, DUE), 409, "case_closed")
    refused(await office.lead.patch(f"/v1/deadlines/{made['id']}", {"title": "x"}, 1), 409, "case_closed")
    met = await office.lead.patch(f"/v1/deadlines/{made['id']}", {"status": "met"}, 1)
    assert met.json()["item"]["status"] == "met"


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"due_at": "2099-06-05T12:00:00Z"}, "$.due_on"),
        ({"due_on": None}, "$.due_on"),
        ({"due_on": None, "due_at": "2099-06-05T12:00:00"}, "$.due_at"),
        ({"due_on": "2099-13-05"}, "$.due_on"),
        ({"due_on": "9999-12-31"}, "$.due_on"),
        ({"due_on": None, "due_at": "0001-01-01T00:00:00+14:00"}, "$.due_at"),
        ({"zone": "Mars/Olympus"}, "$.zone"),
        ({"plan": ["2h"]}, "$.plan"),
        ({"plan": ["soon"]}, "$.plan[0]"),
        ({"title": ""}, "$.title"),
        ({"assignee": str(ABSENT)}, "$.assignee"),
        ({"escalate_after_h": 0}, "$.escalate_after_h"),
    ],
)
async def test_bad_deadline_is_refused_and_changes_nothing(
    office: Office, change: dict[str, Any], at: str
) -> None:
    path = f"/v1/cases/{office.case}/deadlines"
    problem = refused(await office.lead.post(path, DUE | change), 400, "bad_input")
    assert [field["at"] for field in problem["fields"]] == [at]
    assert await office.lead.all(path) == []


async def test_assignee_must_be_able_to_see_the_deadline(office: Office) -> None:
    path = f"/v1/cases/{office.case}/deadlines"
    # The client takes part, and yet does not see what is for staff.
    for person in (office.outside, office.stranger, office.foreign):
        refused(await office.lead.post(path, DUE | {"assignee": person.id}), 400, "bad_input")
    shared = await office.lead.made(path, DUE | {"assignee": office.outside.id, "audience": office.shared})
    assert shared["assignee"] == str(office.outside.id)
    inside = await office.lead.made(path, DUE | {"assignee": office.lead.id, "escalate_to": office.admin.id})
    answer = await office.lead.patch(f"/v1/deadlines/{inside['id']}", {"escalate_to": office.outside.id}, 1)
    refused(answer, 400, "bad_input")


async def test_only_those_who_may_see_or_set_deadlines_do(office: Office) -> None:
    path = f"/v1/cases/{office.case}/deadlines"
    staff = await office.lead.made(path, DUE)
    shared = await office.lead.made(path, DUE | {"audience": office.shared})
    assert await office.outside.all(path) == [shared]
    refused(await office.outside.post(path, DUE), 403, "forbidden")
    refused(
        await office.outside.patch(f"/v1/deadlines/{shared['id']}", {"status": "met"}, 1), 403, "forbidden"
    )
    refused(
        await office.outside.patch(f"/v1/deadlines/{staff['id']}", {"status": "met"}, 1), 404, "not_found"
    )
    for person in (office.stranger, office.foreign):
        refused(await person.get(path), 404, "not_found")
        refused(await person.post(path, DUE), 404, "not_found")
        refused(await person.patch(f"/v1/deadlines/{shared['id']}", {"status": "met"}, 1), 404, "not_found")
    refused(await office.lead.patch(f"/v1/deadlines/{ABSENT}", {"status": "met"}, 1), 404, "not_found")
