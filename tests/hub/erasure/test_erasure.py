"""Erasing people: what goes, what stays, who may, and that a hold refuses it in the same transaction."""

import asyncio
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from hub.context import Hub, Who
from hub.erasure import exports
from schemas.errors import Refused
from schemas.limits import PERSON_COPIES_AT_ONCE_MAX
from storage.keys.ring import ERASED
from storage.postgres import erasure
from tests.app import ABSENT, Office, Person, World, refused
from tests.browsers import PASSWORD, Site, proved, with_password
from tests.conftest import Database
from tests.hub.people.test_invitations import secret_in
from workers import retention

MANY = 10_200  # of a kind


@pytest.fixture
async def office(world: World) -> Office:
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    return office


def path(office: Office, person: Person) -> str:
    return f"/v1/orgs/{office.org}/people/{person.id}/erasure"


async def erased(office: Office, person: Person, **more: Any) -> Any:
    return await office.admin.post(path(office, person), {"reason": "They asked for it"} | more)


async def columns(owner: Any) -> list[tuple[str, str]]:
    rows = await owner.fetch(
        "select c.relname as t, a.attname as c from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
    )
    return [(row["t"], row["c"]) for row in rows]


async def where_it_stands(owner: Any, word: str) -> set[str]:
    """Every column of every table in which a word stands, in whatever is stored as text."""
    found: set[str] = set()
    for table, column in await columns(owner):
        if await owner.fetchval(
            f'select exists (select 1 from {table} where position($1 in "{column}"::text) > 0)', word
        ):
            found.add(f"{table}.{column}")
    return found


async def test_nothing_names_them_any_more(office: Office, owner: Any, hub: Hub, world: World) -> None:
    someone = await world.person(office.org, "outside", name="Zacharias Canary")
    case = f"/v1/cases/{office.case}"
    await office.lead.made(f"{case}/participants", {"person": someone.id, "role": "client"})
    talk = await office.conversation()
    said = await someone.made(f"/v1/conversations/{talk}/messages", {"body": "I was there"})
    await someone.post(f"/v1/conversations/{talk}/read", {"upto": said["seq"]})
    other = {"org": office.org, "email": someone.email, "name": "Zacharias Canary"}
    await office.lead.post("/v1/people", other)
    preview = (await office.admin.get(path(office, someone))).json()["item"]
    assert preview["account"] and preview["hold"] is None and preview["goes"]["sessions"] == 1
    assert {one["what"]: one["count"] for one in preview["kept"]}["messages"] == 1
    assert await where_it_stands(owner, someone.email) and await where_it_stands(owner, "Zacharias Canary")

    answer = await erased(office, someone)
    assert answer.status_code == 200, answer.text
    done = answer.json()["item"]
    assert done["erasure"]["state"] == "done"
    body = json.loads(done["certificate"]["body"])
    assert body["what"]["sessions"] == 1 and body["account"] is True

    assert await where_it_stands(owner, someone.email) == set()
    assert await where_it_stands(owner, "Zacharias Canary") == set()
    refused(await someone.get("/v1/me"), 401, "unauthenticated")
    cards = {one["id"]: one for one in await office.lead.all(f"{case}/people")}
    assert cards[str(someone.id)]["name"] == "Erased person"
    assert [one["body"] for one in await office.lead.all(f"/v1/conversations/{talk}/messages")] == [
        "I was there"
    ]
    refused(await erased(office, someone), 404, "not_found")
    await retention.destroy(hub)
    stone = await owner.fetchrow("select kind, done_at from tombstones where thing = $1", someone.id)
    assert stone["kind"] == "person" and stone["done_at"] is not None
    assert await owner.fetchval("select count(*) from audit_entries where person = $1", someone.id) > 0
    assert not await owner.fetchval(
        "select count(*) from audit_entries where person = $1 and private is not null", someone.id
    )


async def test_their_words_go_where_the_office_says_so(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    said = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "Xylophone canary"})
    await office.outside.patch(f"/v1/messages/{said['id']}", {"body": "Edited canary"}, said["revision"])
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Of somebody else"})
    answer = await erased(office, office.outside, cases=[office.case])
    assert answer.status_code == 200, answer.text
    for word in ("Xylophone canary", "Edited canary"):
        assert await where_it_stands(owner, word) == set()
    bodies = [one["body"] for one in await office.lead.all(f"/v1/conversations/{talk}/messages")]
    assert sorted(bodies, key=str) == [None, "Of somebody else"] or bodies == ["Of somebody else"]


@pytest.mark.parametrize("kind", ["person", "case"])
async def test_a_hold_refuses_it_and_says_why(office: Office, owner: Any, kind: str) -> None:
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "I was there"})
    thing = office.outside.id if kind == "person" else office.case
    hold = {"kind": kind, "thing": thing, "reason": "Roe v. Roe, preservation letter"}
    hold = await office.admin.made(f"/v1/orgs/{office.org}/holds", hold)
    assert (await office.admin.get(path(office, office.outside))).json()["item"]["hold"] == hold["id"]
    problem = refused(await erased(office, office.outside), 409, "held")
    assert "preservation letter" in problem["detail"]
    refused(await erased(office, office.outside, cases=[office.case]), 409, "held")
    assert (await office.outside.get("/v1/me")).json()["email"] == office.outside.email
    await office.admin.made(f"/v1/orgs/{office.org}/holds/{hold['id']}/release", {"reason": "Over"})
    assert (await erased(office, office.outside)).status_code == 200


async def test_a_hold_that_is_raised_meanwhile_wins(office: Office, database: Database, owner: Any) -> None:
    """The administrator's act waits for the hold that is being raised, past what the rule had looked at."""
    other = await asyncpg.connect(database.owner)
    try:
        raising = other.transaction()
        await raising.start()
        await other.execute(
            "insert into holds (id, org, kind, thing, reason, raised_at, raised_by) "
            "values (gen_random_uuid(), $1, 'person', $2, 'x', now(), $3)",
            office.org, office.outside.id, office.admin.id,
        )  # fmt: skip
        erasing = asyncio.create_task(erased(office, office.outside))
        waiting = (
            "select count(*) from pg_locks l join pg_database d on d.oid = l.database "
            "where d.datname = current_database() and l.locktype = 'advisory' and not l.granted"
        )
        while not await owner.fetchval(waiting):
            assert not erasing.done()
            await asyncio.sleep(0.01)
        await raising.commit()
        refused(await erasing, 409, "held")
    finally:
        await other.close()
    assert (await office.outside.get("/v1/me")).json()["email"] == office.outside.email


async def test_the_account_stays_where_others_know_them(office: Office, world: World) -> None:
    elsewhere = await world.organisation()
    await world.seat(office.outside.id, elsewhere, "desk")
    preview = (await office.admin.get(path(office, office.outside))).json()["item"]
    assert preview["account"] is False and "sessions" not in preview["goes"]
    assert (await erased(office, office.outside)).status_code == 200
    me = (await office.outside.get("/v1/me")).json()
    assert me["email"] == office.outside.email
    assert [seat["org"]["id"] for seat in me["seats"]] == [str(elsewhere)]
    refused(await office.outside.get(f"/v1/cases/{office.case}"), 404, "not_found")


async def test_what_another_organisation_asked_them_stays(
    office: Office, world: World, hub: Hub, owner: Any
) -> None:
    """Nor does who erases them hear that somebody asks; the mail that is under way opens an account of its own."""
    someone = await with_password(world, await world.person(office.org, "outside"))
    await owner.execute("update people set email_proved_at = now() where id = $1", someone.id)
    preview = (await office.admin.get(path(office, someone))).json()["item"]
    other = await world.organisation()
    admin = await proved(world, await world.person(other, "admin"))
    asking = {"org": other, "email": someone.email, "name": "Sam", "role": "outside"}
    await admin.made("/v1/people", asking)
    invitations = f"/v1/orgs/{other}/invitations"
    (asked,) = await admin.all(invitations)
    assert asked["state"] == "waiting"
    await admin.made("/v1/people", asking | {"org": await second(world, admin)})
    assert (await office.admin.get(path(office, someone))).json()["item"] == preview

    done = await erased(office, someone)
    assert done.status_code == 200, done.text
    assert json.loads(done.json()["item"]["certificate"]["body"])["what"] == preview["goes"] | {"words": 0}
    assert await admin.all(invitations) == [asked]
    body = await owner.fetchval(
        "select m.body from mails m join invitations i on i.invited_at = m.made_at where i.id = $1", UUID(asked["id"])
    )
    accept = {"token": secret_in(body), "name": "Sam", "password": PASSWORD}
    answer = await Site(hub).browser().post("/v1/invitations/accept", accept)
    assert answer.status_code == 200, answer.text
    assert [seat["org"]["id"] for seat in answer.json()["seats"]] == [str(other)]
    assert answer.json()["id"] != str(someone.id)
    assert [one["state"] for one in await admin.all(invitations)] == ["accepted"]


async def second(world: World, admin: Person) -> UUID:
    """Another organisation that the same one administers."""
    org = await world.organisation()
    await world.seat(admin.id, org, "admin")
    return org


async def test_another_organisations_hold_is_not_told(office: Office, world: World) -> None:
    far = await world.office("legal_matter")
    await proved(world, far.admin)
    await world.seat(office.outside.id, far.org, "outside")
    hold = {"kind": "person", "thing": office.outside.id, "reason": "Canary of another office"}
    await far.admin.made(f"/v1/orgs/{far.org}/holds", hold)
    preview = (await office.admin.get(path(office, office.outside))).json()["item"]
    assert (preview["hold"], preview["held_unseen"]) == (None, True)
    problem = refused(await erased(office, office.outside), 409, "held")
    assert "anary" not in json.dumps(problem)


async def test_nothing_is_counted_that_is_behind_a_wall(office: Office, world: World) -> None:
    """For nobody: what one administrator is told more than another tells the other what is behind the wall."""
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "Canary behind a wall"})
    walled = await proved(world, await world.person(office.org, "admin"))
    open_to_all = (await office.admin.get(path(office, office.outside))).json()["item"]
    assert {one["what"] for one in open_to_all["kept"]} == {"messages", "events", "record"}
    assert open_to_all["goes"]["participations"] == 1
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    seen = [(await person.get(path(office, office.outside))).json()["item"] for person in (walled, office.admin)]
    assert seen[0] == seen[1] != open_to_all
    assert seen[0]["kept"] == [] and "participations" not in seen[0]["goes"]
    done = (await erased(office, office.outside, cases=[office.case])).json()["item"]
    body = json.loads(done["certificate"]["body"])
    assert body["what"]["words"] == 0 and body["kept"] == [] and body["besides"].startswith("Not counted")
    assert (await walled.get(f"/v1/orgs/{office.org}/certificates/{done['certificate']['id']}")).status_code == 200
    bodies = [one["body"] for one in await office.lead.all(f"/v1/conversations/{talk}/messages")]
    assert bodies == [None]  # they went all the same
    assert str(office.case) not in json.dumps(await walled.all(f"/v1/orgs/{office.org}/erasures"))


async def test_a_hold_behind_a_wall_refuses_and_is_not_told(office: Office, world: World) -> None:
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "I was there"})
    walled = await proved(world, await world.person(office.org, "admin"))
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    hold = {"kind": "case", "thing": office.case, "reason": "Canary of the hold"}
    hold = await office.admin.made(f"/v1/orgs/{office.org}/holds", hold)
    told = (await office.admin.get(path(office, office.outside))).json()["item"]
    assert (told["hold"], told["held_unseen"]) == (hold["id"], False)
    told = (await walled.get(path(office, office.outside))).json()["item"]
    assert (told["hold"], told["held_unseen"]) == (None, True)
    problem = refused(await walled.post(path(office, office.outside), {"reason": "x"}), 409, "held")
    assert "Canary" not in json.dumps(problem) and hold["id"] not in json.dumps(problem)


async def test_in_which_cases_words_went_is_read_by_no_administrator(office: Office, hub: Hub) -> None:
    async with hub.database.reading(office.admin.id) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select cases from erasures")


async def test_who_may(office: Office, world: World) -> None:
    await proved(world, office.foreign)
    gone = refused(
        await office.foreign.post(f"/v1/orgs/{office.org}/people/{ABSENT}/erasure", {"reason": "x"}),
        404,
        "not_found",
    )
    for person in (office.foreign, office.lead, office.outside):
        assert (
            refused(await person.post(path(office, office.outside), {"reason": "x"}), 404, "not_found")
            == gone
        )
        refused(await person.get(path(office, office.outside)), 404, "not_found")
    refused(await erased(office, office.foreign), 404, "not_found")
    refused(await erased(office, office.admin), 409, "conflict")
    fresh = await world.person(office.org, "admin")
    await world.pool.execute("update sessions set kind = 'browser' where id = $1", fresh.session)
    refused(await fresh.post(path(office, office.outside), {"reason": "x"}), 403, "step_up_needed")
    refused(await erased(office, office.outside, cases=[office.foreign.id]), 404, "not_found")


async def test_asked_for_and_refused_with_a_reason(office: Office, world: World) -> None:
    someone = await world.token(office.outside, kind="browser", proved=True)
    asked = (await someone.post("/v1/erasures", {"org": office.org, "reason": "I left"})).json()["item"]
    assert (await someone.post("/v1/erasures", {"org": office.org})).json()["item"] == asked
    refused(await someone.post("/v1/erasures", {"org": ABSENT}), 404, "not_found")
    (listed,) = await office.admin.all(f"/v1/orgs/{office.org}/erasures")
    assert listed["id"] == asked["id"] and listed["reason"] == "I left"
    refuse = f"/v1/orgs/{office.org}/erasures/{asked['id']}/refuse"
    refused(await office.lead.post(refuse, {"reason": "x"}), 404, "not_found")
    said = await office.admin.made(refuse, {"reason": "Your matter is open"})
    assert await office.admin.made(refuse, {"reason": "Your matter is open"}) == said
    (mine,) = (await someone.get("/v1/erasures")).json()["items"]
    assert (mine["state"], mine["reason"]) == ("refused", "Your matter is open")
    again = (await someone.post("/v1/erasures", {"org": office.org})).json()["item"]
    assert again["id"] != asked["id"]
    done = (await erased(office, office.outside)).json()["item"]
    assert done["erasure"]["id"] == again["id"]


async def test_people_correct_themselves(office: Office, world: World) -> None:
    someone = await world.token(office.outside, kind="browser", proved=True)
    answer = await someone.call("PATCH", "/v1/me", {"name": "Right Name", "zone": "Europe/Berlin"})
    assert answer.status_code == 200, answer.text
    me = (await someone.get("/v1/me")).json()
    assert (me["name"], me["zone"]) == ("Right Name", "Europe/Berlin")
    refused(await someone.call("PATCH", "/v1/me", {"name": "", "zone": "UTC"}), 400, "bad_input")
    refused(await someone.call("PATCH", "/v1/me", {"name": "x", "zone": "Mars"}), 400, "bad_input")
    refused(await office.outside.call("PATCH", "/v1/me", {"name": "x", "zone": "UTC"}), 403, "forbidden")


async def test_every_column_that_names_a_person_is_thought_of(owner: Any) -> None:
    """What refers to people is deleted with them, or stays by the id that names nobody: a new one is decided here."""
    refers = await owner.fetch(
        "select c.conrelid::regclass::text as t, a.attname as c from pg_constraint c join pg_attribute a "
        "on a.attrelid = c.conrelid and a.attnum = any (c.conkey) where c.contype = 'f' "
        "and c.confrelid = 'people'::regclass"
    )
    source = await owner.fetchval(
        "select string_agg(prosrc, ' ') from pg_proc where proname in ('wipe_person', 'keep_name')"
    )
    deleted = {row["t"] for row in refers if f"delete from {row['t']} " in source}
    stay = {row["t"] for row in refers} - deleted
    assert stay == {
        "cases", "conversations", "deadlines", "dispositions", "documents", "entries", "erasures", "holds",
        "message_originals", "messages", "oauth_apps", "participants", "publications", "schedules", "services",
        "tasks", "team_cases", "teams", "versions", "walls",
    }  # fmt: skip


def unpacked(answer: Any) -> tuple[dict[str, Any], str]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        return json.loads(packed.read("data.json")), packed.read("index.html").decode()


async def test_a_copy_of_what_is_held(office: Office, world: World, owner: Any) -> None:
    talk = await office.conversation()
    said = "<script>alert(1)</script> & my words"
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": said})
    await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Canary of somebody else"})
    await office.outside.made(f"/v1/cases/{office.case}/documents", {"name": "Mine"})
    refused(await office.outside.post("/v1/me/export"), 403, "forbidden")
    someone = await world.token(office.outside, kind="browser", proved=True)
    data, page = unpacked(await someone.post("/v1/me/export"))
    assert set(exports.TITLES) | {"made_at"} == set(data)
    assert data["profile"][0]["email"] == someone.email
    assert [one["body"] for one in data["messages"]] == [said]
    assert {"message.posted", "document.added"} <= {one["type"] for one in data["events"]}
    assert data["record"] and len(data["sessions"]) == 2
    assert "<script>" not in page and "&lt;script&gt;" in page and "Messages you wrote (1)" in page
    assert '<th>email</th>' in page and f'<td data-of="email">{someone.email}</td>' in page  # read as rows on a phone
    of_office, _ = unpacked(await office.admin.post(f"/v1/orgs/{office.org}/people/{someone.id}/export"))
    assert [one["body"] for one in of_office["messages"]] == [said]
    assert of_office["sessions"] == of_office["mails"] == []  # the account is no organisation's
    for copy in (data, of_office):
        assert "Canary of somebody else" not in json.dumps(copy)
    record = await owner.fetch("select entry from audit_entries where entry like '%person.exported%'::bytea")
    assert len([row for row in record if str(someone.id).encode() in row["entry"]]) == 2


async def test_a_copy_has_no_secret_that_waits_to_be_sent(office: Office, world: World, owner: Any) -> None:
    """Who sits at somebody's browser for a moment would set another password by it."""
    someone = await world.token(office.outside, kind="browser", proved=True)
    await with_password(world, someone)
    await owner.execute("update people set email_proved_at = now() where id = $1", someone.id)
    asked = await someone.http.post("/v1/password/ask", json={"email": someone.email})
    assert asked.status_code < 300, asked.text
    (mail,) = await owner.fetch("select body from mails where recipient = $1", someone.email)
    assert "#" in mail["body"]
    data, page = unpacked(await someone.post("/v1/me/export"))
    assert data["mails"] == [] and mail["body"].split("#")[1][:20] not in page
    sent = "update mails set sent_at = now(), body = '' where recipient = $1"
    await owner.execute(sent, someone.email)
    data, _ = unpacked(await someone.post("/v1/me/export"))
    assert [one["recipient"] for one in data["mails"]] == [someone.email]


async def test_a_copy_is_for_oneself_and_who_administers(office: Office, world: World) -> None:
    path = f"/v1/orgs/{office.org}/people/{office.outside.id}/export"
    await proved(world, office.foreign)
    for person in (office.foreign, office.lead, office.outside):
        refused(await person.post(path), 404, "not_found")
    refused(
        await office.admin.post(f"/v1/orgs/{office.org}/people/{office.foreign.id}/export"), 404, "not_found"
    )
    refused(await office.admin.post(f"/v1/orgs/{office.org}/people/{ABSENT}/export"), 404, "not_found")
    stale = await world.token(office.outside, kind="browser")
    refused(await stale.post("/v1/me/export"), 403, "step_up_needed")


async def test_a_copy_has_what_was_said_before(office: Office, world: World, owner: Any) -> None:
    """Each wording, of what was edited and of what was taken back, opened; and nobody else's."""
    someone = await world.token(office.outside, kind="browser", proved=True)
    for talk in (await office.conversation(), await office.conversation()):
        said = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "As posted"})
        answer = await office.outside.patch(f"/v1/messages/{said['id']}", {"body": "As edited"}, said["revision"])
        await office.outside.delete(f"/v1/messages/{said['id']}", answer.json()["item"]["revision"])
        other = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "Canary of the lead"})
        await office.lead.delete(f"/v1/messages/{other['id']}", other["revision"])
    data, page = unpacked(await someone.post("/v1/me/export"))
    assert [one["body"] for one in data["wordings"]] == ["As posted", "As edited"] * 2
    assert page.count("As edited") == 2 and "sealed" not in page
    of_office, _ = unpacked(await office.admin.post(f"/v1/orgs/{office.org}/people/{someone.id}/export"))
    assert of_office["wordings"] == data["wordings"]
    assert "Canary" not in json.dumps(data)
    # What is destroyed says so, and the copy is made all the same.
    await owner.execute(
        "update data_keys set wrapped = null, destroyed_at = now() where kind = 'conversation' and case_id = $1",
        office.case,
    )
    data, _ = unpacked(await someone.post("/v1/me/export"))
    assert {one["body"] for one in data["wordings"]} == {ERASED}


async def test_a_copy_that_cannot_be_whole_is_none(office: Office, world: World, hub: Hub, owner: Any) -> None:
    """It breaks off where something cannot be read: what opens is complete."""
    someone = await world.token(office.outside, kind="browser", proved=True)
    talk = await office.conversation()
    said = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "As posted"})
    await office.outside.delete(f"/v1/messages/{said['id']}", said["revision"])
    await owner.execute("update message_originals set sealed = sealed || 'x' where message = $1", UUID(said["id"]))
    who, got = Who(someone.id, someone.session, "browser"), io.BytesIO()

    async def take() -> None:
        async for part in await exports.export(hub, who, None, someone.id):
            got.write(part)

    with pytest.raises(Refused, match="unavailable"):
        await take()
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(got)
    assert hub.copying == set()


async def test_a_copy_of_very_much_is_whole_and_takes_little_memory(
    office: Office, world: World, hub: Hub, owner: Any, tmp_path: Path
) -> None:
    someone = await world.token(office.outside, kind="browser", proved=True)
    await owner.execute(
        "insert into notices (id, person, org, kind, step, title, late, at) select gen_random_uuid(), $1, $2, 'x', "
        "n::text, repeat(md5(n::text), 40), false, now() from generate_series(1, $3) n",
        someone.id, office.org, MANY,
    )  # fmt: skip
    who, most, total = Who(someone.id, someone.session, "browser"), 0, 0
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with (tmp_path / "copy.zip").open("wb") as file:
            async for part in await exports.export(hub, who, None, someone.id):
                file.write(part)
                most = max(most, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    with zipfile.ZipFile(tmp_path / "copy.zip") as packed:
        total = packed.getinfo("data.json").file_size
        data = json.loads(packed.read("data.json"))
        rows = packed.read("index.html").count(b"<tr>")
    assert len({one["title"] for one in data["notices"]}) == MANY < rows
    assert total > MANY * 1280 and most < total // 2 and hub.copying == set()


async def test_few_copies_are_made_at_once(office: Office, world: World, hub: Hub) -> None:
    """And one for each who asks: whoever takes theirs slowly keeps nobody else from theirs."""
    people = [await world.person(office.org, "outside") for _ in range(PERSON_COPIES_AT_ONCE_MAX)]
    people = [await world.token(one, kind="browser", proved=True) for one in (*people, office.outside)]
    *those, someone = people
    parts: list[Any] = []
    for one in those:
        parts.append(await exports.export(hub, Who(one.id, one.session, "browser"), None, one.id))
        refused(await one.post("/v1/me/export"), 429, "too_many")
    refused(await someone.post("/v1/me/export"), 429, "too_many")
    for one in parts:
        await anext(one)
        await one.aclose()
    assert (await someone.post("/v1/me/export")).status_code == 200


async def test_a_copy_is_made_of_kinds_that_there_are(office: Office, hub: Hub) -> None:
    async with hub.database.reading(office.outside.id) as connection:
        assert await connection.fetchval(erasure.ROWS, None, office.outside.id, "passwords") is None
        for person in (office.lead.id, ABSENT):
            assert await connection.fetchval(erasure.ROWS, None, person, "profile") is None


async def test_a_wall_keeps_out_of_the_copy_too(office: Office, world: World) -> None:
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "Canary behind a wall"})
    walled = await proved(world, await world.person(office.org, "admin"))
    path = f"/v1/orgs/{office.org}/people/{office.outside.id}/export"
    assert "Canary behind" in json.dumps(unpacked(await walled.post(path))[0])
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    data, page = unpacked(await walled.post(path))
    assert "Canary" not in page and str(office.case) not in json.dumps(data)
    assert data["messages"] == [] and data["profile"]


async def test_the_copy_of_who_raised_a_wall_names_it_to_none_whom_it_keeps_out(office: Office, world: World) -> None:
    walled = await proved(world, await world.person(office.org, "admin"))
    third = await proved(world, await world.person(office.org, "admin"))
    wall = {"title": "W", "reason": "R", "cases": [office.case], "people": [walled.id]}
    made = await office.admin.made(f"/v1/orgs/{office.org}/walls", wall)
    path = f"/v1/orgs/{office.org}/people/{office.admin.id}/export"
    assert made["id"] in json.dumps(unpacked(await third.post(path))[0])
    assert made["id"] not in json.dumps(unpacked(await walled.post(path))[0])
