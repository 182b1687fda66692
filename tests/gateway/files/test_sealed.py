"""Sealed versions as they are handed out: what a storekeeper or a database clerk changes is never sent."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.embedded.hold import read_shared
from gateway.files import Files
from hub.context import Hub
from schemas.audit import entry_of
from schemas.errors import Refused
from storage.keys.ring import Keys
from storage.keys.roots import Own, Roots
from storage.sealed import CHUNK_POWER, HEAD_BYTES, TAG_BYTES
from tests.app import Office, Person, World
from tests.conftest import SHARED, Database
from tests.uploads import Hands, cleared, document, upload
from tests.wire import eventually

CHUNK = 1 << CHUNK_POWER
WHOLE = CHUNK + TAG_BYTES
DATA = "".join(f"Line {n} of a long and confidential letter.\n" for n in range(5000)).encode()


@pytest.fixture
async def version(office: Office, hands: Hands) -> UUID:
    return await cleared(hands, office.lead, office.case, DATA, audience=office.shared)


async def read(reader: httpx.AsyncClient, person: Person, version: UUID, part: str = "") -> httpx.Response:
    url = (await person.get(f"/v1/versions/{version}/content")).json()["url"]
    return await reader.get(url, headers={"range": f"bytes={part}"} if part else {})


async def repin(hub: Hub, world: World, row: Any, data: bytes) -> None:
    """What who has the keys of the store and of the database can do, and has no root key."""
    made = await hub.blobs.put(hub.blobs.documents, row["object_key"], data)
    await world.pool.execute("update versions set object_version = $2 where id = $1", row["id"], made)


async def stored(hub: Hub, row: Any) -> bytes:
    return await hub.blobs.whole(hub.blobs.documents, row["object_key"], row["object_version"])


@pytest.mark.parametrize(
    "part", ["0-0", f"{CHUNK - 3}-{CHUNK + 3}", "-9", f"{2 * CHUNK}-", f"{len(DATA) - 1}-{len(DATA) - 1}"]
)
async def test_parts_of_what_is_sealed(
    office: Office, version: UUID, reader: httpx.AsyncClient, part: str
) -> None:
    answer = await read(reader, office.outside, version, part)
    first, _, last = part.partition("-")
    start = int(first) if first else len(DATA) - int(last)
    end = int(last) + 1 if first and last else len(DATA)
    assert (answer.status_code, answer.content) == (206, DATA[start:end])


async def test_an_object_that_was_mangled_is_not_sent(
    office: Office, version: UUID, reader: httpx.AsyncClient, hands: Hands, hub: Hub, world: World
) -> None:
    row = await hands.row(version)
    good = await stored(hub, row)
    other = await hands.row(await cleared(hands, office.lead, office.case, DATA, audience=office.shared))
    foreign = await stored(hub, other)
    at = HEAD_BYTES + WHOLE
    for bad in (
        good[:HEAD_BYTES] + good[at : at + WHOLE] + good[HEAD_BYTES:at] + good[at + WHOLE :],  # exchanged
        foreign[:at] + good[at:],  # a chunk of the same bytes in another version
        foreign,
        DATA,  # as it was before there were keys
        good[:HEAD_BYTES],
    ):
        await repin(hub, world, row, bad)
        assert (await read(reader, office.lead, version)).status_code == 503
        assert (await read(reader, office.lead, version, "5-9")).status_code == 503
    # One that ends too early: what was sent before is cut off, and never looks whole.
    await repin(hub, world, row, good[: at + WHOLE])
    try:
        answer = await read(reader, office.lead, version)
        assert len(answer.content) < len(DATA)
    except httpx.HTTPError:
        pass
    assert (await read(reader, office.lead, version, f"-{CHUNK}")).status_code == 503
    await repin(hub, world, row, good)
    assert (await read(reader, office.lead, version)).content == DATA


async def test_rows_that_were_exchanged_open_nothing(
    office: Office, version: UUID, reader: httpx.AsyncClient, hands: Hands, hub: Hub, world: World
) -> None:
    """The key, the head, or key and head and object of another version or another case."""
    elsewhere = await world.office()
    theirs = [
        await cleared(hands, office.lead, office.case, DATA[::-1], audience=office.shared),
        await cleared(hands, elsewhere.lead, elsewhere.case, DATA[::-1], audience=elsewhere.shared),
    ]
    mine = dict(await hands.row(version))
    pool = world.pool
    wrapped = await pool.fetchval("select wrapped from data_keys where thing = $1", version)
    case_wrapped = await pool.fetchval("select wrapped from case_keys where case_id = $1", office.case)
    for their in theirs:
        row = await hands.row(their)
        key = await pool.fetchval("select wrapped from data_keys where thing = $1", their)
        case_key = await pool.fetchval("select wrapped from case_keys where case_id = $1", row["case_id"])
        await pool.execute("update data_keys set wrapped = $2 where thing = $1", version, key)
        assert (await read(reader, office.lead, version)).status_code == 503
        await pool.execute("update case_keys set wrapped = $2 where case_id = $1", office.case, case_key)
        await pool.execute(
            "update versions set sealed = $2, object_key = $3, object_version = $4 where id = $1",
            version, row["sealed"], row["object_key"], row["object_version"],
        )  # fmt: skip
        assert (await read(reader, office.lead, version)).status_code == 503
        await pool.execute("update data_keys set wrapped = $2 where thing = $1", version, wrapped)
        await pool.execute("update case_keys set wrapped = $2 where case_id = $1", office.case, case_wrapped)
        assert (await read(reader, office.lead, version)).status_code == 503
        await pool.execute(
            "update versions set sealed = $2, object_key = $3, object_version = $4 where id = $1",
            version, mine["sealed"], mine["object_key"], mine["object_version"],
        )  # fmt: skip
    assert (await read(reader, office.lead, version)).content == DATA


async def test_a_root_that_is_another_or_away(
    office: Office, version: UUID, reader: httpx.AsyncClient, files: Files
) -> None:
    class Away(Own):
        async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
            raise Refused("unavailable", "Vault does not answer.", retry_after_ms=1000)

    right, other = files.keys, Own(os.urandom(32))
    away = Away(os.urandom(32))
    (ours,) = right.roots.known
    for roots in (Roots(other, {other.id: other}), Roots(other, {ours: other}), Roots(away, {ours: away})):
        files.keys = Keys(roots, files.database.recorder)
        answer = await read(reader, office.lead, version)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    files.keys = right
    assert (await read(reader, office.lead, version)).content == DATA


async def test_what_was_destroyed_is_gone_at_once(
    office: Office, version: UUID, reader: httpx.AsyncClient, hub: Hub
) -> None:
    assert (await read(reader, office.lead, version)).status_code == 200  # the case's key is at hand
    await hub.database.system.execute(
        "update data_keys set wrapped = null, destroyed_at = now() where thing = $1", version
    )
    assert (await read(reader, office.lead, version)).status_code == 404


async def test_reading_uses_the_cases_key_once(
    office: Office, version: UUID, reader: httpx.AsyncClient, world: World
) -> None:
    """One entry in the name of who came first, however many read within the minute, and however many chunks."""
    for person in (office.outside, office.lead, office.outside):
        assert (await read(reader, person, version)).status_code == 200
    rows = await world.pool.fetch("select entry from audit_entries where case_id = $1", office.case)
    used = [one for row in rows if (one := entry_of(row["entry"])).act == "key.used" and one.by.person]
    assert [(one.by.person, one.by.session, one.log) for one in used] == [
        (office.outside.id, office.outside.session, office.org)
    ]


async def test_a_wrapped_key_is_seen_with_what_it_opens(
    office: Office, version: UUID, hands: Hands, database: Database, world: World
) -> None:
    private = await cleared(hands, office.lead, office.case, DATA)  # for staff
    waiting = await upload(office.lead, await document(office.lead, office.case), DATA)
    things = [version, private, waiting]
    connection = await asyncpg.connect(database.app)

    async def seen(person: Person | None) -> tuple[int, int]:
        async with connection.transaction():
            await connection.execute(
                "select set_config('casewire.person', $1, true)", str(person.id) if person else ""
            )
            return (
                await connection.fetchval(
                    "select count(*) from data_keys where thing = any ($1::uuid[])", things
                ),
                await connection.fetchval("select count(*) from case_keys where case_id = $1", office.case),
            )

    try:
        assert await seen(office.lead) == (2, 1)  # what waits has no key yet
        assert await seen(office.outside) == (1, 1)
        for nobody in (office.stranger, office.foreign, None):
            assert await seen(nobody) == (0, 0)
        for statement in (
            "insert into roots (id, checked, made_at) values ('x', '', now())",
            "insert into data_keys select * from data_keys",
            "update case_keys set wrapped = null, destroyed_at = now()",
            "update data_keys set wrapped = '\\x00'",
            "delete from roots",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_no_word_of_a_document_lies_in_the_store(office: Office, hands: Hands, hub: Hub) -> None:
    """The store's own files, byte by byte: what waits is encrypted by the store, what was examined is sealed by us."""
    canary = os.urandom(12).hex()
    # Of random letters: what is packed by the store would not be found by a scan either way.
    noise = os.urandom(4000).hex()
    data = f"{noise} {canary} {noise[::-1]}\n".encode()
    home = Path(read_shared(Path(os.environ[SHARED]))["postgres_home"]).parent / "objects"

    def lies() -> list[Path]:
        return [path for path in home.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]

    version = await upload(office.lead, await document(office.lead, office.case), data)
    waits = await hands.row(version)
    assert await hub.blobs.whole(hub.blobs.quarantine, waits["quarantine_key"]) == data
    assert lies() == []
    await hands.clear(version)
    assert lies() == []
    # The scan finds what is not sealed, once the store has written it down.
    await hub.blobs.put(hub.blobs.documents, f"{office.org}/plain", data)
    await eventually(lambda: len(lies()) == 1, "bytes in the clear are found")
    await hub.blobs.remove(hub.blobs.documents, f"{office.org}/plain")
