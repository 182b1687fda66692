"""What no process may start on. Apart from `checks.py`, so that a starting process loads no more than it needs."""

import asyncpg

from schemas.settings import Settings, SettingsError

CONNECT_WAIT_S = 5.0
NEVER_OFF = ("fsync", "full_page_writes", "synchronous_commit")


async def wrong_root(settings: Settings) -> str | None:
    """Why what is sealed cannot be opened with the roots of these settings, None when it can. Raises `SettingsError`
    where they name none, and `OSError` or asyncpg's when the database is away."""
    from storage.keys.ring import check
    from storage.keys.roots import roots_of

    roots = roots_of(settings)
    connection = await asyncpg.connect(
        settings.postgres, timeout=CONNECT_WAIT_S, command_timeout=CONNECT_WAIT_S
    )
    try:
        await check(connection, roots)
    except SettingsError as problem:
        return str(problem)
    except asyncpg.UndefinedTableError:
        return None  # not migrated yet, which is said elsewhere
    finally:
        await connection.close()
        for root in roots.known.values():
            await root.close()
    return None


async def unsafe_database(settings: Settings) -> str | None:
    """Why no process may run on this database, None when it is sound. Raises `OSError` or asyncpg's when it is away.

    A database that acknowledges what it has not written loses messages, and a role above row-level security makes
    one forgotten check a leak: both are refused in every mode.
    """
    roles = {"app": settings.postgres, "system": settings.postgres_system, "signin": settings.postgres_signin}
    for name, dsn in roles.items():
        connection = await asyncpg.connect(dsn, timeout=CONNECT_WAIT_S, command_timeout=CONNECT_WAIT_S)
        try:
            row = await connection.fetchrow(
                "select current_user as role, rolsuper or rolbypassrls as bypasses,"
                " array(select name from pg_settings where name = any($1) and setting = 'off') as off,"
                " current_setting('server_version_num')::int as version from pg_roles where rolname = current_user",
                NEVER_OFF,
            )
        finally:
            await connection.close()
        assert row is not None
        if row["bypasses"]:
            return f"The database role {row['role']} ({name}) bypasses row-level security; name one that does not."
        if row["off"]:
            off = " and ".join(sorted(row["off"]))
            return f"PostgreSQL has {off} off and would lose what it confirmed; switch that on."
        if row["version"] < 180000:
            return f"PostgreSQL is of version {row['version'] // 10000} and Casewire needs 18 or later."
    return None
