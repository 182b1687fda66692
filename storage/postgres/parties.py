"""Parties of a case."""

from typing import Any

from schemas.parties import Party
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
PARTY = facts_of("parties")
ONE = "select * from parties where id = $1"

INSERT = appending("""insert into parties (id, case_id, org, name, kind, role, contacts, note, audience, added_at)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""")

CHANGE = appending("""update parties set name = $3, kind = $4, role = $5, contacts = $6, note = $7, removed_at = $8,
    revision = revision + 1 where id = $2""")

PAGE = listing("parties", "removed_at is null")


def party(row: Any) -> Party:
    return read(row, Party, case=row["case_id"])
