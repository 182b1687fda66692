"""Document versions: from the first word about them to bytes that never change again."""

from typing import Any

from schemas.documents import Version
from storage.postgres import keys
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

# With the document, the number of its newest version, how many uploads its writer has open, and what was begun with
# this key before.
DOCUMENT = facts_of(
    "documents",
    """t.*, last_version(t.id) as last_n, uploads_open() as uploads_open,
        (select v.id from versions v where v.by = (select me()) and v.begun_key = $2) as begun,
        (select v.begun_hash from versions v where v.by = (select me()) and v.begun_key = $2) as begun_hash""",
)
VERSION = facts_of("versions")
# A worker sees the audience of the document too, which a cleared version takes over.
EXAMINED = facts_of(
    "versions", "t.*, (select d.audience from documents d where d.id = t.document) as f_readers"
)

BEGIN = """insert into versions (id, document, case_id, org, n, status, file_name, media_type, size, sha256,
        quarantine_key, begun_at, by, audience, people, begun_key, begun_hash,
        sweep_at)
    values ($1, $2, $3, $4, $5, 'awaiting', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"""

RECEIVE = appending("""update versions set status = 'received', received_at = $3, quarantine_version = $4,
    revision = revision + 1 where id = $2""")

# Pins the sealed object for ever and opens the version to the document's readers.
CLEAR = appending("""update versions set status = 'cleared', media_type = $3, object_key = $4, object_version = $5,
    cleared_at = $6, audience = $7, people = '{}', why = $8, sealed = $9, tries = 0, try_at = '-infinity',
    revision = revision + 1 where id = $2""")

QUARANTINE = appending("""update versions set status = 'quarantined', why = $3, revision = revision + 1
    where id = $2""")

INDEXED = appending(
    """update versions set text_status = $3, pages = $4, revision = revision + 1 where id = $2"""
)

ONE = "select * from versions where id = $1"

# Nobody was told of a version of which only an upload was begun, so it stands in no list. Newest first.
PAGE = listing("versions", "status not in ('awaiting', 'abandoned')", newest_first=True)

# What reading a version's bytes needs: the version, if it is cleared, and the reader's roles.
READABLE = f"""select v.*, {keys.COLUMNS},
        array(select g.scope from grants g where g.person = (select me()) order by g.scope, g.role) as f_scopes,
        array(select g.role from grants g where g.person = (select me()) order by g.scope, g.role) as f_roles,
        (select 'read' = any (s.scopes) from sessions s where s.id = $2) as f_reads,
        (select s.kind from sessions s where s.id = $2) as f_kind
    from versions v {keys.JOINED} where v.id = $1 and v.status = 'cleared'"""

# Work for examine and index. A worker takes a version by an advisory lock of its session: it goes when the worker
# does, and holds no transaction open. `tries` counts what was begun, so that a file that kills its worker ends too.
TO_EXAMINE = (
    "select id from versions where status = 'received' and try_at <= $1 order by try_at, received_at limit 20"
)
TO_INDEX = """select id from versions where status = 'cleared' and text_status = 'none' and try_at <= $1
    order by try_at, cleared_at limit 20"""
TAKE = "select pg_try_advisory_lock(hashtextextended('version:' || $1::text, 0))"
GIVE_BACK = "select pg_advisory_unlock(hashtextextended('version:' || $1::text, 0))"
BEGIN_TRY = """update versions set tries = tries + 1 where id = $1 and status = $2 and (status <> 'cleared' or
    text_status = 'none') returning *"""
# $3: 1 when the try counts, 0 when it was not the file's fault.
TRY_AGAIN = "update versions set try_at = $2, tries = greatest(tries - 1 + $3, 0) where id = $1"

# Begun and never completed.
ABANDON = """update versions set status = 'abandoned' where id in (select id from versions
        where status = 'awaiting' and sweep_at <= $1 order by sweep_at limit $2 for update skip locked)"""
TO_SWEEP = """select id, status, begun_at, quarantine_key, quarantine_version, quarantine_sealed,
        status = 'quarantined' and held('document', document) is not null as held from versions
    where sweep_at <= $1 and status <> 'awaiting' order by sweep_at limit $2"""
# No hold is raised while this is held, as in the triggers of 0014_keep.sql.
UNDER_NO_HOLD = "select pg_advisory_xact_lock_shared(hold_lock())"
HELD = "select held('document', document) is not null from versions where id = $1"
# Only what still is what was sealed, and still waits there.
SEAL_QUARANTINE = """update versions set quarantine_version = $3, quarantine_sealed = $4
    where id = $1 and quarantine_version = $2 and quarantine_sealed is null and status in ('received', 'quarantined')"""
# Not when it became something else meanwhile: then it is looked at again.
SWEPT = "update versions set sweep_at = $3 where id = $1 and status = $2"


def version(row: Any) -> Version:
    return read(row, Version, case=row["case_id"])
