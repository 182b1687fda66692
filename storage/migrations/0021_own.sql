-- An office that erases somebody takes away nothing of what others asked them; and whoever stands behind a wall shuts nobody
-- out of their own work by taking their place and giving it again.

-- ---------------------------------------------------------------------------------------------------------
-- Erasing
-- ---------------------------------------------------------------------------------------------------------

-- Whether a mail is that of another organisation's invitation: both are of one transaction, and carry its moment.
create function mails_of_others(p_org uuid, p_recipient text, p_made_at timestamptz) returns boolean
    language sql stable set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.invitations i where i.org <> p_org
            and i.email = p_recipient::citext and i.invited_at = p_made_at);
    end;

-- It is asked of each mail to whoever is erased.
create index invitations_email on invitations (email, invited_at);

-- As before; what others asked, and the mails in which they did, is not counted.
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
        'mails', 'mails where (reader = $1 or recipient = $3::text) and coalesce(guard ->> 0, '''') <> all ($4::text[])
            and not mails_of_others($2, recipient, made_at)',
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

-- As before; what others asked stays theirs.
create or replace function wipe_person(p_org uuid, p_person uuid, p_by uuid, p_now timestamptz) returns uuid[]
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    whole boolean := not exists (select 1 from grants where person = p_person and org <> p_org);
    was people%rowtype;
    asked uuid := gen_random_uuid();
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
        where (reader = p_person or recipient = was.email::text) and not mails_of_others(p_org, recipient, made_at);
    delete from mails where (reader = p_person or recipient = was.email::text)
        and not mails_of_others(p_org, recipient, made_at);
    -- What was sent is kept without its words; a name may stand above them.
    update mails set subject = '' where sent_at is not null and length(was.name) > 3 and position(was.name in subject) > 0;
    delete from notices where person = p_person;
    delete from markers where person = p_person;
    delete from nudges where person = p_person;
    delete from team_members where person = p_person;
    delete from link_holders where person = p_person;
    delete from scim_users where person = p_person;
    delete from links where person = p_person;
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
    -- Whom others ask in waits for whoever reads that mail, as one who never came in.
    if exists (select 1 from invitations where person = p_person and email = was.email and used_at is null
            and answered_at is null and withdrawn_at is null) then
        insert into people (id, email, name, zone, made_at) values (asked, was.email, was.email, 'UTC', p_now);
        update invitations set person = asked where person = p_person and email = was.email and used_at is null
            and answered_at is null and withdrawn_at is null;
    end if;
    return open_sessions;
end $$;

-- What was taken back is written down beside the backups again and again.
create index messages_retracted on messages (id) where retracted_at is not null;

-- ---------------------------------------------------------------------------------------------------------
-- Walls
-- ---------------------------------------------------------------------------------------------------------

-- In the row of somebody by their own hand: the cases that were open to them as staff when one whom a wall keeps out of
-- these took their place, their team or their work on them.
alter table brought add column own uuid[];

create function own_of(p_org uuid, p_person uuid) returns uuid[]
    language sql stable set search_path = pg_catalog, public
    begin atomic
        select coalesce((select b.own from public.brought b
            where b.org = p_org and b.person = p_person and b.by = p_person), '{}'::uuid[]);
    end;

-- Adds to them those of these cases to which no wall is before that person.
create function keep_own(p_org uuid, p_person uuid, p_cases uuid[]) returns void
    language plpgsql set search_path = pg_catalog, public as $$
declare
    more uuid[] := array(select k.id from unnest(p_cases) as k(id) where not exists (
        select 1 from grants w where w.person = p_person and w.scope = k.id and w.role = 'walled')
        union select unnest(own_of(p_org, p_person)));
begin
    if more <> '{}' then
        -- It carries on no wall: that is before none of them.
        insert into brought (org, person, by, at, cases, own) values (p_org, p_person, p_person, now(), '{}', more)
            on conflict (org, person, by) do update set own = excluded.own;
    end if;
end $$;

-- Of the cases that walls close to p_by those that this person sees as staff, in the place that they had.
create function seen_past(p_org uuid, p_person uuid, p_by uuid, p_before text) returns uuid[]
    language sql stable set search_path = pg_catalog, public
    begin atomic
        select array(select w.scope from public.grants w join public.cases c on c.id = w.scope
            where w.person = p_by and w.org = p_org and w.role = 'walled'
                and (p_before = any (c.audience) or exists (select 1 from public.grants g
                    where g.person = p_person and g.scope = w.scope and g.role = 'staff')));
    end;

-- A place as staff is taken: by one who stands behind no wall for good.
create function place_taken() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if me() is null or me() = old.person then
        return null;
    elsif exists (select 1 from grants g where g.person = me() and g.org = old.org and g.role = 'walled') then
        perform keep_own(old.org, old.person, seen_past(old.org, old.person, me(), old.role));
    else
        delete from brought where org = old.org and person = old.person and by = old.person;
    end if;
    return null;
end $$;
create trigger place_lowered after update of role on grants for each row
    when (old.scope = old.org and old.role in ('admin', 'desk') and new.role not in ('admin', 'desk'))
    execute function place_taken();
create trigger place_taken after delete on grants for each row
    when (old.scope = old.org and old.role in ('admin', 'desk')) execute function place_taken();

-- The same of a team: what it opened is settled after this.
create function team_left() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if me() is null or me() = old.person then
        return null;
    elsif exists (select 1 from grants g where g.person = me() and g.org = old.org and g.role = 'walled') then
        perform keep_own(old.org, old.person, seen_past(old.org, old.person, me(), null));
    else
        update brought b set own = array(select unnest(b.own)
                except select c.case_id from team_cases c where c.team = old.team)
            where b.org = old.org and b.person = old.person and b.by = old.person;
    end if;
    return null;
end $$;
create trigger team_left after update of left_at on team_members for each row
    when (old.left_at is null and new.left_at is not null) execute function team_left();

-- The same of work on a case. Whoever takes it and does not see the case has it done by nobody.
create function work_taken() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if me() is not null then
        update brought b set own = array_remove(b.own, old.case_id)
            where b.org = old.org and b.person = old.person and b.by = old.person;
    elsif session_user = 'casewire_system' then
        perform keep_own(old.org, old.person, array[old.case_id]);
    end if;
    return null;
end $$;
create trigger work_taken after update of revoked_at on participants for each row
    when (old.role = 'staff' and old.revoked_at is null and new.revoked_at is not null) execute function work_taken();

-- As before, but for what is their own.
create or replace function raised_by(p_org uuid, p_person uuid, p_by uuid, p_before text, p_at timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public as $$
declare
    unseen uuid[] := array(
        select w.scope from grants w join cases c on c.id = w.scope
            where w.person = p_by and w.org = p_org and w.role = 'walled'
                and (exists (select 1 from grants x
                        where x.person = p_person and x.scope = w.scope and x.role = 'walled')
                    or not (w.scope = any (own_of(p_org, p_person)) or p_before = any (c.audience)
                        or exists (select 1 from grants g
                            where g.person = p_person and g.scope = w.scope and g.role = 'staff'))));
begin
    if p_by is null or p_by = p_person or unseen = '{}' then
        return;
    end if;
    -- What stood in the row names no case of a wall that stands and that this one does not.
    insert into brought (org, person, by, at, cases) values (p_org, p_person, p_by, p_at, unseen)
        on conflict (org, person, by) do update set at = excluded.at, cases = excluded.cases
            where brought.at is not null;
end $$;

-- As before; whoever had a place that such a hand took comes behind the wall but for what is their own.
create or replace function place_given() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    giver uuid := me();
    given timestamptz := new.since;
    others uuid[];
begin
    if new.scope <> new.org or new.role not in ('admin', 'desk') then
        return null;
    end if;
    if exists (select 1 from services where id = new.person) then
        perform brought_service(new.org, new.person, giver);
        return null;
    end if;
    if giver = new.person then
        giver := null;
        select i.invited_by, i.invited_at into giver, given from invitations i
            where i.org = new.org and i.person = new.person and i.accepted order by i.answered_at desc limit 1;
    end if;
    if giver is null then
        return null;
    end if;
    if exists (select 1 from grants g where g.person = giver and g.org = new.org and g.role = 'walled') then
        if tg_op = 'UPDATE' and old.role in ('admin', 'desk') then
            if old.role = 'desk' and new.role = 'admin' then
                perform raised_by(new.org, new.person, giver, old.role, given);
            end if;
            return null;
        end if;
        if own_of(new.org, new.person) <> '{}' then
            others := array(select w.scope from grants w where w.person = giver and w.org = new.org
                and w.role = 'walled' and w.scope <> all (own_of(new.org, new.person)));
        end if;
    else
        delete from brought where org = new.org and person = new.person;
    end if;
    insert into brought (org, person, by, at, cases) values (new.org, new.person, giver, given, others)
        on conflict (org, person, by) do update set at = excluded.at, cases = excluded.cases;
    return null;
end $$;

revoke execute on function mails_of_others(uuid, text, timestamptz), own_of(uuid, uuid), keep_own(uuid, uuid, uuid[]),
    seen_past(uuid, uuid, uuid, text), place_taken(), team_left(), work_taken() from public;
