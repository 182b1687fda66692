-- The keys of what is kept sealed: one for each case, wrapped by a root that the database does not have, and one for each
-- document version and conversation, wrapped by its case's. Destroyed is a key whose bytes are gone for good; its row
-- stays and says when. There is no foreign key: it says so longer than the case is known.

-- `checked` is a known value that this root wrapped: a process sees by it whether it was given the right one.
create table roots (
    id text primary key,
    checked bytea not null,
    made_at timestamptz not null
);

create table case_keys (
    case_id uuid primary key,
    org uuid not null,
    wrapped bytea,
    root text references roots,
    made_at timestamptz not null,
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null))
);
create index case_keys_root on case_keys (root, case_id) where wrapped is not null;

create table data_keys (
    thing uuid primary key,
    kind text not null check (kind in ('version', 'conversation')),
    case_id uuid not null,
    org uuid not null,
    wrapped bytea,
    made_at timestamptz not null,
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null))
);
create index data_keys_case on data_keys (case_id);

-- The head of the sealed object that a version pins, null for bytes that are kept as they are: those from before there
-- were keys. `quarantine_sealed` is the same for bytes that waited too long in quarantine.
alter table versions add column sealed bytea;
alter table versions add column quarantine_sealed bytea;

-- What was said before is sealed with its conversation's key; `body` holds what was replaced before there were keys.
alter table message_originals add column sealed bytea;

do $$
declare
    t text;
begin
    foreach t in array array['roots', 'case_keys', 'data_keys']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('grant select, insert, update on %I to casewire_system', t);
        execute format('grant select on %I to casewire_app', t);
    end loop;
    foreach t in array array['case_keys', 'data_keys']
    loop
        execute format('create policy kept_out on %1$I as restrictive to casewire_app using (%1$I.case_id <> all
            (array(select w.scope from grants w where w.person = (select me()) and w.role = ''walled'')))', t);
    end loop;
end $$;
grant delete on roots to casewire_system;

-- A wrapped key is seen by whoever sees what it opens, and made by the system alone. A root's name says nothing.
create policy anyone on roots for select to casewire_app using (true);
create policy wall on case_keys for select to casewire_app using (
    exists (select 1 from cases c where c.id = case_keys.case_id));
create policy wall on data_keys for select to casewire_app using (
    case kind
        when 'version' then exists (select 1 from versions v where v.id = data_keys.thing)
        else exists (select 1 from conversations c where c.id = data_keys.thing) end);

-- Destroy the keys of things of a case, of all of it where none are named, in the name of who administers its office:
-- they may have to destroy what they may not read. Answers how many.
create function destroy_keys(p_case uuid, p_things uuid[], p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    n integer;
    cases_keys integer := 0;
begin
    if not exists (select 1 from cases c join grants g on g.scope = c.org and g.role = 'admin' and g.person = me()
            where c.id = p_case)
        or exists (select 1 from grants w where w.person = me() and w.scope = p_case and w.role = 'walled') then
        raise exception 'destroy_keys' using errcode = 'insufficient_privilege';
    end if;
    update data_keys set wrapped = null, destroyed_at = p_now
        where case_id = p_case and wrapped is not null and (p_things is null or thing = any (p_things));
    get diagnostics n = row_count;
    if p_things is null then
        update case_keys set wrapped = null, root = null, destroyed_at = p_now
            where case_id = p_case and wrapped is not null;
        get diagnostics cases_keys = row_count;
    end if;
    return n + cases_keys;
end $$;
revoke execute on function destroy_keys(uuid, uuid[], timestamptz) from public;
grant execute on function destroy_keys(uuid, uuid[], timestamptz) to casewire_app;
