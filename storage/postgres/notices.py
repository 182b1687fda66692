"""The inbox, and who has not seen a message for long."""

from typing import Any

from schemas.notices import Notice
from storage.postgres.rows import read
from storage.postgres.unit import appending

# What its reader may no longer see has left the inbox too: the table's own policy sees to it.
_MINE = "n.person = (select me())"

# Newest first; $1 is the id to go on below.
PAGE = f"""select n.*, stream_head((select me())) as f_head from notices n
    where {_MINE} and ($1::uuid is null or n.id < $1) and (not $2 or n.acked_at is null) order by n.id desc limit $3"""
HEAD = "select stream_head((select me()))"

ONE = f"""select n.*, stream_head((select me())) as f_head, c.org as f_org, d.audience as f_readers
    from notices n left join cases c on c.id = n.case_id left join deadlines d on d.id = n.thing
    where n.id = $1 and {_MINE}"""

ACK = appending("update notices set acked_at = $3, revision = revision + 1 where id = $2")

# Conversations with messages of ($1, $2] that somebody has not seen, the author apart. Readers are those who take part
# in a role of the audience and those named; the wall decides which of them may see it now.
UNSEEN = """with talked as (select conversation, max(seq) as upto from messages
        where posted_at > $1 and posted_at <= $2 and retracted_at is null group by conversation),
    readers as (
        select v.id as conversation, p.person from talked t join conversations v on v.id = t.conversation
            join grants p on p.scope = v.case_id and p.role = any (v.audience)
        union
        select v.id, p from talked t join conversations v on v.id = t.conversation cross join unnest(v.people) as p)
    select r.person, r.conversation, t.upto, v.case_id, v.org, v.audience, v.people
    from readers r join talked t using (conversation) join conversations v on v.id = r.conversation
        left join markers k on k.person = r.person and k.conversation = r.conversation
        left join nudges n on n.person = r.person and n.conversation = r.conversation
    where t.upto > coalesce(k.upto, 0) and (n.upto is null or n.upto <= coalesce(k.upto, 0))
        and exists (select 1 from messages m where m.conversation = r.conversation and m.author <> r.person
            and m.seq > coalesce(k.upto, 0) and m.posted_at <= $2 and m.retracted_at is null)
    order by r.conversation, r.person limit $3"""

# One mail for a person and a conversation until they have read what it was about. Decided on the row itself, so of two
# workers one sends; what was read meanwhile sends none.
NUDGE = """with seen as (
        select coalesce((select upto from markers where person = $1 and conversation = $2), 0) as upto),
    nudged as (
        insert into nudges as n (person, conversation, upto, at)
        select $1, $2, $3, $4 from seen where seen.upto < $3
        on conflict (person, conversation) do update set upto = excluded.upto, at = excluded.at
            where n.upto <= (select upto from seen) returning person)
    insert into mails (id, message_id, recipient, subject, body, made_at, try_at, reader, guard)
        select $5, '<' || $5::uuid || '@casewire>', p.email, 'New message in ' || c.number, $6, $4, $4, p.id, $8::jsonb
        from nudged join people p on p.id = nudged.person and p.email is not null join cases c on c.id = $7
        returning id"""


def notice(row: Any) -> Notice:
    return read(row, Notice, case=row["case_id"])
