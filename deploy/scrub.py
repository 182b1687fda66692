"""`casewire scrub`: what was erased is gone from the tables; this takes its bytes from the disks.

A deleted row, a purged message and a removed object leave their bytes in files until something is written over them. So
each server is made to write its files anew: PostgreSQL its tables, statistics and log, JetStream its stream, the object
store its volumes. Casewire runs on meanwhile; a table waits while it is rewritten.

What this cannot reach: backups that were made before, archived log among them, and blocks that the file system has
freed and not reused. `deploy/decisions/0011-keep-and-erase.md` says what to do about both.
"""

import asyncio
import subprocess
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import nats
import nats.errors

from deploy import find
from deploy.backup.make import record
from deploy.embedded.child import StackError
from deploy.embedded.objects import binary as weed
from deploy.embedded.stack import read_record
from hub.context import utc_now
from hub.retention.certifying import signed
from hub.retention.rules import scrubbed
from schemas.audit_log import check
from schemas.ids import new_id
from schemas.settings import Settings, SettingsError, as_role
from schemas.subjects import STREAM
from storage.postgres import scrubbing

PURGE_S = 30.0
VACUUM_S = 300.0
SEGMENTS_MAX = 1024  # of the log, of 16 MiB each, that are gone through


def scrub(data: Path | None) -> list[str]:
    """Scrub the stack that runs on `data`; what was done, a line each. Raises `StackError`."""
    settings, signing = find.settings(data), find.settings(data, "hub")
    try:
        check(signing)
    except SettingsError as problem:
        raise StackError(str(problem)) from problem
    done: list[str] = []
    began = utc_now()
    try:
        done.append(asyncio.run(_database(settings)))
        done.append(asyncio.run(_stream(settings)))
    except (OSError, asyncpg.PostgresError, nats.errors.Error) as problem:
        raise StackError(f"Not everything could be scrubbed: {problem}.") from problem
    done.append(_objects(find.data_directory(data)))
    done.append(asyncio.run(certify(settings, signing, began)))
    return done


async def _database(settings: Settings) -> str:
    """Write anew each table from which something was erased, and what the planner noted of it, then end the log."""
    on = await asyncpg.connect(as_role(settings.postgres_owner, "postgres"))
    try:
        tables = [row["name"] for row in await on.fetch(scrubbing.TABLES)]
        for name in tables:
            # FULL copies what lives into new files; the old ones go. ANALYZE samples the rows that are there now.
            await on.execute(f'vacuum (full, analyze) public."{name}"')
        for name in scrubbing.CATALOGUE:
            await on.execute(f"vacuum (full) {name}")
        await _log(on)
        kept = await on.fetchval(scrubbing.KEPT_LOG)
    finally:
        await on.close()
    waits = f"; {kept} followers of the log still keep what they have not fetched" if kept else ""
    return f"PostgreSQL: {len(tables)} tables and the log behind them{waits}"


async def _log(on: Any) -> None:
    """Go past every file that the log has, those kept for use again among them: they hold what stood there before."""
    await on.execute("alter system set wal_recycle = off")
    await on.execute("select pg_reload_conf()")
    try:
        last = await on.fetchval(scrubbing.LAST_SEGMENT)
        for _ in range(SEGMENTS_MAX):
            await on.execute(scrubbing.SAY_SOMETHING)  # a file of which nothing is used is not ended
            await on.execute("select pg_switch_wal()")
            if await on.fetchval(scrubbing.SEGMENT) > last:
                break
        await on.execute("checkpoint")
        await on.execute("checkpoint")
    finally:
        await on.execute("alter system reset wal_recycle")
        await on.execute("select pg_reload_conf()")


async def _stream(settings: Settings) -> str:
    """JetStream is rebuilt from PostgreSQL, which is the record: what is purged is read from there."""
    connection: Any = await nats.connect(  # pyright: ignore[reportUnknownMemberType]
        settings.nats.split(","), user=settings.nats_user, password=settings.nats_password.reveal()
    )
    try:
        answer = await connection.request(f"$JS.API.STREAM.PURGE.{STREAM}", b"{}", timeout=PURGE_S)
    finally:
        await connection.close()
    if b'"error"' in answer.data and b'"code":404' not in answer.data:
        raise StackError(f"JetStream does not purge {STREAM}.")
    return "JetStream: the stream of events"


def _objects(data: Path) -> str:
    """The embedded store writes its volumes anew, without what was removed. Another store has its own ways."""
    ports: dict[str, int] = read_record(data).get("ports", {})
    if "objects.master.port" not in ports or not (data / "objects").exists():
        return "Objects: the store is not the embedded one; see to its deleted bytes there"
    host = f"127.0.0.1:{ports['objects.master.port']}.{ports['objects.master.port.grpc']}"
    ran = subprocess.run(
        [weed(), "shell", f"-master={host}"],
        input="lock\nvolume.vacuum -garbageThreshold=0\nunlock\nexit\n",
        capture_output=True, text=True, timeout=VACUUM_S, cwd=data / "objects", check=False,
    )  # fmt: skip
    if ran.returncode != 0 or "error" in ran.stdout.lower():
        raise StackError(f"The object store does not vacuum: {(ran.stderr or ran.stdout).strip()[-300:]}")
    return "Objects: all volumes"


async def certify(settings: Settings, signing: Settings, began: datetime) -> str:
    """Say on the certificates of before that their bytes are gone."""
    on = await asyncpg.connect(settings.postgres_system)
    try:
        async with on.transaction():
            now = utc_now()
            rows = await on.fetch(scrubbing.COVERED, began, now)
            for org in sorted({row["org"] for row in rows}):
                body = scrubbed(org, (row["sha256"] for row in rows if row["org"] == org), at=now)
                id = new_id()
                note = signed(signing, org, id, body, now)
                await on.execute(scrubbing.ISSUE, id, org, now, body.decode(), sha256(body).digest(), note)
                await record(on, "certificate.issued", log=org, thing=id)
    finally:
        await on.close()
    return f"Certificates: {len(rows)}"
