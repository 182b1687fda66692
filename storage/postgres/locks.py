"""The first statement of every write: it takes its place in the order before it takes a transaction id.

The organisation's lock is taken before the stream's, and several streams' in the order of their ids, so that no two
writers wait for each other. Ids are UUIDs and table names are constants, so they stand in the text: it lets begin,
identity and locks go to the server in one round trip.

The lock of a row, which nearly every write begins with, is prepared once on each connection: to plan it, with the wall
of its table in it, takes the server ten times as long as to run it.
"""

from typing import Literal, NamedTuple, get_args
from uuid import UUID

Table = Literal[
    "cases", "parties", "participants", "entries", "conversations", "messages", "documents", "versions", "deadlines",
    "tasks", "details",
]  # fmt: skip


class Lock(NamedTuple):
    statement: str


def of_row(table: Table, id: UUID) -> Lock:
    """Lock the stream of the case that a row belongs to. Who may not see the row locks nothing and finds nothing."""
    return Lock(f"execute lock_{table}('{id}')")


def _prepared(table: Table) -> str:
    return (
        f"prepare lock_{table}(uuid) as select pg_advisory_xact_lock_shared(lock_key(t.org)), "
        f"pg_advisory_xact_lock(lock_key(t.{_case(table)})) from {table} t where t.id = $1"
    )


def _case(table: Table) -> str:
    return "id" if table == "cases" else "case_id"


# What a connection is told once, before the first `of_row`.
PREPARE = "; ".join(_prepared(table) for table in get_args(Table))


def of_access(table: Table, id: UUID, *others: UUID) -> Lock:
    """For changes of access: the organisation's lock exclusively, so no event of it is in flight; then streams."""
    first = f"select pg_advisory_xact_lock(lock_key(t.org)) from {table} t where t.id = '{id}'"
    streams = f"(select t.{_case(table)} from {table} t where t.id = '{id}')"
    return Lock(f"{first}; {_sorted(streams, *others)}")


def of_streams(org: UUID | None, *streams: UUID, exclusive: bool = False) -> Lock:
    """Lock streams by id, after the organisation's lock if there is one."""
    parts: list[str] = []
    if org is not None:
        parts.append(f"select pg_advisory_xact_lock{'' if exclusive else '_shared'}(lock_key('{org}'))")
    if streams:
        parts.append(_sorted(*(f"'{stream}'" for stream in streams)))
    return Lock("; ".join(parts))


def _sorted(*streams: str | UUID) -> str:
    values = ", ".join(f"({s if isinstance(s, str) else repr(str(s))}::uuid)" for s in streams)
    return (
        f"select pg_advisory_xact_lock(k) from (select distinct lock_key(v) as k from (values {values}) as s(v) "
        "where v is not null order by k) as ordered"
    )
