"""Asking the record: what is found, by whom, and what they learn of whom and what is named in it."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.context import Hub
from schemas.access import ADMIN, DESK
from schemas.audit import HOUSE, Version
from schemas.errors import Refused
from schemas.ids import new_id
from storage.postgres.recorder import Recorder
from tests.app import ABSENT, Office, World, refused
from tests.browsers import proved
from tests.hub.audit.leaves import START, Leaves


@pytest.fixture
def leaves(owner: Any) -> Leaves:
    return Leaves(owner)


async def asked(asker: Any, path: str, /, **query: Any) -> dict[str, Any]:
    answer = await asker.get(path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ours(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Without what a running sequencer may have added since: entries of this very test's asking and making."""
    return [one for one in page["items"] if one["at"] < "2026-04"]


# The time in which these tests write; what the product itself writes meanwhile is of today.
THEN = {"until": "2026-04-01T00:00:00Z"}


async def test_an_organisation_is_asked_newest_first_page_by_page(office: Office, leaves: Leaves) -> None:
    numbers = [
        await leaves.add(office.org, "message.posted", office.lead.id, case=office.case) for _ in range(7)
    ]
    path = f"/v1/orgs/{office.org}/audit"
    first = await asked(office.admin, path, limit=3, **THEN)
    assert [one["n"] for one in first["items"]] == numbers[:3:-1]
    assert (first["count"], first["head"]) == (7, numbers[-1])
    second = await asked(office.admin, path, limit=3, after=first["next"], **THEN)
    assert [one["n"] for one in second["items"]] == numbers[3:0:-1] and second["count"] is None
    third = await asked(office.admin, path, limit=3, after=second["next"], **THEN)
    assert [one["n"] for one in third["items"]] == numbers[:1] and third["next"] is None
    one = first["items"][0]
    assert {name: value for name, value in one["by"].items() if value is not None} == {
        "kind": "browser", "person": str(office.lead.id),
    }  # fmt: skip
    assert (one["act"], one["outcome"], one["case"], one["address"]) == (
        "message.posted", "done", str(office.case), "192.0.2.7",
    )  # fmt: skip


async def test_every_filter_finds_what_it_says(office: Office, leaves: Leaves) -> None:
    thing, lead, outside = new_id(), office.lead.id, office.outside.id
    a = await leaves.add(office.org, "message.posted", lead, case=office.case)
    b = await leaves.add(office.org, "document.read", outside, case=office.case, thing=thing)
    c = await leaves.add(office.org, "wall.raised", office.admin.id, outcome="refused")
    d = await leaves.add(office.org, "message.posted", outside, case=new_id(), outcome="refused")
    path = f"/v1/orgs/{office.org}/audit"

    async def found(**query: Any) -> list[int]:
        return [one["n"] for one in (await asked(office.admin, path, **THEN | query))["items"]]

    assert await found() == [d, c, b, a]
    assert await found(person=outside) == [d, b]
    assert await found(case=office.case) == [b, a]
    assert await found(thing=thing) == [b]
    assert await found(act="message.posted") == [d, a]
    assert await found(act=["document.read", "wall.raised"]) == [c, b]
    assert await found(outcome="refused") == [d, c]
    assert await found(outcome="done", person=lead) == [a]
    second = (START + timedelta(minutes=2)).isoformat()
    assert await found(**{"from": second}) == [d, c, b]
    assert await found(until=second) == [a]
    assert await found(act="message.posted", outcome="refused", person=outside) == [d]
    assert await found(person=new_id()) == []
    await leaves.add(office.org, "conversation.heard", lead, case=office.case)
    tried = await leaves.add(office.org, "document.read", lead, case=office.case, outcome="refused")
    assert await found(changes="true") == [tried, d, c, a]
    assert await found(changes="true", outcome="done") == [a]
    page = await asked(office.lead, f"/v1/cases/{office.case}/audit", changes="true", **THEN)
    assert [one["n"] for one in page["items"]] == [tried, a]


async def test_what_came_since_is_told_without_who_reads_the_record(office: Office, leaves: Leaves) -> None:
    path = f"/v1/orgs/{office.org}/audit"
    await leaves.add(office.org, "message.posted", office.lead.id)
    head = (await asked(office.admin, path, **THEN))["head"]
    assert (await asked(office.admin, path, since=head, **THEN))["items"] == []
    await leaves.add(office.org, "audit.read", office.lead.id)
    new = await leaves.add(office.org, "task.done", office.lead.id)
    page = await asked(office.admin, path, since=head, **THEN)
    assert [one["n"] for one in page["items"]] == [new] and page["head"] == new
    assert (await asked(office.admin, path, since=new, **THEN))["head"] == new


async def test_a_case_is_asked_by_its_staff_and_by_administrators_alone(
    world: World, office: Office, leaves: Leaves
) -> None:
    await leaves.add(office.org, "message.posted", office.lead.id, case=office.case)
    await leaves.add(office.org, "message.posted", office.lead.id, case=new_id())
    path = f"/v1/cases/{office.case}/audit"
    for person in (office.lead, office.admin):
        assert len((await asked(person, path, **THEN))["items"]) == 1
    refused(await office.outside.get(path), 403, "forbidden")
    for person in (office.stranger, office.foreign, await world.person(office.org, DESK)):
        answer = await person.get(path)
        if answer.status_code != 403:  # desks see cases of types that are open to all staff
            refused(answer, 404, "not_found")
    for person in (office.lead, office.outside, office.stranger, office.foreign):
        refused(await person.get(f"/v1/orgs/{office.org}/audit"), 404, "not_found")


async def test_from_where_is_for_administrators_and_oneself(office: Office, leaves: Leaves) -> None:
    await leaves.add(
        office.org, "message.posted", office.outside.id, case=office.case, address="198.51.100.4"
    )
    await leaves.add(office.org, "message.posted", office.lead.id, case=office.case, address="198.51.100.5")
    path = f"/v1/cases/{office.case}/audit"
    assert [one["address"] for one in ours(await asked(office.lead, path, **THEN))] == ["198.51.100.5", None]
    assert [one["address"] for one in ours(await asked(office.admin, path, **THEN))] == [
        "198.51.100.5", "198.51.100.4",
    ]  # fmt: skip


async def test_a_wall_keeps_administrators_from_the_record_of_its_cases(
    world: World, office: Office, leaves: Leaves
) -> None:
    walled = await world.person(office.org, ADMIN)
    case, other = office.case, new_id()
    hidden = await leaves.add(office.org, "document.read", office.lead.id, case=case)
    seen = await leaves.add(office.org, "document.read", office.lead.id, case=other)
    path = f"/v1/orgs/{office.org}/audit"
    both = [one["n"] for one in (await asked(walled, path, **THEN))["items"]]
    assert both == [seen, hidden]
    admin = await proved(world, office.admin)
    await admin.made(
        f"/v1/orgs/{office.org}/walls",
        {"title": "Conflict", "reason": "A cousin", "cases": [str(case)], "people": [str(walled.id)]},
    )
    after = await asked(walled, path, **THEN)
    assert [one["n"] for one in after["items"]] == [seen] and after["count"] == 1
    assert (await asked(walled, path, case=case))["items"] == []
    refused(await walled.get(f"/v1/cases/{case}/audit"), 404, "not_found")
    export = await walled.get(f"{path}/export", format="csv", **THEN)
    assert str(case) not in export.text and str(other) in export.text


async def test_names_are_those_that_the_asker_may_know_now(
    world: World, office: Office, leaves: Leaves
) -> None:
    """Who stands in the record is named though they have left; who never belonged to it is an id; and what the asker
    does not see has no name."""
    gone = await world.person(name="Former Colleague")
    far = await world.person(name="Somebody Far")
    talk = await office.conversation("staff")
    await leaves.add(office.org, "document.read", gone.id, case=office.case)
    await leaves.add(office.org, "conversation.opened", office.lead.id, case=office.case, thing=talk)
    await leaves.add(office.org, "member.added", office.admin.id, thing=far.id)
    names = (await asked(office.admin, f"/v1/orgs/{office.org}/audit", **THEN))["names"]
    assert names["people"][str(gone.id)] == "Former Colleague"
    assert str(far.id) not in names["people"]
    assert names["things"][str(talk)] == {
        "kind": "conversation", "name": "About it", "case": str(office.case), "n": None,
    }  # fmt: skip
    assert names["things"][str(office.case)]["kind"] == "case"
    # The case's staff know the people of its record, and nobody of another.
    await leaves.add(office.org, "task.done", far.id)
    of_case = (await asked(office.lead, f"/v1/cases/{office.case}/audit", **THEN))["names"]["people"]
    assert set(of_case) == {str(gone.id), str(office.lead.id)}


async def test_who_has_seen_a_document(office: Office, leaves: Leaves) -> None:
    made = await office.lead.made(
        f"/v1/cases/{office.case}/documents", {"name": "Will", "audience": office.shared}
    )
    document = UUID(made["id"])
    first, second = new_id(), new_id()
    for id, n in ((first, 1), (second, 2)):
        await leaves.pool.execute(
            """insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256,
                quarantine_key, begun_at, by, audience, people)
            select $1, d.id, d.case_id, d.org, $2, 'cleared', 'will.pdf', 'application/pdf', 1, $3, $4, now(), $5,
                d.audience, '{}' from documents d where d.id = $6""",
            id, n, "0" * 64, str(id), office.lead.id, document,
        )  # fmt: skip

    def of(version: UUID, n: int) -> Version:
        return Version(document=document, n=n, sha256="0" * 64, version=version)

    for who, version, n in (
        (office.outside.id, first, 1), (office.outside.id, first, 1), (office.lead.id, second, 2),
        (office.outside.id, second, 2),
    ):  # fmt: skip
        await leaves.add(office.org, "document.read", who, case=office.case, thing=version, of=of(version, n))
    await leaves.add(office.org, "document.renamed", office.lead.id, case=office.case, thing=document)
    await leaves.add(
        office.org, "document.read", office.admin.id, case=office.case, thing=second, outcome="refused"
    )
    await leaves.add(office.org, "document.read", office.admin.id, case=office.case, thing=new_id())
    path = f"/v1/documents/{document}/audit"
    answer = await asked(office.lead, path, **THEN)
    told = [(one["person"], one["n"], one["times"]) for one in answer["seen"]]
    assert told == [
        (str(office.outside.id), 2, 1),
        (str(office.lead.id), 2, 1),
        (str(office.outside.id), 1, 2),
    ]
    twice = answer["seen"][-1]
    assert twice["first"] < twice["last"] and answer["whole"] is True
    record = answer["record"]
    assert record["count"] == 6 and record["items"][0]["outcome"] == "refused"
    assert record["items"][2]["of"] == {
        "document": str(document), "n": 2, "sha256": "0" * 64, "version": str(second),
    }  # fmt: skip
    assert record["names"]["things"][str(second)] == {
        "kind": "version", "name": "Will", "case": str(office.case), "n": 2,
    }  # fmt: skip
    assert len((await asked(office.lead, path, act="document.renamed", **THEN))["record"]["items"]) == 1
    refused(await office.outside.get(path), 403, "forbidden")
    for person in (office.stranger, office.foreign):
        refused(await person.get(path), 404, "not_found")
    refused(await office.lead.get(f"/v1/documents/{ABSENT}/audit"), 404, "not_found")


async def test_everybody_is_told_what_was_done_in_their_name(
    world: World, office: Office, leaves: Leaves
) -> None:
    mine = office.outside.id
    a = await leaves.add(office.org, "message.posted", mine, case=office.case)
    await leaves.add(office.org, "message.posted", office.lead.id, case=office.case)
    b = await leaves.add(HOUSE, "session.made", mine)
    page = await asked(office.outside, "/v1/me/audit", **THEN)
    assert [(one["log"], one["n"]) for one in page["items"]] == [(str(HOUSE), b), (str(office.org), a)]
    assert {one["address"] for one in page["items"]} == {"192.0.2.7"}
    # Asking for somebody else there asks for oneself.
    again = await asked(office.outside, "/v1/me/audit", person=office.lead.id, **THEN)
    assert [one["n"] for one in again["items"]] == [b, a]
    # The wall stands before what one did there oneself.
    await leaves.pool.execute(
        "insert into grants (person, scope, role, org, since) values ($1, $2, 'walled', $3, now())",
        mine, office.case, office.org,
    )  # fmt: skip
    assert [one["n"] for one in (await asked(office.outside, "/v1/me/audit", **THEN))["items"]] == [b]


async def test_an_entry_names_the_first_checkpoint_that_holds_it(office: Office, leaves: Leaves) -> None:
    for _ in range(2):
        await leaves.add(office.org, "task.done", office.lead.id)
    first = await leaves.sign(office.org, 2)
    await leaves.add(office.org, "task.done", office.lead.id)
    await leaves.sign(office.org, 3)
    await leaves.add(office.org, "task.done", office.lead.id)
    items = (await asked(office.admin, f"/v1/orgs/{office.org}/audit", **THEN))["items"]
    assert [one["proof"] and one["proof"]["size"] for one in items] == [None, 3, 2, 2]
    assert items[3]["proof"]["at"].startswith(first.isoformat()[:16])


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ({"from": "2026-03-01T09:00:00"}, "from"),
        ({"from": "2026-03-02T09:00:00Z", "until": "2026-03-01T09:00:00Z"}, "until"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"act": ["x"] * 51}, "act"),
        ({"after": "WyJ4Il0"}, "after"),
        ({"person": "nobody"}, None),
        ({"since": -2}, None),
    ],
)
async def test_bad_questions_say_what_is_wrong(office: Office, query: dict[str, Any], at: str | None) -> None:
    problem = refused(await office.admin.get(f"/v1/orgs/{office.org}/audit", **query), 400, "bad_input")
    assert at is None or problem["fields"][0]["at"] == at


READ = """select convert_from(entry, 'UTF8')::json from audit_entries
    where person = $1 and convert_from(entry, 'UTF8')::json ->> 'act' = any($2) order by tx, id"""


async def test_to_ask_leaves_one_entry_and_to_hear_nothing_none(office: Office, leaves: Leaves) -> None:
    async def told(person: Any) -> list[dict[str, Any]]:
        rows = await leaves.pool.fetch(READ, person.id, ["audit.read", "audit.exported"])
        return [json.loads(row[0]) for row in rows]

    head = await leaves.add(office.org, "task.done", office.lead.id, case=office.case)
    org, case = f"/v1/orgs/{office.org}/audit", f"/v1/cases/{office.case}/audit"
    await asked(office.admin, org, person=office.lead.id, **THEN)
    await asked(office.admin, org, since=head, **THEN)
    await asked(office.admin, org, since=head - 1, **THEN)
    await asked(office.admin, case, **THEN)
    assert (await office.admin.get(f"{org}/export", format="csv", **THEN)).status_code == 200
    first, second, third, fourth = await told(office.admin)
    assert (first["act"], first["log"], first["thing"]) == (
        "audit.read",
        str(office.org),
        str(office.lead.id),
    )
    assert (first["rule"], first["outcome"], first["by"]["session"]) == (
        "place: admin", "done", str(office.admin.session),
    )  # fmt: skip
    assert "thing" not in second and "case" not in second
    assert third["case"] == str(office.case) and fourth["act"] == "audit.exported"
    await asked(office.lead, case, **THEN)
    await asked(office.outside, "/v1/me/audit", **THEN)
    assert [one["rule"] for one in await told(office.lead)] == ["role: staff"]
    assert [(one["log"], one["rule"]) for one in await told(office.outside)] == [(str(HOUSE), "own")]
    assert all(str(office.lead.id) not in json.dumps(one) for one in await told(office.outside))


async def test_what_cannot_be_written_down_is_not_told(
    office: Office, leaves: Leaves, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leaves.add(office.org, "task.done", office.lead.id)

    async def full(*_: Any) -> None:
        raise Refused("unavailable")

    monkeypatch.setattr(Recorder, "record", full)
    for path in ("", "/export"):
        refused(await office.admin.get(f"/v1/orgs/{office.org}/audit{path}", **THEN), 503, "unavailable")


async def test_a_wall_is_not_in_the_record_of_those_whom_it_keeps_out(
    hub: Hub, world: World, office: Office, leaves: Leaves
) -> None:
    """Nor is that somebody asked about it: a wall has no case in the record, and its id alone would tell."""
    walled = await world.person(office.org, ADMIN)
    admin = await proved(world, office.admin)
    wall = await admin.made(
        f"/v1/orgs/{office.org}/walls",
        {"title": "Conflict", "reason": "A cousin", "cases": [str(office.case)], "people": [str(walled.id)]},
    )
    for act in ("wall.raised", "audit.read", "lift_wall"):
        await leaves.add(office.org, act, admin.id, thing=UUID(wall["id"]))
    open_ = await leaves.add(office.org, "team.changed", admin.id, thing=new_id())
    path = f"/v1/orgs/{office.org}/audit"
    assert (await asked(admin, path, **THEN))["count"] == 4
    assert [one["n"] for one in (await asked(walled, path, **THEN))["items"]] == [open_]
    async with hub.database.reading(walled.id) as on:
        for table in ("audit_leaves", "audit_entries"):
            found = await on.fetch(f"select * from {table} where log = $1", office.org)
            assert len(found) >= 1 and wall["id"] not in str([dict(row) for row in found]), table
