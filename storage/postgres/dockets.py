"""Dockets: what is there already, and all parties and entries of one in a statement."""

from storage.postgres.unit import appending

EXISTING = """select c.id, c.number, c.title,
        (select count(*) from parties p where p.case_id = c.id) as parties,
        (select count(*) from entries e where e.case_id = c.id) as entries
    from cases c where c.org = $1 and c.source = $2"""

# $2 case, $3 organisation, $4 audience, $5 now, $6 by; $7 the parties as JSON, then the entries column by column.
INSERT = appending("""
    , put_parties as (
        insert into parties (id, case_id, org, name, kind, role, contacts, note, audience, added_at)
        select id, $2, $3, name, kind, role, contacts, note, $4, $5 from json_to_recordset($7::json) as p(id uuid,
            name text, kind text, role text, contacts jsonb, note text))
    insert into entries (id, case_id, org, kind, number, text, occurred_on, entered_on, recorded_at, by, audience, seq)
        select e.id, $2, $3, e.kind, e.number, e.text, e.occurred_on, e.entered_on, $5, $6, $4, e.seq
        from unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::date[], $13::date[], $14::bigint[])
            as e(id, kind, number, text, occurred_on, entered_on, seq)""")

# For the person at the machine: which organisations there are, and who is staff of one, administrators first.
ORGANISATIONS = "select id, name, case_types from organisations order by name, id"
STAFF_OF = """select p.id, p.email::text as email, g.role from people p join grants g on g.person = p.id
    where g.scope = $1 and g.role in ('admin', 'desk') and ($2::text is null or p.email = $2::citext)
    order by g.role, g.since, p.id limit 1"""
GRANTS_OF = "select scope, role from grants where person = $1"
