"""Witnesses are told of what is signed, each at its own pace; and who holds another history is told nothing more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from minio import Minio
from minio.error import S3Error

from deploy.embedded.objects import s3_client
from deploy.embedded.stack import Stack
from schemas.audit_log import read_note
from schemas.ids import new_id
from schemas.settings import Secret, Settings, SettingsError
from storage.witnesses import (
    BETWEEN,
    BucketWitness,
    FileWitness,
    HttpWitness,
    Teller,
    Unheard,
    Witness,
    telling,
    witnesses_of,
)
from tests.app import owner
from tests.record import Record, record

__all__ = ["owner", "record"]  # fixtures


@pytest.fixture
def signing(stack: Stack) -> Settings:
    return Settings.read(stack.settings("sequence"))


def notes_in(path: Path) -> list[str]:
    return [part + "\n" for part in path.read_text().split(BETWEEN.decode()) if part]


def sizes(path: Path, log: UUID) -> list[int]:
    said = [read_note(note) for note in notes_in(path)]
    return [one.size for one in said if one.origin.endswith(str(log))]


async def told(teller: Teller, record: Record) -> None:
    """All that there is to tell, of every log."""
    while await teller.tell(record.db):
        pass


async def newest(record: Record, log: UUID) -> str:
    return await record.db.fetchval(
        "select note from audit_checkpoints where log = $1 order by size desc limit 1", log
    )


async def test_a_file_holds_the_newest_of_each_round(
    record: Record, signing: Settings, tmp_path: Path
) -> None:
    path, log, other = tmp_path / "far" / "checkpoints.txt", new_id(), new_id()
    teller = Teller(signing, FileWitness(path))
    for n in range(1, 4):
        await record.write(log)
        await record.settle()
        if n != 2:  # away for a while: what it is told then says all of it
            await told(teller, record)
    await record.write(other)
    await record.settle()
    await told(teller, record)
    await told(teller, record)
    assert sizes(path, log) == [1, 3] and sizes(path, other) == [1]
    assert notes_in(path)[-1] == await newest(record, other)
    # Another process goes on where this one was, and one that did not write down that it told says nothing twice.
    await record.db.execute("update audit_witnessed set size = 1 where log = $1", log)
    await told(Teller(signing, FileWitness(path)), record)
    assert sizes(path, log) == [1, 3]


async def test_half_a_note_of_who_died_is_taken_away(
    record: Record, signing: Settings, tmp_path: Path
) -> None:
    path, log = tmp_path / "checkpoints.txt", new_id()
    teller = Teller(signing, FileWitness(path))
    await record.write(log)
    await record.settle()
    await told(teller, record)
    whole = path.read_bytes()
    await record.write(log)
    await record.settle()
    for half in (
        b"localhost/audit/",
        (await newest(record, log)).encode()[:-3],
        (await newest(record, log)).encode(),
    ):
        path.write_bytes(whole + half)
        await record.db.execute("update audit_witnessed set size = 1 where log = $1", log)
        await told(Teller(signing, FileWitness(path)), record)
        assert path.read_bytes() == whole + (await newest(record, log)).encode() + BETWEEN[1:]


async def test_who_holds_another_history_is_told_nothing_more_of_it(
    record: Record, signing: Settings, tmp_path: Path, owner: Any
) -> None:
    """A tree that was built anew: of the same size with another entry, or shorter than what was said."""
    changed, cut, sound = new_id(), new_id(), new_id()
    path = tmp_path / "checkpoints.txt"
    witness = FileWitness(path)
    teller = Teller(signing, witness)
    for log in (changed, cut, sound):
        await record.write(log, 3)
    await record.settle()
    await told(teller, record)
    before = path.read_bytes()
    for log in (changed, cut):
        for table in ("leaves", "tiles", "logs", "checkpoints"):
            await owner.execute(f"delete from audit_{table} where log = $1", log)
        await owner.execute("delete from audit_entries where log = $1", log)
        await owner.execute("delete from audit_witnessed where log = $1", log)
    await record.write(changed, 3)
    await record.write(cut, 2)
    await record.write(sound)
    await record.settle()
    await told(teller, record)
    metric: Any = telling.REFUSED.labels(witness.name)
    assert metric._value.get() == 2
    assert path.read_bytes().startswith(before)
    assert (sizes(path, changed), sizes(path, cut), sizes(path, sound)) == ([3], [3], [3, 4])
    # It grows, and is another history all the same.
    for log in (changed, cut):
        await record.write(log, 5)
    await record.settle()
    await told(Teller(signing, FileWitness(path)), record)
    assert (sizes(path, changed), sizes(path, cut)) == ([3], [3])
    assert await record.db.fetchval(
        "select count(*) from audit_witnessed where witness = $1 and log = any($2::uuid[])",
        witness.name, [changed, cut],
    ) == 0  # fmt: skip


async def test_a_witness_that_knows_more_already_is_told_nothing(
    record: Record, signing: Settings, tmp_path: Path
) -> None:
    """Who was frozen in the middle of telling wakes with an old checkpoint in its hands."""
    path, log = tmp_path / "checkpoints.txt", new_id()
    late, witness = Teller(signing, FileWitness(path)), FileWitness(path)
    await record.write(log, 2)
    await record.settle()
    old = await newest(record, log)
    await record.write(log, 2)
    await record.settle()
    await told(Teller(signing, witness), record)
    assert await late._holds(record.db, log, 0, read_note(old).size)
    assert sizes(path, log) == [4]


async def test_a_file_that_was_lost_is_begun_again_and_that_is_said(
    record: Record, signing: Settings, tmp_path: Path
) -> None:
    path, log = tmp_path / "checkpoints.txt", new_id()
    witness = FileWitness(path)
    teller = Teller(signing, witness)
    await record.write(log)
    await record.settle()
    await told(teller, record)
    path.unlink()
    await record.write(log)
    await record.settle()
    await told(teller, record)
    lost: Any = telling.LOST.labels(witness.name)
    assert sizes(path, log) == [2] and lost._value.get() == 1


async def test_a_place_that_cannot_be_written_is_told_later(
    record: Record, signing: Settings, tmp_path: Path
) -> None:
    path, log = tmp_path / "checkpoints.txt", new_id()
    path.mkdir()
    teller = Teller(signing, FileWitness(path))
    await record.write(log)
    await record.settle()
    with pytest.raises(Unheard):
        await teller.tell(record.db)
    path.rmdir()
    await told(teller, record)
    assert sizes(path, log) == [1]


# --- Buckets -------------------------------------------------------------------------------------------------


@pytest.fixture
def store(stack: Stack) -> Minio:
    settings = Settings.read(stack.settings("operator"))
    return s3_client(settings.s3_url, settings.s3_access_key, settings.s3_secret_key.reveal())


@pytest.mark.parametrize("locked", [True, False])
async def test_a_bucket_holds_an_object_for_each(
    record: Record, signing: Settings, store: Minio, owner: Any, locked: bool
) -> None:
    bucket, log = f"witness-{new_id().hex}", new_id()
    store.make_bucket(bucket, object_lock=locked)
    settings = msgspec.structs.replace(signing, audit_witnesses=Secret(f"s3://{bucket}/far/away"))
    (witness,) = witnesses_of(settings)
    teller = Teller(settings, witness)
    for _ in range(3):
        await record.write(log, 5)
        await record.settle()
        await told(teller, record)
    keys = [f"far/away/{log}/{size:020}" for size in (5, 10, 15)]
    found = store.list_objects(bucket, prefix=f"far/away/{log}/", recursive=True)
    assert [one.object_name for one in found] == keys
    answer = store.get_object(bucket, keys[-1])
    assert answer.read().decode() == await newest(record, log)
    # Told and not written down: it is known again. And what it holds is what counts, not what we say it holds.
    await record.db.execute("update audit_witnessed set size = 10 where log = $1", log)
    await told(teller, record)
    await owner.execute("delete from audit_witnessed where log = $1", log)
    assert await witness.held(log, 0) == await witness.held(log, 15)
    await told(teller, record)
    assert (
        len(list(store.list_objects(bucket, prefix=f"far/away/{log}/", recursive=True, include_version=True)))
        == 3
    )
    if not locked:
        return
    version = store.stat_object(bucket, keys[0]).version_id
    retention = store.get_object_retention(bucket, keys[0], version)
    assert retention is not None and retention.mode == "COMPLIANCE"
    assert (retention.retain_until_date.astimezone(UTC) - datetime.now(UTC)).days > 3600
    with pytest.raises(S3Error):
        store.remove_object(bucket, keys[0], version_id=version)


async def test_a_bucket_that_holds_another_history(
    record: Record, signing: Settings, store: Minio, owner: Any
) -> None:
    bucket, log = f"witness-{new_id().hex}", new_id()
    store.make_bucket(bucket)
    settings = msgspec.structs.replace(signing, audit_witnesses=Secret(f"s3://{bucket}/x"))
    (witness,) = witnesses_of(settings)
    teller = Teller(settings, witness)
    for _ in range(2):
        await record.write(log, 2)
        await record.settle()
        await told(teller, record)
    # Somebody takes back the log, and with it what we know of the witness.
    for table in ("leaves", "tiles", "logs", "checkpoints", "witnessed", "entries"):
        await owner.execute(f"delete from audit_{table} where log = $1", log)
    await record.write(log, 2)
    await record.settle()
    await told(teller, record)
    assert len(list(store.list_objects(bucket, prefix=f"x/{log}/", recursive=True))) == 2
    assert await record.db.fetchval("select count(*) from audit_witnessed where log = $1", log) == 0


async def test_a_bucket_that_is_not_there_is_told_later(
    record: Record, signing: Settings, store: Minio
) -> None:
    bucket, log = f"witness-{new_id().hex}", new_id()
    settings = msgspec.structs.replace(signing, audit_witnesses=Secret(f"s3://{bucket}"))
    (witness,) = witnesses_of(settings)
    await record.write(log)
    await record.settle()
    teller = Teller(settings, witness)
    with pytest.raises(Unheard):
        await told(teller, record)
    store.make_bucket(bucket)
    await told(teller, record)
    assert [one.object_name for one in store.list_objects(bucket, prefix=f"{log}/", recursive=True)] == [
        f"{log}/{1:020}"
    ]


# --- HTTP ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(answer: Callable[[bytes], bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """An address that takes POSTs, and their bodies."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            heard.append(await reader.readexactly(length))
            writer.write(answer(heard[-1]))
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/told?key=secret", heard
    finally:
        server.close()


def status(code: int) -> Callable[[bytes], bytes]:
    return lambda _: b"HTTP/1.1 %d X\r\ncontent-length: 0\r\nlocation: /elsewhere\r\n\r\n" % code


async def test_whoever_takes_a_post_is_told(record: Record, signing: Settings) -> None:
    log = new_id()
    await record.write(log)
    await record.settle()
    async with listening(status(204)) as (address, heard):
        witness = HttpWitness(address)
        assert "secret" not in witness.name
        await told(Teller(signing, witness), record)
        assert (await newest(record, log)).encode() in heard
        count = len(heard)
        await told(Teller(signing, witness), record)
        assert len(heard) == count


@pytest.mark.parametrize(("code", "refuses"), [(409, True), (500, False), (302, False), (404, False)])
async def test_what_a_witness_answers(record: Record, signing: Settings, code: int, refuses: bool) -> None:
    log = new_id()
    await record.write(log)
    await record.settle()
    async with listening(status(code)) as (address, heard):
        witness = HttpWitness(address)
        teller = Teller(signing, witness)
        if refuses:
            await told(teller, record)
            metric: Any = telling.REFUSED.labels(witness.name)
            assert metric._value.get() >= 1
        else:
            with pytest.raises(Unheard):
                await teller.tell(record.db)
            assert len(heard) == 1  # nobody is led elsewhere
    count = await record.db.fetchval("select count(*) from audit_witnessed where witness = $1", witness.name)
    assert count == 0


async def test_a_witness_that_is_away_for_long_holds_up_nobody(
    record: Record, signing: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "ROUND_S", 0.02)
    monkeypatch.setattr(telling, "PAUSE_MIN_S", 0.02)
    monkeypatch.setattr(telling, "PAUSE_MAX_S", 0.05)
    log, path = new_id(), tmp_path / "checkpoints.txt"
    back = asyncio.Event()

    class Away(FileWitness):
        async def take(self, log: UUID, size: int, note: str) -> None:
            if not back.is_set():
                raise Unheard("away")
            await super().take(log, size, note)

    async def until(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.02)

    away = tmp_path / "away.txt"
    ours: list[Witness] = [FileWitness(path), Away(away)]
    tasks = [asyncio.create_task(Teller(signing, one).run()) for one in ours]
    try:
        for n in range(1, 4):
            await record.write(log)
            await record.settle()
            await until(lambda n=n: path.exists() and sizes(path, log)[-1:] == [n])
        assert not away.exists() or sizes(away, log) == []
        back.set()
        await until(lambda: away.exists() and sizes(away, log) == [3])
        assert sizes(path, log) == [1, 2, 3]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.mark.parametrize(
    "address",
    [
        "file:",
        "ftp://x",
        "http://witness.example/told",
        "https://",
        "s3://",
        "s3+http://k:s@witness.example/b",
        "nowhere",
    ],
)
def test_what_is_no_witness_is_said(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^CASEWIRE_AUDIT_WITNESSES") as said:
        witnesses_of(Settings(audit_witnesses=Secret(address)))
    assert ":s@" not in str(said.value)


def test_witnesses_of_the_setting(signing: Settings) -> None:
    given = (
        "file:/far/x.txt, https://user:word@witness.example/told?key=1,s3://bucket/a,"
        "s3+https://key:se%2Fcret@store.example:9000/bucket/b/c"
    )
    found = witnesses_of(msgspec.structs.replace(signing, audit_witnesses=Secret(given)))
    assert [one.name for one in found] == [
        "file:/far/x.txt", "https://user:***@witness.example/told", "s3://bucket/a",
        "s3+https://key:***@store.example:9000/bucket/b/c",
    ]  # fmt: skip
    assert [type(one) for one in found] == [FileWitness, HttpWitness, BucketWitness, BucketWitness]
    assert "far/x.txt" not in repr(Settings.read({"CASEWIRE_AUDIT_WITNESSES": given}))
