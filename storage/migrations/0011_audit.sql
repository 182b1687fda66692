-- The record of who did and saw what. An entry is written in the transaction of its act, by whoever acts, and belongs to
-- a log: an organisation's, or the house's (the id of zeros). A sequencer gives entries their places in the log's
-- tree afterwards, so that writers do not wait for each other. Nobody changes an entry; `private`, which opens its
-- commitments, may be destroyed.

create table audit_entries (
    tx bigint not null default (pg_current_xact_id()::text::bigint),
    id bigint generated always as identity,
    log uuid not null,
    case_id uuid,
    person uuid,
    -- A line of its own in what is taken along: canonical JSON has no line ends.
    entry bytea not null check (octet_length(entry) <= 65536 and position('\x0a'::bytea in entry) = 0),
    private jsonb,
    primary key (tx, id),
    -- What is asked by column is what the entry itself says.
    constraint says_the_same check (
        log::text = convert_from(entry, 'UTF8')::json ->> 'log'
        and case_id::text is not distinct from convert_from(entry, 'UTF8')::json ->> 'case'
        and person::text is not distinct from convert_from(entry, 'UTF8')::json #>> '{by,person}'
    )
);

-- A place in a log's tree: leaf `n`, counted from 0, and what is asked about it.
create table audit_leaves (
    log uuid not null,
    n bigint not null,
    tx bigint not null,
    id bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    at timestamptz not null,
    act text not null,
    outcome text not null,
    person uuid,
    case_id uuid,
    thing uuid,
    primary key (log, n),
    unique (tx, id)
);

-- The tree's hashes in tiles of at most 256: level 0 holds the hashes of leaves, level 1 those of whole tiles of level 0,
-- and so on. Only the last tile of a level is not full, and is written over as it grows.
create table audit_tiles (
    log uuid not null,
    level smallint not null,
    n bigint not null,
    hashes bytea not null,
    primary key (log, level, n)
);

-- What was signed: the tree's size and root hash as a C2SP signed note.
create table audit_checkpoints (
    log uuid not null,
    size bigint not null,
    at timestamptz not null,
    note text not null,
    primary key (log, size)
);

-- How far the sequencer has read, over all logs, and each witness has been told, of each.
create table audit_position (
    singleton boolean primary key default true check (singleton),
    tx bigint not null,
    id bigint not null
);
insert into audit_position (tx, id) values (0, 0);
create table audit_witnessed (
    witness text not null,
    log uuid not null,
    size bigint not null,
    at timestamptz not null,
    primary key (witness, log)
);

do $$
declare
    t text;
    -- Whose record it is: of an organisation its administrators, of a case also those who staff it; and never a case
    -- that a wall keeps its reader out of.
    theirs constant text := '%1$I.log in (select g.scope from grants g where g.person = (select me()) and g.role = ''admin'')
        or %1$I.case_id in (select g.scope from grants g where g.person = (select me()) and g.role = ''staff'')';
    kept_out constant text := '%1$I.case_id is null or %1$I.case_id <> all (array(select w.scope from grants w
        where w.person = (select me()) and w.role = ''walled''))';
begin
    foreach t in array array['audit_entries', 'audit_leaves', 'audit_tiles', 'audit_checkpoints', 'audit_position',
        'audit_witnessed']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
    end loop;
    foreach t in array array['audit_entries', 'audit_leaves']
    loop
        execute format('create policy theirs on %I for select to casewire_app using (' || theirs || ')', t);
        -- Written down is also the act that closed a case to whoever acts.
        execute format('create policy kept_out on %I as restrictive for ' || case t when 'audit_entries' then 'select'
            else 'all' end || ' to casewire_app using (' || kept_out || ')', t);
    end loop;
end $$;

-- What happens before somebody is known, or to their way in: by the role that signs in, which reads none of it.
create function signin_audit(p_log uuid, p_case uuid, p_person uuid, p_entry bytea, p_private jsonb) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.audit_entries (log, case_id, person, entry, private)
            select p_log, p_case, p_person, p_entry, p_private where pg_current_xact_id_if_assigned() is not null;
    end;
revoke execute on function signin_audit(uuid, uuid, uuid, bytea, jsonb) from public;
grant execute on function signin_audit(uuid, uuid, uuid, bytea, jsonb) to casewire_signin;

-- Written by everybody in their own name, and by nobody twice.
create policy own on audit_entries for insert to casewire_app with check (person = (select me()));
grant select, insert on audit_entries to casewire_app, casewire_system;
grant update (private) on audit_entries to casewire_system;
grant select on audit_leaves to casewire_app;
grant select, insert on audit_leaves, audit_checkpoints to casewire_system;
grant select, insert, update on audit_tiles, audit_position, audit_witnessed to casewire_system;

-- The proofs of an organisation's log are for whoever may read some of it: they are hashes.
create policy member on audit_tiles for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.org = audit_tiles.log));
create policy member on audit_checkpoints for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.org = audit_checkpoints.log));
grant select on audit_tiles, audit_checkpoints to casewire_app;
