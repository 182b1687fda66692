"""What must be true of the servers before a process may use them, and how to say that it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import nats
import nats.errors
import urllib3.exceptions
from minio.error import MinioException
from nats.js.errors import NotFoundError

from deploy.embedded.objects import s3_client
from deploy.soundness import CONNECT_WAIT_S, unsafe_database
from schemas.audit import entry_of
from schemas.settings import Settings
from storage.bus import inbox_prefix
from storage.migrations import MigrationError, available
from storage.postgres import audit_log

STREAM = "CW_EVENTS"
UNPLACED_AFTER = timedelta(seconds=30)  # an entry has its place within 0.2 s; a write may take 2 s
UNSIGNED_AFTER = timedelta(minutes=3)  # a log is signed at least every minute, also one that is quiet
COUNTED_MAX = 100_000
UNSIGNED = "select min(signed_at) from audit_logs"


async def database(settings: Settings) -> str | None:
    """Why the database cannot be used as it is, and what to do; None when it can."""
    try:
        if problem := await unsafe_database(settings):
            return problem
        connection = await asyncpg.connect(settings.postgres_owner, timeout=CONNECT_WAIT_S)
        try:
            done = {r["number"] for r in await connection.fetch("select number from schema_migrations")}
        finally:
            await connection.close()
        missing = [migration.label for migration in available() if migration.number not in done]
    except asyncpg.UndefinedTableError:
        return "The database is empty; run `casewire migrate`."
    except (OSError, asyncpg.PostgresError, MigrationError) as problem:
        return (
            f"PostgreSQL does not answer as it should: {problem}; see logs/postgres.log or CASEWIRE_POSTGRES."
        )
    return f"The database lacks {', '.join(missing)}; run `casewire migrate`." if missing else None


async def record(settings: Settings, now: datetime | None = None) -> str | None:
    """Why the record of who did what does not go on, and what to do; None when it does. What waits stands in the
    database and is not lost; but until it is signed nobody can prove it."""
    try:
        connection: Any = await asyncpg.connect(settings.postgres_system, timeout=CONNECT_WAIT_S)
        try:
            position = await audit_log.position(connection)
            waits: Any = await connection.fetchrow(audit_log.WAITING, *position, COUNTED_MAX)
            signed = await connection.fetchval(UNSIGNED)
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError) as problem:
        return f"It cannot be read: {problem}; see logs/postgres.log or CASEWIRE_POSTGRES."
    now = now or datetime.now(UTC)
    if waits["entries"] and (since := _moment(waits["first"])) is not None and now - since > UNPLACED_AFTER:
        return (
            f"Entries have waited for their place since {since:%Y-%m-%d %H:%M:%S} UTC ({waits['entries']:,} by now);"
            " see that `worker sequence` runs (logs/sequence.log), and that no transaction stays open in PostgreSQL."
        )
    if signed is not None and now - signed > UNSIGNED_AFTER:
        return (
            f"A log was last signed at {signed:%Y-%m-%d %H:%M:%S} UTC; see that `worker sequence` runs"
            " (logs/sequence.log)."
        )
    return None


def _moment(entry: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(entry_of(entry).at)
    except (ValueError, msgspec.MsgspecError):
        return None


async def _said_by_the_exception(_: Exception) -> None:
    """The client prints each failed try otherwise; what the last one raises says it once."""


async def bus(settings: Settings) -> str | None:
    """Why NATS cannot be used, and what to do; None when it can."""
    try:
        client = await nats.connect(  # pyright: ignore[reportUnknownMemberType]
            settings.nats.split(","),
            user=settings.nats_user or None,
            password=settings.nats_password.reveal() or None,
            inbox_prefix=inbox_prefix(settings),
            allow_reconnect=False,
            max_reconnect_attempts=1,
            error_cb=_said_by_the_exception,
            connect_timeout=int(CONNECT_WAIT_S),
        )
    except (OSError, nats.errors.Error) as problem:
        return f"NATS does not let us in: {problem}; see logs/nats.log or CASEWIRE_NATS."
    try:
        await client.jetstream().stream_info(STREAM)  # pyright: ignore[reportUnknownMemberType]
    except NotFoundError:
        return f"JetStream has no stream {STREAM}; the relay makes it: see that it runs (logs/relay.log)."
    except (OSError, nats.errors.Error) as problem:
        return f"JetStream does not answer: {problem}; is it switched on in the server of CASEWIRE_NATS?"
    finally:
        await client.close()
    return None


def objects(settings: Settings) -> str | None:
    """Why the object store cannot be used, and what to do; None when it can."""
    client = s3_client(
        settings.s3_url, settings.s3_access_key, settings.s3_secret_key.reveal(), settings.s3_region
    )
    try:
        for bucket in (settings.s3_quarantine, settings.s3_documents):
            if not client.bucket_exists(bucket):
                return f"The bucket {bucket} does not exist; make it with versioning, or start with `casewire up`."
            if client.get_bucket_versioning(bucket).status != "Enabled":
                return f"The bucket {bucket} keeps no versions; switch versioning on."
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as problem:
        return f"The object store does not let us in: {problem}; see logs/objects.log or CASEWIRE_S3_URL."
    return None
