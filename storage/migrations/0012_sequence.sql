-- The trees: how large each log is, what was signed of it last, and the keys that signed.

-- `note` is the newest checkpoint. While nothing is written, it is signed again every minute and says so by its time; in
-- `audit_checkpoints` stands the first one of each size that was signed.
create table audit_logs (
    log uuid primary key,
    size bigint not null check (size > 0),
    signed bigint not null default 0 check (signed between 0 and size),
    signed_at timestamptz,
    note text
);

-- Public keys as verifiers of signed notes take them. One that signs no more stays: it signed.
create table audit_keys (
    key text primary key,
    since timestamptz not null
);

do $$
declare
    t text;
begin
    foreach t in array array['audit_logs', 'audit_keys'] loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
    end loop;
end $$;
create policy member on audit_logs for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.org = audit_logs.log));
grant select on audit_logs to casewire_app;
grant select, insert, update on audit_logs to casewire_system;
grant select, insert on audit_keys to casewire_system;

-- By what the entry calls itself, proofs are asked for.
alter table audit_leaves add column entry uuid not null;
create index audit_leaves_entry on audit_leaves (log, entry);
