"""Legal holds, as those who may know of them see them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from schemas.errors import Refused
from schemas.holds import Hold
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
DOCUMENT = facts_of("documents")

ONE = "select * from holds where org = $1 and id = $2"
MADE = "select * from holds where id = $1"
# Newest first; $2 is the id to go on below, $3 whether those that were released stand in the list too.
PAGE = """select * from holds where org = $1 and ($2::uuid is null or id < $2) and ($3 or released_at is null)
    order by id desc limit $4"""
OF_CASE = """select c.id as f_case, h.* from cases c left join holds h on h.case_id = c.id and h.released_at is null
    where c.id = $1 order by h.id desc limit $2"""
STANDING = "select count(*) from holds where org = $1 and released_at is null"

INSERT = appending("""insert into holds (id, org, kind, thing, case_id, reason, raised_at, raised_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9)""")
RELEASE = appending("""update holds set released_at = $3, released_by = $4, release_reason = $5,
    revision = revision + 1 where id = $2""")

# What stands in the way of destroying something, for an administrator of the organisation.
IN_THE_WAY = "select held_for($1, $2, $3)"

# The objects that the store does not keep yet although a hold of ours stands on them, and the reverse. What is held is
# what `held` says, read from the holds' side; the record knows quicker than the events in which cases somebody acted.
_HELD = """held_in(case_id, document) as (
        select case_id, case kind when 'document' then thing end from holds
            where released_at is null and case_id is not null
        union select p.case_id, null from holds h join participants p on p.person = h.thing and p.org = h.org
            where h.released_at is null and h.kind = 'person'
        union select l.case_id, null from holds h join audit_leaves l on l.person = h.thing and l.log = h.org
            where h.released_at is null and h.kind = 'person'
                and exists (select 1 from events e where e.stream = l.case_id and e.actor = h.thing))"""
TO_LOCK = f"""with {_HELD} select v.id, v.object_key as name, v.object_version as version from versions v
    where v.object_key is not null and v.case_id in (select case_id from held_in)
        and not exists (select 1 from object_locks l where l.version = v.id)
        and exists (select 1 from held_in h
            where h.case_id = v.case_id and coalesce(h.document, v.document) = v.document)
    limit $1"""
TO_UNLOCK = f"""with {_HELD} select l.version as id, l.name, l.object_version as version from object_locks l
    where not exists (select 1 from versions v join held_in h on h.case_id = v.case_id
        where v.id = l.version and coalesce(h.document, v.document) = v.document)
    limit $1"""
LOCKED = """insert into object_locks (version, name, object_version) values ($1, $2, $3)
    on conflict do nothing"""
UNLOCKED = "delete from object_locks where version = $1"

HELD = "A legal hold stands on it; nobody destroys it until the hold is released."
GONE = "It is destroyed already, so nothing can be held any more."


def hold(row: Any) -> Hold:
    return read(row, Hold)


@asynccontextmanager
async def spared() -> AsyncIterator[None]:
    """The database's word as the product's: `held` where a hold refuses, `conflict` where there is nothing to hold."""
    try:
        yield
    except asyncpg.ObjectInUseError as error:
        raise Refused("held", HELD) from error
    except asyncpg.ObjectNotInPrerequisiteStateError as error:
        raise Refused("conflict", GONE) from error


async def in_the_way(on: Any, org: UUID, kind: str, thing: UUID) -> Hold | UUID | None:
    """The hold that an administrator would meet; the id of zeros where it is not theirs to see: of another
    organisation, or on a case that a wall closes to them."""
    id = await on.fetchval(IN_THE_WAY, org, kind, thing)
    if id is None or id.int == 0:
        return id
    row = await on.fetchrow(ONE, org, id)
    return hold(row) if row else id
