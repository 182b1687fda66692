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
    "tasks", "details", "team_cases",
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


def of_access(table: Table, id: UUID, *others: UUID, also: str = "") -> Lock:
    """For changes of access: the organisation's lock exclusively, so no event of it is in flight; then streams. `also`
    selects the ids of more."""
    first = f"select pg_advisory_xact_lock(lock_key(t.org)) from {table} t where t.id = '{id}'"
    streams = f"(select t.{_case(table)} from {table} t where t.id = '{id}')"
    return Lock(f"{first}; {_sorted(streams, *others, also=also)}")


def of_streams(org: UUID | None, *streams: UUID, exclusive: bool = False, also: str = "") -> Lock:
    """Lock streams by id, after the organisation's lock if there is one. `also` selects the ids of more."""
    parts: list[str] = []
    if org is not None:
        parts.append(f"select pg_advisory_xact_lock{'' if exclusive else '_shared'}(lock_key('{org}'))")
    if streams or also:
        parts.append(_sorted(*(f"'{stream}'" for stream in streams), also=also))
    return Lock("; ".join(parts))


def members_of(*teams: UUID) -> str:
    """For `also`: who is in these teams, or was."""
    named = ", ".join(f"'{team}'" for team in teams)
    return f"select person from team_members where team in ({named})" if teams else ""


def taking_part(case: UUID) -> str:
    """For `also`: who takes part in a case, or did, by themselves and in teams."""
    return (
        f"select person from participants where case_id = '{case}' union all select m.person from team_members m "
        f"join team_cases c on c.team = m.team where c.case_id = '{case}'"
    )


def behind(wall: UUID) -> str:
    """For `also`: whom a wall names, and who is in the teams that it names, or was."""
    return (
        f"select unnest(people) from walls where id = '{wall}' union all select m.person from team_members m "
        f"join walls w on m.team = any (w.teams) where w.id = '{wall}'"
    )


def along(org: UUID, *people: UUID, also: str = "") -> str:
    """For `also`: these people, and who is in the organisation by their hand: walls against the ones are carried on to
    the others."""
    named = "".join(f" union all select '{person}'" for person in people)
    more = f" union all ({also})" if also else ""
    whom = f"array(select null::uuid where false{named}{more})"
    return f"select unnest(w.a || brought_along('{org}', w.a)) from (select {whom} as a) w"


def _sorted(*streams: str | UUID, also: str = "") -> str:
    values = ", ".join(f"({s if isinstance(s, str) else repr(str(s))}::uuid)" for s in streams)
    ids = " union all ".join(part for part in (f"(values {values})" if values else "", also) if part)
    return (
        f"select pg_advisory_xact_lock(k) from (select distinct lock_key(v) as k from ({ids}) as s(v) "
        "where v is not null order by k) as ordered"
    )
