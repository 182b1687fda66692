"""Documents: names and kinds over immutable versions."""

from typing import Any

from schemas.documents import Document
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
DOCUMENT = facts_of("documents")

INSERT = appending("""insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9)""")

CHANGE = appending("update documents set name = $3, kind = $4, revision = revision + 1 where id = $2")

ONE = "select * from documents where id = $1"

PAGE = listing("documents")


def document(row: Any) -> Document:
    return read(row, Document, case=row["case_id"])
