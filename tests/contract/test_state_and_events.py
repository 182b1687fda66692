"""State + events == state: what a reader read, with the events after it applied, is what a fresh read answers."""

import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.casetypes import CURRENT
from tests.app import Office, Person, World

# The lists of a case, by the noun that events carry. Messages hang below conversations.
LISTS = {
    "participant": "participants", "party": "parties", "entry": "entries", "conversation": "conversations",
    "deadline": "deadlines", "task": "tasks", "document": "documents", "detail": "details",
    "team_case": "teams",
}  # fmt: skip

State = dict[str, dict[str, Any]]  # noun → id → record


async def read(person: Person, case: UUID) -> tuple[State, int]:
    """Everything of a case that a person may read, and the smallest place it was read at."""
    answer = (await person.get(f"/v1/cases/{case}")).json()
    found: State = {"case": {str(case): answer["item"]["case"]}, "message": {}}
    at = [answer["as_of"]["seq"]]
    for noun, path in LISTS.items():
        found[noun] = {}
        at += await _pages(person, f"/v1/cases/{case}/{path}", found[noun])
    for conversation in found["conversation"]:
        at += await _pages(person, f"/v1/conversations/{conversation}/messages", found["message"])
    return found, min(at)


async def _pages(person: Person, path: str, into: dict[str, Any]) -> list[int]:
    seqs, after = [], None
    while True:
        page = (await person.get(path, limit=3, after=after)).json()
        into.update({item["id"]: item for item in page["items"]})
        seqs.append(page["as_of"]["seq"])
        if (after := page["next"]) is None:
            return seqs


def apply(state: State, events: list[dict[str, Any]]) -> State:
    """What every client does: upsert by id, pass over older revisions, drop what was removed."""
    for event in events:
        for noun, item in event["data"].items():
            records = state.setdefault(noun, {})
            held = records.get(item["id"])
            if held is not None and held.get("revision", 0) > item.get("revision", 0):
                continue
            if item.get("removed_at"):
                records.pop(item["id"], None)
            else:
                records[item["id"]] = item
    return state


class Life:
    """Random things that people do to a case. Refusals are part of life and change nothing."""

    def __init__(self, office: Office, talks: list[UUID], choose: random.Random) -> None:
        self.office, self.talks, self.choose = office, talks, choose
        self.made: dict[str, list[str]] = {}
        self.n = 0
        self.done: list[str] = []

    async def step(self) -> None:
        act = self.choose.choice(ACTS)
        self.n += 1
        answer = await act(self)
        assert answer is None or answer.status_code < 500, answer.text
        if answer is None:
            return
        if answer.status_code in (200, 201):
            self.done.append(act.__name__)
        elif answer.json()["code"] == "case_closed" and self.choose.random() < 0.5:
            await self.open_again()

    async def open_again(self) -> None:
        for name, transition in self.office.type.transitions.items():
            if self.office.type.statuses[transition.target].open:
                await self.office.lead.post(f"/v1/cases/{self.office.case}/transitions", {"name": name})

    def who(self) -> Person:
        return self.choose.choice(
            [self.office.lead, self.office.lead, self.office.outside, self.office.admin]
        )

    async def create(self, path: str, kind: str, body: dict[str, Any], by: Person | None = None) -> Any:
        answer = await (by or self.who()).post(path, body)
        if answer.status_code == 201:
            self.made.setdefault(kind, []).append(answer.json()["item"]["id"])
        return answer

    def some(self, kind: str) -> str | None:
        return self.choose.choice(self.made[kind]) if self.made.get(kind) else None

    def audience(self) -> str:
        return self.choose.choice(list(self.office.type.audiences))


async def post(life: Life) -> Any:
    talk = life.choose.choice(life.talks)
    return await life.create(f"/v1/conversations/{talk}/messages", "messages", {"body": f"word {life.n}"})


async def edit(life: Life) -> Any:
    if id := life.some("messages"):
        return await life.who().patch(
            f"/v1/messages/{id}", {"body": f"edit {life.n}"}, life.choose.choice([1, 1, 2])
        )


async def retract(life: Life) -> Any:
    if id := life.some("messages"):
        return await life.who().delete(f"/v1/messages/{id}", life.choose.choice([1, 2]))


async def converse(life: Life) -> Any:
    body: dict[str, Any] = {"title": f"Talk {life.n}"}
    named = life.choose.random() < 0.3
    body |= {"people": [life.office.outside.id]} if named else {"audience": life.audience()}
    answer = await life.office.lead.post(f"/v1/cases/{life.office.case}/conversations", body)
    if answer.status_code == 201:
        life.talks.append(answer.json()["item"]["id"])
    return answer


async def party(life: Life) -> Any:
    body = {
        "name": f"Party {life.n}",
        "role": "other",
        "audience": life.choose.choice([None, life.audience()]),
    }
    return await life.create(f"/v1/cases/{life.office.case}/parties", "parties", body)


async def change_party(life: Life) -> Any:
    if id := life.some("parties"):
        return await life.who().patch(
            f"/v1/parties/{id}", {"note": f"note {life.n}"}, life.choose.choice([1, 1, 2])
        )


async def remove_party(life: Life) -> Any:
    if id := life.some("parties"):
        return await life.who().delete(f"/v1/parties/{id}", life.choose.choice([1, 2]))


async def entry(life: Life) -> Any:
    body = {
        "text": f"Entry {life.n}",
        "occurred_on": f"2026-0{life.choose.randint(1, 9)}-01",
        "audience": life.audience(),
    }
    return await life.create(f"/v1/cases/{life.office.case}/entries", "entries", body)


async def deadline(life: Life) -> Any:
    body = {"title": f"Due {life.n}", "due_on": "2030-01-01", "audience": life.audience()}
    return await life.create(f"/v1/cases/{life.office.case}/deadlines", "deadlines", body)


async def change_deadline(life: Life) -> Any:
    if id := life.some("deadlines"):
        body = life.choose.choice(
            [{"status": "met"}, {"status": "open"}, {"status": "cancelled"}, {"title": f"t {life.n}"}]
        )
        return await life.who().patch(f"/v1/deadlines/{id}", body, life.choose.choice([1, 1, 2, 3]))


async def task(life: Life) -> Any:
    body = {"title": f"Do {life.n}", "audience": life.audience()}
    return await life.create(f"/v1/cases/{life.office.case}/tasks", "tasks", body)


async def change_task(life: Life) -> Any:
    if id := life.some("tasks"):
        return await life.who().patch(
            f"/v1/tasks/{id}", {"done": life.choose.choice([True, False])}, life.choose.choice([1, 1, 2])
        )


async def document(life: Life) -> Any:
    kind = life.choose.choice(list(life.office.type.document_kinds))
    body = {"name": f"Doc {life.n}", "kind": kind, "audience": life.choose.choice([None, life.audience()])}
    return await life.create(f"/v1/cases/{life.office.case}/documents", "documents", body)


async def rename(life: Life) -> Any:
    if id := life.some("documents"):
        return await life.who().patch(
            f"/v1/documents/{id}", {"name": f"name {life.n}"}, life.choose.choice([1, 1, 2])
        )


async def move(life: Life) -> Any:
    name = life.choose.choice(list(life.office.type.transitions))
    return await life.who().post(f"/v1/cases/{life.office.case}/transitions", {"name": name})


async def retitle(life: Life) -> Any:
    return await life.who().patch(
        f"/v1/cases/{life.office.case}", {"title": f"Title {life.n}"}, life.choose.randint(1, 4)
    )


async def change_detail(life: Life) -> Any:
    """Fields that not everybody sees, by whoever sees them."""
    office = life.office
    if groups := (await office.lead.all(f"/v1/cases/{office.case}/details")):
        one = life.choose.choice(groups)
        fields = dict.fromkeys(one["fields"], f"secret {life.n}") or {"assessment": f"secret {life.n}"}
        return await life.who().patch(
            f"/v1/details/{one['id']}", {"fields": fields}, life.choose.randint(1, 4)
        )


async def let_in(life: Life) -> Any:
    body = {"email": f"l{life.n}-{life.office.case.hex}@mail.test", "role": life.office.role}
    return await life.create(f"/v1/cases/{life.office.case}/participants", "participants", body)


async def let_go(life: Life) -> Any:
    if id := life.some("participants"):
        return await life.office.lead.delete(f"/v1/cases/{life.office.case}/participants/{id}")


async def let_team_in(life: Life) -> Any:
    team = await life.office.admin.made(
        f"/v1/orgs/{life.office.org}/teams", {"name": f"Team {life.n} {life.choose.random()}"}
    )
    await life.office.admin.made(
        f"/v1/orgs/{life.office.org}/teams/{team['id']}/members", {"person": life.office.lead.id}
    )
    return await life.create(f"/v1/cases/{life.office.case}/teams", "teams", {"team": team["id"]})


async def let_team_go(life: Life) -> Any:
    if id := life.some("teams"):
        return await life.office.lead.delete(f"/v1/cases/{life.office.case}/teams/{id}")


ACTS: list[Callable[[Life], Awaitable[Any]]] = [
    post, post, post, edit, edit, retract, converse, party, change_party, remove_party, entry, deadline,
    change_deadline, task, change_task, document, rename, move, retitle, change_detail, let_in, let_go,
    let_team_in, let_team_go,
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(CURRENT))
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), reads=st.lists(st.integers(0, 60), min_size=2, max_size=2))
async def test_state_and_events_are_the_state(world: World, name: str, seed: int, reads: list[int]) -> None:
    """Two readers with different eyes and an administrator, each reading somewhere in the middle of a case's life."""
    office = await world.office(name)
    life = Life(
        office, [await office.conversation(), await office.conversation("staff")], random.Random(seed)
    )
    readers = [office.outside, office.lead, office.admin]
    held: dict[Person, tuple[State, int]] = {}
    starts = [*reads, 0]
    for n in range(60):
        for person, start in zip(readers, starts, strict=True):
            if n == start:
                held[person] = await read(person, office.case)
        await life.step()
    for person in readers:
        if person not in held:
            held[person] = await read(person, office.case)
    assert len(set(life.done)) > 5, "nothing happened"
    for person in readers:
        state, at = held[person]
        fresh, _ = await read(person, office.case)
        now = apply(state, await after(person, office.case, at))
        for noun in fresh:
            assert now.get(noun, {}) == fresh[noun], (noun, seed)


async def after(person: Person, case: UUID, seq: int) -> list[dict[str, Any]]:
    """Every event after a seq; of this list `next` is the last seq that one holds."""
    events: list[dict[str, Any]] = []
    while True:
        page = (await person.get(f"/v1/cases/{case}/events", after=seq, limit=7)).json()
        events += page["items"]
        if page["next"] is None:
            return events
        seq = int(page["next"])


async def test_from_nothing_the_events_alone_are_the_state(world: World) -> None:
    for name in sorted(CURRENT):
        office = await world.office(name)
        life = Life(office, [await office.conversation()], random.Random(7))
        for _ in range(80):
            await life.step()
        for person in (office.outside, office.lead, office.admin):
            fresh, _ = await read(person, office.case)
            now = apply({}, await after(person, office.case, 0))
            for noun in fresh:
                assert now.get(noun, {}) == fresh[noun], noun
