"""Exports of cases: that one was asked for, and all that its exporter may see of a case, in one snapshot."""

from typing import Any, NamedTuple

from msgspec import Struct

from schemas.cases import Case
from schemas.conversations import Conversation
from schemas.deadlines import Deadline
from schemas.details import Detail
from schemas.documents import Document, Version
from schemas.entries import Entry
from schemas.messages import Message
from schemas.participants import Participant
from schemas.parties import Party
from schemas.tasks import Task
from storage.postgres.rows import read
from storage.postgres.unit import facts_of

CASE = facts_of("cases")
NEW = """insert into exports (id, case_id, org, person, seq, made_at, expires_at)
    values ($1, $2, $3, (select me()), $4, $5, $6)"""
ONE = "select * from exports where id = $1 and expires_at > $2"
SIZES = """select (select count(*) from messages where case_id = $1) as messages,
    count(*) as versions, coalesce(sum(size), 0)::bigint as bytes
    from versions where case_id = $1 and status = 'cleared'"""

# What an archive says of itself: the case, its exporter, what they hold, and where the case's stream stands.
OPEN = """select e.id as export, e.made_at, c.*, o.name as f_organisation, stream_head(c.id) as f_head,
        (select p.name from people p where p.id = (select me())) as f_name,
        array(select g.scope from grants g where g.person = (select me()) order by g.scope, g.role) as f_scopes,
        array(select g.role from grants g where g.person = (select me()) order by g.scope, g.role) as f_roles,
        (select 'read' = any (s.scopes) from sessions s where s.id = $2) as f_reads,
        (select s.kind from sessions s where s.id = $2) as f_kind
    from exports e join cases c on c.id = e.case_id join organisations o on o.id = c.org
    where e.id = $1 and e.expires_at > $3"""


class Noun(NamedTuple):
    """The things of one kind in a case ($1), in the order in which they came to be. `event` is what events call one."""

    event: str
    struct: type[Struct]
    sql: str


# By the file's name in an archive.
NOUNS = {
    "parties": Noun("party", Party, "select * from parties where case_id = $1 order by id"),
    "participants": Noun("participant", Participant, "select * from participants where case_id = $1 order by id"),
    "details": Noun("detail", Detail, "select * from details where case_id = $1 order by id"),
    "deadlines": Noun("deadline", Deadline, "select * from deadlines where case_id = $1 order by id"),
    "tasks": Noun("task", Task, "select * from tasks where case_id = $1 order by id"),
    "entries": Noun("entry", Entry, "select * from entries where case_id = $1 order by seq"),
    "documents": Noun("document", Document, "select * from documents where case_id = $1 order by id"),
    "versions": Noun(
        "version",
        Version,
        """select * from versions where case_id = $1 and status not in ('awaiting', 'abandoned')
            order by document, n""",
    ),
    "conversations": Noun("conversation", Conversation, "select * from conversations where case_id = $1 order by id"),
    "messages": Noun("message", Message, "select * from messages where case_id = $1 order by seq"),
}
MESSAGES = "select * from messages where conversation = $1 order by seq"
# Earlier wordings of messages ($2) of a case ($1): what was taken back is blank there too.
WORDINGS = """select thing, at, data->'message'->>'body' as body from events where stream = $1
    and thing = any($2::uuid[]) and type in ('message.posted', 'message.edited') order by thing, seq"""
EVENTS = """select tx, id, seq, type, at, actor, audience, people, org, case_id, data::text as data from events
    where stream = $1 and seq <= $2 order by seq"""
PEOPLE = "select id, name, coalesce(email, '') as email from cards($1, $2) order by id"

HEAD = "select signed as size, note from audit_logs where log = $1 and note is not null"
# The entries of a case that a checkpoint covers ($3 leaves), with what opens the events alone.
AUDITED = """select l.n, e.entry, e.private->>'salt' as salt from audit_leaves l
    join audit_entries e on (e.tx, e.id) = (l.tx, l.id)
    where l.log = $1 and l.case_id = $2 and l.n < $3 order by l.n"""


def thing(row: Any, struct: type[Struct]) -> Any:
    """A row as the Struct that is read elsewhere too."""
    return read(row, struct) if struct is Case else read(row, struct, case=row["case_id"])
