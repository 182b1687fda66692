"""Connections to PostgreSQL, a pool for each database role, and the two ways to use the app's: read and write."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pool import PoolAcquireContext

from schemas.audit import NOTHING, Actor, Doing
from schemas.errors import Refused
from schemas.facts import Key
from schemas.settings import Settings
from storage.postgres import audit, locks
from storage.postgres.locks import Lock
from storage.postgres.recorder import Recorder
from storage.postgres.unit import Unit

CONNECT_TIMEOUT_S = 10.0
ACQUIRE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0
# Above the roles' transaction_timeout of 2 s, so that the server's word comes first: who says nothing is not there.
COMMAND_TIMEOUT_S = 5.0

# Of a wall that nobody could lift any more; who asks may not know that there is one.
SOMEBODY_REMAINS = (
    "Somebody has to remain who administers all of it: make somebody else an administrator first."
)

# What a client can cure by trying again: the connection, a timeout, a restart, a deadlock.
PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server died in the middle of an operation
    asyncpg.exceptions.TransactionTimeoutError,
    asyncpg.exceptions.QueryCanceledError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.InsufficientResourcesError,  # connections, memory, its disk
    asyncpg.exceptions.PostgresSystemError,  # its disk does not answer
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.SerializationError,
    ConnectionError,
    TimeoutError,
    OSError,
)


# What every transaction of a person begins with; prepared, as the locks are.
_PREPARE_ENTER = "prepare enter(uuid, uuid, bytea) as select enter($1, $2, $3)"


async def _prepare_app(connection: Any) -> None:
    await _prepare(connection)
    await connection.execute(f"{_PREPARE_ENTER}; {locks.PREPARE}; {audit.PREPARE}")


async def _prepare_system(connection: Any) -> None:
    await _prepare(connection)
    await connection.execute(f"{locks.PREPARE}; {audit.PREPARE}")


async def _prepare_signin(connection: Any) -> None:
    await _prepare(connection)
    await connection.execute(audit.PREPARE_SIGNIN)


async def _prepare(connection: Any) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=lambda value: msgspec.json.encode(value).decode(),
            decoder=msgspec.json.decode,
        )


async def _reset(connection: Any) -> None:
    """Nothing outlives a transaction here, so the usual reset (a round trip per release) is only for one left open."""
    if connection.is_in_transaction():
        await connection.execute("rollback")


_INIT = {"app": _prepare_app, "system": _prepare_system, "signin": _prepare_signin}


class _Connection(asyncpg.Connection):
    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as the base has it
        with contextlib.suppress(TimeoutError):  # then it is closed without a goodbye
            await super().close(timeout=timeout)


class _Acquired(PoolAcquireContext):
    async def __aexit__(self, *exc: Any) -> None:
        if any(isinstance(one, TimeoutError) for one in exc) and self.connection is not None:
            self.connection.terminate()
            await self.pool.expire_connections()
        await super().__aexit__(*exc)


class _Pool(asyncpg.Pool):
    """Where one connection does not answer in time, the network has most likely lost sight of all: each is made anew
    when it is next asked for. One after another they would be found out in a minute, and cancelling what nobody
    hears takes as long again.

    `asyncpg.create_pool` takes no class of pool, and what it hands out has no hook: so both are made here, with the
    arguments that it would fill in."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        return _Acquired(self, timeout)


async def _pool(role: str, dsn: str, size: int) -> Any:
    return await _Pool(
        dsn,
        min_size=1,
        max_size=size,
        max_queries=50_000,
        loop=None,
        connection_class=_Connection,
        record_class=asyncpg.Record,
        init=_INIT[role],
        reset=_reset,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        statement_cache_size=1000,
        max_inactive_connection_lifetime=0,
    )


class Database:
    """Pools for the roles asked for. `epoch` is the name of this database's history."""

    def __init__(self) -> None:
        self.app: Any = None
        self.system: Any = None
        self.signin: Any = None
        self.epoch = ""
        self.recorder = Recorder(self._record)

    @classmethod
    async def open(
        cls, settings: Settings, roles: Collection[str] = ("app", "system", "signin")
    ) -> "Database":
        """Raises `OSError` or an asyncpg error when the server is not there."""
        database = cls()
        dsns = {
            "app": settings.postgres,
            "system": settings.postgres_system,
            "signin": settings.postgres_signin,
        }
        pools = await asyncio.gather(*(_pool(role, dsns[role], settings.postgres_pool) for role in roles))
        for role, pool in zip(roles, pools, strict=True):
            setattr(database, role, pool)
        database.epoch = await pools[0].fetchval("select value from epoch")
        return database

    async def close(self) -> None:
        await self.recorder.close()
        for pool in (self.app, self.system, self.signin):
            if pool is not None:
                try:
                    await asyncio.wait_for(pool.close(), CLOSE_TIMEOUT_S)
                except TimeoutError:
                    pool.terminate()

    @asynccontextmanager
    async def reading(
        self, person: UUID | None, session: UUID | None = None, held: bytes = b"", *, steady_s: int = 0
    ) -> AsyncIterator[Any]:
        """A connection that sees what `person` may see; None is nobody, who sees what is public. Three round trips with
        one query.

        With `session` the transaction begins only while that session is good, and `held`, if given, is the hash of its
        secret; `unauthenticated` else. With `steady_s` all queries see one moment, for at most so many seconds.
        """
        async with translated(), self.app.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            try:
                entered = f"; {_enter(person, session, held)}" if person is not None else ""
                if steady_s:
                    # A timer that runs already is not set anew by another time: it is stopped first.
                    longer = f"set local transaction_timeout = 0; set local transaction_timeout = '{steady_s}s'"
                    steady = f"isolation level repeatable read; {longer}"
                    entered = f" {steady}{entered}"
                await connection.execute(f"begin read only{entered}")
                yield connection
            except BaseException as error:
                await _leave(connection, error)
                raise
            await connection.execute("commit")

    @asynccontextmanager
    async def writing(
        self,
        person: UUID,
        lock: Lock,
        now: datetime,
        key: Key | None = None,
        session: UUID | None = None,
        held: bytes = b"",
        by: Actor | None = None,
        doing: Doing = NOTHING,
    ) -> AsyncIterator[Unit]:
        """One transaction of `person`, its first statement the lock of its streams; commits when the block ends well,
        with its entry in the record of who did what. `by` says as whom they act, `doing` what was asked for.

        Four round trips: begin with lock, fetch, write, commit with the entry. A connection lost at the commit is an
        unknown outcome and raises `unavailable`; the key makes the retry safe.
        """
        begin = f"begin; {_enter(person, session, held)}; {lock.statement}"
        async with self._unit(self.app, begin, person, now, key, by, doing) as unit:
            yield unit

    @asynccontextmanager
    async def writing_as_system(
        self, lock: Lock, now: datetime, doing: Doing = NOTHING, by: Actor | None = None
    ) -> AsyncIterator[Unit]:
        """The same for a worker, which acts for nobody: its events have no actor, and it sees every row. `by`
        says for the record who asked for it, where somebody did."""
        async with self._unit(self.system, f"begin; {lock.statement}", None, now, None, by, doing) as unit:
            yield unit

    @asynccontextmanager
    async def signing(self, now: datetime, by: Actor, doing: Doing) -> AsyncIterator[Unit]:
        """The same for the role that signs in, which may call its functions and nothing else. Its action says what the
        entry says: these acts make no events."""
        async with self._unit(self.signin, "begin", by.person, now, None, by, doing) as unit:
            yield unit

    async def _record(self, statements: str) -> None:
        async with translated(), (self.system or self.app).acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            await written(connection, statements)

    @asynccontextmanager
    async def _unit(
        self,
        pool: Any,
        begin: str,
        person: UUID | None,
        now: datetime,
        key: Key | None,
        by: Actor | None,
        doing: Doing,
    ) -> AsyncIterator[Unit]:
        async with translated(), pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            unit = Unit(connection, person, now, key, self.epoch, by, doing)
            try:
                await connection.execute(begin)
                yield unit
                if unit.moot:
                    await connection.execute("rollback")
                    return
                await unit.flush()
                await written(connection, f"{await unit.said()}; commit")
            except BaseException as error:
                if isinstance(error, Refused):
                    unit.refused(error)
                await _leave(connection, error)
                raise


async def written(connection: Any, statements: str) -> None:
    """Write an entry of the record; `unavailable` where that cannot be done, and so nothing is that goes with it."""
    try:
        await connection.execute(statements)
    except (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.UndefinedObjectError,
        asyncpg.InvalidSQLStatementNameError,
    ) as error:
        raise Refused("unavailable", "What is done cannot be written down just now.") from error


def _enter(person: UUID, session: UUID | None, held: bytes) -> str:
    if session is None:
        return f"select set_config('casewire.person', '{person}', true)"
    return rf"execute enter('{session}', '{person}', '\x{held.hex()}')"


async def _leave(connection: Any, error: BaseException) -> None:
    """Roll back; where the server does not answer, the end of the connection does."""
    if isinstance(error, TimeoutError):
        connection.terminate()
        return
    try:
        await connection.execute("rollback")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        connection.terminate()


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """The database's errors as the product's: what passes is `unavailable`, a doubled key is `key_reused`."""
    try:
        yield
    except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError) as error:
        raise Refused("bad_input", "Text cannot hold the character NUL (U+0000).") from error
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "events_key":
            raise Refused("key_reused") from error
        raise Refused("conflict", "Somebody else did this at the same time; read again.") from error
    except asyncpg.RestrictViolationError as error:  # see keep_walls
        raise Refused("conflict", SOMEBODY_REMAINS) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        if error.detail == "mfa_needed":
            raise Refused(
                "mfa_needed", "Your organisation asks for a second factor; set one up first."
            ) from error
        raise Refused("unauthenticated", "Your session is over; sign in again.") from error
    except PASSING as error:
        raise Refused("unavailable", "The database does not answer.", retry_after_ms=500) from error
