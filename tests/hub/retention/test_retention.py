"""Schedules, what is due by them, its review, and that of what was destroyed nothing is left but what says so."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import rfc8785

from hub.context import Hub
from hub.retention.certifying import OfCase
from schemas.access import ADMIN, WALLED, Viewer, sees
from schemas.audit_log import Signer, signed_by
from schemas.ids import new_id
from storage.blobs import Absent
from storage.postgres import retention as statements
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import proved
from workers import retention

REASON = "Reviewed with the partner in charge"


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


async def filled(office: Office, hub: Hub, owner: Any) -> dict[str, UUID]:
    """A case with something in everything; answers ids by what they are."""
    case = f"/v1/cases/{office.case}"
    talk = await office.conversation()
    posted = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "first canary"})
    await office.outside.patch(f"/v1/messages/{posted['id']}", {"body": "second canary"}, posted["revision"])
    await office.lead.post(f"/v1/conversations/{talk}/read", {"upto": posted["seq"]})
    await office.lead.made(f"{case}/parties", {"name": "Canary Roe", "role": "other"})
    await office.lead.made(f"{case}/tasks", {"title": "Canary", "assignee": office.lead.id})
    await office.lead.made(f"{case}/deadlines", {"title": "Canary", "due_on": "2090-01-01"})
    await office.lead.made(f"{case}/entries", {"text": "Canary", "occurred_on": "2026-01-01"})
    document = UUID(
        (await office.outside.made(f"{case}/documents", {"name": "Canary", "kind": "evidence"}))["id"]
    )
    version, key = new_id(), new_id().hex
    stored = await hub.blobs.put(hub.blobs.documents, key, b"canary")
    await owner.execute(
        "insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256, "
        "quarantine_key, object_key, object_version, begun_at, by, audience, people) values ($1, $2, $3, $4, 1, "
        "'cleared', 'canary.txt', 'text/plain', 6, repeat('0', 64), $5, $5, $6, now(), $7, '{staff}', '{}')",
        version, document, office.case, office.org, key, stored, office.outside.id,
    )  # fmt: skip
    await owner.execute(
        "insert into version_texts (version, page, case_id, org, audience, people, text, tsv) "
        "values ($1, 1, $2, $3, '{staff}', '{}', 'canary', '')",
        version, office.case, office.org,
    )  # fmt: skip
    return {"document": document, "version": version, "key": UUID(key)}


async def closed_since(office: Office, owner: Any, years: float) -> None:
    await office.close()
    since = datetime.now(UTC) - timedelta(days=years * 365.3)
    await owner.execute("update cases set closed_at = $2 where id = $1", office.case, since)


async def listed(office: Office, **query: Any) -> list[dict[str, Any]]:
    return await office.admin.all(f"/v1/orgs/{office.org}/dispositions", **query)


async def approved(office: Office, one: dict[str, Any], by: Person | None = None) -> Any:
    path = f"/v1/orgs/{office.org}/dispositions/{one['id']}/approve"
    return await (by or office.admin).post(path, {"reason": REASON}, revision=one["revision"])


async def left_of(owner: Any, case: UUID) -> set[str]:
    """The tables in which something of a case stands, besides the events that tell of its certificate."""
    tables = await owner.fetch(
        "select c.relname as t, a.attname as c from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and (a.attname = 'case_id' "
        "or (c.relname = 'cases' and a.attname = 'id') or (c.relname = 'grants' and a.attname = 'scope'))"
    )
    return {
        row["t"]
        for row in tables
        if await owner.fetchval(
            f"select count(*) from {row['t']} where {row['c']} = $1"
            + (" and kind <> 'org'" if row["t"] == "events" else ""), case,
        )
    }


async def test_a_wall_stands_on_when_its_case_is_destroyed(
    office: Office, hub: Hub, owner: Any, world: World
) -> None:
    """What is kept of the case, and that there was one, is not for whom it kept out."""
    walled = await world.person(office.org, "admin")
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    made = await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    (due,) = await listed(office, state="due")
    assert (await approved(office, due["disposition"])).status_code == 200
    assert await retention.destroy(hub) >= 1
    kept = {
        "audit_entries": "case_id = $1", "dispositions": "case_id = $1", "tombstones": "thing = $1",
        "certificates": "thing = $1", "events": "case_id = $1 and type = 'certificate.issued'",
    }  # fmt: skip
    # The gateway tells of an event by the same two facts.
    row = await owner.fetchrow("select * from events where case_id = $1 and type = 'certificate.issued'", office.case)
    told = OfCase(row["case_id"], row["org"], row["audience"], row["people"])
    grants = frozenset({(office.org, ADMIN)})
    assert sees(Viewer(office.admin.id, grants), told)
    assert not sees(Viewer(walled.id, grants | {(office.case, WALLED)}), told)
    for person, may in ((office.admin, True), (walled, False)):
        async with hub.database.reading(person.id) as connection:
            for table, which in kept.items():
                found = await connection.fetchval(f"select count(*) from {table} where {which}", office.case)
                assert (found > 0) is may, table
        assert (await person.all(f"/v1/orgs/{office.org}/certificates") != []) is may
        walls = [one["id"] for one in await person.all(f"/v1/orgs/{office.org}/walls")]
        assert (made["id"] in walls) is may


async def test_destroyed_when_it_is_due_and_approved(office: Office, hub: Hub, owner: Any) -> None:
    made = await filled(office, hub, owner)
    await closed_since(office, owner, 8)
    assert len(await left_of(owner, office.case)) > 12
    await retention.propose(hub)
    (due,) = await listed(office, state="due")
    assert (due["disposition"]["thing"], due["hold"]) == (str(office.case), None)
    assert due["title"] and due["number"]
    answer = await approved(office, due["disposition"])
    assert answer.status_code == 200, answer.text
    for person in (office.admin, office.lead, office.outside):  # at once, whatever still has to be removed
        refused(await person.get(f"/v1/cases/{office.case}"), 404, "not_found")
    assert await retention.destroy(hub) >= 1
    assert await left_of(owner, office.case) <= set(statements.KEPT)
    with pytest.raises(Absent):
        await hub.blobs.stat(hub.blobs.documents, made["key"].hex)
    (certificate,) = await office.admin.all(f"/v1/orgs/{office.org}/certificates")
    body = json.loads(certificate["body"])
    assert certificate["sha256"] == hashlib.sha256(rfc8785.dumps(body)).hexdigest()
    digest = base64.b64encode(bytes.fromhex(certificate["sha256"])).decode()
    lines = certificate["note"].split("\n")
    assert lines[0].endswith(f"/certificate/{office.org}") and lines[1:3] == [certificate["id"], digest]
    assert signed_by(certificate["note"], Signer(hub.settings).key)
    assert body["thing"] == str(office.case) and body["by"] == str(office.admin.id)
    assert body["under"].startswith("legal_matter: 7 years")
    assert body["what"] == {"messages": 1, "versions": [[str(made["version"]), "0" * 64]]}
    assert "anary" not in certificate["body"]
    (gone,) = await listed(office)
    assert (gone["disposition"]["state"], gone["title"], gone["number"]) == ("destroyed", "", "")
    again = await approved(office, gone["disposition"])
    refused(again, 409, "conflict")
    await retention.propose(hub)
    assert len(await listed(office)) == 1


async def test_not_before_its_time_nor_while_it_is_open(office: Office, hub: Hub, owner: Any) -> None:
    await retention.propose(hub)
    assert await listed(office) == []
    await closed_since(office, owner, 6.9)
    await retention.propose(hub)
    assert await listed(office) == []
    await owner.execute(
        "update cases set closed_at = closed_at - interval '1 year' where id = $1", office.case
    )
    await retention.propose(hub)
    (due,) = await listed(office)
    await office.lead.made(f"/v1/cases/{office.case}/transitions", {"name": "reopen"})
    refused(await approved(office, due["disposition"]), 409, "conflict")
    await retention.propose(hub)
    assert await listed(office, state="due") == []
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    assert len(await listed(office, state="due")) == 1


async def test_a_hold_beats_the_schedule_and_the_administrator(office: Office, hub: Hub, owner: Any) -> None:
    await filled(office, hub, owner)
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    for kind, thing in (("case", office.case), ("person", office.outside.id)):
        body = {"kind": kind, "thing": thing, "reason": "Preservation letter"}
        hold = await office.admin.made(f"/v1/orgs/{office.org}/holds", body)
        (due,) = await listed(office)
        assert due["hold"] == hold["id"]
        refused(await approved(office, due["disposition"]), 409, "held")
        assert (await office.lead.get(f"/v1/cases/{office.case}")).status_code == 200
        await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
    (due,) = await listed(office)
    assert (await approved(office, due["disposition"])).status_code == 200


async def test_the_store_keeps_what_is_held(office: Office, hub: Hub, owner: Any) -> None:
    made = await filled(office, hub, owner)
    key = made["key"].hex
    version = await owner.fetchval("select object_version from versions where id = $1", made["version"])
    hold = await office.lead.made(
        f"/v1/orgs/{office.org}/holds", {"kind": "case", "thing": office.case, "reason": "x"}
    )
    await retention.lock_objects(hub)
    with pytest.raises(Exception, match="refuses"):
        await hub.blobs.remove(hub.blobs.documents, key, version)
    assert (await hub.blobs.stat(hub.blobs.documents, key, version)).size == 6
    await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
    await retention.lock_objects(hub)
    assert await hub.blobs.remove(hub.blobs.documents, key, version) == 1


async def test_the_store_keeps_what_those_took_part_in_who_are_held(office: Office, hub: Hub, owner: Any) -> None:
    """Whoever takes part, and whoever did something there; and no case but those."""
    made = await filled(office, hub, owner)
    locked = "select count(*) from object_locks where version = $1"
    for person in (office.outside.id, office.lead.id, office.stranger.id):
        body = {"kind": "person", "thing": person, "reason": "x"}
        hold = await office.admin.made(f"/v1/orgs/{office.org}/holds", body)
        await retention.lock_objects(hub)
        assert bool(await owner.fetchval(locked, made["version"])) is (person != office.stranger.id)
        await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
        await retention.lock_objects(hub)
        assert not await owner.fetchval(locked, made["version"])


async def test_kept_longer_with_a_reason(office: Office, hub: Hub, owner: Any) -> None:
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    one = (await listed(office))[0]["disposition"]
    path = f"/v1/orgs/{office.org}/dispositions/{one['id']}/keep"
    refused(
        await office.admin.post(path, {"until": "2020-01-01", "reason": "x"}, revision=1), 400, "bad_input"
    )
    answer = await office.admin.post(path, {"until": "2090-01-01", "reason": "Appeal"}, revision=1)
    kept = answer.json()["item"]
    assert (kept["state"], kept["keep_until"], kept["reason"]) == ("kept", "2090-01-01", "Appeal")
    refused(await approved(office, kept), 409, "conflict")
    refused(await office.admin.post(path, {"until": "2091-01-01", "reason": "x"}, revision=1), 412, "stale")
    await retention.propose(hub)
    assert await listed(office, state="due") == []
    await owner.execute("update dispositions set keep_until = '2020-01-01' where id = $1", UUID(one["id"]))
    await retention.propose(hub)
    assert len(await listed(office, state="due")) == 1


async def test_a_schedule_of_the_office(office: Office, hub: Hub, owner: Any) -> None:
    path = f"/v1/orgs/{office.org}/schedules"
    found = {(one["type"], one["kind"]): one for one in (await office.admin.get(path)).json()["items"]}
    assert found["legal_matter", ""]["years"] == 7 and found["service_request", "photo"]["years"] == 2
    longer = {"type": "legal_matter", "kind": "evidence", "years": 9, "reason": "Statute"}
    made = await office.admin.made(path, longer)
    assert (made["years"], made["declared"]) == (9, 7)
    assert await office.admin.made(path, longer) == made
    refused(await office.admin.post(path, longer | {"type": "x"}), 400, "bad_input")
    refused(await office.admin.post(path, longer | {"kind": "x"}), 400, "bad_input")
    refused(await office.admin.post(path, longer | {"years": 201}), 400, "bad_input")
    refused(await office.lead.post(path, longer), 404, "not_found")
    await filled(office, hub, owner)
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    assert await listed(office) == []  # the case waits for its evidence
    await office.admin.made(path, longer | {"years": None})
    await retention.propose(hub)
    assert await listed(office) == []
    await office.admin.made(path, longer | {"years": 3})
    await retention.propose(hub)
    assert {one["disposition"]["kind"] for one in await listed(office)} == {"case", "document"}


async def test_a_document_goes_before_its_case(office: Office, hub: Hub, owner: Any) -> None:
    made = await filled(office, hub, owner)
    path = f"/v1/orgs/{office.org}/schedules"
    await office.admin.made(path, {"type": "legal_matter", "kind": "evidence", "years": 1, "reason": "x"})
    await closed_since(office, owner, 2)
    await retention.propose(hub)
    (due,) = await listed(office)
    assert due["disposition"]["thing"] == str(made["document"]) and due["name"] == "Canary"
    hold = {"kind": "document", "thing": made["document"], "reason": "x"}
    hold = await office.lead.made(f"/v1/orgs/{office.org}/holds", hold)
    refused(await approved(office, due["disposition"]), 409, "held")
    await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
    assert (await approved(office, due["disposition"])).status_code == 200
    assert await office.lead.all(f"/v1/cases/{office.case}/documents") == []
    await retention.destroy(hub)
    assert await owner.fetchval("select count(*) from documents where id = $1", made["document"]) == 0
    with pytest.raises(Absent):
        await hub.blobs.stat(hub.blobs.documents, made["key"].hex)
    told = await office.lead.all(f"/v1/cases/{office.case}/events")
    named = [one["data"]["document"]["name"] for one in told if one["type"] == "document.added"]
    assert named == ["Destroyed"]
    assert (await office.lead.get(f"/v1/cases/{office.case}")).status_code == 200


async def test_absent_and_foreign_answer_alike(office: Office, hub: Hub, owner: Any, world: World) -> None:
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    one = (await listed(office))[0]["disposition"]
    await proved(world, office.foreign)
    base = f"/v1/orgs/{office.org}"
    for person in (office.foreign, office.lead, office.outside):
        for tail in ("schedules", "dispositions", "certificates", f"certificates/{ABSENT}"):
            refused(await person.get(f"{base}/{tail}"), 404, "not_found")
        gone = await person.post(f"{base}/dispositions/{ABSENT}/approve", {"reason": "x"}, revision=1)
        refused(gone, 404, "not_found")
        refused(await approved(office, one, by=person), 404, "not_found")
    fresh = await world.person(office.org, "admin")
    await world.pool.execute("update sessions set kind = 'browser' where id = $1", fresh.session)
    refused(await approved(office, one, by=fresh), 403, "step_up_needed")


async def test_who_is_kept_out_of_a_case_does_not_review_it(
    office: Office, hub: Hub, owner: Any, world: World
) -> None:
    await closed_since(office, owner, 8)
    await retention.propose(hub)
    one = (await listed(office))[0]["disposition"]
    walled = await proved(world, await world.person(office.org, "admin"))
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    assert await walled.all(f"/v1/orgs/{office.org}/dispositions") == []
    refused(await approved(office, one, by=walled), 404, "not_found")


async def test_every_table_of_a_case_is_destroyed_or_kept_for_a_reason(owner: Any) -> None:
    tables = await owner.fetch(
        "select c.relname as t from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'case_id' "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'"
    )
    destroyed = {statement.split()[2] for statement in statements.DESTROY["case"]}
    assert {row["t"] for row in tables} - destroyed == set(statements.KEPT)
