"""One leader among processes that could all do a thing: a lock that falls with its holder's connection.

A process that is frozen keeps its connection, and the lock with it. A leader asks something several times a second; so
whoever waits for the lock ends the session of one that has been silent too long.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from storage.postgres.pool import COMMAND_TIMEOUT_S

CONNECT_S = 5.0
POLL_S = 0.25
SILENT_S = 1.2

TAKE = "select pg_try_advisory_lock($1)"
# Either it has had our answer and asks nothing more, or it does not take the answer.
# Materialized: the planner must not end sessions before it knows which.
DEPOSE = """with silent as materialized (
        select a.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and l.database = a.datid
            and a.datname = current_database() and l.classid::bigint = $1::bigint >> 32
            and l.objid::bigint = $1::bigint & 4294967295
            and (a.state = 'idle' or a.wait_event = 'ClientWrite')
            and a.state_change < clock_timestamp() - make_interval(secs => $2))
    select pid, pg_terminate_backend(pid) from silent"""


@asynccontextmanager
async def leading(
    dsn: str, name: str, lock: int, fit: Callable[[], bool], session: Mapping[str, str]
) -> AsyncIterator[Any]:
    """A connection that holds `lock`, once there is no other leader and this process is `fit` to be one.

    It is the leader for as long as the connection lasts, and must ask something of it more often than `SILENT_S`.
    `session` holds settings of PostgreSQL's for it.
    """
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings={
            **session,
            "application_name": name,
            # A server that loses sight of us frees the lock within 2 s.
            "tcp_keepalives_idle": "1",
            "tcp_keepalives_interval": "1",
            "tcp_keepalives_count": "1",
            "tcp_user_timeout": "2000",
        },
    )
    try:
        while not (fit() and await connection.fetchval(TAKE, lock)):
            if fit():
                await connection.fetch(DEPOSE, lock, SILENT_S)
            await asyncio.sleep(POLL_S)
        yield connection
    finally:
        connection.terminate()
