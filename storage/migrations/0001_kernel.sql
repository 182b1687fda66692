-- The kernel. Times are timestamptz (UTC on the wire); ids are UUIDv7 made by the writer.
-- Every row that belongs to a case carries case_id, org and, where it differs by reader, audience: the roles
-- that open it. Row-level security below repeats schemas/access.py.

create extension if not exists citext;
create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- One row: the random name of this database's history. Only a restore changes it.
create table epoch (
    singleton boolean primary key default true check (singleton),
    value text not null
);
insert into epoch (value) values (replace(gen_random_uuid()::text, '-', ''));

create table organisations (
    id uuid primary key,
    name text not null,
    zone text not null,
    case_types text[] not null,
    access bigint not null default 1,
    made_at timestamptz not null
);

create table people (
    id uuid primary key,
    email citext not null unique,
    name text not null,
    zone text not null,
    password_hash text,
    made_at timestamptz not null
);

-- The only truth of access: a role at a scope, which is a case or an organisation.
create table grants (
    person uuid not null references people,
    scope uuid not null,
    role text not null,
    org uuid not null references organisations,
    since timestamptz not null,
    revision integer not null default 1,
    primary key (person, scope, role)
);
create index grants_scope on grants (scope, role);

create table sessions (
    id uuid primary key,
    token_hash bytea not null unique,
    person uuid not null references people,
    kind text not null check (kind in ('browser', 'token')),
    label text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index sessions_person on sessions (person) where ended_at is null;

create table invitations (
    id uuid primary key,
    token_hash bytea not null unique,
    org uuid not null references organisations,
    email citext not null,
    name text not null,
    role text not null,
    invited_by uuid references people,
    invited_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index invitations_org on invitations (org);

create table case_numbers (
    org uuid not null references organisations,
    prefix text not null,
    year integer not null,
    last integer not null,
    primary key (org, prefix, year)
);

create table cases (
    id uuid primary key,
    org uuid not null references organisations,
    type text not null,
    type_version integer not null,
    number text not null,
    title text not null,
    status text not null,
    is_open boolean not null,
    intake jsonb not null,
    zone text not null,
    opened_at timestamptz not null,
    opened_by uuid not null references people,
    closed_at timestamptz,
    source text,
    audience text[] not null,
    access bigint not null default 1,
    revision integer not null default 1,
    unique (org, number)
);
create unique index cases_source on cases (org, source) where source is not null;
create index cases_org on cases (org, id);
create index cases_title on cases using gin (title gin_trgm_ops);

create table participants (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    person uuid not null references people,
    role text not null,
    audience text[] not null,
    granted_at timestamptz not null,
    granted_by uuid not null references people,
    revoked_at timestamptz,
    revision integer not null default 1,
    unique (case_id, person, role)
);

create table parties (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    name text not null,
    kind text not null,
    role text not null,
    contacts jsonb not null,
    note text not null,
    audience text[] not null,
    added_at timestamptz not null,
    removed_at timestamptz,
    revision integer not null default 1
);
create index parties_case on parties (case_id, id);
create index parties_name on parties using gin (name gin_trgm_ops);

create table entries (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    kind text not null,
    number text not null,
    text text not null,
    occurred_on date not null,
    entered_on date,
    recorded_at timestamptz not null,
    by uuid not null references people,
    audience text[] not null,
    seq bigint not null
);
create index entries_case on entries (case_id, occurred_on desc, seq desc);

create table conversations (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    title text not null,
    audience text[] not null,
    people uuid[] not null,
    opened_at timestamptz not null,
    opened_by uuid not null references people,
    revision integer not null default 1
);
create index conversations_case on conversations (case_id, id);

create table messages (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    conversation uuid not null references conversations,
    author uuid not null references people,
    body text,
    attachments jsonb not null,
    posted_at timestamptz not null,
    edited_at timestamptz,
    retracted_at timestamptz,
    seq bigint not null,
    revision integer not null default 1,
    audience text[] not null,
    people uuid[] not null
);
create unique index messages_conversation on messages (conversation, seq);
create index messages_posted on messages (posted_at);

-- What a message said before it was edited or retracted; read by no route.
create table message_originals (
    message uuid not null references messages,
    revision integer not null,
    body text,
    replaced_at timestamptz not null,
    replaced_by uuid not null references people,
    primary key (message, revision)
);

create table markers (
    person uuid not null references people,
    conversation uuid not null references conversations,
    case_id uuid not null references cases,
    upto bigint not null,
    at timestamptz not null,
    primary key (person, conversation)
);

create table documents (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    name text not null,
    kind text not null,
    audience text[] not null,
    added_at timestamptz not null,
    added_by uuid not null references people,
    revision integer not null default 1
);
create index documents_case on documents (case_id, id);
create index documents_name on documents using gin (name gin_trgm_ops);

-- audience and people here are the readers of the version as it stands: staff and its uploader until it is
-- cleared, the document's audience from then on. begun_key is the idempotency key it was begun with (beginning makes
-- no event); tries and try_at are the workers'; sweep looks into quarantine at sweep_at, which is null once nothing can
-- arrive there any more.
create table versions (
    id uuid primary key,
    document uuid not null references documents,
    case_id uuid not null references cases,
    org uuid not null,
    n integer not null,
    status text not null,
    why text not null default '',
    file_name text not null,
    media_type text not null,
    size bigint not null,
    sha256 text not null,
    text_status text not null default 'none',
    pages integer not null default 0,
    quarantine_key text not null,
    quarantine_version text,
    sweep_at timestamptz,
    object_key text,
    object_version text,
    begun_at timestamptz not null,
    by uuid not null references people,
    received_at timestamptz,
    cleared_at timestamptz,
    audience text[] not null,
    people uuid[] not null,
    revision integer not null default 1,
    begun_key uuid,
    begun_hash bytea,
    tries integer not null default 0,
    try_at timestamptz not null default '-infinity',
    unique (document, n),
    unique (by, begun_key)
);
create index versions_case on versions (case_id, id);
create index versions_open on versions (by) where status = 'awaiting';
create index versions_to_examine on versions (try_at) where status = 'received';
create index versions_to_index on versions (try_at) where status = 'cleared' and text_status = 'none';
create index versions_to_sweep on versions (sweep_at) where sweep_at is not null;

create table version_texts (
    version uuid not null references versions,
    page integer not null,
    case_id uuid not null references cases,
    org uuid not null,
    audience text[] not null,
    people uuid[] not null,
    text text not null,
    primary key (version, page)
);

create table deadlines (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    title text not null,
    note text not null,
    due_on date,
    due_at timestamptz,
    zone text not null,
    status text not null,
    plan text[] not null,
    assignee uuid references people,
    escalate_to uuid references people,
    escalate_after_h integer not null,
    audience text[] not null,
    set_at timestamptz not null,
    set_by uuid not null references people,
    done_at timestamptz,
    revision integer not null default 1,
    check ((due_on is null) <> (due_at is null))
);
create index deadlines_case on deadlines (case_id, id);

-- The notices a deadline still has to send: one row per step of its plan, made with the deadline.
create table deadline_steps (
    deadline uuid not null references deadlines,
    step text not null,
    fire_at timestamptz not null,
    fired_at timestamptz,
    late boolean not null default false,
    escalate_at timestamptz,
    escalated_at timestamptz,
    primary key (deadline, step)
);
create index deadline_steps_due on deadline_steps (fire_at) where fired_at is null;
create index deadline_steps_escalate on deadline_steps (escalate_at) where escalated_at is null;

create table tasks (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    title text not null,
    note text not null,
    assignee uuid references people,
    due_on date,
    audience text[] not null,
    added_at timestamptz not null,
    added_by uuid not null references people,
    done_at timestamptz,
    done_by uuid references people,
    revision integer not null default 1
);
create index tasks_case on tasks (case_id, id);

create table notices (
    id uuid primary key,
    person uuid not null references people,
    org uuid not null,
    case_id uuid references cases,
    kind text not null,
    thing uuid,
    step text not null,
    title text not null,
    due timestamptz,
    late boolean not null,
    at timestamptz not null,
    acked_at timestamptz,
    revision integer not null default 1,
    -- Once for each person; a deadline that moves is another time to be told of.
    unique nulls not distinct (person, kind, thing, step, due)
);
create index notices_person on notices (person, id desc);

-- Mail that is still to go, written in the transaction of its cause. message_id is stable over retries.
create table mails (
    id uuid primary key,
    message_id text not null unique,
    recipient text not null,
    subject text not null,
    body text not null,
    made_at timestamptz not null,
    try_at timestamptz not null,
    tries integer not null default 0,
    sent_at timestamptz,
    error text not null default ''
);
create index mails_due on mails (try_at) where sent_at is null;

-- The last message for which a person got the mail "there is something unread" in a conversation.
create table nudges (
    person uuid not null references people,
    conversation uuid not null references conversations,
    upto bigint not null,
    at timestamptz not null,
    primary key (person, conversation)
);

-- The event log: outbox, history, activity and replay source in one. (tx, id) is the order of everything;
-- seq counts per stream, under the stream's advisory lock.
create table events (
    tx bigint not null default (pg_current_xact_id()::text::bigint),
    id bigint generated always as identity,
    org uuid,
    kind text not null check (kind in ('case', 'person', 'org')),
    stream uuid not null,
    seq bigint not null,
    case_id uuid,
    type text not null,
    audience text[] not null,
    people uuid[] not null,
    access bigint[] not null,
    at timestamptz not null,
    actor uuid,
    thing uuid,
    data json not null,
    key uuid,
    key_hash bytea,
    primary key (tx, id)
);
create unique index events_stream on events (stream, seq);
create unique index events_key on events (actor, key) where key is not null;
-- ---------------------------------------------------------------------------------------------------------
-- Row-level security
-- ---------------------------------------------------------------------------------------------------------

-- Who is asking. A missing setting is nobody, and nobody sees nothing.
create function me() returns uuid language sql stable parallel safe
    return nullif(current_setting('casewire.person', true), '')::uuid;

-- The key of an advisory lock: a stream's writes are one after another, and change of access waits for all.
create function lock_key(p_id uuid) returns bigint language sql immutable parallel safe
    return hashtextextended(p_id::text, 0);

-- The head of a stream, for the next seq: a number alone, whatever the reader may see of the stream.
create function stream_head(p_stream uuid) returns bigint
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(max(seq), 0) from public.events where stream = p_stream;
    end;

do $$
declare
    t text;
    -- The same line as schemas/access.py: a role of the audience, held in the case or in its organisation.
    -- The subquery on me() is evaluated once a statement.
    by_role constant text := 'exists (select 1 from grants g where g.person = (select me())
        and g.scope in (%1$I.%2$I, %1$I.org) and g.role = any (%1$I.audience))';
    by_name constant text := ' or ((select me()) = any (%1$I.people) and exists (select 1 from grants g
        where g.person = (select me()) and (g.scope = %1$I.%2$I or (g.scope = %1$I.org and g.role = ''admin''))))';
begin
    foreach t in array array['epoch', 'organisations', 'people', 'grants', 'sessions', 'invitations', 'case_numbers',
        'cases', 'participants', 'parties', 'entries', 'conversations', 'messages', 'message_originals', 'markers',
        'documents', 'versions', 'version_texts', 'deadlines', 'deadline_steps', 'tasks', 'notices', 'mails',
        'nudges', 'events']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('grant select, insert, update on %I to casewire_system', t);
    end loop;
    grant delete on grants, sessions, invitations, version_texts, mails, deadline_steps, events to casewire_system;

    foreach t in array array['participants', 'parties', 'entries', 'documents', 'deadlines', 'tasks']
    loop
        execute format('create policy wall on %I to casewire_app using (' || by_role || ') with check (' || by_role
            || ')', t, 'case_id');
        execute format('grant select, insert, update on %I to casewire_app', t);
    end loop;
    foreach t in array array['conversations', 'messages', 'versions', 'version_texts']
    loop
        execute format('create policy wall on %I to casewire_app using (' || by_role || by_name || ') with check ('
            || by_role || by_name || ')', t, 'case_id');
        execute format('grant select, insert, update on %I to casewire_app', t);
    end loop;
    execute format('create policy wall on cases to casewire_app using (' || by_role || ')', 'cases', 'id');
    execute format('create policy wall on events for select to casewire_app using (stream = (select me()) or '
        || by_role || by_name || ')', 'events', 'case_id');
end $$;

-- A case is opened by somebody who belongs to its organisation; the grants that open it come in the same commit.
create policy open_case on cases for insert to casewire_app with check (
    opened_by = (select me())
    and exists (select 1 from grants g where g.person = (select me()) and g.scope = cases.org));
grant select, insert, update on cases to casewire_app;

-- A case brings its first conversations, also those that its opener will not read (a resident is not staff).
create policy open_case on conversations for insert to casewire_app with check (
    opened_by = (select me()) and exists (select 1 from cases c
        where c.id = conversations.case_id and c.opened_by = (select me()) and c.opened_at = conversations.opened_at));

-- What is written is written in one's own name, and where one belongs: a case that one sees, an organisation in which
-- one has a place, one's own stream, and of another person's only that their access changed.
create policy append on events for insert to casewire_app with check (
    actor = (select me())
    and case kind
        when 'case' then case_id = stream
            and exists (select 1 from cases c where c.id = events.stream and c.org = events.org)
        when 'org' then stream = org and case_id is null
            and exists (select 1 from grants g where g.person = (select me()) and g.scope = events.stream)
        else org is null and case_id is null and (stream = (select me()) or type = 'grant.changed') end);
grant select, insert on events to casewire_app;
-- Bytes enter as `awaiting` and become `received` by their uploader's word; whatever comes then is the workers'.
create policy begun on versions as restrictive for insert to casewire_app
    with check (by = (select me()) and status = 'awaiting');
create policy received on versions as restrictive for update to casewire_app
    using (by = (select me())) with check (by = (select me()) and status in ('awaiting', 'received'));
revoke insert, update on version_texts from casewire_app;
create policy author on messages as restrictive for insert to casewire_app with check (author = (select me()));
create policy mended on messages as restrictive for update to casewire_app
    using (author = (select me())) with check (author = (select me()));

create policy anyone on epoch for select to casewire_app, casewire_signin using (true);
grant select on epoch to casewire_app, casewire_signin;

create policy mine on grants for select to casewire_app using (person = (select me()));
grant select on grants to casewire_app;

create policy member on organisations for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.scope = organisations.id));
grant select on organisations to casewire_app;

create policy self on people for select to casewire_app using (id = (select me()));
grant select (id, email, name, zone, made_at) on people to casewire_app;

create policy mine on sessions for select to casewire_app using (person = (select me()));
grant select (id, person, kind, label, made_at, expires_at, ended_at) on sessions to casewire_app;

create policy staff on invitations to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.org = invitations.org
        and g.role in ('admin', 'desk', 'staff')))
    with check (invited_by = (select me()) and exists (select 1 from grants g where g.person = (select me())
        and g.org = invitations.org and g.role in ('admin', 'desk', 'staff')));
grant select (id, org, email, name, role, invited_by, invited_at, expires_at, used_at), insert on invitations
    to casewire_app;

create policy mine on markers to casewire_app using (person = (select me())) with check (person = (select me()));
grant select, insert, update on markers to casewire_app;

create policy mine on notices to casewire_app using (person = (select me())) with check (person = (select me()));
grant select, update on notices to casewire_app;

create policy numbers on case_numbers to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = case_numbers.org))
    with check (exists (select 1 from grants g where g.person = (select me()) and g.scope = case_numbers.org));
grant select, insert, update on case_numbers to casewire_app;

create policy steps on deadline_steps to casewire_app
    using (exists (select 1 from deadlines d where d.id = deadline_steps.deadline))
    with check (exists (select 1 from deadlines d where d.id = deadline_steps.deadline));
grant select, insert, update, delete on deadline_steps to casewire_app;

create policy originals on message_originals for insert to casewire_app
    with check (replaced_by = (select me()) and exists (select 1 from messages m where m.id = message));
grant insert on message_originals to casewire_app;

create policy outbox on mails for insert to casewire_app with check (true);
grant insert on mails to casewire_app;

grant usage on schema public to casewire_app, casewire_system, casewire_signin;

-- ---------------------------------------------------------------------------------------------------------
-- Functions that see more than their caller, each for one narrow question
-- ---------------------------------------------------------------------------------------------------------

-- Raise a case's or an organisation's access counter; the caller holds the organisation's lock exclusively.
create function raise_access(p_org uuid, p_case uuid) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    case_access bigint := 0;
    org_access bigint;
begin
    if not exists (select 1 from grants where person = me() and org = p_org) then
        raise exception 'raise_access: not of this organisation' using errcode = 'insufficient_privilege';
    end if;
    if p_case is not null then
        update cases set access = access + 1 where id = p_case and org = p_org returning access into case_access;
        select access into org_access from organisations where id = p_org;
    else
        update organisations set access = access + 1 where id = p_org returning access into org_access;
    end if;
    return array[coalesce(case_access, 0), org_access];
end $$;

-- The access counters that a new event of this case and organisation carries.
create function access_counters(p_org uuid, p_case uuid) returns bigint[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select array[coalesce((select access from public.cases where id = p_case), 0),
            coalesce((select access from public.organisations where id = p_org), 0)];
    end;

-- Who may write grants at a scope of an organisation: its administrators, those who staff the case, and whoever
-- is opening it now (a scope without grants). The rules have decided more narrowly; this is the wall under them.
create function gives(p_org uuid, p_scope uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.grants g where g.person = public.me() and g.org = p_org and (
            (g.scope = p_org and g.role = 'admin')
            or (g.scope = p_org and g.role = 'desk' and p_scope <> p_org)
            or (g.scope = p_scope and g.role = 'staff')
            or (g.scope = p_org and not exists (select 1 from public.grants o where o.scope = p_scope))))
            -- The scope is the caller's to name, so it must be of this organisation: an office rules its own cases.
            and not exists (select 1 from public.cases c where c.id = p_scope and c.org <> p_org)
            and not exists (select 1 from public.organisations o where o.id = p_scope and o.id <> p_org);
    end;

create function give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamptz)
    returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not gives(p_org, p_scope) then
        raise exception 'give_grants' using errcode = 'insufficient_privilege';
    end if;
    insert into grants (person, scope, role, org, since)
        select person, p_scope, role, p_org, p_now from unnest(p_people, p_roles) as g(person, role)
        on conflict do nothing;
end $$;

-- Take a role at a scope away.
create function take_grant(p_org uuid, p_person uuid, p_scope uuid, p_role text) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not gives(p_org, p_scope) then
        raise exception 'take_grant' using errcode = 'insufficient_privilege';
    end if;
    delete from grants where person = p_person and scope = p_scope and role = p_role and org = p_org;
end $$;

-- Whom an address belongs to, for staff who invite: at a scope that is a case or an organisation.
create function find_person(p_scope uuid, p_email text)
    returns table (id uuid, name text, signs_in boolean)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.role in ('admin', 'desk', 'staff')
            and (p_scope in (g.org, g.scope) or g.org = (select c.org from cases c where c.id = p_scope))) then
        return;
    end if;
    return query select p.id, p.name, p.password_hash is not null from people p where p.email = p_email::citext;
end $$;

-- One person as staff of an organisation know them; nothing for a person whom it does not know.
create function card_of(p_org uuid, p_person uuid)
    returns table (id uuid, name text, email text, membership text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.name, p.email::text, g.role from public.people p
        join public.grants g on g.person = p.id and g.scope = p_org
        where p.id = p_person and exists (select 1 from public.grants m where m.person = public.me() and m.org = p_org
            and m.role in ('admin', 'desk', 'staff'));
    end;

-- Make a person known to an organisation: a new one without a password, who is 'outside' until somebody says more.
create function introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamptz)
    returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and org = p_org and role in ('admin', 'desk', 'staff')) then
        raise exception 'introduce_person' using errcode = 'insufficient_privilege';
    end if;
    insert into people (id, email, name, zone, made_at)
        values (p_id, p_email, p_name, (select zone from organisations where organisations.id = p_org), p_now)
        on conflict (id) do nothing;
    if not exists (select 1 from grants where person = p_id and scope = p_org) then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, 'outside', p_org, p_now);
    end if;
end $$;

-- Give a person another place in an organisation; answers the place before, if any.
create function seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    before text;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'seat_person' using errcode = 'insufficient_privilege';
    end if;
    select role into before from grants where person = p_person and scope = p_org;
    delete from grants where person = p_person and scope = p_org;
    if p_role is not null then
        insert into grants (person, scope, role, org, since) values (p_person, p_org, p_role, p_org, p_now);
    end if;
    return before;
end $$;

-- The cases of an organisation in which a person takes part, for its administrators.
create function participations(p_org uuid, p_person uuid) returns table (id uuid, case_id uuid, role text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.case_id, p.role from public.participants p
        where p.org = p_org and p.person = p_person and p.revoked_at is null
            and exists (select 1 from public.grants g where g.person = public.me() and g.scope = p_org
                and g.role = 'admin');
    end;

-- The people of a case or an organisation, as cards, for those who belong to it.
create function cards(p_org uuid, p_case uuid)
    returns table (id uuid, name text, email text, membership text)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    mine text[] := array(select role from grants where person = me() and scope in (p_org, p_case) and org = p_org);
begin
    if p_case is null then
        -- The organisation's directory is for its staff.
        if not mine && array['admin', 'desk'] then
            return;
        end if;
        return query select p.id, p.name, p.email::text, g.role from people p join grants g on g.person = p.id
            where g.scope = p_org order by p.name, p.id;
    else
        if not exists (select 1 from cases c where c.id = p_case and c.org = p_org and c.audience && mine) then
            return;
        end if;
        -- Whoever can see the case knows by name those who take or took part, and those who did what they can see.
        -- Addresses are for staff: a client writes here, not around it.
        return query select p.id, p.name,
                case when mine && array['admin', 'desk', 'staff'] then p.email::text else '' end,
                coalesce((select g.role from grants g where g.person = p.id and g.scope = p_org limit 1), '')
            from people p
            where p.id in (select person from participants where case_id = p_case
                union select e.actor from events e where e.stream = p_case and e.actor is not null
                    and (e.audience && mine or me() = any (e.people)))
            order by p.name, p.id;
    end if;
end $$;

-- Who of these people may see a thing of a case, for those who see the case themselves: can they be given it?
create function readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(distinct g.person), '{}') from public.grants g
            where g.person = any (p_people) and g.scope in (p_case, p_org) and g.role = any (p_audience)
                and exists (select 1 from public.cases c join public.grants mine on mine.person = public.me()
                    and mine.scope in (c.id, c.org) and mine.role = any (c.audience)
                    where c.id = p_case and c.org = p_org);
    end;

-- Blank what a message said in every event that carried it: retracted content does not come back in replays.
create function blank_message(p_case uuid, p_message uuid, p_from bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from messages where id = p_message and case_id = p_case and retracted_at is not null) then
        raise exception 'blank_message: not retracted' using errcode = 'insufficient_privilege';
    end if;
    update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]'))::json
        where stream = p_case and seq >= p_from and thing = p_message;
end $$;

-- End one of one's own sessions; answers nothing when there is none to end.
create function end_session(p_id uuid, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set ended_at = p_now
            where s.id = p_id and s.person = public.me() and s.ended_at is null
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at;
    end;

-- The newest version's number, also where that one is not yet open to the asker: a number alone.
create function last_version(p_document uuid) returns integer
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(max(n), 0) from public.versions where document = p_document;
    end;

-- How many uploads the asker has begun and not completed, also in cases that are closed to them by now.
create function uploads_open() returns integer
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select count(*)::integer from public.versions where by = public.me() and status = 'awaiting';
    end;

-- Begin a transaction as a person by a session that is still good: known and checked in the same round trip.
create function enter(p_session uuid, p_person uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from sessions where id = p_session and person = p_person and ended_at is null
            and expires_at > now()) then
        raise exception 'the session is over' using errcode = 'invalid_authorization_specification';
    end if;
    perform set_config('casewire.person', p_person::text, true);
end $$;

-- Sign-in. Each function answers one question; the role that calls them reads no table.
create function signin_person(p_email text) returns table (id uuid, password_hash text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select id, password_hash from public.people where email = p_email::public.citext;
    end;

create function signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamptz,
        p_expires timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.sessions (id, token_hash, person, kind, label, made_at, expires_at)
            values (p_id, p_hash, p_person, p_kind, p_label, p_now, p_expires);
    end;

-- Who holds this session, with everything the wall needs: one round trip.
create function signin_session(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, expires_at timestamptz, scopes uuid[], roles text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.expires_at,
            coalesce((select array_agg(g.scope order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}'),
            coalesce((select array_agg(g.role order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}')
        from public.sessions s where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now;
    end;

-- Use an invitation, once: the first of any number of racers gets the person, the others nothing.
create function signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamptz)
    returns uuid language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    found_email citext;
    person_id uuid;
begin
    update invitations set used_at = p_now where token_hash = p_hash and used_at is null and expires_at > p_now
        returning email into found_email;
    if found_email is null then
        return null;
    end if;
    update people set name = p_name, password_hash = p_password_hash, zone = p_zone
        where email = found_email and password_hash is null returning id into person_id;
    return person_id;
end $$;

-- The first organisation and its administrator; false when there is an organisation already.
create function signin_setup(p_org uuid, p_org_name text, p_case_types text[], p_zone text, p_person uuid, p_email text,
        p_name text, p_password_hash text, p_now timestamptz)
    returns boolean language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock(lock_key('00000000-0000-0000-0000-000000000000'));
    if exists (select 1 from organisations) then
        return false;
    end if;
    insert into organisations (id, name, zone, case_types, made_at)
        values (p_org, p_org_name, p_zone, p_case_types, p_now);
    insert into people (id, email, name, zone, password_hash, made_at)
        values (p_person, p_email, p_name, p_zone, p_password_hash, p_now);
    insert into grants (person, scope, role, org, since) values (p_person, p_org, 'admin', p_org, p_now);
    return true;
end $$;

create function signin_setup_needed() returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select not exists (select 1 from public.organisations);
    end;

revoke execute on all functions in schema public from public;
grant execute on function me(), lock_key(uuid), stream_head(uuid), last_version(uuid), uploads_open(), raise_access(uuid, uuid), access_counters(uuid, uuid),
    find_person(uuid, text), card_of(uuid, uuid), introduce_person(uuid, uuid, text, text, timestamptz),
    seat_person(uuid, uuid, text, timestamptz), participations(uuid, uuid),
    give_grants(uuid, uuid, uuid[], text[], timestamptz), take_grant(uuid, uuid, uuid, text), cards(uuid, uuid), blank_message(uuid, uuid, bigint), end_session(uuid, timestamptz),
    enter(uuid, uuid)
    to casewire_app, casewire_system;
grant execute on function readers(uuid, uuid, text[], uuid[]) to casewire_app;
grant execute on function signin_person(text), signin_session(bytea, timestamptz), signin_setup_needed(),
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz),
    signin_accept(bytea, text, text, text, timestamptz),
    signin_setup(uuid, text, text[], text, uuid, text, text, text, timestamptz) to casewire_signin, casewire_system;
-- Operators and types of the extensions stay usable.
do $$
declare f regprocedure;
begin
    for f in select p.oid::regprocedure from pg_proc p join pg_depend d on d.objid = p.oid and d.deptype = 'e'
        where p.pronamespace = 'public'::regnamespace
    loop
        execute format('grant execute on function %s to public', f);
    end loop;
end $$;
