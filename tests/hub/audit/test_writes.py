"""A write leaves exactly one entry, in its own transaction, and what is refused leaves one as well."""

import asyncio
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from hub.context import Hub, Who
from schemas.audit import HOUSE, Doing, committed, data_salt
from schemas.conversations import Marker
from schemas.errors import Refused
from schemas.events import NewEvent
from storage.postgres import locks
from tests.app import ABSENT, Office, World, refused
from tests.hub.audit.entries import count, entries, newest


async def post(office: Office, talk: UUID, body: str = "Said", **more: Any) -> dict[str, Any]:
    return await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": body}, **more)


async def test_a_write_leaves_one_entry_that_says_all_of_it(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    made = await post(office, talk)
    (found,) = await entries(owner, thing=UUID(made["id"]))
    entry = found.entry
    assert (entry.act, entry.outcome, entry.log, entry.case) == (
        "message.posted",
        "done",
        office.org,
        office.case,
    )
    assert (entry.by.kind, entry.by.person, entry.by.session) == (
        "token",
        office.lead.id,
        office.lead.session,
    )
    assert entry.rule.startswith("message.post: ") and "staff" in entry.rule
    assert entry.spans is not None
    (span,) = entry.spans
    assert (span.stream, span.first, span.last) == (office.case, made["seq"], made["seq"])


async def test_its_commitments_open_to_what_is_stored(office: Office, owner: Any) -> None:
    """Also of several events on several streams: a grant tells the case and the person."""
    given = await office.lead.made(
        f"/v1/cases/{office.case}/participants", {"person": office.stranger.id, "role": office.role}
    )
    (found,) = await entries(owner, thing=UUID(given["id"]), outcome="done")
    salt = bytes.fromhex(found.private.salt)
    assert found.entry.from_ == committed(salt, found.private.address.encode())
    assert found.private.address and found.private.address.encode() not in found.data
    assert found.entry.spans is not None and len(found.entry.spans) > 1
    for span in found.entry.spans:
        rows = await owner.fetch(
            "select data::text as data from events where stream = $1 and seq between $2 and $3 order by seq",
            span.stream, span.first, span.last,
        )  # fmt: skip
        assert len(rows) == span.last - span.first + 1
        data = [row["data"].encode() for row in rows]
        assert span.data == committed(data_salt(salt), *data) != committed(data_salt(bytes(16)), *data)


async def test_a_repeat_and_what_changes_nothing_leave_none(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    key = uuid4()
    await post(office, talk, key=key)
    before = await count(owner)
    await post(office, talk, key=key)
    assert (await office.lead.get(f"/v1/cases/{office.case}")).status_code == 200
    assert await newest(owner, before) == []
    marker = {"upto": 1}
    for _ in range(2):
        assert (await office.lead.post(f"/v1/conversations/{talk}/read", marker)).status_code == 200
        assert [entry.act for entry in await newest(owner, before)] == ["marker.moved"]


async def test_what_cannot_be_written_down_is_not_done(office: Office, owner: Any, world: World) -> None:
    """Neither a write, nor the answer to one that is refused."""
    talk = await office.conversation()
    body = {"body": "Not to be kept"}
    await owner.execute("revoke insert on audit_entries from casewire_app, casewire_system")
    try:
        refused(await office.lead.post(f"/v1/conversations/{talk}/messages", body), 503, "unavailable")
        refused(
            await office.lead.patch(f"/v1/cases/{office.case}", {"title": "Other"}, 1), 503, "unavailable"
        )
        refused(await office.lead.post(f"/v1/conversations/{ABSENT}/messages", body), 503, "unavailable")
        refused(
            await office.lead.delete(f"/v1/orgs/{office.org}/people/{office.admin.id}"), 503, "unavailable"
        )
    finally:
        await owner.execute("grant insert on audit_entries to casewire_app, casewire_system")
    assert await office.lead.all(f"/v1/conversations/{talk}/messages") == []
    assert (await office.lead.get(f"/v1/cases/{office.case}")).json()["item"]["case"]["revision"] == 1
    await post(office, talk)  # and the connections are as good as before


async def test_a_write_without_a_name_is_refused(office: Office, hub: Hub, owner: Any) -> None:
    """Whoever adds a way by which something is written gives it a name; who only looks needs none."""
    nameless = Who(office.lead.id, office.lead.session, "token")
    lock = locks.of_streams(None, office.lead.id)
    before = await count(owner)
    async with hub.writing(nameless, lock) as unit:
        await unit.connection.fetchval("select 1")
    assert await count(owner) == before
    with pytest.raises(asyncpg.NotNullViolationError):
        async with hub.writing(nameless, lock) as unit:
            await unit.connection.execute("select raise_access($1, $2)", office.org, office.case)


async def test_neither_the_write_nor_its_entry_is_there_when_the_connection_dies(
    office: Office, hub: Hub, owner: Any
) -> None:
    talk, who = (
        await office.conversation(),
        Who(office.lead.id, office.lead.session, "token", doing=Doing("post")),
    )
    before = await count(owner), await owner.fetchval("select count(*) from events")

    async def killed() -> None:
        async with hub.writing(who, locks.of_row("conversations", talk)) as unit:
            stream = await unit.person_stream(office.lead.id)
            marker = Marker(talk, office.case, 1, unit.now)
            unit.append(stream, NewEvent("marker.moved", talk, marker, (), (office.lead.id,)))
            await unit.flush()
            pid = await unit.connection.fetchval("select pg_backend_pid()")
            await hub.database.app.fetchval("select pg_terminate_backend($1)", pid)

    with pytest.raises(Refused):
        await killed()
    assert (await count(owner), await owner.fetchval("select count(*) from events")) == before


async def test_many_at_once_leave_one_each(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    before = await count(owner)
    made = await asyncio.gather(*(post(office, talk, f"number {n}") for n in range(40)))
    found = await newest(owner, before)
    assert sorted(entry.thing for entry in found if entry.thing) == sorted(UUID(one["id"]) for one in made)
    seqs = sorted(span.first for entry in found for span in entry.spans or [])
    assert seqs == list(range(seqs[0], seqs[0] + 40))


async def test_a_refused_write_leaves_one_where_the_refused_may_know_it(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    message = await post(office, talk)
    before = await count(owner)
    refused(
        await office.outside.call("PATCH", f"/v1/messages/{message['id']}", {"body": "Mine"}, revision=1),
        403,
        "forbidden",
    )
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.rule.partition(":")[0]) == (
        "edit_message",
        "refused",
        "forbidden",
    )
    assert (entry.log, entry.case, entry.thing) == (office.org, office.case, UUID(message["id"]))
    assert entry.by.person == office.outside.id and entry.from_ and entry.spans is None


@pytest.mark.parametrize("of", ["foreign", "absent"])
async def test_who_may_not_know_leaves_one_in_the_house(office: Office, owner: Any, of: str) -> None:
    id = office.case if of == "foreign" else ABSENT
    before = await count(owner)
    refused(await office.foreign.post(f"/v1/cases/{id}/tasks", {"title": "Do"}), 404, "not_found")
    (entry,) = await newest(owner, before)
    assert (entry.log, entry.case, entry.thing, entry.rule) == (HOUSE, None, id, "not_found")
    assert (entry.act, entry.by.person) == ("add_task", office.foreign.id)


async def test_closed_cases_and_narrow_tokens_are_refusals_too(
    office: Office, owner: Any, world: World
) -> None:
    reader = await world.token(office.lead, "read")
    before = await count(owner)
    refused(await reader.post(f"/v1/cases/{office.case}/tasks", {"title": "Do"}), 403, "scope")
    (entry,) = await newest(owner, before)
    assert (entry.rule, entry.log) == ("scope", HOUSE)
    await office.close()
    before = await count(owner)
    refused(await office.lead.post(f"/v1/cases/{office.case}/tasks", {"title": "Do"}), 409, "case_closed")
    (entry,) = await newest(owner, before)
    assert entry.rule.startswith("case_closed: ") and entry.log == office.org


async def test_what_is_no_request_leaves_nothing(office: Office, owner: Any, world: World) -> None:
    before = await count(owner)
    refused(await office.lead.post(f"/v1/cases/{office.case}/tasks", {"nothing": 1}), 400, "bad_input")
    nobody = type(office.lead)(office.lead.http, office.lead.id, "", "x" * 40, office.lead.session)
    refused(await nobody.post(f"/v1/cases/{office.case}/tasks", {"title": "Do"}), 401, "unauthenticated")
    refused(await office.foreign.get(f"/v1/cases/{office.case}"), 404, "not_found")
    assert await count(owner) == before


async def test_a_refused_read_of_a_document_leaves_one(office: Office, owner: Any) -> None:
    before = await count(owner)
    refused(await office.foreign.get(f"/v1/versions/{ABSENT}/content"), 404, "not_found")
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.log, entry.thing) == ("address_of", "refused", HOUSE, ABSENT)


@pytest.mark.parametrize(
    ("path", "act"),
    [
        ("/v1/orgs/{org}/audit", "ask_org"),
        ("/v1/orgs/{org}/audit/export", "export_org"),
        ("/v1/orgs/{org}/audit/checkpoint", "read_audit_checkpoint"),
        ("/v1/cases/{case}/audit", "ask_case"),
        ("/v1/cases/{case}/events", "list_events"),
        ("/v1/conversations/{talk}/messages", "list_messages"),
        ("/v1/conversations/{absent}/messages", "list_messages"),
    ],
)
async def test_a_refused_read_of_the_record_or_of_what_was_said_leaves_one(
    office: Office, owner: Any, path: str, act: str
) -> None:
    talk = await office.conversation()
    before = await count(owner)
    asked = path.format(org=office.org, case=office.case, talk=talk, absent=ABSENT)
    assert (await office.foreign.get(asked)).status_code in (403, 404)
    (entry,) = await newest(owner, before)
    assert (entry.act, entry.outcome, entry.by.person) == (act, "refused", office.foreign.id)
    assert entry.log == HOUSE and str(entry.thing) in asked


async def test_what_is_done_with_a_version_says_which_bytes(office: Office, owner: Any) -> None:
    made = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Paper"})
    data = b"What it says."
    headers = {"content-type": "application/octet-stream", "idempotency-key": str(uuid4())}
    before = await count(owner)
    place = f"/v1/documents/{made['id']}/content"
    answer = await office.lead.call(
        "PUT", place, data, headers=headers, file_name="a.txt", media_type="text/plain"
    )
    assert answer.status_code in (200, 201), answer.text
    begun, received = await newest(owner, before)
    assert (begun.act, received.act) == ("upload_version", "version.received")
    for entry in (begun, received):
        assert entry.of is not None and (entry.case, entry.by.person) == (office.case, office.lead.id)
        assert (entry.of.document, entry.of.n) == (UUID(made["id"]), 1)
        assert entry.of.sha256 == sha256(data).hexdigest()
        assert entry.of.version == UUID(answer.json()["item"]["id"])
