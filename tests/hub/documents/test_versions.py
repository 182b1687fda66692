"""Versions: from a declaration to bytes that were examined, and everything that can be wrong on the way."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.context import Hub
from schemas.limits import UPLOAD_ONE_REQUEST_BYTES_MAX, UPLOADS_OPEN_MAX, VERSION_BYTES_MAX
from tests.app import ABSENT, Office, Person, World, refused
from tests.uploads import Hands, declared, document, put, send, upload

DATA = b"The lessee pays on the first of each month.\n"


async def begun(person: Person, to: UUID, data: bytes = DATA, **more: Any) -> dict[str, Any]:
    return await person.made(f"/v1/documents/{to}/versions", declared(data), **more)


async def listed(person: Person, office: Office) -> list[tuple[str, str]]:
    return [(v["id"], v["status"]) for v in await person.all(f"/v1/cases/{office.case}/versions", limit=2)]


async def events_of(person: Person, office: Office) -> list[tuple[str, str]]:
    events = await person.all(f"/v1/cases/{office.case}/events")
    return [(e["type"], e["data"]["version"]["id"]) for e in events if e["type"].startswith("version.")]


async def test_a_version_goes_its_whole_way(office: Office, hands: Hands) -> None:
    to = await document(office.outside, office.case)
    one = await begun(office.outside, to)
    version, url = one["version"]["id"], one["upload"]["url"]
    assert (one["version"]["n"], one["version"]["status"]) == (1, "awaiting")
    assert await listed(office.outside, office) == []
    assert await put(url, DATA) == 200
    done = await office.outside.made(f"/v1/versions/{version}/complete")
    assert done["status"] == "received"
    # Until it is cleared its uploader and staff see it, and nobody reads it.
    assert (
        await listed(office.outside, office) == await listed(office.lead, office) == [(version, "received")]
    )
    refused(await office.lead.get(f"/v1/versions/{version}/content"), 409, "conflict")
    refused(await office.lead.get(f"/v1/versions/{version}/text"), 409, "conflict")
    await hands.clear(UUID(version))
    row = await hands.row(UUID(version))
    assert (row["status"], row["text_status"]) == ("cleared", "ok")
    assert row["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert row["object_version"]
    assert row["people"] == []
    told = [("version.received", version), ("version.cleared", version), ("version.indexed", version)]
    assert await events_of(office.lead, office) == await events_of(office.outside, office) == told
    pages = await office.outside.all(f"/v1/versions/{version}/text")
    assert pages == [{"page": 1, "text": DATA.decode().strip()}]
    for person in (office.stranger, office.foreign):
        for path in (
            f"versions/{version}/content",
            f"versions/{version}/text",
            f"cases/{office.case}/versions",
        ):
            refused(await person.get(f"/v1/{path}"), 404, "not_found")


async def test_the_address_takes_the_declared_bytes_alone(office: Office, hub: Hub) -> None:
    one = await begun(office.lead, await document(office.lead, office.case))
    url = one["upload"]["url"]
    assert await put(url, DATA.replace(b"first", b"third")) == 400
    assert await put(url, DATA + b"more") in (400, 403)
    assert await put(url, DATA[:-1]) in (400, 403)
    assert await put(url.replace("X-Amz-Checksum-Sha256=", "X-Amz-Checksum-Sha256=A"), DATA) in (400, 403)
    # Nothing of that arrived.
    refused(await office.lead.post(f"/v1/versions/{one['version']['id']}/complete"), 409, "conflict")
    assert await put(url, DATA) == 200


async def test_begin_version_repeated_and_key_reused(office: Office) -> None:
    to, key = await document(office.lead, office.case), uuid4()
    first, again = await begun(office.lead, to, key=key), await begun(office.lead, to, key=key)
    assert first["version"] == again["version"]
    path = f"/v1/documents/{to}/versions"
    refused(await office.lead.post(path, declared(b"other"), key=key), 409, "key_reused")
    # The key of an event is no key of an upload either.
    used = uuid4()
    await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "x"}, key=used)
    refused(await office.lead.post(path, declared(DATA), key=used), 409, "key_reused")
    other = await begun(office.lead, to)
    assert (first["version"]["n"], other["version"]["n"]) == (1, 2)
    await put(again["upload"]["url"], DATA)
    done = uuid4()
    complete = f"/v1/versions/{first['version']['id']}/complete"
    received = await office.lead.made(complete, key=done)
    assert await office.lead.made(complete, key=done) == received
    refused(await office.lead.post(complete), 409, "conflict")
    once_more = await begun(office.lead, to, key=key)
    assert (once_more["upload"], once_more["version"]["status"]) == (None, "received")
    assert [n for _, n in await listed(office.lead, office)] == ["received"]


async def test_complete_version_with_another_size(office: Office, hub: Hub, hands: Hands) -> None:
    one = await begun(office.lead, await document(office.lead, office.case))
    version = one["version"]["id"]
    row = await hands.row(UUID(version))
    await hub.blobs.put(hub.blobs.quarantine, row["quarantine_key"], DATA + b"and more")
    refused(await office.lead.post(f"/v1/versions/{version}/complete"), 422, "checksum")
    assert (await hands.row(UUID(version)))["status"] == "awaiting"


async def test_complete_version_is_its_uploaders(office: Office) -> None:
    one = await begun(office.outside, await document(office.outside, office.case))
    path = f"/v1/versions/{one['version']['id']}/complete"
    await put(one["upload"]["url"], DATA)
    assert (await office.lead.post(path)).status_code in (403, 404)
    for person in (office.stranger, office.foreign):
        refused(await person.post(path), 404, "not_found")
    refused(await office.lead.post(f"/v1/versions/{ABSENT}/complete"), 404, "not_found")
    refused(await office.outside.call("POST", path, headers={"idempotency-key": "x"}), 400, "bad_input")


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": VERSION_BYTES_MAX + 1},
        {"size": "many"},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
        {"media_type": "text"},
        {"file_name": ""},
        {"file_name": "../../etc/passwd"},
        {"file_name": "a\u202egpj.exe"},
        {"file_name": "a\x00b"},
        {"more": 1},
    ],
)
async def test_begin_version_with_a_bad_declaration(office: Office, wrong: dict[str, Any]) -> None:
    to = await document(office.lead, office.case)
    answer = await office.lead.post(f"/v1/documents/{to}/versions", declared(DATA) | wrong)
    refused(answer, 400, "bad_input")
    assert await listed(office.lead, office) == []


async def test_begin_version_is_for_who_may(office: Office, world: World) -> None:
    staffs = await document(office.lead, office.case, office.shared)
    path = f"/v1/documents/{staffs}/versions"
    refused(await office.outside.post(path, declared(DATA)), 403, "forbidden")
    for person in (office.stranger, office.foreign):
        refused(await person.post(path, declared(DATA)), 404, "not_found")
        refused(await send(person, staffs, DATA), 404, "not_found")
    await office.close()
    refused(await office.lead.post(path, declared(DATA)), 409, "case_closed")
    refused(await send(office.lead, staffs, DATA), 409, "case_closed")


async def test_begin_version_refused_when_too_many_wait(office: Office, hub: Hub) -> None:
    """Each may bring 200 MB: a person has so many open, over all documents, until some are completed or over."""
    to, key = await document(office.lead, office.case), uuid4()
    other = await document(office.lead, office.case)
    first = await begun(office.lead, to, key=key)
    for n in range(UPLOADS_OPEN_MAX - 1):
        await begun(office.lead, (to, other)[n % 2])
    for document_ in (to, other):
        problem = refused(
            await office.lead.post(f"/v1/documents/{document_}/versions", declared(DATA)), 429, "too_many"
        )
        assert str(UPLOADS_OPEN_MAX) in problem["detail"]
        refused(await send(office.lead, document_, DATA), 429, "too_many")
    # A repeat is no further one, and others have their own.
    assert (await begun(office.lead, to, key=key))["version"] == first["version"]
    await begun(office.outside, await document(office.outside, office.case))
    await put(first["upload"]["url"], DATA)
    await office.lead.made(f"/v1/versions/{first['version']['id']}/complete")
    await begun(office.lead, to)
    refused(await office.lead.post(f"/v1/documents/{to}/versions", declared(DATA)), 429, "too_many")


async def test_upload_in_one_request(office: Office, hands: Hands) -> None:
    to, key = await document(office.lead, office.case), uuid4()
    version = await upload(office.lead, to, DATA, key=key)
    assert await upload(office.lead, to, DATA, key=key) == version
    refused(await send(office.lead, to, DATA + b"x", key=key), 409, "key_reused")
    assert (await hands.examine(version))["status"] == "cleared"
    assert await upload(office.lead, to, DATA, key=key) == version
    assert await listed(office.lead, office) == [(str(version), "cleared")]


async def test_upload_in_one_request_refused(office: Office) -> None:
    to = await document(office.lead, office.case)
    refused(await send(office.lead, to, b"x" * (UPLOAD_ONE_REQUEST_BYTES_MAX + 1)), 413, "too_large")
    refused(await send(office.lead, to, b""), 400, "bad_input")
    refused(await send(office.lead, to, DATA, media_type="text"), 400, "bad_input")
    refused(await send(office.lead, to, DATA, file_name="a/b"), 400, "bad_input")
    answer = await office.lead.call("PUT", f"/v1/documents/{to}/content", DATA, file_name="a.txt")
    refused(answer, 400, "key_missing")
    assert await listed(office.lead, office) == []


async def test_an_upload_that_broke_off_goes_on_with_the_same_key(
    office: Office, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub dies between the row and the bytes: the retry finds the row and finishes."""
    to, key = await document(office.lead, office.case), uuid4()

    async def dies(*_: Any) -> str:
        raise OSError("cut")

    monkeypatch.setattr(type(hub.blobs), "put", dies)
    refused(await send(office.lead, to, DATA, key=key), 500, "internal")
    monkeypatch.undo()
    assert await listed(office.lead, office) == []
    version = await upload(office.lead, to, DATA, key=key)
    assert await listed(office.lead, office) == [(str(version), "received")]


async def test_what_waits_is_hidden_from_the_documents_other_readers(office: Office, hands: Hands) -> None:
    to = await document(office.lead, office.case, office.shared)
    version = await upload(office.lead, to, DATA)
    assert await listed(office.outside, office) == []
    refused(await office.outside.get(f"/v1/versions/{version}/content"), 404, "not_found")
    assert await events_of(office.outside, office) == []
    await hands.clear(version)
    assert await listed(office.outside, office) == [(str(version), "cleared")]
    assert await events_of(office.outside, office) == [
        ("version.cleared", str(version)),
        ("version.indexed", str(version)),
    ]


async def test_the_database_lets_no_one_clear_a_version_by_hand(office: Office, hub: Hub) -> None:
    """Row-level security under the rules: the app's role takes in bytes, and only workers clear them."""
    version = await upload(office.lead, await document(office.lead, office.case), DATA)
    changes = ("status = 'cleared'", f"by = '{office.admin.id}'", "audience = '{}', people = '{}'")
    for change in changes:
        async with hub.database.app.acquire() as connection:
            await connection.execute(f"begin; select set_config('casewire.person', '{office.lead.id}', true)")
            with pytest.raises(Exception, match="row-level security"):
                await connection.execute(f"update versions set {change} where id = $1", version)
            await connection.execute("rollback")
