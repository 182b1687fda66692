"""Messages, what they said before, and how far each person has read."""

from typing import Any

from schemas.messages import Message
from storage.postgres.rows import read
from storage.postgres.unit import appending, facts_of

CONVERSATION = facts_of("conversations")
MESSAGE = facts_of("messages")

INSERT = appending("""insert into messages (id, case_id, org, conversation, author, body, attachments, posted_at, seq,
        audience, people)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""")

EDIT = appending("""
    , original as (insert into message_originals (message, revision, sealed, replaced_at, replaced_by)
        values ($2, $3, $4, $5, $6))
    update messages set body = $7, edited_at = $5, revision = revision + 1 where id = $2""")

RETRACT = appending("""
    , original as (insert into message_originals (message, revision, sealed, replaced_at, replaced_by, attachments)
        values ($2, $3, $4, $5, $6, $7))
    update messages set body = null, attachments = '[]', retracted_at = $5, revision = revision + 1 where id = $2""")

# The same where no key is at hand: put aside in the clear, and sealed like what was replaced before there were keys.
RETRACT_UNSEALED = appending("""
    , original as (insert into message_originals (message, revision, body, replaced_at, replaced_by, attachments)
        values ($2, $3, $4, $5, $6, $7))
    update messages set body = null, attachments = '[]', retracted_at = $5, revision = revision + 1 where id = $2""")

BLANK = "select blank_message($1, $2, $3)"

# What `blank_message` does for its author, for the role that owns the tables.
BLANK_AGAIN = """update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
        '{message,attachments}', '[]'))::json
    where stream = $1 and seq >= $3 and thing = $2 and type <> 'message.retracted'"""

# Which conversation's key seals what a message said.
PLACE = "select conversation, case_id, org from messages where id = $1"
ONE = "select * from messages where id = $1"

# Newest first; $2 is the seq to go on below.
PAGE = """select stream_head(v.case_id) as f_head, v.id as f_conversation, v.case_id as f_case, m.*
    from conversations v left join lateral (
        select * from messages where conversation = v.id and ($2::bigint is null or seq < $2)
        order by seq desc limit $3) m on true
    where v.id = $1 order by m.seq desc"""

# What may be attached: versions of this case that the writer can see, cleared, and open to all who read there: to the
# roles of the audience, or to those named who take part in the case.
ATTACHABLE = """select v.id as version, v.document, v.file_name as name, v.media_type, v.size, v.sha256
    from versions v where v.id = any($1::uuid[]) and v.case_id = $2 and v.status = 'cleared'
        and v.audience @> $3::text[]
        and taking_part(v.case_id, $4::uuid[]) <@ readers(v.org, v.case_id, v.audience, $4::uuid[])"""


def message(row: Any) -> Message:
    return read(row, Message, case=row["case_id"])
