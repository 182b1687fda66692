"""Dockets: what is there already, and all parties and entries of one in a statement."""

EXISTING = """select c.id, c.number, c.title,
        (select count(*) from parties p where p.case_id = c.id) as parties,
        (select count(*) from entries e where e.case_id = c.id and e.kind = 'docket') as entries
    from cases c where c.org = $1 and c.source = $2"""

# $1 case, $2 organisation, $3 audience, $4 now, $5 by, $6 the access counters; $7 the parties as JSON; then column by
# column the entries and the events of both. Everything of a docket is one statement: it is there or it is not.
INSERT = """with put_parties as (
        insert into parties (id, case_id, org, name, kind, role, contacts, note, audience, added_at)
        select id, $1, $2, name, kind, role, contacts, note, $3, $4 from json_to_recordset($7::json) as p(id uuid,
            name text, kind text, role text, contacts jsonb, note text)),
    put_entries as (
        insert into entries (id, case_id, org, kind, number, text, occurred_on, entered_on, recorded_at, by, audience,
            seq)
        select e.id, $1, $2, e.kind, e.number, e.text, e.occurred_on, e.entered_on, $4, $5, $3, e.seq
        from unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::date[], $13::date[], $14::bigint[])
            as e(id, kind, number, text, occurred_on, entered_on, seq))
    insert into events (org, kind, stream, seq, case_id, type, audience, people, access, at, actor, thing, data)
        select $2, 'case', $1, v.seq, $1, v.type, $3, '{}', $6, $4, $5, v.thing, v.data::json
        from unnest($15::bigint[], $16::text[], $17::uuid[], $18::text[]) as v(seq, type, thing, data)"""

# A very long docket may take longer than the 2 s that others get: whoever waits for the order waits for it, but half of
# it would be worse. The running timer keeps its old limit; only when it is taken away and set again is it a new one.
MORE_TIME = (
    "select set_config('transaction_timeout', '0', true), set_config('transaction_timeout', '8s', true)"
)
