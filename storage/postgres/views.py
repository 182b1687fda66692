"""A case as others see it: its public side, who holds what in it, and what guards any one thing of it."""

from typing import Any, Literal, NamedTuple, get_args
from uuid import UUID

from schemas.access import Viewer
from schemas.views import PublicCase
from storage.postgres.access import Thing
from storage.postgres.rows import read

OFFICE = "select name, types from public_office($1)"

_PUBLIC = "select case_id, org, type, number, status, is_open, opened_on, closed_on, category, fields from public_cases"
# $4 and $5 are the last day and number of the page before.
PUBLIC_PAGE = f"""{_PUBLIC} where org = $1 and ($2::text is null or type = $2)
    and ($3::text is null or status = $3 or ($3 = 'open' and is_open) or ($3 = 'closed' and not is_open))
    and ($6::text is null or category = $6) and ($4::date is null or (opened_on, number) < ($4, $5))
    order by opened_on desc, number desc limit $7"""
PUBLIC_ONE = f"{_PUBLIC} where org = $1 and number = $2"

# Which types the asker's organisation offers and shows; for its administrators.
PUBLISHED = """select o.case_types, array(select p.type from publications p where p.org = o.id order by p.type) as types
    from organisations o join grants g on g.person = (select me()) and g.scope = o.id and g.role = 'admin'
    where o.id = $1"""
PUBLISH = "select set_publications($1, $2, $3)"

HOLDERS = "select person, name, scopes, roles from case_holders($1, $2, $3, $4)"
# What brings people ($2) into a case: roles of their own, and teams that they are in.
GIVEN = """select person, role from participants
    where case_id = $1 and revoked_at is null and person = any ($2::uuid[])"""
TEAMS = """select m.person, t.name, x.role from team_cases x join teams t on t.id = x.team
    join team_members m on m.team = x.team and m.left_at is null
    where x.case_id = $1 and x.revoked_at is null and m.person = any ($2::uuid[]) order by t.name"""

Table = Literal[
    "participants", "parties", "entries", "conversations", "messages", "documents", "versions", "deadlines", "tasks",
    "details",
]  # fmt: skip
_NAMED = {"conversations", "messages", "versions"}


def _guard(table: Table) -> str:
    people = "people" if table in _NAMED else "'{}'::uuid[]"
    return f"select case_id, org, audience, {people} as people from {table} where id = $1"


# What guards a case or anything of one ($1), with the asker's roles there; nothing of what is hidden.
THING = f"""select t.*, c.type as f_type, c.type_version as f_version, c.audience as f_audience,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.id) as f_roles,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.org) as f_org_roles
    from (select id as case_id, org, audience, '{{}}'::uuid[] as people from cases where id = $1
        union all {" union all ".join(_guard(table) for table in get_args(Table))}) t
    join cases c on c.id = t.case_id"""

# Whom a reader of a case learns of: who takes or took part, who is there by a team, and who did what they see.
MET = """select person, case_id, org, audience, '{}'::uuid[] as people from participants where case_id = $1
    union select m.person, x.case_id, x.org, x.audience, '{}'::uuid[] from team_cases x
        join team_members m on m.team = x.team and m.left_at is null where x.case_id = $1 and x.revoked_at is null
    union select actor, case_id, org, audience, people from events where stream = $1 and actor is not null"""


class Holder(NamedTuple):
    """Somebody who holds something in a case or in its organisation, and what."""

    person: UUID
    name: str
    viewer: Viewer


def guarded(row: Any) -> Thing:
    """What guards a row of anything that belongs to a case."""
    return Thing(row["case_id"], row["org"], row["audience"], row.get("people") or ())


def holder(row: Any) -> Holder:
    grants = frozenset(zip(row["scopes"], row["roles"], strict=True))
    return Holder(row["person"], row["name"], Viewer(row["person"], grants))


def public_case(row: Any) -> PublicCase:
    return read(row, PublicCase)
