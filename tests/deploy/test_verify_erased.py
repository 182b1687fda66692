"""What an erasure took out of the record's events is told by its certificate; what is gone otherwise is found."""

import json
from typing import Any

import pytest

from deploy.embedded.stack import Stack
from hub.context import Hub
from tests.app import Office, Person, World, app, http, hub, office, opening, owner, world
from tests.browsers import proved
from tests.deploy.test_verify_database import look, writer
from tests.record import Record, record
from workers import retention

__all__ = ["app", "http", "hub", "office", "owner", "record", "world", "writer"]  # fixtures

BLANKED = """update events set data = jsonb_set(data::jsonb, '{message,body}', 'null')::json
    where stream = $1 and type = 'message.posted' and actor = $2"""


@pytest.fixture
async def spoken(record: Record, world: World, office: Office, writer: Any) -> Any:
    """A case in which a client wrote."""
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "soon gone"})
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "stays"})
    yield talk
    await writer.execute("update tombstones set done_at = now() where org = $1 and done_at is null", office.org)


async def erase(office: Office, world: World, person: Person, *, words: bool) -> None:
    await proved(world, office.admin)
    answer = await office.admin.post(
        f"/v1/orgs/{office.org}/people/{person.id}/erasure",
        {"reason": "They asked for it", "cases": [office.case] if words else []},
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_words_that_were_erased_are_told_of(
    elsewhere: bool, record: Record, spoken: Any, world: World, office: Office, stack: Stack
) -> None:
    """Also of whom another office knows, whose account stays."""
    if elsewhere:
        await world.seat(office.outside.id, (await world.office("legal_matter")).org, "outside")
    await erase(office, world, office.outside, words=True)
    await record.settle()
    assert (await look(stack, office, record)).findings == []


async def test_an_invitation_of_whom_an_office_erased_is_told_of(
    record: Record, world: World, office: Office, stack: Stack, writer: Any
) -> None:
    other = await world.office("legal_matter")
    asked = {"org": office.org, "email": other.lead.email, "name": "Canary", "role": "desk"}
    await office.admin.made("/v1/people", asked)
    await world.seat(other.lead.id, office.org, "desk")
    await erase(office, world, other.lead, words=False)
    added = "select data::text from events where stream = $1 and type = 'invitation.added'"
    told = await writer.fetchval(added, office.org)
    assert json.loads(told)["invitation"]["email"] == "erased"
    await record.settle()
    found = (await look(stack, office, record)).findings
    assert found == []


@pytest.mark.parametrize("kind", ["case", "document"])
async def test_what_was_destroyed_is_told_of(
    kind: str, record: Record, spoken: Any, world: World, office: Office, stack: Stack, hub: Hub, writer: Any
) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Lease", "kind": "other"})
    await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Stays", "kind": "other"})
    await record.settle()
    thing = office.case if kind == "case" else made["id"]
    bury = "select bury_thing($1, $2, $3, 'kept long enough', $4, now())"
    await writer.execute(bury, kind, thing, office.case, office.admin.id)
    begun = await look(stack, office, record)  # decided, and not done yet: it is excused, and said
    assert begun.findings == [] and any("under way" in fact for fact in begun.facts)
    await writer.execute("update tombstones set done_at = now() where org <> $1", office.org)  # what others left
    await retention.destroy(hub)
    await record.settle()
    assert (await look(stack, office, record)).findings == []


DONE = """insert into erasures (id, org, person, state, asked_at, asked_by, decided_at, decided_by, reason, cases,
    certificate) select gen_random_uuid(), $3, $2, 'done', now(), $2, now(), $2, '', array[$1::uuid], """
WITHOUT_A_WORD = {
    "a tombstone made up": """insert into tombstones (thing, kind, org, destroyed_at, by, why, done_at)
        select $2, 'person', $3, now(), $2, 'erasure', now() where $1::uuid is not null""",
    "a tombstone of somebody else, put on the case": """update tombstones set within = $1, done_at = now()
        where org = $3 and kind = 'person' and thing <> $2""",
    "an erasure made up": f"{DONE} null",
    "a certificate of somebody else": f"""with c as (insert into certificates (id, org, kind, thing, at, body, sha256,
            note) select gen_random_uuid(), $3, 'person', $2, at, body, sha256, note from certificates
            where org = $3 limit 1 returning id)
        {DONE} id from c""",
}


@pytest.mark.parametrize("name", WITHOUT_A_WORD)
async def test_words_that_went_without_a_certificate_are_found(
    name: str, record: Record, spoken: Any, world: World, office: Office, stack: Stack, writer: Any
) -> None:
    """Whoever holds the database writes what they like into its tables, but signs nothing."""
    talk = await office.conversation()
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "an admission"})
    await erase(office, world, office.outside, words=False)  # one that is signed, of somebody else
    await record.settle()
    assert (await look(stack, office, record)).findings == []
    async with writer.transaction():
        await writer.execute(WITHOUT_A_WORD[name], office.case, office.lead.id, office.org)
        await writer.execute(BLANKED, office.case, office.lead.id)
    found = (await look(stack, office, record)).findings
    assert found and all("lost its words" in one for one in found)


async def test_a_destroyed_document_excuses_no_other_case(
    record: Record, office: Office, stack: Stack, hub: Hub, writer: Any
) -> None:
    """Its tombstone lies in the database; that it was of this case is signed."""
    other = (await office.lead.made("/v1/cases", opening(office.org, office.type)))["case"]["id"]
    made = [
        await office.lead.made(f"/v1/cases/{case}/documents", {"name": "Lease", "kind": "other"})
        for case in (office.case, other)
    ]
    bury = "select bury_thing('document', $1, $2, 'kept long enough', $3, now())"
    await writer.execute(bury, made[0]["id"], office.case, office.admin.id)
    await retention.destroy(hub)
    await record.settle()
    assert (await look(stack, office, record)).findings == []
    async with writer.transaction():
        await writer.execute("update tombstones set within = $2 where thing = $1", made[0]["id"], other)
        await writer.execute(
            """update events set data = replace(data::text, '"Lease"', '"destroyed"')::json where stream = $1""",
            other,
        )
    found = (await look(stack, office, record)).findings
    assert [one for one in found if f"of {other} lost its words" in one]


async def test_an_erasure_excuses_no_other_case(
    record: Record, spoken: Any, world: World, office: Office, stack: Stack, writer: Any
) -> None:
    other = await world.office("legal_matter")
    await world.seat(office.outside.id, other.org, "outside")  # who is erased whole leaves nothing to be opened
    await erase(office, world, office.outside, words=False)
    await record.settle()
    await writer.execute(BLANKED, office.case, office.outside.id)
    assert any("lost its words" in one for one in (await look(stack, office, record)).findings)
