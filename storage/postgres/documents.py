"""Documents: names and kinds over immutable versions."""

from typing import Any

from schemas.documents import Document
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
DOCUMENT = facts_of("documents")

INSERT = appending("""insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9)""")

CHANGE = appending("update documents set name = $3, kind = $4, revision = revision + 1 where id = $2")

ONE = "select * from documents where id = $1"

# Oldest first; $2 is the id to go on after.
PAGE = """select stream_head(c.id) as f_head, t.* from cases c left join lateral (
        select * from documents where case_id = c.id and ($2::uuid is null or id > $2) order by id limit $3) t on true
    where c.id = $1 order by t.id"""


def document(row: Any) -> Document:
    return read(row, Document, case=row["case_id"])
