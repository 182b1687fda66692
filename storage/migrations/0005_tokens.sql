-- Tokens of people and of services, each with the scopes that it opens.

-- A service is a program that takes part like a person, seated and granted in the same way. It has no address of mail
-- and no password, so nothing that looks somebody up by either finds it: it comes in by its tokens alone.
alter table people add column kind text not null default 'person' check (kind in ('person', 'service'));
alter table people alter column email drop not null;
alter table people add constraint people_of_kind check (
    case kind when 'person' then email is not null else email is null and password_hash is null end);
grant select (kind) on people to casewire_app;

-- What a session opens: see schemas/scopes.py. Without a scope it opens nothing.
alter table sessions drop constraint sessions_kind_check;
alter table sessions add constraint sessions_kind_check check (kind in ('browser', 'token', 'service', 'app'));
alter table sessions add column scopes text[] not null default '{}';
update sessions set scopes = '{read,write,admin}';
grant select (scopes) on sessions to casewire_app;

-- Refuse what would leave a standing wall without an administrator who may lift it, which no service
-- does: it cannot prove who it is.
create function keep_walls(p_org uuid) returns void
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
begin
    if exists (select 1 from walls w where w.org = p_org and w.lifted_at is null and not exists (
            select 1 from grants s join people p on p.id = s.person and p.kind = 'person'
                where s.scope = p_org and s.role = 'admin' and not s.person = any (w.people)
                and not exists (select 1 from grants k where k.person = s.person and k.role = 'walled'
                    and k.scope = any (w.cases)))) then
        raise exception 'a wall would have no administrator who may lift it' using errcode = 'restrict_violation';
    end if;
end $$;
revoke execute on function keep_walls(uuid) from public;

create table services (
    id uuid primary key references people,
    org uuid not null references organisations,
    made_at timestamptz not null,
    made_by uuid not null references people,
    disabled_at timestamptz,
    revision integer not null default 1
);
create index services_org on services (org, id);

alter table services enable row level security, force row level security;
create policy system_all on services to casewire_system using (true) with check (true);
create policy owner_all on services to casewire_owner using (true) with check (true);
-- Written by the functions below alone.
create policy administrators on services for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.scope = services.org and g.role = 'admin'));
grant select on services to casewire_app;
grant select, insert, update on services to casewire_system;

-- ---------------------------------------------------------------------------------------------------------
-- Sessions
-- ---------------------------------------------------------------------------------------------------------

-- A service has tokens and no browser; a person has no token of a service. A disabled service gets none.
drop function signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz);
create function signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamptz,
        p_expires timestamptz, p_address text, p_mfa boolean, p_proved_at timestamptz, p_scopes text[]) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder text;
begin
    select kind into holder from people where id = p_person;
    perform 1 from services where id = p_person and disabled_at is null for share;
    if holder = 'service' and (not found or p_kind not in ('service', 'app'))
            or holder = 'person' and p_kind = 'service' then
        raise exception 'signin_open: no session of this kind' using errcode = 'invalid_authorization_specification';
    end if;
    insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, proved_at, scopes)
        values (p_id, p_hash, p_person, p_kind, p_label, p_now, p_expires, p_address, p_mfa, p_proved_at, p_scopes);
end $$;

drop function signin_known(bytea, timestamptz);
create function signin_known(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, scopes text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.scopes from public.sessions s
            where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now;
    end;

-- As before, with what the session `opens`; `scopes` are those of the grants.
drop function signin_session(bytea, timestamptz);
create function signin_session(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, expires_at timestamptz, scopes uuid[], roles text[], opens text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.expires_at,
            coalesce((select array_agg(g.scope order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}'),
            coalesce((select array_agg(g.role order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}'),
            s.scopes
        from public.sessions s where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now
            and (s.mfa or not public.needs_factor(s.person));
    end;

-- Whether this is the secret of the session. An empty one asks for none: an address of a file names its session by id.
create function holds(p_session uuid, p_hash bytea) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p_hash = '' or exists (select 1 from public.sessions s where s.id = p_session and s.token_hash = p_hash);
    end;

-- As before, for who holds the secret that the session has now: who it is, processes remember.
create function enter(p_session uuid, p_person uuid, p_hash bytea) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not holds(p_session, p_hash) then
        raise exception 'the session has another secret' using errcode = 'invalid_authorization_specification';
    end if;
    perform enter(p_session, p_person);
end $$;

create function signin_holds(p_session uuid, p_hash bytea) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select public.holds(p_session, p_hash);
    end;

-- Another secret for a session: of any number who change the same one, one does. The one before opens nothing any more.
create function signin_renew(p_session uuid, p_before bytea, p_after bytea, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update sessions set token_hash = p_after
        where id = p_session and token_hash = p_before and ended_at is null and expires_at > p_now;
    return found;
end $$;

revoke execute on function holds(uuid, bytea), enter(uuid, uuid, bytea), signin_holds(uuid, bytea),
    signin_renew(uuid, bytea, bytea, timestamptz) from public;
grant execute on function enter(uuid, uuid, bytea) to casewire_app, casewire_system;
grant execute on function signin_holds(uuid, bytea), signin_renew(uuid, bytea, bytea, timestamptz) to casewire_signin;

-- Since when a rule about second factors stands: what is older than it and has proved none, it has overtaken.
alter table organisations add column mfa_since timestamptz;
create or replace function set_mfa_rule(p_org uuid, p_roles text[]) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_mfa_rule' using errcode = 'insufficient_privilege';
    end if;
    update organisations set mfa_roles = p_roles, mfa_since = now() where id = p_org;
end $$;

revoke execute on function
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[]),
    signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) from public;
grant execute on function
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[]),
    signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) to casewire_signin;

-- ---------------------------------------------------------------------------------------------------------
-- Services, for the administrators of their organisation
-- ---------------------------------------------------------------------------------------------------------

create function administers(p_org uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.grants g
            where g.person = public.me() and g.scope = p_org and g.role = 'admin');
    end;

-- Make a service, at most p_max of them; false when there are so many. It has no place in the organisation yet.
create function make_service(p_org uuid, p_id uuid, p_name text, p_now timestamptz, p_max integer) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not administers(p_org) then
        raise exception 'make_service' using errcode = 'insufficient_privilege';
    end if;
    if (select count(*) from services where org = p_org) >= p_max then
        return false;
    end if;
    insert into people (id, kind, email, name, zone, made_at)
        values (p_id, 'service', null, p_name, (select zone from organisations where id = p_org), p_now);
    insert into services (id, org, made_at, made_by) values (p_id, p_org, p_now, me());
    return true;
end $$;

-- Give a service of the organisation a place in it where it has none: nobody has to ask it first.
create function seat_service(p_org uuid, p_id uuid, p_role text, p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not administers(p_org) or not exists (select 1 from services where id = p_id and org = p_org) then
        raise exception 'seat_service' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from grants where person = p_id and scope = p_org) then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, p_role, p_org, p_now);
    end if;
end $$;

create function change_service(p_org uuid, p_id uuid, p_name text, p_disabled_at timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not administers(p_org) then
        raise exception 'change_service' using errcode = 'insufficient_privilege';
    end if;
    update services set disabled_at = p_disabled_at, revision = revision + 1 where id = p_id and org = p_org;
    if found then
        update people set name = p_name where id = p_id and kind = 'service';
    end if;
end $$;

-- One service, or all by id after p_after; `role` is '' for one without a place.
create function services_of(p_org uuid, p_service uuid, p_after uuid, p_limit integer)
    returns table (id uuid, org uuid, name text, role text, made_at timestamptz, made_by uuid, disabled_at timestamptz,
        revision integer, used_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select v.id, v.org, p.name,
            coalesce((select g.role from public.grants g where g.person = v.id and g.scope = p_org limit 1), ''),
            v.made_at, v.made_by, v.disabled_at, v.revision,
            (select max(s.used_at) from public.sessions s where s.person = v.id)
        from public.services v join public.people p on p.id = v.id
        where v.org = p_org and public.administers(p_org) and (p_service is null or v.id = p_service)
            and (p_after is null or v.id > p_after)
        order by v.id limit p_limit;
    end;

-- The tokens of a service that are still good, those used last first.
create function service_sessions(p_org uuid, p_service uuid, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz, scopes text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at, s.scopes
        from public.sessions s join public.services v on v.id = s.person
        where v.id = p_service and v.org = p_org and public.administers(p_org)
            and s.ended_at is null and s.expires_at > p_now
        order by coalesce(s.used_at, s.made_at) desc, s.id desc limit 200;
    end;

-- Make a token of a service: 'made', 'absent', 'disabled', or 'full' when it has p_max that are good. It counts as proved:
-- rules about second factors are for people, and the token is shown to an administrator who has just proved theirs.
create function open_service_session(p_org uuid, p_service uuid, p_id uuid, p_hash bytea, p_label text, p_scopes text[],
        p_now timestamptz, p_expires timestamptz, p_max integer) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    found_service services;
begin
    if not administers(p_org) then
        return 'absent';
    end if;
    select * into found_service from services where id = p_service and org = p_org for update;
    if not found then
        return 'absent';
    elsif found_service.disabled_at is not null then
        return 'disabled';
    elsif (select count(*) from sessions where person = p_service and kind = 'service' and ended_at is null
            and expires_at > p_now) >= p_max then
        return 'full';
    end if;
    insert into sessions (id, token_hash, person, kind, label, made_at, expires_at, mfa, scopes)
        values (p_id, p_hash, p_service, 'service', p_label, p_now, p_expires, true, p_scopes);
    return 'made';
end $$;

-- End one session of a service, or all of them; some at a time.
create function end_service_sessions(p_org uuid, p_service uuid, p_session uuid, p_now timestamptz, p_limit integer)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz, scopes text[])
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set ended_at = p_now
            where s.id in (select o.id from public.sessions o join public.services v on v.id = o.person
                where v.id = p_service and v.org = p_org and public.administers(p_org) and o.ended_at is null
                    and o.expires_at > p_now and (p_session is null or o.id = p_session) limit p_limit)
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at, s.scopes;
    end;

-- Who ended a token of a service says so on the service's stream.
create policy append_of_services on events for insert to casewire_app with check (
    actor = (select me()) and kind = 'person' and org is null and case_id is null and type = 'session.ended'
    and exists (select 1 from services v where v.id = events.stream));

revoke execute on function administers(uuid), make_service(uuid, uuid, text, timestamptz, integer),
    seat_service(uuid, uuid, text, timestamptz),
    change_service(uuid, uuid, text, timestamptz), services_of(uuid, uuid, uuid, integer),
    service_sessions(uuid, uuid, timestamptz),
    open_service_session(uuid, uuid, uuid, bytea, text, text[], timestamptz, timestamptz, integer),
    end_service_sessions(uuid, uuid, uuid, timestamptz, integer) from public;
grant execute on function administers(uuid), make_service(uuid, uuid, text, timestamptz, integer),
    seat_service(uuid, uuid, text, timestamptz),
    change_service(uuid, uuid, text, timestamptz), services_of(uuid, uuid, uuid, integer),
    service_sessions(uuid, uuid, timestamptz),
    open_service_session(uuid, uuid, uuid, bytea, text, text[], timestamptz, timestamptz, integer),
    end_service_sessions(uuid, uuid, uuid, timestamptz, integer) to casewire_app;
