"""What scrubbing writes anew, and how it says so on the certificates of what was destroyed before."""

# Every table of ours in which something was ever deleted or changed: its files may hold what is not there any more.
TABLES = """select relname as name from pg_stat_user_tables
    where schemaname = 'public' and relname <> 'schema_migrations' order by relname"""
# Samples of our rows stand in the planner's statistics.
CATALOGUE = ("pg_statistic",)

# The files of the log, by names that are in order; those ahead of where it stands were kept for use again.
LAST_SEGMENT = "select max(name) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"
SEGMENT = "select pg_walfile_name(pg_current_wal_insert_lsn())"
SAY_SOMETHING = "select pg_logical_emit_message(true, 'scrub', '')"
KEPT_LOG = "select count(*) from pg_replication_slots"

# Those whose removal was done before $1 and that no scrub covers yet.
COVERED = """update certificates c set scrubbed_at = $2 where c.kind <> 'scrub' and c.scrubbed_at is null and c.at < $1
    and (c.thing is null or not exists (select 1 from tombstones t where t.thing = c.thing
        and (t.done_at is null or t.done_at > $1)))
    returning c.org, c.sha256"""
ISSUE = """insert into certificates (id, org, kind, thing, at, body, sha256, note)
    values ($1, $2, 'scrub', null, $3, $4, $5, $6)"""
