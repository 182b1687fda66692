-- Teams, and ethical walls that beat every grant. A wall against a person for a case is a grant too: the role 'walled' at
-- the case's scope, which takes away instead of opening. So whatever carries grants carries walls.

-- A team keeps who left it: whoever was in it while a wall stands against it stays behind that wall.
create table teams (
    id uuid primary key,
    org uuid not null references organisations,
    name text not null,
    made_at timestamptz not null,
    made_by uuid not null references people,
    dissolved_at timestamptz,
    revision integer not null default 1
);
create index teams_org on teams (org, id);
create unique index teams_name on teams (org, lower(name)) where dissolved_at is null;

create table team_members (
    team uuid not null references teams,
    person uuid not null references people,
    org uuid not null references organisations,
    since timestamptz not null,
    left_at timestamptz,
    primary key (team, person)
);
create index team_members_person on team_members (person, org);

-- A team that takes part in a case, as a whole, in a role of side staff.
create table team_cases (
    id uuid primary key,
    team uuid not null references teams,
    case_id uuid not null references cases,
    org uuid not null references organisations,
    role text not null,
    audience text[] not null,
    granted_at timestamptz not null,
    granted_by uuid not null references people,
    revoked_at timestamptz,
    revision integer not null default 1,
    unique (case_id, team, role)
);
create index team_cases_team on team_cases (team) where revoked_at is null;

create table walls (
    id uuid primary key,
    org uuid not null references organisations,
    title text not null,
    reason text not null,
    cases uuid[] not null,
    people uuid[] not null,
    teams uuid[] not null,
    raised_at timestamptz not null,
    raised_by uuid not null references people,
    lifted_at timestamptz,
    lifted_by uuid references people,
    lift_reason text not null default '',
    revision integer not null default 1
);
create index walls_org on walls (org, id);
create index walls_standing on walls (org) where lifted_at is null;

-- Whom a mail about a case is for, and what guards that it tells of: asked once more when it goes. Null for others.
alter table mails add column reader uuid references people, add column guard jsonb;

create index grants_walls on grants (person, scope) where role = 'walled';
create index participants_person on participants (person, org) where revoked_at is null;

-- ---------------------------------------------------------------------------------------------------------
-- The wall, repeated
-- ---------------------------------------------------------------------------------------------------------

-- The cases that whoever asks is kept out of.
create function walls_of_me() returns uuid[] language sql stable parallel safe
    return array(select g.scope from grants g where g.person = (select me()) and g.role = 'walled');

do $$
declare
    t text;
    -- Restrictive, so that it beats whatever another policy opens. The array is made once a statement.
    kept_out constant text := '%1$I.%2$I <> all (array(select w.scope from grants w
        where w.person = (select me()) and w.role = ''walled''))';
    by_role constant text := 'exists (select 1 from grants g where g.person = (select me())
        and g.scope in (%1$I.%2$I, %1$I.org) and g.role = any (%1$I.audience))';
    by_name constant text := ' or ((select me()) = any (%1$I.people) and exists (select 1 from grants g
        where g.person = (select me()) and (g.scope = %1$I.%2$I or (g.scope = %1$I.org and g.role = ''admin''))))';
    -- Who lets people into a case: its staff, and of its office the administrators and where it is open to them the desk.
    gives constant text := 'exists (select 1 from cases c join grants g on g.person = (select me())
            and ((g.scope = c.id and g.role = ''staff'')
                or (g.scope = c.org and g.role in (''admin'', ''desk'') and g.role = any (c.audience)))
        where c.id = %1$I.case_id and c.org = %1$I.org)';
begin
    foreach t in array array['teams', 'team_members', 'team_cases', 'walls']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('grant select, insert, update on %I to casewire_system', t);
        execute format('grant select, insert, update on %I to casewire_app', t);
    end loop;
    execute format('create policy wall on team_cases to casewire_app using (' || by_role || ') with check (' || by_role
        || ')', 'team_cases', 'case_id');

    foreach t in array array['participants', 'parties', 'entries', 'documents', 'deadlines', 'tasks', 'conversations',
        'messages', 'versions', 'version_texts', 'markers', 'team_cases']
    loop
        execute format('create policy kept_out on %I as restrictive to casewire_app using (' || kept_out || ')', t,
            'case_id');
    end loop;
    execute format('create policy kept_out on cases as restrictive to casewire_app using (' || kept_out || ')',
        'cases', 'id');
    foreach t in array array['events', 'notices']
    loop
        execute format('create policy kept_out on %1$I as restrictive to casewire_app using (%1$I.%2$I is null or '
            || kept_out || ')', t, 'case_id');
    end loop;

    -- What stands on a person's own stream about a case is theirs while they may see what it is about. Of a wall hear
    -- those who may see it.
    drop policy wall on events;
    execute format('create policy wall on events for select to casewire_app using (
        (stream = (select me()) and case_id is null)
        or ((' || by_role || by_name || ') and (kind <> ''person'' or stream = (select me()))
            and (type not like ''wall.%%'' or exists (select 1 from walls w where w.id = events.thing))))',
        'events', 'case_id');

    -- Rights, as far as they are the same in every case type: who lets others in, and that one writes in one's own name.
    foreach t in array array['participants', 'team_cases']
    loop
        execute format('create policy given on %I as restrictive for insert to casewire_app with check ('
            || 'granted_by = (select me()) and (' || gives || ' or exists (select 1 from cases c where c.id = case_id
                and c.opened_by = (select me()) and c.opened_at = granted_at)))', t);
        execute format('create policy taken on %I as restrictive for update to casewire_app using (' || gives || ')', t);
    end loop;
end $$;

create policy own_name on documents as restrictive for insert to casewire_app with check (added_by = (select me()));
create policy own_name on tasks as restrictive for insert to casewire_app with check (added_by = (select me()));
create policy own_name on entries as restrictive for insert to casewire_app with check (by = (select me()));
create policy own_name on deadlines as restrictive for insert to casewire_app with check (set_by = (select me()));
create policy own_name on conversations as restrictive for insert to casewire_app
    with check (opened_by = (select me()));

-- A notice is there for who may see what it tells of.
create policy about on notices as restrictive to casewire_app using (
    (case_id is null or exists (select 1 from cases c where c.id = notices.case_id))
    and (kind not in ('deadline', 'escalation') or exists (select 1 from deadlines d where d.id = notices.thing)));

drop policy append on events;
create policy append on events for insert to casewire_app with check (
    actor = (select me())
    and case kind
        when 'case' then case_id = stream
            and exists (select 1 from cases c where c.id = events.stream and c.org = events.org)
        when 'org' then stream = org and case_id is null
            and exists (select 1 from grants g where g.person = (select me()) and g.scope = events.stream
                and (g.role = 'admin' or (type not like 'wall.%' and type not like 'team.%')))
        when 'person' then case when case_id is null then org is null and (stream = (select me()) or type = 'grant.changed')
            else stream = (select me())
                and exists (select 1 from cases c where c.id = events.case_id and c.org = events.org) end
        else false end);

-- Teams are known to the staff of their organisation, and its administrators make them.
create policy staff on teams for select to casewire_app using (exists (select 1 from grants g
    where g.person = (select me()) and g.scope = teams.org and g.role in ('admin', 'desk')));
create policy made on teams for insert to casewire_app with check (made_by = (select me())
    and exists (select 1 from grants g where g.person = (select me()) and g.scope = teams.org and g.role = 'admin'));
create policy changed on teams for update to casewire_app using (exists (select 1 from grants g
    where g.person = (select me()) and g.scope = teams.org and g.role = 'admin'));
create policy staff on team_members for select to casewire_app using (exists (select 1 from grants g
    where g.person = (select me()) and g.scope = team_members.org and g.role in ('admin', 'desk')));
create policy made on team_members for insert to casewire_app with check (
    exists (select 1 from teams t join grants g on g.scope = t.org and g.person = (select me()) and g.role = 'admin'
        where t.id = team_members.team and t.org = team_members.org));
create policy changed on team_members for update to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = team_members.org
        and g.role = 'admin'))
    with check (exists (select 1 from teams t join grants g on g.scope = t.org and g.person = (select me())
        and g.role = 'admin' where t.id = team_members.team and t.org = team_members.org));

-- A wall is known to the administrators whom nothing keeps out of any of its cases; one that was lifted, not to those whom
-- it named.
create policy keepers on walls for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.scope = walls.org and g.role = 'admin')
    and (lifted_at is null or not (select me()) = any (people))
    and not cases && array(select w.scope from grants w where w.person = (select me()) and w.role = 'walled'));
create policy raised on walls for insert to casewire_app with check (
    raised_by = (select me()) and lifted_at is null
    and exists (select 1 from grants g where g.person = (select me()) and g.scope = walls.org and g.role = 'admin'));
create policy changed on walls for update to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = walls.org and g.role = 'admin')
        and not cases && array(select w.scope from grants w where w.person = (select me()) and w.role = 'walled'))
    with check (exists (select 1 from grants g where g.person = (select me()) and g.scope = walls.org
        and g.role = 'admin'));

-- ---------------------------------------------------------------------------------------------------------
-- Grants follow their causes
-- ---------------------------------------------------------------------------------------------------------

-- Make the grants at the cases of an organisation what participants, teams and walls say, for these people (null: all) in
-- these cases (null: all). It makes nothing that has no cause, so whoever belongs to the organisation may call it. Answers
-- whom it changed something for that they can notice, their place in the organisation, and the head of their stream. A
-- wall that nobody could lift any more is refused.
create function settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamptz)
    returns table (person uuid, seat text, head bigint)
    language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
    if not exists (select 1 from grants g where g.person = me() and g.org = p_org)
        and session_user <> 'casewire_system' then
        raise exception 'settle_grants: not of this organisation' using errcode = 'insufficient_privilege';
    end if;
    perform pg_advisory_xact_lock(lock_key(p_org));
    if p_people is null and p_cases is null then
        raise exception 'settle_grants: name people or cases';
    end if;
    return query with wanted as materialized (
        select a.person, a.case_id as scope, a.role from participants a
            where a.org = p_org and a.revoked_at is null
                and (p_people is null or a.person = any (p_people)) and (p_cases is null or a.case_id = any (p_cases))
        union
        select m.person, c.case_id, c.role from team_cases c
            join team_members m on m.team = c.team and m.left_at is null
            join grants s on s.person = m.person and s.scope = p_org and s.role in ('admin', 'desk')
            where c.org = p_org and c.revoked_at is null
                and (p_people is null or m.person = any (p_people)) and (p_cases is null or c.case_id = any (p_cases))
        union
        select k.person, c.case_id, 'walled' from walls w
            cross join lateral unnest(w.cases) as c(case_id)
            cross join lateral (select unnest(w.people) as person
                union select m.person from team_members m
                    where m.team = any (w.teams) and (m.left_at is null or m.left_at >= w.raised_at)) as k
            where w.org = p_org and w.lifted_at is null
                and (p_people is null or k.person = any (p_people)) and (p_cases is null or c.case_id = any (p_cases))
    ), taken as (
        delete from grants g where g.org = p_org and g.scope <> p_org
                and (p_people is null or g.person = any (p_people)) and (p_cases is null or g.scope = any (p_cases))
                and not exists (select 1 from wanted w
                    where w.person = g.person and w.scope = g.scope and w.role = g.role)
            returning g.person, g.scope, g.role
    ), given as (
        insert into grants (person, scope, role, org, since) select w.person, w.scope, w.role, p_org, p_now from wanted w
            on conflict do nothing returning person, scope, role
    )
    select p.person, coalesce((select s.role from grants s where s.person = p.person and s.scope = p_org limit 1), ''),
        stream_head(p.person)
    from (select distinct c.person from (select * from taken union all select * from given) c
        -- A wall before a case that they could not see anyway is not theirs to notice.
        where c.role <> 'walled' or exists (select 1 from grants g join cases k on k.id = c.scope
            where g.person = c.person and g.role <> 'walled'
                and (g.scope = c.scope or (g.scope = p_org and g.role = any (k.audience))))) p
    order by p.person;
    perform keep_walls(p_org);
end $$;

-- Who of these people has one of these places in the organisation, for its staff.
create function seated(p_org uuid, p_people uuid[], p_roles text[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(distinct g.person), '{}') from public.grants g
            where g.scope = p_org and g.person = any (p_people) and g.role = any (p_roles)
                and exists (select 1 from public.grants m where m.person = public.me() and m.scope = p_org
                    and m.role in ('admin', 'desk'));
    end;

-- Who of these people takes part in a case, by themselves or by a team, and may see it; for those who see it.
create function taking_part(p_case uuid, p_people uuid[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(distinct g.person), '{}') from public.grants g
            where g.scope = p_case and g.person = any (p_people) and g.role <> 'walled'
                and not exists (select 1 from public.grants k where k.person = g.person and k.scope = p_case
                    and k.role = 'walled')
                and p_case <> all (public.walls_of_me())
                and exists (select 1 from public.cases c join public.grants mine on mine.person = public.me()
                    and mine.scope in (c.id, c.org) and mine.role = any (c.audience) where c.id = p_case);
    end;

-- Who of these people a wall keeps out of a case, for those who see the case: whom it is of no use to let in.
create function kept_out(p_case uuid, p_people uuid[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(distinct g.person), '{}') from public.grants g
            where g.scope = p_case and g.person = any (p_people) and g.role = 'walled'
                and p_case <> all (public.walls_of_me())
                and exists (select 1 from public.cases c join public.grants mine on mine.person = public.me()
                    and mine.scope in (c.id, c.org) and mine.role = any (c.audience) where c.id = p_case);
    end;

-- Grants at a case are now given to its opener alone, in the moment in which it is opened; all others are settled.
create or replace function give_grants(p_org uuid, p_scope uuid, p_people uuid[], p_roles text[], p_now timestamptz)
    returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.scope = p_org)
        or exists (select 1 from grants g where g.scope = p_scope)
        or exists (select 1 from cases c where c.id = p_scope)
        or exists (select 1 from organisations o where o.id = p_scope) or p_people <> array[me()] then
        raise exception 'give_grants' using errcode = 'insufficient_privilege';
    end if;
    insert into grants (person, scope, role, org, since)
        select person, p_scope, role, p_org, p_now from unnest(p_people, p_roles) as g(person, role)
        where role not in ('admin', 'desk', 'outside', 'walled')
        on conflict do nothing;
end $$;
drop function take_grant(uuid, uuid, uuid, text);
drop function gives(uuid, uuid);

-- ---------------------------------------------------------------------------------------------------------
-- Functions that see more than their caller see no more than the wall
-- ---------------------------------------------------------------------------------------------------------

create or replace function raise_access(p_org uuid, p_case uuid) returns bigint[]
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    case_access bigint := 0;
    org_access bigint;
begin
    if not exists (select 1 from grants where person = me() and org = p_org) or p_case = any (walls_of_me()) then
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

create or replace function participations(p_org uuid, p_person uuid) returns table (id uuid, case_id uuid, role text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.case_id, p.role from public.participants p
        where p.org = p_org and p.person = p_person and p.revoked_at is null
            and p.case_id <> all (public.walls_of_me())
            and exists (select 1 from public.grants g where g.person = public.me() and g.scope = p_org
                and g.role = 'admin');
    end;

create or replace function cards(p_org uuid, p_case uuid)
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
        if 'walled' = any (mine)
            or not exists (select 1 from cases c where c.id = p_case and c.org = p_org and c.audience && mine) then
            return;
        end if;
        -- Whoever can see the case knows by name those who take or took part, by themselves or by a team, and those who
        -- did what they can see. Addresses are for staff: a client writes here, not around it.
        return query select p.id, p.name,
                case when mine && array['admin', 'desk', 'staff'] then p.email::text else '' end,
                coalesce((select g.role from grants g where g.person = p.id and g.scope = p_org limit 1), '')
            from people p
            where p.id in (select person from participants where case_id = p_case
                union select g.person from grants g where g.scope = p_case and g.role <> 'walled'
                union select e.actor from events e where e.stream = p_case and e.actor is not null
                    and (e.audience && mine or me() = any (e.people)))
            order by p.name, p.id;
    end if;
end $$;

create or replace function readers(p_org uuid, p_case uuid, p_audience text[], p_people uuid[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(distinct g.person), '{}') from public.grants g
            where g.person = any (p_people) and g.scope in (p_case, p_org) and g.role = any (p_audience)
                and not exists (select 1 from public.grants k where k.person = g.person and k.scope = p_case
                    and k.role = 'walled')
                and p_case <> all (public.walls_of_me())
                and exists (select 1 from public.cases c join public.grants mine on mine.person = public.me()
                    and mine.scope in (c.id, c.org) and mine.role = any (c.audience)
                    where c.id = p_case and c.org = p_org);
    end;

create or replace function blank_message(p_case uuid, p_message uuid, p_from bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from messages where id = p_message and case_id = p_case and author = me()
            and retracted_at is not null) then
        raise exception 'blank_message: not retracted' using errcode = 'insufficient_privilege';
    end if;
    update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]'))::json
        where stream = p_case and seq >= p_from and thing = p_message;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- What was written before
-- ---------------------------------------------------------------------------------------------------------

-- On people's own streams, what tells of a case is guarded by what it tells of.
update events e set case_id = n.case_id, org = n.org, audience = d.audience, people = '{}'
    from notices n join deadlines d on d.id = n.thing
    where e.kind = 'person' and e.type in ('notice.added', 'notice.acked') and e.thing = n.id and n.case_id is not null;
update events e set case_id = v.case_id, org = v.org, audience = v.audience, people = v.people
    from conversations v where e.kind = 'person' and e.type = 'marker.moved' and e.thing = v.id;

revoke execute on function walls_of_me(), settle_grants(uuid, uuid[], uuid[], timestamptz),
    seated(uuid, uuid[], text[]), taking_part(uuid, uuid[]), kept_out(uuid, uuid[]) from public;
grant execute on function walls_of_me() to casewire_app, casewire_system;
grant execute on function settle_grants(uuid, uuid[], uuid[], timestamptz), seated(uuid, uuid[], text[]),
    taking_part(uuid, uuid[]), kept_out(uuid, uuid[]) to casewire_app, casewire_system;
