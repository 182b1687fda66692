"""What holds for every change of a record that has a revision: If-Match, walls, one winner."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from tests.app import ABSENT, Office, Person, refused


class Edit(NamedTuple):
    """`make` answers the record to edit; `body` is a change of it, None for DELETE."""

    name: str
    path: str
    make: Callable[[Office], Awaitable[dict[str, Any]]]
    body: dict[str, Any] | None
    wrong: tuple[str, Any] | None
    hidden: bool = False  # from the person from outside


async def a_case(office: Office) -> dict[str, Any]:
    return (await office.lead.get(f"/v1/cases/{office.case}")).json()["item"]["case"]


async def a_party(office: Office) -> dict[str, Any]:
    return await office.lead.made(f"/v1/cases/{office.case}/parties", {"name": "Roe", "role": "other"})


async def a_message(office: Office) -> dict[str, Any]:
    talk = await office.conversation()
    return await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Good morning"})


async def a_deadline(office: Office) -> dict[str, Any]:
    body = {"title": "Answer", "due_on": "2030-03-01", "audience": office.shared}
    return await office.lead.made(f"/v1/cases/{office.case}/deadlines", body)


async def a_task(office: Office) -> dict[str, Any]:
    return await office.lead.made(
        f"/v1/cases/{office.case}/tasks", {"title": "Copy", "audience": office.shared}
    )


async def a_detail(office: Office) -> dict[str, Any]:
    return (await office.lead.all(f"/v1/cases/{office.case}/details"))[0]


EDITS = [
    Edit("change_case", "/v1/cases/{id}", a_case, {"title": "Changed"}, ("title", 4)),
    Edit("change_party", "/v1/parties/{id}", a_party, {"name": "Changed"}, ("kind", "ghost")),
    Edit("remove_party", "/v1/parties/{id}", a_party, None, None),
    Edit("edit_message", "/v1/messages/{id}", a_message, {"body": "Changed"}, ("body", 4)),
    Edit("retract_message", "/v1/messages/{id}", a_message, None, None),
    Edit("change_deadline", "/v1/deadlines/{id}", a_deadline, {"title": "Changed"}, ("due_on", "soon")),
    Edit("change_task", "/v1/tasks/{id}", a_task, {"title": "Changed"}, ("done", "perhaps")),
    Edit(
        "change_detail",
        "/v1/details/{id}",
        a_detail,
        {"fields": {"assessment": "x"}},
        ("fields", []),
        hidden=True,
    ),
]

each = pytest.mark.parametrize("edit", EDITS, ids=[edit.name for edit in EDITS])


class Record(NamedTuple):
    office: Office
    edit: Edit
    path: str
    revision: int

    async def by(
        self, person: Person, revision: int | None = None, path: str = "", **more: Any
    ) -> httpx.Response:
        revision = self.revision if revision is None else revision
        if self.edit.body is None:
            return await person.delete(path or self.path, revision)
        return await person.patch(path or self.path, self.edit.body | more, revision)

    async def events(self) -> list[dict[str, Any]]:
        return await self.office.admin.all(f"/v1/cases/{self.office.case}/events")


@pytest.fixture
async def record(office: Office, edit: Edit) -> Record:
    made = await edit.make(office)
    return Record(office, edit, edit.path.format(id=made["id"]), made["revision"])


@each
async def test_an_edit_raises_the_revision_and_tells_it(record: Record) -> None:
    before = await record.events()
    answer = await record.by(record.office.lead)
    assert answer.status_code == 200, answer.text
    item = answer.json()["item"]
    item = item.get("case", item) if record.edit.name == "change_case" else item
    assert item["revision"] == record.revision + 1
    new = (await record.events())[len(before) :]
    assert len(new) == 1 and item in new[0]["data"].values()
    assert answer.json()["as_of"]["seq"] == new[0]["seq"]


@each
async def test_refused_when_the_revision_is_stale(record: Record) -> None:
    assert (await record.by(record.office.lead)).status_code == 200
    before = await record.events()
    answer = await record.by(record.office.lead)
    # What is removed or retracted says so rather than that it is newer.
    if record.edit.name == "remove_party":
        refused(answer, 404, "not_found")
    elif record.edit.name == "retract_message":
        refused(answer, 409, "retracted")
    else:
        refused(answer, 412, "stale")
    refused(
        await record.by(record.office.lead, record.revision + 70), answer.status_code, answer.json()["code"]
    )
    assert await record.events() == before


@each
async def test_of_two_editors_one_wins(record: Record) -> None:
    answers = await asyncio.gather(*(record.by(record.office.lead) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sum(answer.status_code == 200 for answer in answers) == 1


@each
async def test_refused_when_the_revision_is_missing_or_no_number(record: Record) -> None:
    lead, method = record.office.lead, "PATCH" if record.edit.body else "DELETE"
    refused(await lead.call(method, record.path, record.edit.body), 428, "revision_missing")
    for bad in (b'"one"', b"-1", b'"' + b"9" * 40 + b'"', "\u0663".encode()):
        headers = {"if-match": bad}
        refused(await lead.call(method, record.path, record.edit.body, headers=headers), 400, "bad_input")


@each
async def test_refused_alike_when_absent_hidden_foreign_or_revoked(record: Record) -> None:
    office = record.office
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    before = await record.events()
    absent = refused(await record.by(office.lead, path=record.edit.path.format(id=ABSENT)), 404, "not_found")
    for person in (office.stranger, office.foreign, office.outside):
        # A wrong revision must not tell that the record is there.
        for revision in (record.revision, record.revision + 3):
            assert refused(await record.by(person, revision), 404, "not_found") == absent
    assert await record.events() == before


@each
async def test_refused_when_another_role_tries(record: Record) -> None:
    """The outside person sees these records but the hidden one; none of them is theirs to change."""
    before = await record.events()
    answer = await record.by(record.office.outside)
    refused(answer, *((404, "not_found") if record.edit.hidden else (403, "forbidden")))
    assert await record.events() == before


@each
async def test_refused_when_the_case_is_closed(record: Record) -> None:
    await record.office.close()
    before = await record.events()
    revision = record.revision + (record.edit.name == "change_case")
    refused(await record.by(record.office.lead, revision), 409, "case_closed")
    assert await record.events() == before


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit.wrong], ids=lambda edit: edit.name)
async def test_refused_when_the_input_is_bad_with_the_place_named(record: Record) -> None:
    assert record.edit.wrong is not None
    field, value = record.edit.wrong
    before = await record.events()
    wrong = refused(await record.by(record.office.lead, **{field: value}), 400, "bad_input")
    assert [one["at"] for one in wrong["fields"]] == [f"$.{field}"]
    assert "surprise" in refused(await record.by(record.office.lead, surprise=1), 400, "bad_input")["detail"]
    assert await record.events() == before
