"""What a backup must hold beside the database, and what a restored database is told before anybody uses it."""

# Every object that the database names: which bucket, its key, the version that is pinned (null: the newest) and about
# how many bytes; of versions that changed since $1. Of quarantine only what waits to be examined: of what was refused
# nobody reads anything any more. What it was decided to destroy is not copied, though its rows may still be there.
NAMED = """with kept as (select v.* from versions v
        where greatest(v.begun_at, v.received_at, v.cleared_at) >= $1
            and not exists (select from removals r where r.name in (v.object_key, v.quarantine_key)))
    select 'documents' as bucket, object_key as key, object_version as version, size
        from kept where object_key is not null
    union all select 'documents', object_key || '.text', null, 0
        from kept where object_key is not null and text_status = 'none'
    union all select 'quarantine', quarantine_key, quarantine_version, size from kept where status = 'received'"""

HOUSE = "select system_identifier::text from pg_control_system()"
ABOUT = """select (select value from epoch) as epoch, (select max(number) from schema_migrations) as schema,
    current_setting('server_version_num')::int as version, pg_database_size(current_database()) as bytes,
    current_database() as database, (select rolname from pg_roles where oid = 10) as superuser, now() as now"""
CHECKPOINTS = "select distinct on (log) log, size, note from audit_checkpoints order by log, size desc"
AUDIT_KEYS = "select key from audit_keys order by since, key"

# How far a follower has said that it has the log on its disk.
RECEIVED = "select restart_lsn::text from pg_replication_slots where slot_name = $1"

# The store gives each object a new version; what pinned the old one pins the new one.
REPIN = """update versions v set object_version = m.now
    from unnest($1::text[], $2::text[], $3::text[]) as m(key, was, now)
    where v.object_key = m.key and v.object_version is not distinct from m.was"""
REPIN_QUARANTINE = """update versions v set quarantine_version = m.now
    from unnest($1::text[], $2::text[], $3::text[]) as m(key, was, now)
    where v.quarantine_key = m.key and v.quarantine_version is not distinct from m.was"""

# When the last thing happened that a restored database knows of.
REACHED = "select at from events order by tx desc, id desc limit 1"
# The new store keeps nothing under a legal hold yet; the worker asks it to again.
UNLOCKED = "delete from object_locks"
NEW_EPOCH = "update epoch set value = $1"

# A history that is taken up again at an earlier moment holds as good what was ended or used after it: sessions and
# tokens that were revoked, invitations and links that were answered. None of it lets anybody in.
END_SESSIONS = "update sessions set ended_at = $1 where ended_at is null"
END_FAMILIES = "update oauth_families set ended_at = $1 where ended_at is null"
END_INVITATIONS = "update invitations set expires_at = $1 where used_at is null and expires_at > $1"
DROP_CHALLENGES = "delete from challenges"
DROP_JOURNEYS = "delete from journeys"
DROP_LINKS = "delete from links"
DROP_QUESTIONS = "delete from oauth_requests"
DROP_CODES = "delete from oauth_codes"
DROP_DEVICE_CODES = "delete from oauth_devices"
DROP_KNOWN_BROWSERS = "delete from devices"
