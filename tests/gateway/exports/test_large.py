"""However large a case, its archive takes a few megabytes of memory. A small case here; ten thousand messages and a
thousand versions with `EXPORT_LARGE=1`."""

import gc
import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from deploy.verify.archive import verify_archive
from deploy.verify.record import keys_named
from deploy.verify.report import Report
from gateway.exports.serving import Serving
from gateway.files import Files
from hub.context import Hub
from schemas.addresses import Address
from schemas.audit_log import Signer
from schemas.documents import Document, Version
from schemas.ids import new_id
from schemas.limits import EXPORT_PART_BYTES
from schemas.messages import Message
from schemas.settings import Settings
from tests.app import Office, World
from tests.gateway.exports.test_exports import proved, signing

__all__ = ["signing"]  # a fixture

LARGE = bool(os.environ.get("EXPORT_LARGE"))
MESSAGES, VERSIONS, BYTES = (10_000, 1_000, 256 << 10) if LARGE else (300, 8, 64 << 10)
GROWTH_MAX = 64 << 20  # of an archive of 260 MB; what the process holds by itself moves by less
START = datetime(2026, 3, 1, tzinfo=UTC)
EVENT = """insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data)
    select $1, 'case', $2, e.seq, $2, e.type, array['admin', 'staff'], '{}', '{0,0}', e.at, $3, e.thing, e.data::json
    from unnest($4::bigint[], $5::text[], $6::timestamptz[], $7::uuid[], $8::text[]) as e(seq, type, at, thing, data)"""


async def fill(office: Office, hub: Hub, owner: asyncpg.Pool) -> None:
    """As many messages and versions, as rows, events and objects."""
    seq: int = await owner.fetchval("select stream_head($1)", office.case)
    talk, org, case, by = await office.conversation("staff"), office.org, office.case, office.lead.id
    seq = await owner.fetchval("select stream_head($1)", office.case)
    events: list[tuple[int, str, datetime, UUID, bytes]] = []
    messages: list[Message] = []
    for n in range(MESSAGES):
        seq, at = seq + 1, START + timedelta(seconds=n)
        one = Message(new_id(), case, talk, by, f"Message {n} " + "word " * 100, [], at, None, None, seq, 1)
        messages.append(one)
        events.append((seq, "message.posted", at, one.id, msgspec.json.encode({"message": one})))
    await owner.executemany(
        "insert into messages (id, case_id, org, conversation, author, body, attachments, posted_at, seq, audience,"
        " people) values ($1, $2, $3, $4, $5, $6, '[]', $7, $8, '{admin,staff}', '{}')",
        [(m.id, case, org, talk, by, m.body, m.posted_at, m.seq) for m in messages],
    )
    document = Document(new_id(), case, "Bundle", "other", ["admin", "staff"], START, by, 1)
    await owner.execute(
        "insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)"
        " values ($1, $2, $3, $4, 'other', '{admin,staff}', $5, $6)", document.id, case, org, "Bundle", START, by,
    )  # fmt: skip
    seq += 1
    events.append((seq, "document.added", START, document.id, msgspec.json.encode({"document": document})))
    for n in range(VERSIONS):
        data = (b"%08d" % n) * (BYTES // 8)
        key = f"large/{document.id}/{n}"
        stored = await hub.blobs.put(hub.blobs.documents, key, data)
        version = Version(
            new_id(), document.id, case, n + 1, "cleared", "", f"{n}.txt", "text/plain", BYTES,
            sha256(data).hexdigest(), "none", 0, START, by, START, 1,
        )  # fmt: skip
        seq += 1
        events.append((seq, "version.cleared", START, version.id, msgspec.json.encode({"version": version})))
        await owner.execute(
            "insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256,"
            " quarantine_key, object_key, object_version, begun_at, by, cleared_at, audience, people)"
            " values ($1, $2, $3, $4, $5, 'cleared', $6, 'text/plain', $7, $8, '', $9, $10, $11, $12, $11,"
            " '{admin,staff}', '{}')",
            version.id, document.id, case, org, n + 1, version.file_name, BYTES, version.sha256, key, stored, START, by,
        )  # fmt: skip
    columns = [list(column) for column in zip(*events, strict=True)]
    columns[4] = [data.decode() for data in columns[4]]
    await owner.execute(EVENT, org, case, by, *columns)


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_memory_is_flat_and_the_archive_is_whole(
    world: World, office: Office, hub: Hub, owner: asyncpg.Pool, signing: Settings, tmp_path: Path
) -> None:
    await fill(office, hub, owner)
    person = await proved(world, office.lead)
    made: dict[str, Any] = await person.made(f"/v1/cases/{office.case}/exports")
    assert (made["messages"], made["versions"]) == (MESSAGES, VERSIONS)
    address = Address(
        UUID(made["id"]), person.id, person.session, datetime.now(UTC) + timedelta(minutes=2), False, "export"
    )
    serving = Serving(Files(signing, hub.database, hub.blobs, hub.rates), Signer(signing))
    path, most, total = tmp_path / "case.zip", 0, 0
    gc.collect()
    before = resident()
    with path.open("wb") as file:

        async def hand(part: bytes) -> None:
            nonlocal most, total
            total += file.write(part)
            most = max(most, resident() - before)
            assert len(part) <= EXPORT_PART_BYTES

        await serving.send(address, "10.0.0.1", hand)
    print(f"an archive of {total >> 20} MiB took {most >> 20} MiB of memory at most")
    assert most < GROWTH_MAX
    report = Report(lambda _: None, lambda _: None)
    verify_archive(report, path, named=keys_named([Signer(signing).key]), witnesses=[])
    # These were written past the record, so that it says nothing of them.
    assert report.findings == [] and any(f"{MESSAGES:,} messages" in fact for fact in report.facts)
