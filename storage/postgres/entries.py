"""Dated entries on a case's timeline."""

from typing import Any

from schemas.entries import Entry
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
ONE = "select * from entries where id = $1"

INSERT = appending("""insert into entries (id, case_id, org, kind, number, text, occurred_on, entered_on, recorded_at,
        by, audience, seq)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""")

# By occurred time, newest first, then by seq: the timeline's order.
PAGE = """select stream_head(c.id) as f_head, t.* from cases c left join lateral (
        select * from entries where case_id = c.id and ($2::date is null or (occurred_on, seq) < ($2, $3))
        order by occurred_on desc, seq desc limit $4) t on true
    where c.id = $1 order by t.occurred_on desc, t.seq desc"""


def entry(row: Any) -> Entry:
    return read(row, Entry, case=row["case_id"])
