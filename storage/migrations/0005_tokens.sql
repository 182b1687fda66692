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

revoke execute on function
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[]),
    signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) from public;
grant execute on function
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[]),
    signin_known(bytea, timestamptz), signin_session(bytea, timestamptz) to casewire_signin;
