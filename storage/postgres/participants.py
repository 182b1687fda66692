"""Who takes part in a case, and the grants that let them."""

from typing import Any

from schemas.participants import Participant
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
PARTICIPANT = facts_of("participants")

ONE = "select * from participants where id = $1"
HELD = "select * from participants where case_id = $1 and person = $2 and role = $3"

RAISE = "select raise_access($1, $2)"

GIVE = appending("""
    , given as (select give_grants($3, $2, array[$4::uuid], array[$5::text], $6))
    insert into participants as p (id, case_id, org, person, role, audience, granted_at, granted_by)
        select $7, $2, $3, $4, $5, $8, $6, $9 from given
        on conflict (case_id, person, role) do update set granted_at = excluded.granted_at,
            granted_by = excluded.granted_by, revoked_at = null, revision = p.revision + 1""")

TAKE = appending("""
    , taken as (select take_grant($3, $4, $2, $5))
    update participants set revoked_at = $6, revision = revision + 1 from taken where id = $7""")

PAGE = listing("participants")

PERSON_OF = "select person from participants where id = $1"


def participant(row: Any) -> Participant:
    return read(row, Participant, case=row["case_id"])
