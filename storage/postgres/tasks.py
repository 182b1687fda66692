"""Tasks."""

from typing import Any

from schemas.tasks import Task
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")
TASK = facts_of("tasks")

READERS = "select readers($1, $2, $3, $4)"
ONE = "select * from tasks where id = $1"

INSERT = appending("""insert into tasks (id, case_id, org, title, note, assignee, due_on, audience, added_at, added_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""")

CHANGE = appending("""update tasks set title = $3, note = $4, assignee = $5, due_on = $6, done_at = $7, done_by = $8,
    revision = revision + 1 where id = $2""")

PAGE = listing("tasks")


def task(row: Any) -> Task:
    return read(row, Task, case=row["case_id"])
