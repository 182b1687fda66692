"""A Casewire whose PostgreSQL and object store are somebody else's: with passwords, by TCP, under other names."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from deploy.backup import log
from deploy.backup.look import show, verify
from deploy.backup.make import House, make
from deploy.backup.restore import Wanted, restore
from deploy.backup.shelf import Shelf
from deploy.embedded import ports
from deploy.embedded.child import StackError
from deploy.embedded.objects import PORTS, Objects, make_buckets, s3_client
from deploy.embedded.postgres import ROLES, Postgres
from deploy.embedded.stack import Stack
from schemas.ids import new_id
from schemas.settings import Settings
from storage.blobs import Blobs
from storage.migrations import migrate
from tests.faults.lost import fetched
from tests.house import ROOT, wait_for
from tests.rows import Rows

# So little that a follower which is away for a moment has lost it.
MORE = {"listen_addresses": "127.0.0.1", "max_slot_wal_keep_size": "1MB"}
PASSWORD, COPIER = "p@ss:w/ord", "c0pier"
QUOTED = "p%40ss%3Aw%2Ford"
HBA = """local all all reject
host all all 127.0.0.1/32 scram-sha-256
host replication copier 127.0.0.1/32 scram-sha-256
"""
THEIRS = """
create role boss superuser login password '{password}';
create role copier login replication password '{copier}';
alter role casewire_owner password '{password}';
alter role casewire_app password '{password}';
alter role casewire_system password '{password}';
alter role casewire_signin password '{password}';
create database hub owner casewire_owner;
alter system set password_encryption = 'scram-sha-256';
alter system set application_name = 'theirs';
"""

HEALED_WITHIN_S = 60.0  # only ends a broken run

pytestmark = pytest.mark.timeout(200)


class Outside:
    """The servers, and how a Casewire is told of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port, *others = ports.free(1 + len(PORTS))
        home, log, sockets = folder / "their-db", folder / "db.log", folder / "run"
        folder.chmod(0o755)
        postgres = Postgres(home, log, sockets)
        postgres.prepare()
        postgres.start()
        postgres.sql(ROLES)
        for statement in THEIRS.format(password=PASSWORD, copier=COPIER).split(";\n"):
            postgres.sql(statement)
        postgres.stop()
        (home / "pg_hba.conf").write_text(HBA)
        self.postgres = Postgres(home, log, sockets, more=MORE | {"port": str(port)})
        self.postgres.start()
        self.base = f"127.0.0.1:{port}"
        rename = "alter role postgres rename to theirs"
        subprocess.run([*self.psql(), "-c", rename], check=True)
        self.objects = Objects(
            folder / "their-store",
            folder / "store.log",
            dict(zip(PORTS, others, strict=True)),
            "access",
            "s" * 40,
        )
        self.objects.prepare()
        self.objects.start()
        make_buckets(s3_client(self.objects.url, "access", "s" * 40), "their-quarantine", "their-documents")
        self.environ = {
            "CASEWIRE_POSTGRES": f"postgresql://casewire_app:{QUOTED}@{self.base}/hub",
            "CASEWIRE_S3_URL": self.objects.url,
            "CASEWIRE_S3_ACCESS_KEY": "access",
            "CASEWIRE_S3_SECRET_KEY": "s" * 40,
            "CASEWIRE_S3_QUARANTINE": "their-quarantine",
            "CASEWIRE_S3_DOCUMENTS": "their-documents",
            "CASEWIRE_DATA": str(folder / "data"),
            **{
                f"CASEWIRE_{name}": name.lower() * 8
                for name in ("SECRET", "SEAL_KEY", "ROOT_KEY", "AUDIT_KEY")
            },
        }
        self.copier = f"postgresql://copier:{COPIER}@{self.base}/hub"

    def psql(self, database: str = "hub") -> list[str]:
        from deploy.embedded.postgres import binary

        return [binary("psql"), "-X", "-q", f"postgresql://boss:{QUOTED}@{self.base}/{database}"]

    @property
    def house(self) -> House:
        return House.of(Settings.read(self.environ), [self.environ])

    def stop(self) -> None:
        self.postgres.stop()
        self.objects.stop()


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    folder = Path(tempfile.mkdtemp(prefix="casewire-outside-", dir="/tmp"))
    outside: Outside | None = None
    try:
        outside = Outside(folder)
        yield outside
    finally:
        if outside is not None:
            outside.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def connection(outside: Outside) -> AsyncIterator[Any]:
    await migrate(Settings.read(outside.environ).postgres_owner)
    connection = await asyncpg.connect(f"postgresql://boss:{QUOTED}@{outside.base}/hub")
    yield connection
    await connection.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active"
    )
    await connection.close()


async def write(outside: Outside, on: Any, data: bytes) -> str:
    """A document whose bytes are in the store; its key there."""
    blobs, rows = Blobs(Settings.read(outside.environ)), await Rows.on(on)
    case, org, key = new_id(), new_id(), f"a/{new_id()}"
    for table in ("organisations", "people"):
        id = org if table == "organisations" else new_id()
        await rows.put(table, id=id, **({"email": f"{id.hex}@mail.test"} if table == "people" else {}))
        rows.shared[table] = id
    here: dict[str, Any] = {"case_id": case, "org": org, "audience": ["staff"]}
    await rows.put("cases", id=case, org=org, audience=["staff"], number=f"n{case.hex}")
    paper = await rows.put("documents", **here)
    version = await rows.put("versions", **here, document=paper["id"], people=[], status="cleared")
    try:
        pinned = await blobs.put(blobs.documents, key, data)
    finally:
        blobs.close()
    await on.execute(
        "update versions set object_key = $2, object_version = $3, text_status = 'empty', size = $4, sha256 = $5,"
        " cleared_at = now() where id = $1", version["id"], key, pinned, len(data), sha256(data).hexdigest(),
    )  # fmt: skip
    return key


@contextlib.contextmanager
def following(outside: Outside, backups: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Somebody follows meanwhile; what they say stands in `follow.out` beside the backups."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("CASEWIRE_")}
    command = ["backup", "follow", "--to", str(backups), "--postgres", outside.copier]
    with backups.with_name(backups.name + ".out").open("ab") as out:
        follower = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", *command], cwd=ROOT, env=environ | outside.environ, stderr=out,
        )  # fmt: skip
        try:
            yield follower
        finally:
            follower.terminate()
            try:
                follower.wait(HEALED_WITHIN_S)
            finally:
                follower.kill()  # whoever comes next follows alone
                follower.wait()


async def followed(on: Any, follower: "subprocess.Popen[bytes]") -> None:
    """Until the backups have the log up to now."""
    end = await on.fetchval("select pg_current_wal_flush_lsn()::text")
    async with asyncio.timeout(HEALED_WITHIN_S):
        while not await on.fetchval(
            "select exists (select 1 from pg_replication_slots where restart_lsn >= $1::text::pg_lsn"
            " and slot_name = 'casewire_follow' and active)", end,
        ):  # fmt: skip
            assert follower.poll() is None
            await asyncio.sleep(0.1)


async def test_it_is_backed_up_followed_and_restored_into_one_of_its_own(
    outside: Outside, connection: Any
) -> None:
    backups, keys, data = outside.folder / "backups", outside.folder / "keys.json", outside.folder / "new"
    contents = {await write(outside, connection, b"first " * 1000): b"first " * 1000}
    with pytest.raises(StackError, match="The database role casewire_owner may not replicate"):
        await asyncio.to_thread(make, outside.house, backups, keys, None, print)
    told: list[str] = []
    name, lost = await asyncio.to_thread(make, outside.house, backups, keys, outside.copier, told.append)
    assert lost == 0
    assert not [line for line in told if PASSWORD in line or COPIER in line]
    await asyncio.to_thread(verify, backups, name, keys, print)

    with following(outside, backups) as follower:
        contents[await write(outside, connection, b"second " * 1000)] = b"second " * 1000
        await followed(connection, follower)
        last = list(contents)[-1]
        await asyncio.to_thread(
            wait_for,
            lambda: any(last in file.read_text() for file in backups.glob("wal/*/objects.jsonl")),
            "the second object",
        )
        here = (Path(f"/proc/{follower.pid}/task") / str(follower.pid) / "children").read_text().split()
        assert here and not any(COPIER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in here)

    done = await asyncio.to_thread(restore, backups, keys, data, Wanted(None, None), print)
    assert done.absent == [] and done.objects >= 2
    stack = Stack(data, environ={}, embed=("postgres", "objects"))
    stack.start()
    try:
        settings = Settings.read(stack.settings("operator"))
        blobs, on = Blobs(settings), await asyncpg.connect(settings.postgres_owner)
        try:
            rows = await on.fetch(
                "select object_key, object_version, sha256 from versions order by object_key"
            )
            assert {row["object_key"] for row in rows} >= set(contents)
            for row in rows:
                if row["object_key"] not in contents:
                    continue  # of the other test
                path = outside.folder / "read"
                data_of = await fetched(blobs, row["object_key"], row["object_version"], path)
                assert data_of == contents[row["object_key"]] and sha256(data_of).hexdigest() == row["sha256"]
            assert await on.fetchval("show application_name") != "theirs"
        finally:
            await on.close()
            blobs.close()
    finally:
        stack.stop()


async def test_a_gap_in_the_log_is_said_and_nothing_is_restored_across_it(
    outside: Outside, connection: Any
) -> None:
    """The server keeps no more than it is told to for a follower that is away."""
    backups, keys, data = outside.folder / "gap", outside.folder / "gap.json", outside.folder / "never"

    async def say(text: str) -> datetime:
        await connection.execute(
            "insert into throttles values (sha256($1::bytea), 1, now(), now())", text.encode()
        )
        return datetime.now(UTC)

    def refused(until: datetime | None) -> str:
        with pytest.raises(StackError) as refusal:
            restore(backups, keys, data, Wanted(None, until), print)
        assert not data.exists()
        return str(refusal.value)

    first, _ = await asyncio.to_thread(make, outside.house, backups, keys, outside.copier, print)
    shelf = Shelf(backups)
    with following(outside, backups) as follower:
        before = await say("before")
        await say("still before")
        await followed(connection, follower)
    for n in range(3):
        await say(f"lost {n}")
        await connection.execute("select pg_switch_wal()")
        await connection.execute("checkpoint")
    state = "select wal_status from pg_replication_slots where slot_name = 'casewire_follow'"
    assert await connection.fetchval(state) == "lost"
    log.check_reaches(shelf, shelf.whole()[-1], None)  # nobody knows of it yet
    with following(outside, backups) as follower:
        async with asyncio.timeout(HEALED_WITHIN_S):
            while await connection.fetchval(state) in (None, "lost"):
                await asyncio.sleep(0.1)
        after = await say("after")
        await connection.execute("select pg_switch_wal()")
        await followed(connection, follower)
    told = backups.with_name("gap.out").read_text()
    assert told.count("a part of the log is gone before it was fetched; make a backup now") == 1

    for until in (None, after):
        said = await asyncio.to_thread(refused, until)
        assert said.startswith(f"The log after the backup {first} has a gap from ")
        assert said.endswith("name a time before it with --until, or a backup that was made after it.")
    log.check_reaches(shelf, shelf.whole()[-1], before)
    lines: list[str] = []
    show(backups, None, lines.append)
    await asyncio.to_thread(verify, backups, None, None, lines.append)
    assert len([line for line in lines if "nothing after" in line and "make a backup now" in line]) == 2

    second, _ = await asyncio.to_thread(make, outside.house, backups, keys, outside.copier, print)
    log.check_reaches(shelf, shelf.named(second), None)
    log.check_reaches(shelf, shelf.named(first), before)
    lines.clear()
    show(backups, None, lines.append)
    assert [line for line in lines if line.endswith(f"{second} closed it") and "no time from" in line]
    done = await asyncio.to_thread(restore, backups, keys, data, Wanted(None, None), print)
    assert done.name == second
