"""Cases and their numbers."""

from typing import Any

from schemas.cases import Case
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")

# What opening needs to know: the organisation, the opener's place in it, and what the key made before.
OPENING = """select o.id, o.zone, o.case_types, access_counters(o.id, null) as access,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = o.id) as roles,
        k.thing as key_thing, k.key_hash
    from organisations o left join events k on k.actor = (select me()) and k.key = $2 where o.id = $1"""

NUMBER = """insert into case_numbers as n (org, prefix, year, last) values ($1, $2, $3, 1)
    on conflict (org, prefix, year) do update set last = n.last + 1 returning last"""

# First the case with its grants; then, in a statement that sees them, all that stands behind the wall.
INSERT = """with given as (select give_grants($2, $1, $4, $5, $3))
    insert into cases (id, org, type, type_version, number, title, status, is_open, intake, zone, opened_at, opened_by,
        source, audience)
    select $1, $2, $6, $7, $8, $9, $10, true, $11, $12, $3, $13, $14, $15 from given"""

BEHIND = appending("""
    , put_participants as (
        insert into participants (id, case_id, org, person, role, audience, granted_at, granted_by)
        select id, $2, $3, person, role, $4, $5, $6
            from unnest($7::uuid[], $8::uuid[], $9::text[]) as p(id, person, role))
    , put_details as (
        insert into details (id, case_id, org, audience, fields, made_at)
        select id, $2, $3, audience, fields, $5
            from json_to_recordset($13::json) as d(id uuid, audience text[], fields jsonb))
    , put_public as (
        insert into public_cases (case_id, org, type, number, status, is_open, opened_on, closed_on, category, fields)
        select $2, $3, type, number, status, is_open, opened_on, closed_on, category, fields from json_to_recordset(
            $14::json) as p(type text, number text, status text, is_open boolean, opened_on date, closed_on date,
            category text, fields jsonb))
    insert into conversations (id, case_id, org, title, audience, people, opened_at, opened_by)
        select c.id, $2, $3, c.title, string_to_array(c.audience, ','), '{}', $5, $6
        from unnest($10::uuid[], $11::text[], $12::text[]) as c(id, title, audience)""")

# $9 is the public side: one row, or none where the type has no such side.
CHANGE = appending("""
    , put_public as (
        update public_cases x set status = p.status, is_open = p.is_open, closed_on = p.closed_on,
            opened_on = p.opened_on, category = p.category, fields = p.fields
        from json_to_recordset($9::json) as p(status text, is_open boolean, opened_on date, closed_on date,
            category text, fields jsonb)
        where x.case_id = $2)
    update cases set title = $3, intake = $4, zone = $5, status = $6, is_open = $7, closed_at = $8,
    revision = revision + 1 where id = $2""")

# One case with the reader's roles; zero rows when hidden.
ONE = """select c.*, stream_head(c.id) as f_head,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.id) as f_roles,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.org) as f_org_roles
    from cases c where c.id = $1"""

# Newest first by id (UUIDv7). The parts that cost are computed for the page's rows alone.
PAGE = """select c.*, stream_head(c.id) as f_head,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.id) as f_roles,
        (select array_agg(g.role) from grants g where g.person = (select me()) and g.scope = c.org) as f_org_roles,
        (select count(*) from conversations v left join markers k on k.conversation = v.id and k.person = (select me())
            cross join lateral (select 1 from messages m where m.conversation = v.id and m.seq > coalesce(k.upto, 0)
                and m.author <> (select me()) and m.retracted_at is null limit 100) unseen
            where v.case_id = c.id) as unread,
        (select min(coalesce(d.due_on, (d.due_at at time zone d.zone)::date)) from deadlines d
            where d.case_id = c.id and d.status = 'open') as next_deadline,
        coalesce((select e.at from events e where e.stream = c.id order by e.seq desc limit 1), c.opened_at) as last_at,
        pg_snapshot_xmin(pg_current_snapshot())::text as f_xmin
    from cases c
    where ($1::uuid is null or c.id < $1)
        and ($2::text is null or c.title ilike $2 or c.number ilike $2)
        and ($3::text is null or c.status = $3 or ($3 = 'open' and c.is_open) or ($3 = 'closed' and not c.is_open))
        and ($4::text is null or c.type = $4)
        and (not $5 or exists (select 1 from grants g where g.person = (select me()) and g.scope = c.id))
    order by c.id desc limit $6"""

XMIN = "select pg_snapshot_xmin(pg_current_snapshot())::text"


def case(row: Any) -> Case:
    return read(row, Case)
