"""Who takes part in a case, and the grants that let them."""

from typing import Any

from schemas.participants import Participant
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
PARTICIPANT = facts_of("participants")

ONE = "select * from participants where id = $1"
HELD = "select * from participants where case_id = $1 and person = $2 and role = $3"

GIVE = appending("""insert into participants as p (id, case_id, org, person, role, audience, granted_at, granted_by)
        values ($2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (case_id, person, role) do update set granted_at = excluded.granted_at,
            granted_by = excluded.granted_by, revoked_at = null, revision = p.revision + 1""")

TAKE = appending("update participants set revoked_at = $3, revision = revision + 1 where id = $2")

PAGE = listing("participants")

# For those whom nobody who may remove them sees there: as the system role.
TAKING_PART_OF = """select id from participants where org = $1 and person = $2 and revoked_at is null
    and ($3::text is null or role = $3)"""
RAISE_UNSEEN = """with raised as (update cases set access = access + 1 where id = $2 and org = $1 returning access)
    select array[raised.access, o.access] from raised, organisations o where o.id = $1"""

PERSON_OF = "select person from participants where id = $1"


def participant(row: Any) -> Participant:
    return read(row, Participant, case=row["case_id"])
