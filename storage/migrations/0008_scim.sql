-- Users and groups as an organisation's own directory sends them (SCIM 2.0). A person stays one and global: what stands
-- here is what the directory of one organisation says of them, and no other organisation sees it.

-- Whom the directory sends without a role gets this place.
alter table organisations add column scim_role text not null default 'outside' check (scim_role in ('outside', 'desk'));

-- What was said, null where nothing was; whether somebody has a place, and which, stands in grants alone. seated: they
-- had one while the directory named them, so it may give it back; who was asked and has not answered never had.
-- silent: it took back what it had said of their place, which stays what it is.
create table scim_users (
    org uuid not null references organisations,
    person uuid not null references people,
    user_name citext not null,
    external_id text,
    display_name text,
    name jsonb not null default '{}',
    emails jsonb not null default '[]',
    role text check (role in ('admin', 'desk', 'outside')),
    seated boolean not null,
    silent boolean not null,
    made_at timestamptz not null,
    changed_at timestamptz not null,
    primary key (org, person),
    unique (org, user_name)
);
create index scim_users_person on scim_users (person);

-- What a directory calls the group that is a team here.
create table scim_groups (
    team uuid primary key references teams,
    org uuid not null references organisations,
    external_id text,
    changed_at timestamptz not null
);
create index scim_groups_org on scim_groups (org);

do $$
declare t text;
begin
    foreach t in array array['scim_users', 'scim_groups']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('create policy administrators on %1$I to casewire_app
            using (exists (select 1 from grants g where g.person = (select me()) and g.scope = %1$I.org
                and g.role = ''admin''))
            with check (exists (select 1 from grants g where g.person = (select me()) and g.scope = %1$I.org
                and g.role = ''admin''))', t);
        execute format('grant select, insert, update, delete on %I to casewire_app', t);
        execute format('grant select on %I to casewire_system', t);
    end loop;
end $$;

-- Whether somebody who is no program still administers the organisation; asked by who belongs to it.
create function governed(p_org uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.grants g join public.people p on p.id = g.person and p.kind = 'person'
                where g.scope = p_org and g.role = 'admin')
            and exists (select 1 from public.grants m where m.person = public.me() and m.org = p_org);
    end;

-- Users as their directory sees them, for an administrator: who has a place as staff, and whom the directory sent.
-- Clients whom staff invited are none of its business. With p_person that one alone.
create function scim_people(p_org uuid, p_person uuid)
    returns table (person uuid, address text, person_name text, seat text, kept boolean, user_name text,
        external_id text, display_name text, name jsonb, emails jsonb, role text, silent boolean,
        made_at timestamptz, changed_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.email::text, p.name, g.role, u.person is not null, coalesce(u.user_name, p.email)::text,
            u.external_id, case when u.person is null then p.name else u.display_name end,
            coalesce(u.name, '{}'), coalesce(u.emails,
                jsonb_build_array(jsonb_build_object('value', p.email::text, 'type', 'work', 'primary', true))),
            case when u.person is not null and u.role is null then null else coalesce(g.role, u.role) end,
            coalesce(u.silent, false), coalesce(u.made_at, g.since), greatest(u.changed_at, g.since)
        from (select s.person from public.scim_users s where s.org = p_org
            union select o.person from public.grants o where o.scope = p_org and o.role in ('admin', 'desk')) k
        join public.people p on p.id = k.person and p.kind = 'person'
        left join public.scim_users u on u.org = p_org and u.person = k.person
        left join public.grants g on g.scope = p_org and g.person = k.person
        where (p_person is null or p.id = p_person)
            and exists (select 1 from public.grants m where m.person = public.me() and m.scope = p_org
                and m.role = 'admin');
    end;

-- Whether a person is the organisation's alone, so that its directory may say their name: they have or had a place here,
-- and no other one knows them; and whether nobody has ever signed in as them, so that it may still say their address.
create function scim_standing(p_org uuid, p_person uuid) returns table (ours boolean, fresh boolean)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select not exists (select 1 from public.grants e where e.person = p.id and e.org <> p_org)
                and not exists (select 1 from public.scim_users u where u.person = p.id and u.org <> p_org)
                and (exists (select 1 from public.grants h where h.person = p.id and h.org = p_org)
                    or exists (select 1 from public.scim_users u where u.person = p.id and u.org = p_org and u.seated)),
            not public.has_joined(p.id) and p.email_proved_at is null
                and not exists (select 1 from public.sessions s where s.person = p.id)
        from public.people p where p.id = p_person and p.kind = 'person' and exists (select 1 from public.grants m
            where m.person = public.me() and m.scope = p_org and m.role = 'admin');
    end;

-- Change what a person is called and how they are reached, within what scim_standing says.
create function scim_rename(p_org uuid, p_person uuid, p_email text, p_name text) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    standing record;
begin
    select * into standing from scim_standing(p_org, p_person);
    if standing.ours is not true or not exists (select 1 from scim_users where org = p_org and person = p_person) then
        raise exception 'scim_rename' using errcode = 'insufficient_privilege';
    end if;
    update people set name = p_name where id = p_person and name <> p_name;
    update people set email = p_email where id = p_person and email::text <> p_email;
    if found and not standing.fresh then
        raise exception 'scim_rename: the address is in use' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- Give a place back to somebody who had one while the directory named them, and whom no other organisation knows.
create function scim_seat(p_org uuid, p_person uuid, p_role text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if (select s.ours from scim_standing(p_org, p_person) s) is not true
            or not exists (select 1 from scim_users where org = p_org and person = p_person and seated)
            or exists (select 1 from grants where person = p_person and scope = p_org) then
        return false;
    end if;
    insert into grants (person, scope, role, org, since) values (p_person, p_org, p_role, p_org, p_now);
    perform settle_grants(p_org, array[p_person], null, p_now);
    return true;
end $$;

-- End the sessions of somebody whom this organisation alone knows; a person of others keeps theirs, which open nothing
-- here once the place is taken.
create function end_sessions_of(p_org uuid, p_person uuid, p_now timestamptz, p_limit integer)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz, scopes text[])
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if (select s.ours from scim_standing(p_org, p_person) s) is not true
            or not exists (select 1 from grants g where g.person = p_person and g.org = p_org) then
        return;
    end if;
    return query update sessions t set ended_at = p_now
        where t.id in (select o.id from sessions o where o.person = p_person and o.ended_at is null
            and o.expires_at > p_now limit p_limit)
        returning t.id, t.person, t.kind, t.label, t.made_at, t.expires_at, t.address, t.used_at, t.scopes;
end $$;

-- Whether this session of this person has ended: who ended it says so on the person's stream, and nobody says it of one
-- that goes on.
create function session_over(p_session uuid, p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.sessions s where s.id = p_session and s.person = p_person
            and s.ended_at is not null);
    end;
create policy append_ended on events for insert to casewire_app with check (
    actor = (select me()) and kind = 'person' and org is null and case_id is null and type = 'session.ended'
    and session_over(thing, stream));

create function set_scim_role(p_org uuid, p_role text) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_scim_role' using errcode = 'insufficient_privilege';
    end if;
    update organisations set scim_role = p_role where id = p_org;
end $$;

revoke execute on function governed(uuid), scim_people(uuid, uuid), scim_standing(uuid, uuid),
    scim_rename(uuid, uuid, text, text), scim_seat(uuid, uuid, text, timestamptz),
    end_sessions_of(uuid, uuid, timestamptz, integer),
    session_over(uuid, uuid), set_scim_role(uuid, text) from public;
grant execute on function governed(uuid), scim_people(uuid, uuid), scim_standing(uuid, uuid),
    scim_rename(uuid, uuid, text, text), scim_seat(uuid, uuid, text, timestamptz),
    end_sessions_of(uuid, uuid, timestamptz, integer),
    session_over(uuid, uuid), set_scim_role(uuid, text) to casewire_app;
