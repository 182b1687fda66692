"""Details of a case, each with the roles that see it."""

from typing import Any

from schemas.details import Detail
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

DETAIL = facts_of("details")

CHANGE = appending("update details set fields = $3, revision = revision + 1 where id = $2")

PAGE = listing("details")


def detail(row: Any) -> Detail:
    return read(row, Detail, case=row["case_id"])
