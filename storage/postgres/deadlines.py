"""Deadlines, the steps of their plans, and what a worker needs to tell of them."""

from typing import Any

from schemas.deadlines import Deadline
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
DEADLINE = facts_of(
    "deadlines",
    """t.*, array(select s.step from deadline_steps s where s.deadline = t.id order by s.step) as f_steps,
    array(select s.fired_at is not null from deadline_steps s where s.deadline = t.id order by s.step) as f_fired""",
)

READERS = "select readers($1, $2, $3, $4)"
ONE = "select * from deadlines where id = $1"

INSERT = appending("""insert into deadlines (id, case_id, org, title, note, due_on, due_at, zone, status, plan,
        assignee, escalate_to, escalate_after_h, audience, set_at, set_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)""")

# Apart from the deadline: the policy of the steps looks for it, and sees only what stands before a statement.
STEPS = """insert into deadline_steps (deadline, step, fire_at)
    select $1, s, f from unnest($2::text[], $3::timestamptz[]) as p(s, f)"""

CHANGE = appending("""
    , removed as (delete from deadline_steps where deadline = $2 and step = any ($3::text[]))
    , put as (insert into deadline_steps (deadline, step, fire_at)
        select $2, s, f from unnest($4::text[], $5::timestamptz[]) as p(s, f)
        on conflict (deadline, step) do update set fire_at = excluded.fire_at, fired_at = null, late = false,
            escalate_at = null, escalated_at = null)
    update deadlines set title = $6, note = $7, due_on = $8, due_at = $9, zone = $10, status = $11, plan = $12,
        assignee = $13, escalate_to = $14, done_at = $15, revision = revision + 1 where id = $2""")

# Somebody to escalate to is named after it was overdue: the hours count from the notice.
ESCALATE_LATER = """update deadline_steps set escalate_at = fired_at + make_interval(hours => $2)
    where deadline = $1 and step = 'overdue' and fired_at is not null and escalated_at is null"""

PAGE = listing("deadlines")

# Who may have to be told of a deadline `d`; the wall decides which of them are.
CONCERNED = """array(select distinct p from unnest(array[d.assignee, d.set_by] || array(select person from grants
        where scope = d.case_id and role = 'staff')) as c(p) where p is not null)"""

# What is to be done by $1. Read without a transaction: the locks of the streams come before anything is claimed.
DUE = f"""select s.deadline, s.step, d.case_id, d.org, {CONCERNED} as people
    from deadline_steps s join deadlines d on d.id = s.deadline
    where s.fired_at is null and s.fire_at <= $1 order by s.fire_at, s.deadline limit $2"""
TO_ESCALATE = """select s.deadline, s.step, d.case_id, d.org, array[d.escalate_to] as people
    from deadline_steps s join deadlines d on d.id = s.deadline
    where s.escalated_at is null and s.escalate_at <= $1 and d.escalate_to is not null
    order by s.escalate_at, s.deadline limit $2"""

CLAIM = """select fire_at from deadline_steps where deadline = $1 and step = $2 and fired_at is null and fire_at <= $3
    for update skip locked"""
CLAIM_ESCALATION = """select escalate_at as fire_at from deadline_steps where deadline = $1 and step = $2
        and escalated_at is null and escalate_at <= $3 for update skip locked"""

# Under the locks: the people concerned now, and whether each was told of this already.
PEOPLE = f"""select p.id, coalesce(p.email::text, '') as email, p.zone, stream_head(p.id) as head,
        p.id is not distinct from d.assignee as is_assignee, p.id = d.set_by as is_setter,
        p.id is not distinct from d.escalate_to as is_next,
        exists (select 1 from grants a where a.scope = d.case_id and a.person = p.id and a.role = 'staff') as is_staff,
        exists (select 1 from notices n where n.person = p.id and n.kind = $2 and n.thing = d.id and n.step = $3
            and n.due = $4) as told
    from deadlines d join people p on p.id = any ({CONCERNED} || d.escalate_to) where d.id = $1 order by p.id"""

ACKED = """select exists (select 1 from notices where kind = 'deadline' and thing = $1 and step = $2 and due = $3
    and acked_at is not null)"""

# $2 notices as JSON, $3 their organisation, $4 mails as JSON.
_TELL = """
    , told as (insert into notices (id, person, org, case_id, kind, thing, step, title, due, late, at)
        select n.id, n.person, $3, n."case", n.kind, n.thing, n.step, n.title, n.due, n.late, n.at
        from json_to_recordset($2::json) as n(id uuid, person uuid, "case" uuid, kind text, thing uuid, step text,
            title text, due timestamptz, late boolean, at timestamptz))
    , mailed as (insert into mails (id, message_id, recipient, subject, body, made_at, try_at, reader, guard)
        select m.id, '<' || m.id || '@casewire>', m.recipient, m.subject, m.body, $7, $7, m.reader, m.guard
        from json_to_recordset($4::json) as m(id uuid, recipient text, subject text, body text, reader uuid,
            guard jsonb))
    """
FIRE = appending(
    _TELL
    + """update deadline_steps set fired_at = $7, late = $8, escalate_at = $9 where deadline = $5 and step = $6"""
)
ESCALATE = appending(_TELL + "update deadline_steps set escalated_at = $7 where deadline = $5 and step = $6")
NOT_TO_ESCALATE = "update deadline_steps set escalate_at = null where deadline = $1 and step = $2"


def deadline(row: Any) -> Deadline:
    return read(row, Deadline, case=row["case_id"])
