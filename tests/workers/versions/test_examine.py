"""Examination: what is harmless is sealed and pinned, what is not stays in quarantine, and nothing stops the queue."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.embedded.stack import Stack
from hub.context import Hub
from schemas.errors import Refused
from schemas.settings import Settings
from storage.blobs import Absent
from storage.postgres import versions
from tests.app import Office, World
from tests.uploads import Hands, cleared, document, opened_whole, upload
from workers import examine, index
from workers.sandbox.results import Failure
from workers.taking import TRIES_MAX, take

ROOT = Path(__file__).parents[3]
TEXT = b"The lessee pays on the first of each month.\n"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PATIENCE_S = 60.0


async def eventually(true: Any, what: str) -> None:
    """Until `await true()`; the bound only ends a failing test."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


async def test_the_sealed_object_is_pinned_and_quarantine_is_empty(
    office: Office, hands: Hands, hub: Hub
) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)
    before = await hands.row(version)
    assert await hub.blobs.whole(hub.blobs.quarantine, before["quarantine_key"]) == TEXT
    row = await hands.examine(version)
    assert (row["status"], row["media_type"], row["tries"]) == ("cleared", "text/plain", 0)
    assert row["object_key"].split("/") == [str(row[part]) for part in ("org", "case_id", "document", "id")]
    stored = await hub.blobs.whole(hub.blobs.documents, row["object_key"], row["object_version"])
    assert TEXT not in stored and stored.startswith(row["sealed"])
    assert await opened_whole(hub, row) == TEXT
    with pytest.raises(Absent):
        await hub.blobs.stat(hub.blobs.quarantine, before["quarantine_key"])


async def test_a_virus_never_leaves_quarantine(office: Office, hands: Hands, hub: Hub) -> None:
    to = await document(office.lead, office.case, office.shared)
    version = await upload(office.lead, to, EICAR)
    row = await hands.examine(version)
    assert row["status"] == "quarantined"
    assert "EICAR" in row["why"]
    assert row["object_key"] is None
    events = await office.lead.all(f"/v1/cases/{office.case}/events")
    assert [e["type"] for e in events if e["type"].startswith("version.")] == [
        "version.received",
        "version.quarantined",
    ]
    # Only staff and the uploader are told.
    assert not [
        e for e in await office.outside.all(f"/v1/cases/{office.case}/events") if "version" in e["type"]
    ]
    assert (await office.lead.get(f"/v1/versions/{version}/content")).status_code == 409


async def test_bytes_exchanged_after_completing_are_found(
    office: Office, hands: Hands, hub: Hub, world: World
) -> None:
    """Somebody with the store's keys puts other bytes of the same size there: the hash of the declaration decides."""
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)
    row = await hands.row(version)
    other = await hub.blobs.put(hub.blobs.quarantine, row["quarantine_key"], TEXT.swapcase())
    # Not pinned: the newer object changes nothing.
    assert row["quarantine_version"] != other
    await world.pool.execute("update versions set quarantine_version = $2 where id = $1", version, other)
    row = await hands.examine(version)
    assert (row["status"], row["object_key"]) == ("quarantined", None)
    assert "SHA-256" in row["why"]


async def test_bytes_that_are_gone_or_more(office: Office, hands: Hands, hub: Hub, world: World) -> None:
    to = await document(office.lead, office.case)
    gone, more = await upload(office.lead, to, TEXT), await upload(office.lead, to, TEXT)
    await hub.blobs.remove(hub.blobs.quarantine, (await hands.row(gone))["quarantine_key"])
    assert (await hands.examine(gone))["status"] == "quarantined"
    key = (await hands.row(more))["quarantine_key"]
    longer = await hub.blobs.put(hub.blobs.quarantine, key, TEXT * 9)
    await world.pool.execute("update versions set quarantine_version = $2 where id = $1", more, longer)
    assert "as many" in (await hands.examine(more))["why"]


async def test_one_process_at_a_time_has_a_version(office: Office, hands: Hands) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)
    trade = examine.trade(hands.hub, hands.sandbox)
    taken = await asyncio.gather(*(take(hands.hub, trade, version) for _ in range(4)))
    assert sum(taken) == 1
    assert (await hands.row(version))["status"] == "cleared"
    assert not await take(hands.hub, trade, version)


async def test_who_comes_second_changes_nothing_and_leaves_nothing(
    office: Office, hands: Hands, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lost its lock without noticing finishes after another one did."""
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)
    row = await hands.row(version)
    await hands.examine(version)
    pinned = await hands.row(version)
    await hub.blobs.put(hub.blobs.quarantine, row["quarantine_key"], TEXT)
    await examine.examine(hands.hub, hands.sandbox, dict(row) | {"quarantine_version": None})
    assert dict(await hands.row(version)) == dict(pinned)
    assert (await hub.blobs.stat(hub.blobs.documents, pinned["object_key"])).version == pinned[
        "object_version"
    ]
    await hub.blobs.remove(hub.blobs.quarantine, row["quarantine_key"])


async def test_a_server_that_is_away_is_not_the_files_fault(
    office: Office, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)

    async def away(*_: Any, **__: Any) -> int:
        raise Refused("unavailable", "The object store does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(type(hands.hub.blobs), "fetch", away)
        for _ in range(TRIES_MAX + 2):
            assert (await hands.examine(version))["status"] == "received"
    row = await hands.row(version)
    assert row["tries"] == 0
    waiting = await hands.hub.database.system.fetch(versions.TO_EXAMINE, hands.hub.clock())
    assert version not in [one["id"] for one in waiting], "it is tried again at once, and then again"
    assert (await hands.examine(version))["status"] == "cleared"


async def test_a_file_that_cannot_be_examined_is_given_up(
    office: Office, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), TEXT)

    async def fails(*_: Any, **__: Any) -> Failure:
        return Failure("the sandbox has died")

    monkeypatch.setattr(type(hands.sandbox), "examine", fails)
    for n in range(TRIES_MAX):
        row = await hands.examine(version)
        assert (row["status"], row["tries"]) == ("received", n + 1)
    row = await hands.examine(version)
    assert (row["status"], row["why"]) == ("quarantined", examine.GIVEN_UP)


def worker(stack: Stack, names: str, **more: str) -> "subprocess.Popen[bytes]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CASEWIRE_")}
    code = "import os, sys; from schemas.settings import Settings; from workers.serve import main; "
    code += "main(Settings.read(os.environ), sys.argv[1].split(','))"
    return subprocess.Popen(
        [sys.executable, "-c", code, names],
        cwd=ROOT,
        env=environ | stack.settings("worker") | {"CASEWIRE_INTERNAL_PORT": "0"} | more,
    )


def big() -> bytes:
    """A file that takes long enough to be met in the middle."""
    return b"".join(hashlib.sha256(str(n).encode()).hexdigest().encode() + b"\n" for n in range(120_000))


async def test_killed_in_the_middle_another_goes_on_at_once(
    stack: Stack, office: Office, hands: Hands, world: World
) -> None:
    version = await upload(office.lead, await document(office.lead, office.case), big())

    async def at_work() -> bool:
        # The lock of a version is held by a session; `tries` says that it has begun.
        return await world.pool.fetchval(
            "select v.tries = 1 and v.status = 'received' and exists (select 1 from pg_locks l where "
            "l.locktype = 'advisory' and l.granted and ((l.classid::bigint << 32) | l.objid::bigint) = "
            "hashtextextended('version:' || v.id::text, 0)) from versions v where v.id = $1",
            version,
        )

    first = worker(stack, "examine,index")
    try:
        await eventually(at_work, "the worker begins")
        os.kill(first.pid, signal.SIGKILL)
    finally:
        first.kill()
        first.wait()
    assert (await hands.row(version))["status"] == "received", (
        "it was done before the kill: make the file bigger"
    )
    second = worker(stack, "examine,index")
    try:

        async def done() -> bool:
            row = await hands.row(version)
            return (row["status"], row["text_status"]) == ("cleared", "ok")

        await eventually(done, "another worker finishes")
        # A worker that is asked to stop does so.
        second.terminate()
        assert second.wait(20) == 0
    finally:
        second.kill()
        second.wait()
    events = await office.lead.all(f"/v1/cases/{office.case}/events")
    told = [e["type"] for e in events if e["type"].startswith("version.")]
    assert told == ["version.received", "version.cleared", "version.indexed"]


async def test_bytes_do_not_stay_behind_a_worker_that_was_stopped_or_killed(
    stack: Stack, office: Office, hands: Hands, tmp_path: Path
) -> None:
    place = tmp_path / "tmp"

    async def lie() -> bool:
        return any(place.glob("*/bytes"))

    async def started() -> "subprocess.Popen[bytes]":
        await upload(office.lead, await document(office.lead, office.case), big())
        process = worker(stack, "examine", CASEWIRE_DATA=str(tmp_path))
        try:
            await eventually(lie, "the worker has bytes before it")
        except BaseException:
            process.kill()
            raise
        return process

    stopped = await started()
    stopped.terminate()
    assert stopped.wait(20) == 0
    assert list(place.iterdir()) == []

    killed = await started()
    killed.kill()
    killed.wait()
    (left,) = place.iterdir()
    os.utime(left, (0, 0))
    again = worker(stack, "examine", CASEWIRE_DATA=str(tmp_path))
    try:

        async def gone() -> bool:
            return not left.exists()

        await eventually(gone, "the next worker removes what was left")
        again.terminate()
        assert again.wait(20) == 0
    finally:
        again.kill()
        again.wait()
    assert list(place.iterdir()) == []


async def test_the_queue_goes_on_by_itself(stack: Stack, office: Office, hands: Hands) -> None:
    """The worker's own loop, without a relay to wake it: harmless, refused and odd files all come to an end."""
    settings = Settings.read(stack.settings("worker"))
    to = await document(office.lead, office.case)
    ids = [
        await upload(office.lead, to, data)
        for data in (EICAR, TEXT, b"\x00\xff" * 50, b"%PDF-1.7 broken", TEXT)
    ]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(one.run(settings, stop)) for one in (examine, index)]

    async def over() -> bool:
        rows = [await hands.row(version) for version in ids]
        return all(
            row["status"] == "quarantined" or (row["status"] == "cleared" and row["text_status"] != "none")
            for row in rows
        )

    try:
        await eventually(over, "all have come to an end")
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    rows = [await hands.row(version) for version in ids]
    assert [row["status"] for row in rows] == ["quarantined", "cleared", "cleared", "cleared", "cleared"]
    assert [row["text_status"] for row in rows] == [
        "none",
        "ok",
        rows[2]["text_status"],
        rows[3]["text_status"],
        "ok",
    ]
    assert rows[3]["text_status"] == "corrupt"


async def test_a_cleared_version_never_changes(office: Office, hands: Hands) -> None:
    version = await cleared(hands, office.lead, office.case, TEXT)
    before = await hands.row(version)
    second = await upload(office.lead, UUID(str(before["document"])), b"Another text.")
    await hands.clear(second)
    assert dict(await hands.row(version)) == dict(before)
    assert (await hands.row(second))["n"] == 2
