-- Held means held: what people change or take back under a hold stays as it was before, beside what they made of it. And
-- what is said of keeping and erasing says nothing of a case to whom a wall keeps out of it.

-- ---------------------------------------------------------------------------------------------------------
-- What is taken back or changed while a hold stands
-- ---------------------------------------------------------------------------------------------------------

-- The versions that were attached to what was taken back, by their ids: the versions themselves say what they were.
alter table message_originals add column attachments uuid[] not null default '{}';

-- Whether what was attached before is attached still, or of a document that was destroyed.
create function still_attached(p_before jsonb, p_after jsonb) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select not exists (select 1 from jsonb_array_elements(p_before) a where not p_after @> jsonb_build_array(a)
            and not exists (select 1 from public.tombstones t where t.thing = (a ->> 'document')::uuid));
    end;

create function held_fast(p_case uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock_shared(hold_lock());
    return not exists (select 1 from tombstones where thing = p_case) and held('case', p_case) is not null;
end $$;

-- After the statement, so that what it put aside itself is there.
create function keep_words() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if held_fast(old.case_id) and not exists (select 1 from message_originals o
            where o.message = old.id and o.revision = old.revision and (new.body is not distinct from old.body
                or coalesce(o.sealed, convert_to(o.body, 'UTF8')) is not null)
            and not exists (select 1 from jsonb_array_elements(old.attachments) a where not new.attachments
                @> jsonb_build_array(a) and (a ->> 'version')::uuid <> all (o.attachments)))
            and not (new.body is not distinct from old.body and still_attached(old.attachments, new.attachments)) then
        raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
    end if;
    return null;
end $$;
create trigger keep_words after update of body, attachments on messages for each row
    when ((old.body, old.attachments) is distinct from (new.body, new.attachments)) execute function keep_words();

-- What an event told stays as it was told, save what a message no longer says, which was put aside, and the names of a
-- document that was destroyed.
create function keep_told() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    before jsonb := old.data::jsonb;
    after jsonb := new.data::jsonb;
begin
    if not held_fast(old.case_id) or ((old.type, old.thing, old.stream, old.seq, old.case_id, old.actor, old.at)
            is not distinct from (new.type, new.thing, new.stream, new.seq, new.case_id, new.actor, new.at) and (
        (old.type like 'message.%' and after #- '{message,body}' #- '{message,attachments}'
                = before #- '{message,body}' #- '{message,attachments}'
            and (exists (select 1 from messages where id = old.thing and retracted_at is not null and body is null)
                or (after #> '{message,body}' = before #> '{message,body}'
                    and still_attached(before #> '{message,attachments}', after #> '{message,attachments}'))))
        or (old.type ~ '^(document|version)[.]' and exists (select 1 from tombstones
            where thing in (old.thing, (before #>> '{version,document}')::uuid))))) then
        return new;
    end if;
    raise exception 'a legal hold stands on it' using errcode = 'object_in_use';
end $$;
create trigger keep_told before update of data, type, thing, stream, seq, case_id, actor, at on events for each row
    when (old.kind = 'case' and (old.data::text, old.type, old.thing, old.stream, old.seq, old.case_id, old.actor, old.at)
        is distinct from (new.data::text, new.type, new.thing, new.stream, new.seq, new.case_id, new.actor, new.at))
    execute function keep_told();

-- Without its head a sealed object does not open.
create trigger spare_sealed before update of sealed on versions for each row
    when (old.sealed is not null and new.sealed is distinct from old.sealed) execute function spare_row('document');

-- Nor are bytes found that wait, or were refused, without what names them.
create trigger spare_quarantined before update of quarantine_key, quarantine_sealed on versions for each row
    when (old.object_key is null and (new.quarantine_key is distinct from old.quarantine_key
        or (old.quarantine_sealed is not null and new.quarantine_sealed is distinct from old.quarantine_sealed)))
    execute function spare_row('document');

-- How somebody was called before they were called otherwise, as long as a hold stands on them; it goes with the hold.
create table former_names (
    person uuid not null references people on delete cascade,
    name text not null,
    email citext,
    zone text not null,
    until timestamptz not null
);
create index former_names_person on former_names (person);
alter table former_names enable row level security, force row level security;
create policy system_all on former_names to casewire_system using (true) with check (true);
create policy owner_all on former_names to casewire_owner using (true) with check (true);
grant select, delete on former_names to casewire_system;

create function keep_name() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if new.erased_at is not null then
        delete from former_names where person = old.id;
        return new;
    end if;
    perform pg_advisory_xact_lock_shared(hold_lock());
    if held('person', old.id) is not null then
        insert into former_names values (old.id, old.name, old.email, old.zone, clock_timestamp());
    end if;
    return new;
end $$;
create trigger keep_name before update of name, email, zone, erased_at on people for each row
    when ((old.name, old.email, old.zone) is distinct from (new.name, new.email, new.zone)) execute function keep_name();

-- ---------------------------------------------------------------------------------------------------------
-- What may be told
-- ---------------------------------------------------------------------------------------------------------

-- As before, and of a hold on a case that a wall closes to the asker also that there is one, no more.
create or replace function held_for(p_org uuid, p_kind text, p_thing uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select case when h.org = p_org and (h.case_id is null or h.case_id <> all (array(select w.scope
                from public.grants w where w.person = public.me() and w.role = 'walled')))
            then h.id else '00000000-0000-0000-0000-000000000000' end
        from public.holds h
        where h.id = public.held(p_kind, p_thing)
            and exists (select 1 from public.grants g where g.person = public.me() and g.scope = p_org
                and g.role = 'admin')
            and case p_kind
                when 'case' then exists (select 1 from public.cases c where c.id = p_thing and c.org = p_org)
                when 'document' then exists (select 1 from public.documents d where d.id = p_thing and d.org = p_org)
                else exists (select 1 from public.grants g where g.person = p_thing and g.org = p_org) end;
    end;

-- As before, and what is in a case that a wall closes to anybody is not counted for anybody: the certificate is for all who
-- administer, and what one is told more than another tells the other what is behind the wall.
create or replace function erasure_of(p_org uuid, p_person uuid) returns table (account boolean, what jsonb, kept jsonb)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    whole boolean;
    address citext;
    walled uuid[] := array(select distinct scope from grants where role = 'walled');
    of_case constant text := '(case_id is null or case_id <> all ($4))';
    places constant jsonb := jsonb_build_object(
        'places', 'grants where person = $1 and org = $2 and role <> ''walled'' and scope <> all ($4)',
        'participations', 'participants where person = $1 and org = $2 and revoked_at is null and ' || of_case,
        'teams', 'team_members where person = $1 and org = $2',
        'invitations', 'invitations where org = $2 and (person = $1 or email = $3)',
        'directory', 'scim_users where org = $2 and person = $1');
    of_account constant jsonb := jsonb_build_object(
        'account', 'people where id = $1',
        'sessions', 'sessions where person = $1',
        'factors', 'factors where person = $1',
        'identities', 'identities where person = $1',
        'markers', 'markers where person = $1 and ' || of_case,
        'mails', 'mails where (reader = $1 or recipient = $3::text) and coalesce(guard ->> 0, '''') <> all ($4::text[])',
        'events', 'events where stream = $1 and ' || of_case);
    stays constant jsonb := jsonb_build_object(
        'messages', 'messages where author = $1 and org = $2 and ' || of_case,
        'documents', 'versions where by = $1 and org = $2 and ' || of_case,
        'entries', 'entries where by = $1 and org = $2 and ' || of_case,
        'events', 'events where actor = $1 and org = $2 and kind <> ''person'' and ' || of_case,
        'record', 'audit_entries where person = $1 and log = $2 and ' || of_case);
    one record;
    n bigint;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or not exists (select 1 from grants g join people p on p.id = g.person
                where g.person = p_person and g.scope = p_org and p.kind = 'person') then
        return;
    end if;
    whole := not exists (select 1 from grants where person = p_person and org <> p_org);
    select email into address from people where id = p_person;
    account := whole;
    what := '{}';
    kept := '{}';
    for one in select t.key, t.value, true as goes from jsonb_each_text(places || case when whole then of_account
                || jsonb_build_object('notices', 'notices where person = $1 and ' || of_case)
            else jsonb_build_object('notices', 'notices where person = $1 and org = $2 and ' || of_case) end) t
        union all select t.key, t.value, false from jsonb_each_text(stays) t
    loop
        execute 'select count(*) from ' || one.value into n using p_person, p_org, address, walled;
        if n > 0 and one.goes then
            what := what || jsonb_build_object(one.key, n);
        elsif not one.goes then
            kept := kept || jsonb_build_object(one.key, n);
        end if;
    end loop;
    return next;
end $$;

-- As before, and it answers how many of them stood where no wall is.
create or replace function erase_words(p_org uuid, p_person uuid, p_cases uuid[], p_now timestamptz) returns integer
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    n integer;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin')
            or exists (select 1 from grants where person = me() and scope = any (p_cases) and role = 'walled')
            or exists (select 1 from unnest(p_cases) as k(id) where not exists (
                select 1 from cases c where c.id = k.id and c.org = p_org)) then
        raise exception 'erase_words' using errcode = 'insufficient_privilege';
    end if;
    select count(*) into n from messages m where m.author = p_person and m.case_id = any (p_cases)
        and not exists (select 1 from grants w where w.scope = m.case_id and w.role = 'walled');
    perform wipe_words(p_person, p_cases, p_now);
    return n;
end $$;

-- In which cases somebody's words went is not for all who administer.
revoke select on erasures from casewire_app;
grant select (id, org, person, state, asked_at, asked_by, decided_at, decided_by, reason, certificate, revision)
    on erasures to casewire_app;

-- ---------------------------------------------------------------------------------------------------------
-- A person's copy, row by row
-- ---------------------------------------------------------------------------------------------------------

drop function person_data(uuid, uuid, integer);

-- Opens the cursor `person_rows` over what is held of a person, of one kind, for themselves (no organisation) or for an
-- administrator whom they asked: then of that organisation alone. Null where that is not for the asker, or of no kind. What
-- was said before is answered as it is sealed; whoever holds the keys opens it. Whoever has an account by a provider's word
-- (vouched, 0020) need not be who reads the mail of its address: what others send there is not told.
create function person_rows(p_org uuid, p_person uuid, p_kind text) returns refcursor
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    rows refcursor := 'person_rows';
    statement text;
    -- A wall keeps out of a case here too, whoever asks.
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
    statement := case p_kind
        when 'profile' then 'select id, name, email, zone, made_at, email_proved_at from people where id = $1'
        when 'names' then 'select name, email, zone, until from former_names where person = $1 order by until'
        when 'places' then 'select org, scope, role, since from grants where person = $1 and role <> ''walled''
            and ($2 is null or org = $2) order by since'
        when 'participations' then 'select case_id, role, granted_at, revoked_at from participants where person = $1
            and ($2 is null or org = $2) order by granted_at desc'
        when 'teams' then 'select team, org, since, left_at from team_members where person = $1
            and ($2 is null or org = $2)'
        when 'invitations' then 'select org, email, name, role, invited_at, expires_at, used_at, accepted from invitations
            where (person = $1 or email = (select email from people where id = $1)) and ($2 is null or org = $2)
            and (not (select vouched from people where id = $1)
                or org in (select g.org from grants g where g.person = $1))'
        when 'directory' then 'select org, user_name, external_id, display_name, name, emails, role, made_at, changed_at
            from scim_users where person = $1 and ($2 is null or org = $2)'
        when 'messages' then 'select id, case_id, conversation, body, attachments, posted_at, edited_at, retracted_at
            from messages where author = $1 and ($2 is null or org = $2) order by id desc'
        when 'wordings' then 'select o.message, m.case_id, m.conversation, m.org, o.revision, o.body,
                encode(o.sealed, ''hex'') as sealed, o.attachments, o.replaced_at
            from message_originals o join messages m on m.id = o.message
            where m.author = $1 and ($2 is null or m.org = $2) order by m.conversation, o.message, o.revision'
        when 'documents' then 'select v.id, v.document, v.case_id, d.name, v.file_name, v.media_type, v.size, v.sha256,
                v.begun_at from versions v join documents d on d.id = v.document where v.by = $1
            and ($2 is null or v.org = $2) order by v.id desc'
        when 'entries' then 'select id, case_id, kind, text, occurred_on, recorded_at from entries where by = $1
            and ($2 is null or org = $2) order by id desc'
        when 'tasks' then 'select id, case_id, title, note, due_on, added_at, done_at from tasks
            where $1 in (assignee, added_by) and ($2 is null or org = $2) order by id desc'
        when 'notices' then 'select case_id, kind, title, due, at, acked_at from notices where person = $1
            and ($2 is null or org = $2) order by id desc'
        when 'markers' then 'select k.case_id, k.conversation, k.upto, k.at from markers k
            join conversations v on v.id = k.conversation where k.person = $1 and ($2 is null or v.org = $2)'
        when 'events' then 'select type, case_id, thing, at from events where actor = $1 and ($2 is null or org = $2)
            order by tx desc, id desc'
        when 'record' then 'select convert_from(entry, ''UTF8'')::jsonb as entry from audit_entries where person = $1
            and ($2 is null or log = $2) order by tx desc, id desc'
        when 'erasures' then 'select org, state, asked_at, decided_at, reason from erasures where person = $1
            and ($2 is null or org = $2)'
        when 'sessions' then 'select kind, label, address, made_at, used_at, ended_at from sessions where person = $1
            and $2 is null order by made_at desc'
        when 'devices' then 'select made_at, used_at from devices where person = $1 and $2 is null'
        when 'factors' then 'select kind, label, made_at, used_at from factors where person = $1 and $2 is null'
        when 'identities' then 'select issuer, subject, email, made_at, used_at from identities where person = $1
            and $2 is null'
        when 'apps' then 'select app, scopes, since from oauth_consents where person = $1 and $2 is null'
        -- What was sent is kept without its words. What waits to be sent may be a secret, for whoever reads the mail alone.
        when 'mails' then 'select guard ->> 0 as case_id, recipient, subject, made_at, sent_at from mails
            where sent_at is not null and (reader = $1
                or recipient = (select email::text from people where id = $1 and not vouched))
            and $2 is null order by made_at desc'
        end;
    if statement is null then
        return null;
    end if;
    open rows no scroll for execute format('select j from (select to_jsonb(r) as j from (%s) r) k
        where coalesce(j ->> ''case_id'', j ->> ''scope'', j -> ''entry'' ->> ''case'', '''') <> all ($3)
            and coalesce(j ->> ''thing'', j -> ''entry'' ->> ''thing'', '''') <> all ($3)', statement)
        using p_person, p_org, walled;
    return rows;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- One way to do each thing
-- ---------------------------------------------------------------------------------------------------------

-- A tombstone destroys the keys (bury_thing); nothing else does.
drop function destroy_keys(uuid, uuid[], timestamptz);

-- No day: for as long as the case is open.
update dispositions set keep_until = null where keep_until = '9999-12-31';

-- The record's key signs each: a C2SP signed note over its hash. Null for those from before.
alter table certificates add column note text;

revoke execute on function still_attached(jsonb, jsonb), held_fast(uuid), keep_words(), keep_told(), keep_name(),
    person_rows(uuid, uuid, text) from public;
grant execute on function person_rows(uuid, uuid, text) to casewire_app;
