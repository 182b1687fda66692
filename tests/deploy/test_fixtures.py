"""The shared servers of a run are real and each worker has its own part of them."""

import asyncpg
import nats

from deploy.embedded.objects import s3_client
from deploy.embedded.stack import Stack
from schemas.settings import Settings


async def test_each_role_reaches_the_migrated_database(settings: Settings) -> None:
    for dsn in (
        settings.postgres,
        settings.postgres_owner,
        settings.postgres_system,
        settings.postgres_signin,
    ):
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("select current_user") in dsn
            assert await connection.fetchval("select to_regclass('schema_migrations') is not null")
        finally:
            await connection.close()


async def test_application_roles_cannot_bypass_row_security_or_hold_a_transaction_open(
    settings: Settings,
) -> None:
    for dsn in (settings.postgres, settings.postgres_system, settings.postgres_signin):
        connection = await asyncpg.connect(dsn)
        try:
            assert await connection.fetchval("show transaction_timeout") == "2s"
            role = await connection.fetchrow(
                "select rolsuper, rolbypassrls from pg_roles where rolname = current_user"
            )
            assert role is not None and tuple(role) == (False, False)
        finally:
            await connection.close()


async def test_a_process_is_limited_to_its_subjects(stack: Stack) -> None:
    settings = Settings.read(stack.settings("worker"))
    refused: list[str] = []

    async def remember(problem: Exception) -> None:
        refused.append(str(problem))

    client = await nats.connect(
        settings.nats, user=settings.nats_user, password=settings.nats_password.reveal(), error_cb=remember
    )
    try:
        await client.publish("cw.org.staff.case.x.message.posted", b"forged")
        await client.flush()
        await client.publish("cw.wake.events", b"")
        await client.flush()
    finally:
        await client.close()
    assert len(refused) == 1 and "permissions violation" in refused[0].lower()


def test_buckets_are_versioned_and_documents_can_be_locked(settings: Settings) -> None:
    client = s3_client(settings.s3_url, settings.s3_access_key, settings.s3_secret_key.reveal())
    assert client.get_bucket_versioning(settings.s3_quarantine).status == "Enabled"
    assert client.get_bucket_versioning(settings.s3_documents).status == "Enabled"
    client.get_object_lock_config(settings.s3_documents)  # raises where the bucket was made without
