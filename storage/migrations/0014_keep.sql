-- What is kept whatever anybody wants, for how long the rest is kept, and what is left of what was destroyed.
--
-- Two things rule here, and both are triggers, so that they bind every role and every statement:
--   a hold that stands refuses the destruction of what it is on;
--   a tombstone is the decision to destroy. It cannot be written while a hold stands, and no hold can be raised on what
--   has one. Whoever writes either takes the lock below first, so of two at the same time one sees the other.

alter table people add column erased_at timestamptz;

-- `kind` says what `thing` is. `case_id` is the case itself, or a document's; null for a person.
create table holds (
    id uuid primary key,
    org uuid not null references organisations,
    kind text not null check (kind in ('case', 'person', 'document')),
    thing uuid not null,
    case_id uuid check ((case_id is null) = (kind = 'person')),
    reason text not null,
    raised_at timestamptz not null,
    raised_by uuid not null references people,
    released_at timestamptz,
    released_by uuid references people,
    release_reason text not null default '',
    revision integer not null default 1
);
create index holds_org on holds (org, id);
create index holds_thing on holds (thing) where released_at is null;
create index holds_case on holds (case_id) where released_at is null;

-- How long an organisation keeps what is of a case type, in years after a case is closed; `kind` is a document kind, ''
-- the case itself. Null years: for ever. Where there is no row the case type's own declaration counts.
create table schedules (
    org uuid not null references organisations,
    type text not null,
    kind text not null,
    years integer check (years between 0 and 200),
    reason text not null,
    set_at timestamptz not null,
    set_by uuid not null references people,
    revision integer not null default 1,
    primary key (org, type, kind)
);

-- What a schedule says is to go, and what an administrator said to it. `thing` is the case, or a document of it.
create table dispositions (
    id uuid primary key,
    org uuid not null references organisations,
    case_id uuid not null,
    kind text not null check (kind in ('case', 'document')),
    thing uuid not null,
    schedule text not null,
    due_on date not null,
    state text not null check (state in ('due', 'kept', 'approved', 'destroyed')),
    proposed_at timestamptz not null,
    decided_at timestamptz,
    decided_by uuid references people,
    reason text not null default '',
    keep_until date,
    revision integer not null default 1
);
create unique index dispositions_thing on dispositions (thing) where state <> 'destroyed';
create index dispositions_org on dispositions (org, id);
create index dispositions_approved on dispositions (id) where state = 'approved';

-- What remains of what was destroyed: that it was, when, by whom and why. `name_hash` is SHA-256 over id and number.
create table tombstones (
    thing uuid primary key,
    kind text not null check (kind in ('case', 'document', 'person')),
    org uuid not null references organisations,
    within uuid,
    name_hash bytea,
    began_at timestamptz,
    ended_at timestamptz,
    destroyed_at timestamptz not null,
    by uuid,
    why text not null,
    what jsonb not null default '{}',
    done_at timestamptz
);
create index tombstones_org on tombstones (org, thing);
create index tombstones_open on tombstones (destroyed_at) where done_at is null;

-- What lies outside PostgreSQL and is still to go: an object with all its versions, a mail that was written to a file.
create table removals (
    id uuid primary key default gen_random_uuid(),
    thing uuid not null,
    kind text not null check (kind in ('object', 'quarantine', 'mail')),
    name text not null
);
create index removals_thing on removals (thing);

-- `body` is canonical JSON (RFC 8785), `sha256` its hash. One of kind scrub says that the bytes of all that were issued
-- before it began are gone from the disks too; `scrubbed_at` on those is when.
create table certificates (
    id uuid primary key,
    org uuid references organisations,
    kind text not null check (kind in ('case', 'document', 'person', 'scrub')),
    thing uuid,
    at timestamptz not null,
    body text not null,
    sha256 bytea not null,
    scrubbed_at timestamptz
);
create index certificates_org on certificates (org, id);

-- Who asked to be erased from an organisation's records, or was, and what was said to it. `cases` are those in which what
-- they wrote went too.
create table erasures (
    id uuid primary key,
    org uuid not null references organisations,
    person uuid not null references people,
    state text not null check (state in ('asked', 'refused', 'done')),
    asked_at timestamptz not null,
    asked_by uuid not null references people,
    decided_at timestamptz,
    decided_by uuid references people,
    reason text not null default '',
    cases uuid[] not null default '{}',
    certificate uuid,
    revision integer not null default 1
);
create index erasures_org on erasures (org, id);
create unique index erasures_asked on erasures (org, person) where state = 'asked';

-- The objects that the store keeps under a legal hold of its own, for as long as one of ours stands.
create table object_locks (
    version uuid primary key,
    name text not null,
    object_version text not null
);

-- ---------------------------------------------------------------------------------------------------------
-- Never both
-- ---------------------------------------------------------------------------------------------------------

-- The hold that stands on something, null for none. A hold on a person is on the cases of its organisation in which they
-- take part, took part or did something; and one on a case or a document is on who took part and did something there.
create function held(p_kind text, p_thing uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select h.id from public.holds h where h.released_at is null and case p_kind
            when 'case' then h.case_id = p_thing
                or (h.kind = 'person' and h.org = (select c.org from public.cases c where c.id = p_thing)
                    and (exists (select 1 from public.participants a where a.case_id = p_thing and a.person = h.thing)
                        or exists (select 1 from public.events e where e.stream = p_thing and e.actor = h.thing)))
            when 'document' then h.thing = p_thing
                or (h.kind = 'case' and h.thing = (select d.case_id from public.documents d where d.id = p_thing))
                or (h.kind = 'person' and exists (select 1 from public.documents d where d.id = p_thing and d.org = h.org
                    and (exists (select 1 from public.participants a where a.case_id = d.case_id and a.person = h.thing)
                        or exists (select 1 from public.events e where e.stream = d.case_id and e.actor = h.thing))))
            when 'person' then h.thing = p_thing
                or exists (select 1 from public.participants a where a.case_id = h.case_id and a.person = p_thing)
                or exists (select 1 from public.events e where e.stream = h.case_id and e.actor = p_thing)
            else false end
        order by h.id limit 1;
    end;

create function hold_lock() returns bigint language sql immutable parallel safe
    return hashtextextended('holds', 0);

-- Refuse what would destroy something of a case or of a document that is held, unless it was decided before the hold.
create function spare(p_case uuid, p_document uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if exists (select 1 from tombstones where thing in (p_case, p_document)) then
        return;
    end if;
    if held(case when p_document is null then 'case' else 'document' end, coalesce(p_document, p_case)) is not null then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
end $$;

-- Before a row is deleted, or loses what it is there for. The argument names the column of its document, if it has one.
create function spare_row() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    row jsonb := to_jsonb(old);
begin
    perform spare((row ->> case when tg_table_name = 'cases' then 'id' else 'case_id' end)::uuid,
        (row ->> tg_argv[0])::uuid);
    return case tg_op when 'DELETE' then old else new end;
end $$;

create function spare_original() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform spare((select case_id from messages where id = old.message), null);
    return case tg_op when 'DELETE' then old else new end;
end $$;

-- Of a key, `wrapped` is what it is there for.
create function spare_key() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform spare(old.case_id, case when tg_table_name = 'data_keys'
        then (select v.document from versions v where v.id = (to_jsonb(old) ->> 'thing')::uuid) end);
    return case tg_op when 'DELETE' then old else new end;
end $$;

create function spare_person() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if not exists (select 1 from tombstones where thing = old.id) and held('person', old.id) is not null then
        raise exception 'a legal hold stands on them' using errcode = 'object_in_use';
    end if;
    return case tg_op when 'DELETE' then old else new end;
end $$;

create function spare_table() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if exists (select 1 from holds where released_at is null) then
        raise exception 'a legal hold stands' using errcode = 'object_in_use';
    end if;
    return null;
end $$;

create function spare_buried() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held(new.kind, new.thing) is not null then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
    return new;
end $$;

-- A hold is raised on what is there, changes only by being released, once, and is never deleted while it stands.
create function keep_hold() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock(hold_lock());
    if tg_op = 'INSERT' then
        if exists (select 1 from tombstones where thing in (new.thing, new.case_id)) then
            raise exception 'it is destroyed' using errcode = 'object_not_in_prerequisite_state';
        end if;
        return new;
    end if;
    if tg_op = 'DELETE' and old.released_at is not null then
        return old;
    end if;
    if tg_op = 'UPDATE' and (to_jsonb(new) - array['released_at', 'released_by', 'release_reason', 'revision'])
            = (to_jsonb(old) - array['released_at', 'released_by', 'release_reason', 'revision'])
            and old.released_at is null and new.released_at is not null then
        return new;
    end if;
    raise exception 'a hold is released and never changed' using errcode = 'object_in_use';
end $$;

create trigger keep_hold before insert or update or delete on holds for each row execute function keep_hold();
create trigger spare_buried before insert on tombstones for each row execute function spare_buried();
create trigger spare_person before delete on people for each row execute function spare_person();
create trigger spare_erased before update of erased_at, email, name on people for each row
    when (new.erased_at is not null) execute function spare_person();
create trigger spare_row before delete on documents for each row execute function spare_row('id');
create trigger spare_row before delete on versions for each row execute function spare_row('document');
create trigger spare_object before update of object_key, object_version, sha256 on versions for each row
    when (old.object_key is not null and (old.object_key, old.object_version, old.sha256)
        is distinct from (new.object_key, new.object_version, new.sha256)) execute function spare_row('document');
create trigger spare_original before delete or update on message_originals for each row
    execute function spare_original();
do $$
declare
    t text;
begin
    foreach t in array array['case_keys', 'data_keys']
    loop
        execute format('create trigger spare_key before delete on %I for each row execute function spare_key()', t);
        -- Other bytes destroy a key as well as none; a case's is wrapped anew when the root is.
        execute format('create trigger spare_wrapped before update of wrapped on %I for each row
            when (old.wrapped is not null and (new.wrapped is null'
            || case t when 'data_keys' then ' or new.wrapped <> old.wrapped' else '' end
            || ')) execute function spare_key()', t);
    end loop;
    foreach t in array array['cases', 'participants', 'parties', 'entries', 'conversations', 'messages', 'deadlines',
        'tasks', 'details']
    loop
        execute format('create trigger spare_row before delete on %I for each row execute function spare_row()', t);
    end loop;
    create trigger spare_row before delete on events for each row when (old.kind = 'case')
        execute function spare_row();
    foreach t in array array['cases', 'participants', 'parties', 'entries', 'conversations', 'messages',
        'message_originals', 'documents', 'versions', 'deadlines', 'tasks', 'details', 'events', 'people', 'holds',
        'tombstones', 'case_keys', 'data_keys']
    loop
        execute format('create trigger spare_table before truncate on %I for each statement
            execute function spare_table()', t);
    end loop;

    foreach t in array array['holds', 'schedules', 'dispositions', 'tombstones', 'removals', 'certificates', 'erasures',
        'object_locks']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('grant select, insert, update on %I to casewire_system', t);
    end loop;
    grant delete on removals, object_locks, dispositions to casewire_system;
    -- What a tombstone stands for goes row by row; see workers/retention.py.
    grant delete on cases, participants, parties, entries, conversations, messages, message_originals, documents,
        versions, deadlines, tasks, details, markers, nudges, notices, team_cases, public_cases to casewire_system;

    foreach t in array array['schedules', 'dispositions', 'tombstones', 'certificates', 'erasures', 'holds']
    loop
        execute format('create policy admins on %1$I for select to casewire_app using (exists (select 1 from grants g
            where g.person = (select me()) and g.scope = %1$I.org and g.role = ''admin''))', t);
        execute format('grant select on %I to casewire_app', t);
    end loop;
    foreach t in array array['dispositions', 'holds']
    loop
        execute format('create policy kept_out on %1$I as restrictive to casewire_app using (%1$I.case_id is null
            or %1$I.case_id <> all (array(select w.scope from grants w
                where w.person = (select me()) and w.role = ''walled'')))', t);
    end loop;
end $$;
-- Nor is that it was destroyed for whom a wall kept out of it.
create policy not_of_a_wall on tombstones as restrictive to casewire_app using (not array[thing, within]
    && array(select w.scope from grants w where w.person = (select me()) and w.role = 'walled'));
create policy not_of_a_wall on certificates as restrictive for select to casewire_app using (
    kind not in ('case', 'document') or exists (select 1 from tombstones t where t.thing = certificates.thing));

-- Those who staff a case may raise a hold on it and see what stands on it; only administrators raise one on a person, and
-- only they release any.
create policy staffed on holds for select to casewire_app using (exists (select 1 from grants g
    where g.person = (select me()) and g.scope = holds.case_id and g.role = 'staff'));
create policy raised on holds for insert to casewire_app with check (
    raised_by = (select me()) and released_at is null
    and exists (select 1 from grants g where g.person = (select me()) and g.org = holds.org
        and ((g.scope = holds.org and g.role = 'admin') or (g.scope = holds.case_id and g.role = 'staff')))
    and case kind
        when 'case' then case_id = thing and exists (select 1 from cases c where c.id = thing and c.org = holds.org)
        when 'document' then exists (select 1 from documents d where d.id = thing and d.case_id = holds.case_id
            and d.org = holds.org)
        else exists (select 1 from grants g where g.person = (select me()) and g.scope = holds.org
            and g.role = 'admin') end);
create policy released on holds for update to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = holds.org and g.role = 'admin'))
    with check (released_by = (select me()));
grant insert on holds to casewire_app;
grant update (released_at, released_by, release_reason, revision) on holds to casewire_app;

create policy set_by on schedules for insert to casewire_app with check (set_by = (select me())
    and exists (select 1 from grants g where g.person = (select me()) and g.scope = schedules.org and g.role = 'admin'));
create policy set_again on schedules for update to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = schedules.org
        and g.role = 'admin'))
    with check (set_by = (select me()));
grant insert, update on schedules to casewire_app;

create policy decided on dispositions for update to casewire_app
    using (state in ('due', 'kept') and exists (select 1 from grants g where g.person = (select me())
        and g.scope = dispositions.org and g.role = 'admin'))
    with check (decided_by = (select me()) and state in ('kept', 'approved'));
grant update (state, decided_at, decided_by, reason, keep_until, revision) on dispositions to casewire_app;

-- Whom it is about reads what became of their own question.
create policy own on erasures for select to casewire_app using (person = (select me()));
create policy asked on erasures for insert to casewire_app with check (asked_by = (select me()) and (
    (state = 'asked' and person = (select me())
        and exists (select 1 from grants g where g.person = (select me()) and g.org = erasures.org))
    or (state = 'done' and decided_by = (select me()) and exists (select 1 from grants g
        where g.person = (select me()) and g.scope = erasures.org and g.role = 'admin'))));
create policy decided on erasures for update to casewire_app
    using (state = 'asked' and exists (select 1 from grants g where g.person = (select me())
        and g.scope = erasures.org and g.role = 'admin'))
    with check (decided_by = (select me()) and state in ('refused', 'done'));
grant insert on erasures to casewire_app;
grant update (state, decided_at, decided_by, reason, cases, certificate, revision) on erasures to casewire_app;

create policy issued on certificates for insert to casewire_app with check (kind = 'person'
    and exists (select 1 from grants g where g.person = (select me()) and g.scope = certificates.org
        and g.role = 'admin'));
grant insert on certificates to casewire_app;

-- For an administrator: what stands in the way of destroying something of theirs. Of another organisation's hold only
-- that there is one: the id of zeros.
create function held_for(p_org uuid, p_kind text, p_thing uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select case when h.org = p_org then h.id else '00000000-0000-0000-0000-000000000000' end
        from public.holds h
        where h.id = public.held(p_kind, p_thing)
            and exists (select 1 from public.grants g where g.person = public.me() and g.scope = p_org
                and g.role = 'admin')
            and case p_kind
                when 'case' then exists (select 1 from public.cases c where c.id = p_thing and c.org = p_org)
                when 'document' then exists (select 1 from public.documents d where d.id = p_thing and d.org = p_org)
                else exists (select 1 from public.grants g where g.person = p_thing and g.org = p_org) end;
    end;

-- Decide that a case or a document is destroyed, where nothing is held: it is out of sight and its keys are gone from here
-- on, and the rest goes row by row. What it was is noted by ids, counts and hashes.
create function bury_thing(p_kind text, p_thing uuid, p_case uuid, p_why text, p_by uuid, p_now timestamptz)
    returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into tombstones (thing, kind, org, within, name_hash, began_at, ended_at, destroyed_at, by, why, what)
        select p_thing, p_kind, c.org, case when p_kind = 'document' then p_case end,
            sha256(convert_to(c.id::text || ' ' || c.number, 'UTF8')),
            coalesce(d.added_at, c.opened_at), c.closed_at, p_now, p_by, p_why, jsonb_build_object(
                'messages', (select count(*) from messages m where p_kind = 'case' and m.case_id = c.id),
                'versions', coalesce((select jsonb_agg(jsonb_build_array(v.id, v.sha256) order by v.id) from versions v
                    where v.case_id = c.id and (p_kind = 'case' or v.document = p_thing)), '[]'))
        from cases c left join documents d on p_kind = 'document' and d.id = p_thing where c.id = p_case;
    insert into removals (thing, kind, name) select p_thing, k.kind, k.name from versions v
        cross join lateral (values ('object', v.object_key), ('quarantine', v.quarantine_key)) as k(kind, name)
        where v.case_id = p_case and (p_kind = 'case' or v.document = p_thing) and k.name is not null;
    if p_kind = 'document' then
        -- What names it where it is not itself: the events that told of it, and what was attached to messages.
        with v as (select id from versions where document = p_thing),
            told as (update events e set data = case when e.type like 'document.%'
                    then jsonb_set(e.data::jsonb, '{document,name}', '"Destroyed"')
                    else jsonb_set(e.data::jsonb, '{version,file_name}', '"destroyed"') end::json
                where e.stream = p_case and (e.thing = p_thing or e.thing in (select id from v))
                    and e.type ~ '^(document|version)[.]'),
            attached as (update events e set data = jsonb_set(e.data::jsonb, '{message,attachments}', coalesce((
                    select jsonb_agg(case when (a ->> 'version')::uuid in (select id from v)
                        then a || '{"name": "destroyed"}' else a end order by n)
                    from jsonb_array_elements(e.data::jsonb -> 'message' -> 'attachments') with ordinality as l(a, n)),
                    '[]'))::json
                where e.stream = p_case and e.type like 'message.%' and exists (
                    select 1 from jsonb_array_elements(e.data::jsonb -> 'message' -> 'attachments') a
                    where (a ->> 'version')::uuid in (select id from v)))
            update messages m set attachments = (
                select jsonb_agg(case when (a ->> 'version')::uuid in (select id from v)
                    then a || '{"name": "destroyed"}' else a end order by n)
                from jsonb_array_elements(m.attachments) with ordinality as l(a, n))
            where m.case_id = p_case and exists (select 1 from jsonb_array_elements(m.attachments) a
                where (a ->> 'version')::uuid in (select id from v));
        update documents set audience = '{}' where id = p_thing;
        update versions set audience = '{}', people = '{}' where document = p_thing;
        update version_texts set audience = '{}', people = '{}'
            where version in (select id from versions where document = p_thing);
    else
        insert into removals (thing, kind, name) select p_thing, 'mail', m.message_id from mails m
            where m.guard ->> 0 = p_thing::text;
        update participants set revoked_at = p_now, revision = revision + 1
            where case_id = p_thing and revoked_at is null;
        update team_cases set revoked_at = p_now, revision = revision + 1
            where case_id = p_thing and revoked_at is null;
        delete from public_cases where case_id = p_thing;
        update cases set audience = '{}', access = access + 1 where id = p_thing;
    end if;
    update data_keys set wrapped = null, destroyed_at = p_now where case_id = p_case and wrapped is not null
        and (p_kind = 'case' or thing in (select id from versions where document = p_thing));
    update case_keys set wrapped = null, root = null, destroyed_at = p_now
        where p_kind = 'case' and case_id = p_case and wrapped is not null;
end $$;

-- The same in the name of the administrator who approved it.
create function bury(p_disposition uuid, p_now timestamptz) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    x dispositions%rowtype;
begin
    select * into x from dispositions where id = p_disposition and state = 'approved' and decided_by = me();
    if x.id is null or not exists (select 1 from grants where person = me() and scope = x.org and role = 'admin')
            or exists (select 1 from grants where person = me() and scope = x.case_id and role = 'walled')
            or exists (select 1 from cases where id = x.case_id and is_open) then
        raise exception 'bury' using errcode = 'insufficient_privilege';
    end if;
    perform bury_thing(x.kind, x.thing, x.case_id, x.schedule, me(), p_now);
    return x.thing;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- Erasing a person
-- ---------------------------------------------------------------------------------------------------------

-- What an organisation holds of a person, table by table, as far as erasing them takes it away: the place and how many
-- rows. `account` is true where no other organisation knows them, and the account itself goes.
create function erasure_of(p_org uuid, p_person uuid) returns table (account boolean, what jsonb, kept jsonb)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    whole boolean;
    address citext;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or not exists (select 1 from grants g join people p on p.id = g.person
                where g.person = p_person and g.scope = p_org and p.kind = 'person') then
        return;
    end if;
    whole := not exists (select 1 from grants where person = p_person and org <> p_org);
    select email into address from people where id = p_person;
    return query select whole, jsonb_strip_nulls(jsonb_build_object(
        'places', (select nullif(count(*), 0) from grants where person = p_person and org = p_org),
        'participations', (select nullif(count(*), 0) from participants where person = p_person and org = p_org
            and revoked_at is null),
        'teams', (select nullif(count(*), 0) from team_members where person = p_person and org = p_org),
        'invitations', (select nullif(count(*), 0) from invitations where org = p_org
            and (person = p_person or email = address)),
        'directory', (select nullif(count(*), 0) from scim_users where org = p_org and person = p_person),
        'notices', (select nullif(count(*), 0) from notices where person = p_person and (whole or org = p_org)),
        'account', case when whole then 1 end,
        'sessions', case when whole then (select nullif(count(*), 0) from sessions where person = p_person) end,
        'factors', case when whole then (select nullif(count(*), 0) from factors where person = p_person) end,
        'identities', case when whole then (select nullif(count(*), 0) from identities where person = p_person) end,
        'markers', case when whole then (select nullif(count(*), 0) from markers where person = p_person) end,
        'mails', case when whole then (select nullif(count(*), 0) from mails where reader = p_person
            or recipient = address::text) end,
        'events', case when whole then (select nullif(count(*), 0) from events where stream = p_person) end)),
    jsonb_build_object(
        'messages', (select count(*) from messages where author = p_person and org = p_org),
        'documents', (select count(*) from versions where by = p_person and org = p_org),
        'entries', (select count(*) from entries where by = p_person and org = p_org),
        'events', (select count(*) from events where actor = p_person and org = p_org and kind <> 'person'),
        'record', (select count(*) from audit_entries where person = p_person));
end $$;

-- Take what somebody wrote in these cases out of messages, of what they said before, and of the events that carried them.
-- `object_in_use` where a hold stands on one. Answers how many.
create function wipe_words(p_person uuid, p_cases uuid[], p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    one uuid;
    n integer;
begin
    foreach one in array p_cases loop
        perform spare(one, null);
    end loop;
    delete from message_originals where message in (
        select id from messages where case_id = any (p_cases) and author = p_person);
    update events set data = jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]')::json
        where stream = any (p_cases) and actor = p_person and type like 'message.%';
    update messages set body = null, attachments = '[]', retracted_at = coalesce(retracted_at, p_now),
        revision = revision + 1 where case_id = any (p_cases) and author = p_person;
    get diagnostics n = row_count;
    return n;
end $$;

-- The same for an administrator, who chose the cases.
create function erase_words(p_org uuid, p_person uuid, p_cases uuid[], p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or exists (select 1 from grants where person = me() and scope = any (p_cases) and role = 'walled')
            or exists (select 1 from unnest(p_cases) as k(id) where not exists (
                select 1 from cases c where c.id = k.id and c.org = p_org)) then
        raise exception 'erase_words' using errcode = 'insufficient_privilege';
    end if;
    return wipe_words(p_person, p_cases, p_now);
end $$;

-- Take all of that away, and the account where no other organisation knows them. Refused while a hold stands
-- (`object_in_use`). Answers the sessions that end with it, null where the account stays.
create function wipe_person(p_org uuid, p_person uuid, p_by uuid, p_now timestamptz) returns uuid[]
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    whole boolean := not exists (select 1 from grants where person = p_person and org <> p_org);
    was people%rowtype;
    open_sessions uuid[];
begin
    select * into was from people where id = p_person;
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held('person', p_person) is not null then
        raise exception 'a legal hold stands on them' using errcode = 'object_in_use';
    end if;
    update participants set revoked_at = p_now, revision = revision + 1
        where person = p_person and org = p_org and revoked_at is null;
    delete from grants where person = p_person and org = p_org;
    delete from team_members where person = p_person and org = p_org;
    delete from link_holders where person = p_person and org = p_org;
    delete from scim_users where person = p_person and org = p_org;
    delete from notices where person = p_person and org = p_org;
    delete from invitations where org = p_org and (person = p_person or email = was.email);
    update events set data = jsonb_set(jsonb_set(data::jsonb, '{invitation,email}', '"erased"'),
            '{invitation,name}', '"Erased person"')::json
        where stream = p_org and type like 'invitation.%' and data -> 'invitation' ->> 'email' = was.email::text;
    if not whole then
        return null;
    end if;
    open_sessions := array(select id from sessions where person = p_person and ended_at is null);
    insert into tombstones (thing, kind, org, began_at, destroyed_at, by, why, what)
        values (p_person, 'person', p_org, was.made_at, p_now, p_by, 'erasure', '{}');
    insert into removals (thing, kind, name) select p_person, 'mail', message_id from mails
        where reader = p_person or recipient = was.email::text;
    delete from mails where reader = p_person or recipient = was.email::text;
    -- What was sent is kept without its words; a name may stand above them.
    update mails set subject = '' where sent_at is not null and length(was.name) > 3 and position(was.name in subject) > 0;
    delete from notices where person = p_person;
    delete from markers where person = p_person;
    delete from nudges where person = p_person;
    delete from team_members where person = p_person;
    delete from link_holders where person = p_person;
    delete from scim_users where person = p_person;
    delete from links where person = p_person;
    delete from invitations where person = p_person or email = was.email;
    delete from challenges where person = p_person or session in (select id from sessions where person = p_person);
    delete from journeys where session in (select id from sessions where person = p_person);
    delete from recovery_codes where person = p_person;
    delete from factors where person = p_person;
    delete from devices where person = p_person;
    delete from identities where person = p_person;
    delete from oauth_codes where person = p_person;
    delete from oauth_requests where person = p_person;
    delete from oauth_devices where person = p_person;
    delete from oauth_consents where person = p_person;
    delete from oauth_refreshes where family in (select id from oauth_families where person = p_person);
    update sessions set family = null where person = p_person and family is not null;
    delete from oauth_families where person = p_person;
    delete from sessions where person = p_person;
    delete from events where stream = p_person and kind = 'person';
    update audit_entries set private = null where person = p_person and private is not null;
    update people set name = 'Erased person', email = p_person || '@erased.invalid', zone = 'UTC',
        password_hash = null, email_proved_at = null, erased_at = p_now where id = p_person;
    return open_sessions;
end $$;

-- The same for an administrator. The rules have decided and the locks are held: the organisation's alone, the person's.
create function erase_person(p_org uuid, p_person uuid, p_now timestamptz) returns uuid[]
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if p_person = me() or not exists (select 1 from erasure_of(p_org, p_person)) then
        raise exception 'erase_person' using errcode = 'insufficient_privilege';
    end if;
    return wipe_person(p_org, p_person, me(), p_now);
end $$;

-- A copy of what is held of a person, for themselves (no organisation) or for an administrator whom they asked: then of that
-- organisation alone. At most so many rows of a kind, the newest; `more` names the kinds of which there are more.
create function person_data(p_org uuid, p_person uuid, p_limit integer) returns jsonb
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    kind text;
    statement text;
    rows jsonb;
    found jsonb := '{}';
    more text[] := '{}';
    walled text[] := array(select scope::text from grants where person = me() and role = 'walled')
        || hidden_walls()::text[];
begin
    if p_org is null then
        if me() is null or p_person <> me() then
            return null;
        end if;
    elsif not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or not exists (select 1 from grants where person = p_person and org = p_org) then
        return null;
    end if;
    for kind, statement in select * from (values
        ('profile', 'select id, name, email, zone, made_at, email_proved_at from people where id = $1'),
        ('places', 'select org, scope, role, since from grants where person = $1 and role <> ''walled''
            and ($2 is null or org = $2)'),
        ('participations', 'select case_id, role, granted_at, revoked_at from participants where person = $1
            and ($2 is null or org = $2) order by granted_at desc'),
        ('teams', 'select team, org, since, left_at from team_members where person = $1 and ($2 is null or org = $2)'),
        ('messages', 'select id, case_id, conversation, body, posted_at, edited_at, retracted_at from messages
            where author = $1 and ($2 is null or org = $2) order by id desc'),
        ('documents', 'select v.id, v.document, v.case_id, d.name, v.file_name, v.media_type, v.size, v.sha256, v.begun_at
            from versions v join documents d on d.id = v.document where v.by = $1 and ($2 is null or v.org = $2)
            order by v.id desc'),
        ('entries', 'select id, case_id, kind, text, occurred_on, recorded_at from entries where by = $1
            and ($2 is null or org = $2) order by id desc'),
        ('notices', 'select case_id, kind, title, due, at, acked_at from notices where person = $1 and ($2 is null or org = $2)
            order by id desc'),
        ('events', 'select type, case_id, thing, at from events where actor = $1 and ($2 is null or org = $2)
            order by tx desc, id desc'),
        ('record', 'select convert_from(entry, ''UTF8'')::jsonb as entry from audit_entries where person = $1
            and ($2 is null or log = $2) order by tx desc, id desc'),
        ('erasures', 'select org, state, asked_at, decided_at, reason from erasures where person = $1
            and ($2 is null or org = $2)'),
        ('sessions', 'select kind, label, address, made_at, used_at, ended_at from sessions where person = $1
            and $2 is null order by made_at desc'),
        ('factors', 'select kind, label, made_at, used_at from factors where person = $1 and $2 is null'),
        ('identities', 'select issuer, subject, email, made_at, used_at from identities where person = $1 and $2 is null'),
        ('apps', 'select app, scopes, since from oauth_consents where person = $1 and $2 is null'),
        ('mails', 'select recipient, subject, body, made_at, sent_at from mails where (reader = $1
            or recipient = (select email::text from people where id = $1)) and $2 is null order by made_at desc')
        ) as k(kind, statement)
    loop
        -- A wall keeps out of a case here too, whoever asks.
        execute format('select coalesce(jsonb_agg(j), ''[]'') from (select j from (select to_jsonb(r) as j from (%s) r) k
            where coalesce(j ->> ''case_id'', j ->> ''scope'', j -> ''entry'' ->> ''case'', '''') <> all ($4)
                and coalesce(j ->> ''thing'', j -> ''entry'' ->> ''thing'', '''') <> all ($4)
            limit $3) k', statement)
            into rows using p_person, p_org, p_limit + 1, walled;
        if jsonb_array_length(rows) > p_limit then
            more := more || kind;
            rows := rows - p_limit;
        end if;
        found := found || jsonb_build_object(kind, rows);
    end loop;
    return found || jsonb_build_object('more', more);
end $$;

-- How somebody is called and where they live is theirs to say.
create function correct_me(p_name text, p_zone text) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.people set name = p_name, zone = p_zone where id = public.me() and erased_at is null;
    end;

revoke execute on function held(text, uuid), hold_lock(), spare(uuid, uuid), spare_row(), spare_original(),
    spare_key(), spare_person(), spare_table(), spare_buried(), keep_hold(), held_for(uuid, text, uuid), bury(uuid, timestamptz),
    bury_thing(text, uuid, uuid, text, uuid, timestamptz), wipe_words(uuid, uuid[], timestamptz),
    wipe_person(uuid, uuid, uuid, timestamptz), person_data(uuid, uuid, integer),
    erase_words(uuid, uuid, uuid[], timestamptz), correct_me(text, text), erasure_of(uuid, uuid),
    erase_person(uuid, uuid, timestamptz) from public;
grant execute on function person_data(uuid, uuid, integer), held_for(uuid, text, uuid), bury(uuid, timestamptz),
    erase_words(uuid, uuid, uuid[], timestamptz), correct_me(text, text), erasure_of(uuid, uuid), erase_person(uuid, uuid, timestamptz)
    to casewire_app;
grant execute on function held(text, uuid) to casewire_system;
grant execute on function hold_lock() to casewire_app, casewire_system;
