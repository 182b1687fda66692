"""What holds for every POST that makes something in a case: keys, walls, closed cases, bad input. One row an action."""

import asyncio
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest

from schemas.limits import REQUEST_BYTES_MAX
from tests.app import ABSENT, Office, Person, World, refused


class Create(NamedTuple):
    """`body` is accepted; `other` differs from it in one field; `grant` is what the case type grants."""

    name: str
    path: str
    grant: str
    body: dict[str, Any]
    other: dict[str, Any]
    wrong: tuple[str, Any]  # a field and a value of a type it cannot have
    when_closed: bool = False


CREATES = [
    Create(
        "post_message", "/v1/conversations/{conversation}/messages", "message.post",
        {"body": "Good morning"}, {"body": "Good evening"}, ("body", 7),
    ),
    Create(
        "open_conversation", "/v1/cases/{case}/conversations", "conversation.open",
        {"title": "Terms", "audience": "staff"}, {"title": "Other terms"}, ("people", "nobody"),
    ),
    Create(
        "add_entry", "/v1/cases/{case}/entries", "entry.add",
        {"text": "Called", "occurred_on": "2026-03-01"}, {"text": "Wrote"}, ("occurred_on", "yesterday"),
    ),
    Create(
        "add_party", "/v1/cases/{case}/parties", "party.add",
        {"name": "Roe", "role": "other"}, {"name": "Doe"}, ("kind", "ghost"),
    ),
    Create(
        "set_deadline", "/v1/cases/{case}/deadlines", "deadline.set",
        {"title": "Answer", "due_on": "2030-03-01"}, {"title": "Reply"}, ("due_on", "soon"),
    ),
    Create(
        "add_task", "/v1/cases/{case}/tasks", "task.add",
        {"title": "Copy the file"}, {"title": "Burn the file"}, ("due_on", 5),
    ),
    Create(
        "grant_participant", "/v1/cases/{case}/participants", "participant.grant",
        {"role": "{role}", "email": "new@mail.test"}, {"name": "Somebody"}, ("role", "NOT A ROLE"), when_closed=True,
    ),
]  # fmt: skip

each = pytest.mark.parametrize("create", CREATES, ids=[create.name for create in CREATES])


class Place(NamedTuple):
    """An office with a shared conversation, and one row's action addressed to it."""

    office: Office
    create: Create
    conversation: UUID
    tag: str

    @property
    def path(self) -> str:
        return self.create.path.format(case=self.office.case, conversation=self.conversation)

    @property
    def absent(self) -> str:
        return self.create.path.format(case=ABSENT, conversation=ABSENT)

    def body(self, **more: Any) -> dict[str, Any]:
        body = dict(self.create.body)
        if body.get("role") == "{role}":
            body |= {"role": self.office.role, "email": f"new-{self.tag}@mail.test"}
        return body | more

    async def events(self) -> list[dict[str, Any]]:
        return await self.office.admin.all(f"/v1/cases/{self.office.case}/events")


@pytest.fixture
async def place(office: Office, create: Create) -> Place:
    return Place(office, create, await office.conversation(), uuid4().hex)


@each
async def test_a_repeat_answers_the_same_and_makes_nothing(place: Place) -> None:
    key = uuid4()
    first = await place.office.lead.post(place.path, place.body(), key=key)
    assert first.status_code == 201, first.text
    events = await place.events()
    again = await place.office.lead.post(place.path, place.body(), key=key)
    assert (again.status_code, again.json()["item"]) == (201, first.json()["item"])
    assert await place.events() == events
    assert [event["data"] for event in events if first.json()["item"]["id"] in str(event["data"])]


@each
async def test_repeats_at_the_same_time_make_one_thing(place: Place) -> None:
    key = uuid4()
    before = len(await place.events())
    answers = await asyncio.gather(
        *(place.office.lead.post(place.path, place.body(), key=key) for _ in range(6))
    )
    # Of racers one may be told to come again; whoever is answered is answered the same.
    made = {answer.json()["item"]["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1 and len(await place.events()) == before + 1


@each
async def test_refused_when_the_key_was_used_for_another_request(place: Place, world: World) -> None:
    key = uuid4()
    lead = place.office.lead
    assert (await lead.post(place.path, place.body(), key=key)).status_code == 201
    refused(await lead.post(place.path, place.body(**place.create.other), key=key), 409, "key_reused")
    elsewhere = place.create.path.format(
        case=place.office.case, conversation=await place.office.conversation()
    )
    before = await place.events()
    if elsewhere != place.path:
        refused(await lead.post(elsewhere, place.body(), key=key), 409, "key_reused")
    assert await place.events() == before


@each
async def test_somebody_elses_key_is_no_concern_of_mine(place: Place) -> None:
    key = uuid4()
    first = await place.office.lead.made(place.path, place.body(), key=key)
    body = place.body() if "email" not in place.body() else place.body(email=f"b-{place.tag}@mail.test")
    second = await place.office.admin.made(place.path, body, key=key)
    assert first["id"] != second["id"]


@each
async def test_refused_when_the_key_is_missing_or_no_uuid(place: Place) -> None:
    lead = place.office.lead
    answer = await lead.post(place.path, place.body(), headers={"idempotency-key": ""})
    refused(answer, 400, "key_missing")
    problem = refused(await lead.post(place.path, place.body(), key="no-uuid"), 400, "bad_input")
    assert problem["fields"] == [{"at": "Idempotency-Key", "why": "a UUID is needed"}]


@each
async def test_refused_alike_when_absent_hidden_foreign_or_revoked(place: Place) -> None:
    office = place.office
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    before = await place.events()
    absent = refused(await office.lead.post(place.absent, place.body()), 404, "not_found")
    for person in (office.stranger, office.foreign, office.outside):
        answer = await person.post(place.path, place.body())
        assert refused(answer, 404, "not_found") == absent
    assert await place.events() == before


@each
async def test_refused_when_the_wall_rose_between_the_first_time_and_the_repeat(
    place: Place, world: World
) -> None:
    """A repeat rebuilds its answer after asking the wall again."""
    office, key = place.office, uuid4()
    helper = await world.person(office.org, "desk")
    given = await office.lead.made(
        f"/v1/cases/{office.case}/participants", {"person": helper.id, "role": "staff"}
    )
    await helper.made(place.path, place.body(), key=key)
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{given['id']}")
    answer = await helper.post(place.path, place.body(), key=key)
    if office.type.open_to_staff:
        assert answer.status_code == 201
    else:
        refused(answer, 404, "not_found")


@each
async def test_refused_when_the_role_does_not_allow_it(place: Place) -> None:
    office = place.office
    allowed = (
        place.create.grant in office.type.grants and office.role in office.type.grants[place.create.grant]
    )
    answer = await office.outside.post(place.path, place.body())
    if allowed:
        assert answer.status_code == 201
    else:
        before = await place.events()
        refused(answer, 403, "forbidden")
        assert await place.events() == before


@each
async def test_refused_when_the_case_is_closed(place: Place) -> None:
    await place.office.close()
    before = await place.events()
    answer = await place.office.lead.post(place.path, place.body())
    if place.create.when_closed:
        assert answer.status_code == 201, answer.text
    else:
        refused(answer, 409, "case_closed")
        assert await place.events() == before


@each
async def test_refused_when_the_input_is_bad_with_the_place_named(place: Place) -> None:
    lead, (field, value) = place.office.lead, place.create.wrong
    before = await place.events()
    wrong = refused(await lead.post(place.path, place.body(**{field: value})), 400, "bad_input")
    assert [one["at"] for one in wrong["fields"]] == [f"$.{field}"]
    extra = refused(await lead.post(place.path, place.body(surprise=1)), 400, "bad_input")
    assert "surprise" in extra["detail"]
    refused(await lead.post(place.path, ["a", "list"]), 400, "bad_input")
    refused(await lead.post(place.path, b'{"half": '), 400, "bad_input")
    refused(await lead.post(place.path, b"\xff\xfe"), 400, "bad_input")
    refused(await lead.post(place.path, b""), 400, "bad_input")
    assert await place.events() == before


@each
async def test_refused_when_the_body_is_too_large(place: Place) -> None:
    before = await place.events()
    body = b'{"a": "' + b"x" * REQUEST_BYTES_MAX + b'"}'
    refused(await place.office.lead.post(place.path, body), 413, "too_large")
    assert await place.events() == before


@each
async def test_refused_when_nobody_is_signed_in(place: Place) -> None:
    nobody = Person(place.office.lead.http, ABSENT, "", "x" * 43, ABSENT)
    answer = await nobody.post(place.path, place.body())
    refused(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
