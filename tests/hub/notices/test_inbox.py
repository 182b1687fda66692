"""The inbox of a person: newest first, acknowledged once, nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.ids import new_id
from tests.app import ABSENT, Office, Person, refused


async def put(owner: Any, office: Office, person: Person, n: int = 1, kind: str = "deadline") -> list[str]:
    """Notices of a deadline of the case, oldest first, as a worker leaves them."""
    due = datetime.now(UTC) + timedelta(days=30)
    body = {"title": "Answer", "due_at": due, "plan": [], "audience": office.shared}
    made = await office.lead.made(f"/v1/cases/{office.case}/deadlines", body)
    ids = [new_id() for _ in range(n)]
    ids.sort()
    for id in ids:
        await owner.execute(
            "insert into notices (id, person, org, case_id, kind, thing, step, title, due, late, at) "
            "values ($1, $2, $3, $4, $8, $5, $6, 'Answer', $7, false, now())",
            id, person.id, office.org, office.case, UUID(made["id"]), str(id), due, kind,
        )  # fmt: skip
    return [str(id) for id in ids]


async def test_inbox_is_newest_first_and_pages(office: Office, owner: Any) -> None:
    ids = await put(owner, office, office.outside, 5)
    found = await office.outside.all("/v1/inbox", limit=2)
    assert [one["id"] for one in found] == ids[::-1]
    assert (await office.outside.get("/v1/inbox", limit=2)).json()["as_of"]["seq"] >= 0
    refused(await office.outside.get("/v1/inbox", after="nonsense"), 400, "bad_input")


async def test_acknowledging_is_told_once(office: Office, owner: Any) -> None:
    first, second = await put(owner, office, office.outside, 2)
    acked = await office.outside.call("POST", f"/v1/inbox/{first}/ack")
    assert acked.status_code == 200, acked.text
    assert (acked.json()["item"]["revision"], acked.json()["item"]["acked_at"] is None) == (2, False)
    assert (await office.outside.call("POST", f"/v1/inbox/{first}/ack")).json()["item"] == acked.json()[
        "item"
    ]
    assert [one["id"] for one in await office.outside.all("/v1/inbox", unacked="true")] == [second]
    rows = await owner.fetch(
        "select type, seq from events where stream = $1 and type = 'notice.acked'", office.outside.id
    )
    assert len(rows) == 1
    assert acked.json()["as_of"]["seq"] == rows[0]["seq"]


async def test_nobody_reads_or_acknowledges_anothers_notices(office: Office, owner: Any) -> None:
    (id,) = await put(owner, office, office.outside)
    for person in (office.lead, office.admin, office.stranger, office.foreign):
        assert id not in [one["id"] for one in await person.all("/v1/inbox")]
        refused(await person.call("POST", f"/v1/inbox/{id}/ack"), 404, "not_found")
    refused(await office.outside.call("POST", f"/v1/inbox/{ABSENT}/ack"), 404, "not_found")


async def test_a_case_that_is_taken_away_leaves_the_inbox(office: Office, owner: Any) -> None:
    ids = await put(owner, office, office.outside) + await put(owner, office, office.outside, kind="case")
    assert len(await office.outside.all("/v1/inbox")) == 2
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    assert await office.outside.all("/v1/inbox") == []
    for id in ids:
        refused(await office.outside.call("POST", f"/v1/inbox/{id}/ack"), 404, "not_found")


async def test_a_deadline_that_one_may_not_see_any_more_leaves_the_inbox(office: Office, owner: Any) -> None:
    (id,) = await put(owner, office, office.outside)
    await owner.execute("update deadlines set audience = '{staff,admin}' where case_id = $1", office.case)
    assert await office.outside.all("/v1/inbox") == []
    refused(await office.outside.call("POST", f"/v1/inbox/{id}/ack"), 404, "not_found")
