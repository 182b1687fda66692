"""Schedules, what they say is due, and the destruction of it: row by row, under a tombstone, until nothing is left."""

from typing import Any

from schemas.retention import Certificate, Disposition
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")

SCHEDULES = "select * from schedules where org = $1"
SCHEDULE = "select * from schedules where org = $1 and type = $2 and kind = $3"
TYPES = "select case_types from organisations where id = $1"
SET_SCHEDULE = appending("""insert into schedules (org, type, kind, years, reason, set_at, set_by)
    values ($2, $3, $4, $5, $6, $7, $8) on conflict (org, type, kind) do update set years = excluded.years,
        reason = excluded.reason, set_at = excluded.set_at, set_by = excluded.set_by,
        revision = schedules.revision + 1""")

ORGANISATIONS = "select id, case_types from organisations order by id"
# Of one organisation and type: closed cases of which nothing is to be kept longer. $3 are the case's years, $4 and $5
# kinds of documents with theirs, null for ever; a case waits for its longest.
DUE_CASES = """select c.id, c.id as thing, 'case' as kind, '' as document_kind,
        (c.closed_at at time zone c.zone + make_interval(years => y.years))::date as due_on
    from cases c cross join lateral (select greatest($3::integer, max(k.years)) as years,
            coalesce(bool_or(k.years is null), false) as for_ever
        from documents d join unnest($4::text[], $5::integer[]) as k(kind, years) on k.kind = d.kind
        where d.case_id = c.id) y
    where c.org = $1 and c.type = $2 and not c.is_open and c.closed_at is not null and not y.for_ever
        and c.closed_at + make_interval(years => y.years) <= $6
        and not exists (select 1 from dispositions x where x.thing = c.id)
        and not exists (select 1 from tombstones t where t.thing = c.id)
    order by c.closed_at limit $7"""
# Documents that may go before their case.
DUE_DOCUMENTS = """select c.id, d.id as thing, 'document' as kind, d.kind as document_kind,
        (c.closed_at at time zone c.zone + make_interval(years => k.years))::date as due_on
    from cases c join documents d on d.case_id = c.id
        join unnest($4::text[], $5::integer[]) as k(kind, years) on k.kind = d.kind
    where c.org = $1 and c.type = $2 and not c.is_open and c.closed_at is not null and k.years is not null
        and ($3::integer is null or k.years < $3) and c.closed_at + make_interval(years => k.years) <= $6
        and not exists (select 1 from dispositions x where x.thing in (d.id, c.id))
        and not exists (select 1 from tombstones t where t.thing in (d.id, c.id))
    order by c.closed_at limit $7"""
PROPOSE = appending("""insert into dispositions (id, org, case_id, kind, thing, schedule, due_on, state, proposed_at)
    values ($2, $3, $4, $5, $6, $7, $8, 'due', $9) on conflict do nothing""")
AGAIN = """update dispositions set state = 'due', keep_until = null, revision = revision + 1
    where state = 'kept' and keep_until <= $1"""
# What is open again is not due any more.
REOPENED = """update dispositions x set state = 'kept', keep_until = null, reason = 'The case was reopened.',
    revision = x.revision + 1 from cases c where c.id = x.case_id and c.is_open and x.state = 'due'"""
CLOSED_AGAIN = """delete from dispositions x using cases c where c.id = x.case_id and not c.is_open
    and x.state = 'kept' and x.keep_until is null"""

_REVIEWED = """select x.*, coalesce(c.number, '') as number, coalesce(c.title, '') as title,
        coalesce(d.name, '') as name, held_for(x.org, x.kind, x.thing) as hold
    from dispositions x left join cases c on c.id = x.case_id
    left join documents d on d.id = x.thing and x.kind = 'document'"""
PAGE = f"""{_REVIEWED} where x.org = $1 and ($2::uuid is null or x.id > $2)
    and ($3::text is null or x.state = $3) order by x.id limit $4"""
ONE = f"{_REVIEWED} where x.org = $1 and x.id = $2"
KEEP = appending("""update dispositions set state = 'kept', decided_at = $3, decided_by = $4, reason = $5,
    keep_until = $6, revision = revision + 1 where id = $2""")
APPROVE = appending("""update dispositions set state = 'approved', decided_at = $3, decided_by = $4, reason = $5,
    revision = revision + 1 where id = $2""")
# In the name of the administrator who approved it: the tombstone, and what it takes out of sight.
BURY = "select bury($1, $2)"

# Destroying. Each statement takes at most $2 rows of the thing $1; they are repeated until none is left, in this order:
# what refers to something goes before it.
_SOME = "where ctid = any (array(select {t}.ctid from {t} where {which} limit $2))"


def _of(table: str, which: str = "case_id = $1") -> str:
    return f"delete from {table} {_SOME.format(t=table, which=which)}"


_IN_CASE = "in (select id from {of} where case_id = $1)"
DESTROY = {
    "case": (
        _of("version_texts"), _of("versions"), _of("documents"),
        _of("message_originals", f"message {_IN_CASE.format(of='messages')}"), _of("markers"),
        _of("nudges", f"conversation {_IN_CASE.format(of='conversations')}"), _of("messages"), _of("conversations"),
        _of("deadline_steps", f"deadline {_IN_CASE.format(of='deadlines')}"), _of("deadlines"), _of("tasks"),
        _of("entries"), _of("parties"), _of("details"), _of("notices"), _of("participants"), _of("team_cases"),
        _of("public_cases"), _of("exports"), _of("mails", "(guard ->> 0)::uuid = $1"),
        # A wall stands on: what is kept of the case, its record and certificate, is not for those whom it keeps out.
        _of("grants", "scope = $1 and role <> 'walled'"), _of("events", "case_id = $1 and kind <> 'org'"),
        _of("cases", "id = $1"),
    ),
    "document": (
        _of("version_texts", "version in (select id from versions where document = $1)"),
        _of("notices", "thing = $1 or thing in (select id from versions where document = $1)"),
        _of("versions", "document = $1"), _of("documents", "id = $1"),
    ),
    "person": (),
}  # fmt: skip
# Tables with a case that stay when it goes, and why: a test holds both lists against the catalogue.
KEPT = {
    "holds": "says what was held once, by ids", "dispositions": "says who approved it",
    "audit_entries": "the record names things by id", "audit_leaves": "the record names things by id",
    "case_keys": "says when the key was destroyed", "data_keys": "says when the key was destroyed",
}  # fmt: skip

OPEN = """select thing, kind, org, within, began_at, ended_at, destroyed_at, by, why, what from tombstones
    where done_at is null order by destroyed_at limit $1"""
REMOVALS = "select id, kind, name from removals where thing = $1 limit $2"
REMOVED = "delete from removals where id = $1"
DONE = appending("update tombstones set done_at = $3 where thing = $2 and done_at is null")
DESTROYED = """update dispositions set state = 'destroyed', revision = revision + 1
    where thing = $1 and state = 'approved'"""
ISSUE = appending("""insert into certificates (id, org, kind, thing, at, body, sha256, note)
    values ($2, $3, $4, $5, $6, $7, $8, $9)""")
# What people were called before, once no hold stands on them any more.
FORGET_NAMES = "delete from former_names where held('person', person) is null"

_CERTIFICATE = """select id, org, kind, thing, at, body, encode(sha256, 'hex') as sha256, note, scrubbed_at
    from certificates"""
CERTIFICATES = f"""{_CERTIFICATE} where org = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"""
CERTIFICATE = f"{_CERTIFICATE} where org = $1 and id = $2"


def disposition(row: Any) -> Disposition:
    return read(row, Disposition)


def certificate(row: Any) -> Certificate:
    return read(row, Certificate)
