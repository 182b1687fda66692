"""Conversations and read markers."""

from typing import Any

from schemas.conversations import Conversation
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

CASE = facts_of("cases")

INSERT = appending("""insert into conversations (id, case_id, org, title, audience, people, opened_at, opened_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9)""")

ONE = "select * from conversations where id = $1"

# Who of those named takes part in the case and may see it, whatever their role.
TAKING_PART = "select unnest(taking_part($1, $2)) as person"

PAGE = listing("conversations")

# A marker only moves on; answers nothing when it stands there already.
MOVE = """insert into markers as k (person, conversation, case_id, upto, at) values ($1, $2, $3, $4, $5)
    on conflict (person, conversation) do update set upto = excluded.upto, at = excluded.at
        where k.upto < excluded.upto returning upto"""

MARKER_OF = """select v.case_id, v.org, v.audience, v.people, coalesce(k.upto, 0) as upto, k.at,
        stream_head((select me())) as f_me, stream_head(v.case_id) as f_head
    from conversations v left join markers k on k.conversation = v.id and k.person = (select me()) where v.id = $1"""

MARKERS = """select k.conversation, k.case_id, k.upto, k.at from cases c
    join markers k on k.case_id = c.id and k.person = (select me()) where c.id = $1"""


def conversation(row: Any) -> Conversation:
    return read(row, Conversation, case=row["case_id"])
