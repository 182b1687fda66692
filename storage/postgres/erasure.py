"""What is held of a person, their copy of it, and its erasure: one function of the database, refused under a hold."""

from typing import Any

from schemas.erasure import Erasure
from storage.postgres.audit_questions import THINGS
from storage.postgres.rows import read
from storage.postgres.unit import appending

PREVIEW = "select account, what, kept from erasure_of($1, $2)"
ERASE = "select erase_person($1, $2, $3)"
WORDS = "select erase_words($1, $2, $3, $4)"
# A cursor over what is held of somebody ($2), of one kind ($3); $1 is null for the person themselves, for whom it is
# that of all organisations. So many rows at a time, as long as the transaction lasts.
ROWS = "select person_rows($1, $2, $3)"
FETCHED = 200
NEXT = f"fetch {FETCHED} from person_rows"
END = "close person_rows"
# What the ids in those rows are called, as far as the asker may know it now.
NAMED = f"{THINGS} union all select id, 'organisation', name, null, null from organisations where id = any($1::uuid[])"
# The cases that walls close to the asker.
WALLED = "select walls_of_me()"
CORRECT = "select correct_me($1, $2)"

_COLUMNS = """id, org, person, state, asked_at, asked_by, decided_at, decided_by, reason, certificate, revision"""
PAGE = f"""select {_COLUMNS} from erasures where org = $1 and ($2::uuid is null or id < $2)
    order by id desc limit $3"""
MINE = f"select {_COLUMNS} from erasures where person = (select me()) order by id desc limit $1"
ONE = f"select {_COLUMNS} from erasures where org = $1 and id = $2"
WAITING = f"select {_COLUMNS} from erasures where org = $1 and person = $2 and state = 'asked'"
ASK = appending("""insert into erasures (id, org, person, state, asked_at, asked_by, reason)
    values ($2, $3, $4, 'asked', $5, $4, $6)""")
REFUSE = appending("""update erasures set state = 'refused', decided_at = $3, decided_by = $4, reason = $5,
    revision = revision + 1 where id = $2""")
DONE = appending("""insert into erasures (id, org, person, state, asked_at, asked_by, decided_at, decided_by, reason,
        certificate, cases) values ($2, $3, $4, 'done', $5, $6, $5, $6, $7, $8, $9)""")
DECIDED = appending("""update erasures set state = 'done', decided_at = $5, decided_by = $6, reason = $7,
    certificate = $8, cases = $9, revision = revision + 1 where id = $2 and org = $3 and person = $4""")

SEATED = "select role from grants where person = (select me()) and org = $1 limit 1"


def erasure(row: Any) -> Erasure:
    return read(row, Erasure)
