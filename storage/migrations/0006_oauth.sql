-- The OAuth 2 and OpenID Connect provider: apps, what people allowed them, and the keys that sign.

-- An app is a client of RFC 6749; its id is its client_id. A service app acts as the service it was registered for.
create table oauth_apps (
    id uuid primary key,
    org uuid not null references organisations,
    name text not null,
    kind text not null check (kind in ('web', 'browser', 'native', 'service')),
    redirect_uris text[] not null,
    logout_uris text[] not null,
    scopes text[] not null,
    id_token_alg text not null check (id_token_alg in ('RS256', 'ES256')),
    service uuid references people,
    secret_hash bytea,
    secret_made_at timestamptz,
    added_at timestamptz not null,
    added_by uuid not null references people,
    ended_at timestamptz,
    revision integer not null default 1,
    check ((kind = 'service') = (service is not null)),
    check ((kind in ('web', 'service')) = (secret_hash is not null))
);
create index oauth_apps_org on oauth_apps (org, id);

-- What somebody allowed an app, remembered until they take it back.
create table oauth_consents (
    app uuid not null references oauth_apps,
    person uuid not null references people,
    scopes text[] not null,
    since timestamptz not null,
    changed_at timestamptz not null,
    primary key (app, person)
);
create index oauth_consents_person on oauth_consents (person);

-- A question of an app that waits for the answer of the one who sits at this very session.
create table oauth_requests (
    id uuid primary key,
    person uuid not null references people,
    session uuid not null references sessions on delete cascade,
    app uuid not null references oauth_apps,
    redirect_uri text not null,
    scopes text[] not null,
    state text not null,
    nonce text not null,
    challenge text not null,
    proved_since timestamptz,
    made_at timestamptz not null,
    expires_at timestamptz not null
);
create index oauth_requests_person on oauth_requests (person);
create index oauth_requests_expires on oauth_requests (expires_at);

-- Good once, for some seconds, at the token endpoint, for the app and address it was made for and whoever has the
-- verifier. family is what it gave: a second use ends that.
create table oauth_codes (
    hash bytea primary key,
    app uuid not null references oauth_apps,
    person uuid not null references people,
    session uuid not null references sessions on delete cascade,
    redirect_uri text not null,
    scopes text[] not null,
    nonce text not null,
    challenge text not null,
    auth_time timestamptz not null,
    mfa boolean not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    family uuid
);
create index oauth_codes_expires on oauth_codes (expires_at);

-- Everything that came of one answer: the access tokens (sessions) and the refresh tokens of one sign-in in one app.
-- One that is not offline ends with the browser's session that gave it.
create table oauth_families (
    id uuid primary key,
    app uuid not null references oauth_apps,
    person uuid not null references people,
    session uuid references sessions on delete set null,
    offline boolean not null,
    scopes text[] not null,
    auth_time timestamptz not null,
    mfa boolean not null,
    address text not null,
    made_at timestamptz not null,
    used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index oauth_families_person on oauth_families (person, app) where ended_at is null;
create index oauth_families_app on oauth_families (app) where ended_at is null;
create index oauth_families_session on oauth_families (session) where ended_at is null;
alter table sessions add column family uuid references oauth_families on delete cascade;
create index sessions_family on sessions (family) where family is not null;

-- Each is good once and gives the next one. Whoever shows one that was used has a copy of it: that ends the family.
create table oauth_refreshes (
    hash bytea primary key,
    family uuid not null references oauth_families on delete cascade,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index oauth_refreshes_family on oauth_refreshes (family);

-- A device that has no browser asks (RFC 8628); somebody answers who types its code elsewhere.
create table oauth_devices (
    hash bytea primary key,
    user_hash bytea not null unique,
    app uuid not null references oauth_apps,
    scopes text[] not null,
    address text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    interval_s integer not null,
    polled_at timestamptz,
    decided_at timestamptz,
    allowed boolean not null default false,
    person uuid references people,
    session uuid references sessions on delete cascade,
    auth_time timestamptz,
    mfa boolean not null default false,
    used_at timestamptz
);
create index oauth_devices_expires on oauth_devices (expires_at);

-- Keys that sign identity tokens; the private half is sealed by the hub with a key that the database does not have. The
-- newest of an algorithm signs, the ones before it stay published until what they signed is over.
create table oauth_keys (
    id uuid primary key,
    alg text not null check (alg in ('RS256', 'ES256')),
    public text not null,
    sealed bytea not null,
    made_at timestamptz not null,
    retired_at timestamptz
);

do $$
declare t text;
begin
    foreach t in array array['oauth_apps', 'oauth_consents', 'oauth_requests', 'oauth_codes', 'oauth_families',
        'oauth_refreshes', 'oauth_devices', 'oauth_keys']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
    end loop;
end $$;
-- Workers end what an app was given, sweep what is over, and read nothing that proves anything.
grant select (id, app, person, session, offline, expires_at, ended_at), update (ended_at), delete on oauth_families
    to casewire_system;
grant select (id, org, ended_at) on oauth_apps to casewire_system;
grant select (expires_at), delete on oauth_requests, oauth_codes, oauth_refreshes, oauth_devices to casewire_system;

-- Administrators manage their organisation's apps; whoever uses one knows what it is called. Nobody reads a hash.
create policy administrator on oauth_apps to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = oauth_apps.org and g.role = 'admin'))
    with check (exists (select 1 from grants g where g.person = (select me()) and g.scope = oauth_apps.org
        and g.role = 'admin'));
create policy connected on oauth_apps for select to casewire_app using (
    exists (select 1 from oauth_consents c where c.app = oauth_apps.id and c.person = (select me()))
    or exists (select 1 from oauth_requests r where r.app = oauth_apps.id and r.person = (select me())));
grant select (id, org, name, kind, redirect_uris, logout_uris, scopes, id_token_alg, service, secret_made_at, added_at,
        added_by, ended_at, revision),
    insert, update (name, redirect_uris, logout_uris, scopes, id_token_alg, secret_hash, secret_made_at, ended_at, revision)
    on oauth_apps to casewire_app;

-- An app works for the people of its organisation, and only while it is not ended.
create function oauth_open_to(p_app uuid, p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.oauth_apps a join public.grants g on g.scope = a.org and g.org = a.org
            where a.id = p_app and a.ended_at is null and g.person = p_person
                and (a.kind <> 'service' or a.service = p_person));
    end;
create function oauth_open_to_me(p_app uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    return public.oauth_open_to(p_app, public.me());

create policy mine on oauth_consents to casewire_app
    using (person = (select me())) with check (person = (select me()) and oauth_open_to_me(app));
grant select, insert, update (scopes, changed_at), delete on oauth_consents to casewire_app;
create policy mine on oauth_requests to casewire_app
    using (person = (select me())) with check (person = (select me()) and oauth_open_to_me(app));
grant select, insert, delete on oauth_requests to casewire_app;
create policy mine on oauth_codes for insert to casewire_app with check (person = (select me()) and oauth_open_to_me(app));
grant insert on oauth_codes to casewire_app;
create policy mine on oauth_families for select to casewire_app using (person = (select me()));
grant select (id, app, person, offline, scopes, address, made_at, used_at, expires_at, ended_at) on oauth_families
    to casewire_app;

-- ---------------------------------------------------------------------------------------------------------
-- The token endpoint: it asks for no session, so its functions are the sign-in role's
-- ---------------------------------------------------------------------------------------------------------

create function signin_oauth_app(p_id uuid)
    returns table (id uuid, org uuid, name text, kind text, redirect_uris text[], logout_uris text[], scopes text[],
        id_token_alg text, service uuid, secret_hash bytea)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select a.id, a.org, a.name, a.kind, a.redirect_uris, a.logout_uris, a.scopes, a.id_token_alg, a.service,
            a.secret_hash
        from public.oauth_apps a where a.id = p_id and a.ended_at is null;
    end;

create function signin_oauth_code(p_hash bytea)
    returns table (app uuid, person uuid, redirect_uri text, scopes text[], nonce text, challenge text, family uuid,
        used boolean, expires_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select c.app, c.person, c.redirect_uri, c.scopes, c.nonce, c.challenge, c.family, c.used_at is not null,
            c.expires_at
        from public.oauth_codes c where c.hash = p_hash;
    end;

create function signin_oauth_refresh(p_hash bytea)
    returns table (app uuid, person uuid, family uuid, scopes text[], used boolean, over boolean)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select f.app, f.person, f.id, f.scopes, r.used_at is not null, f.ended_at is not null
        from public.oauth_refreshes r join public.oauth_families f on f.id = r.family where r.hash = p_hash;
    end;

create function signin_oauth_device(p_hash bytea)
    returns table (app uuid, scopes text[], allowed boolean, decided boolean, used boolean, expires_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select d.app, d.scopes, d.allowed, d.decided_at is not null, d.used_at is not null, d.expires_at
        from public.oauth_devices d where d.hash = p_hash;
    end;

-- Whether an app may act for a person at this moment: both stand, the person allows it, and has proved a second factor
-- where a rule asks for one.
create function oauth_stands(p_app uuid, p_person uuid, p_mfa boolean) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select public.oauth_open_to(p_app, p_person) and (p_mfa or not public.needs_factor(p_person))
            and exists (select 1 from public.oauth_consents c where c.app = p_app and c.person = p_person
                union all select 1 from public.oauth_apps a join public.services v on v.id = a.service and v.org = a.org
                    where a.id = p_app and a.service = p_person and v.disabled_at is null);
    end;

create function oauth_open(p_family uuid, p_session uuid, p_token bytea, p_scopes text[], p_refresh bytea,
        p_now timestamptz, p_expires timestamptz, p_refresh_expires timestamptz, p_address text) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, scopes, family)
            select p_session, p_token, f.person, 'app', left(a.name, 200), p_now, least(p_expires, f.expires_at), p_address,
                f.mfa, p_scopes, f.id
            from public.oauth_families f join public.oauth_apps a on a.id = f.app where f.id = p_family;
        insert into public.oauth_refreshes (hash, family, made_at, expires_at)
            select p_refresh, f.id, p_now, least(p_refresh_expires, f.expires_at) from public.oauth_families f
            where f.id = p_family and p_refresh is not null;
        update public.oauth_families set used_at = p_now, address = p_address where id = p_family;
    end;

-- Use a code up. Of any number who show it one gets a row; so does nobody whose app or person stands no more.
create function signin_oauth_redeem(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea,
        p_now timestamptz, p_expires timestamptz, p_refresh_expires timestamptz, p_family_expires timestamptz,
        p_address text)
    returns table (person uuid, scopes text[], nonce text, auth_time timestamptz, mfa boolean)
    language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    c oauth_codes;
begin
    update oauth_codes set used_at = p_now, family = p_family
        where hash = p_code and used_at is null and expires_at > p_now returning * into c;
    if not found or not oauth_stands(c.app, c.person, c.mfa) or not exists (select 1 from sessions s
            where s.id = c.session and s.ended_at is null and s.expires_at > p_now) then
        return;
    end if;
    insert into oauth_families (id, app, person, session, offline, scopes, auth_time, mfa, address, made_at, used_at,
            expires_at)
        values (p_family, c.app, c.person, c.session, 'offline_access' = any (c.scopes), c.scopes, c.auth_time, c.mfa,
            p_address, p_now, p_now, p_family_expires);
    perform oauth_open(p_family, p_session, p_token, c.scopes,
        case when 'offline_access' = any (c.scopes) then p_refresh end, p_now, p_expires, p_refresh_expires, p_address);
    return query select c.person, c.scopes, c.nonce, c.auth_time, c.mfa;
end $$;

-- The same of a device's code that somebody allowed.
create function signin_oauth_redeem_device(p_code bytea, p_family uuid, p_session uuid, p_token bytea, p_refresh bytea,
        p_now timestamptz, p_expires timestamptz, p_refresh_expires timestamptz, p_family_expires timestamptz,
        p_address text)
    returns table (person uuid, scopes text[], nonce text, auth_time timestamptz, mfa boolean)
    language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    d oauth_devices;
begin
    update oauth_devices set used_at = p_now
        where hash = p_code and used_at is null and allowed and expires_at > p_now returning * into d;
    if not found or not oauth_stands(d.app, d.person, d.mfa) or not exists (select 1 from sessions s
            where s.id = d.session and s.ended_at is null and s.expires_at > p_now) then
        return;
    end if;
    insert into oauth_families (id, app, person, session, offline, scopes, auth_time, mfa, address, made_at, used_at,
            expires_at)
        values (p_family, d.app, d.person, d.session, 'offline_access' = any (d.scopes), d.scopes, d.auth_time, d.mfa,
            p_address, p_now, p_now, p_family_expires);
    perform oauth_open(p_family, p_session, p_token, d.scopes,
        case when 'offline_access' = any (d.scopes) then p_refresh end, p_now, p_expires, p_refresh_expires, p_address);
    return query select d.person, d.scopes, '', d.auth_time, d.mfa;
end $$;

-- Change a refresh token for the next one. Of any number who show it one gets a row.
create function signin_oauth_rotate(p_before bytea, p_scopes text[], p_session uuid, p_token bytea, p_refresh bytea,
        p_now timestamptz, p_expires timestamptz, p_refresh_expires timestamptz, p_address text)
    returns table (person uuid, auth_time timestamptz, mfa boolean)
    language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    f oauth_families;
    used uuid;
begin
    update oauth_refreshes set used_at = p_now where hash = p_before and used_at is null and expires_at > p_now
        returning family into used;
    select * into f from oauth_families where id = used and ended_at is null and expires_at > p_now for update;
    if not found or not oauth_stands(f.app, f.person, f.mfa) then
        return;
    end if;
    perform oauth_open(f.id, p_session, p_token, p_scopes, p_refresh, p_now, p_expires, p_refresh_expires, p_address);
    return query select f.person, f.auth_time, f.mfa;
end $$;

-- A service app's own token; nothing where the service has no place in the organisation any more.
create function signin_oauth_service(p_app uuid, p_family uuid, p_scopes text[], p_session uuid, p_token bytea,
        p_now timestamptz, p_expires timestamptz, p_address text) returns uuid
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    acts_as uuid;
begin
    select service into acts_as from oauth_apps where id = p_app and kind = 'service' and ended_at is null;
    if acts_as is null or not oauth_stands(p_app, acts_as, true) then
        return null;
    end if;
    insert into oauth_families (id, app, person, offline, scopes, auth_time, mfa, address, made_at, used_at, expires_at)
        values (p_family, p_app, acts_as, true, p_scopes, p_now, true, p_address, p_now, p_now, p_expires);
    perform oauth_open(p_family, p_session, p_token, p_scopes, null, p_now, p_expires, p_expires, p_address);
    return acts_as;
end $$;

create function signin_oauth_begin_device(p_hash bytea, p_user bytea, p_app uuid, p_scopes text[], p_address text,
        p_now timestamptz, p_expires timestamptz, p_interval_s integer) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    insert into oauth_devices (hash, user_hash, app, scopes, address, made_at, expires_at, interval_s)
        values (p_hash, p_user, p_app, p_scopes, p_address, p_now, p_expires, p_interval_s) on conflict do nothing;
    return found;
end $$;

-- Count a question of a device; true when it came too soon after the one before, and has to wait longer from now on.
create function signin_oauth_poll(p_hash bytea, p_now timestamptz) returns boolean
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.oauth_devices d set polled_at = p_now, interval_s = case
                when d.polled_at > p_now - make_interval(secs => d.interval_s - 1) then d.interval_s + 5 else d.interval_s end
            from (select o.hash, o.polled_at > p_now - make_interval(secs => o.interval_s - 1) as soon
                from public.oauth_devices o where o.hash = p_hash for update) as before
            where d.hash = before.hash returning coalesce(before.soon, false);
    end;

-- What a token is, for the app that it was given to.
create function signin_oauth_token(p_hash bytea, p_app uuid, p_now timestamptz)
    returns table (family uuid, person uuid, refresh boolean, scopes text[], made_at timestamptz, expires_at timestamptz,
        active boolean)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select f.id, f.person, t.refresh, t.scopes, t.made_at, t.expires_at,
            t.active and t.expires_at > p_now and f.ended_at is null and public.oauth_stands(f.app, f.person, f.mfa)
        from (select s.family, false as refresh, s.scopes, s.made_at, s.expires_at, s.ended_at is null as active
                from public.sessions s where s.token_hash = p_hash and s.family is not null
            union all select r.family, true, null::text[], r.made_at, r.expires_at, r.used_at is null
                from public.oauth_refreshes r where r.hash = p_hash) as t(family, refresh, scopes, made_at, expires_at, active)
        join public.oauth_families f on f.id = t.family where f.app = p_app;
    end;

create function signin_oauth_keys() returns setof oauth_keys
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select * from public.oauth_keys order by made_at desc, id;
    end;

-- Keep a key unless there is one of its kind that is younger than p_since: of hubs that make one at the same time, one
-- does. The ones before it retire.
create function signin_oauth_keep_key(p_id uuid, p_alg text, p_public text, p_sealed bytea, p_now timestamptz,
        p_since timestamptz, p_forget boolean) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock(lock_key('00000000-0000-0000-0000-0000000000aa'));
    if exists (select 1 from oauth_keys where alg = p_alg and retired_at is null and made_at > p_since) then
        return false;
    end if;
    update oauth_keys set retired_at = p_now where alg = p_alg and retired_at is null;
    insert into oauth_keys (id, alg, public, sealed, made_at) values (p_id, p_alg, p_public, p_sealed, p_now);
    delete from oauth_keys where retired_at is not null and (p_forget or retired_at < p_now - interval '30 days');
    return true;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- What a person does about apps, in their own session
-- ---------------------------------------------------------------------------------------------------------

-- How the session in which I sit was proved.
create function oauth_proof(p_session uuid) returns table (kind text, mfa boolean, proved_at timestamptz,
        made_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.kind, s.mfa, s.proved_at, s.made_at from public.sessions s where s.id = p_session and s.person = public.me();
    end;

-- An app as those see it whom it asks.
create function oauth_asking(p_app uuid) returns table (id uuid, org uuid, organisation text, name text, kind text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select a.id, a.org, o.name, a.name, a.kind from public.oauth_apps a join public.organisations o on o.id = a.org
            where a.id = p_app and public.oauth_open_to(a.id, public.me());
    end;

-- A device by the code that its holder types. Nothing for a code that nobody has, is over, or was answered.
create function oauth_device(p_user bytea, p_now timestamptz)
    returns table (app uuid, scopes text[], address text, made_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select d.app, d.scopes, d.address, d.made_at from public.oauth_devices d
            where d.user_hash = p_user and d.decided_at is null and d.expires_at > p_now
                and public.oauth_open_to(d.app, public.me());
    end;

create function oauth_decide_device(p_user bytea, p_session uuid, p_allowed boolean, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update oauth_devices d set decided_at = p_now, allowed = p_allowed, person = me(), session = s.id,
            auth_time = coalesce(s.proved_at, s.made_at), mfa = s.mfa
        from sessions s where s.id = p_session and s.person = me() and s.kind = 'browser' and d.user_hash = p_user
            and d.decided_at is null and d.expires_at > p_now and oauth_open_to(d.app, me());
    return found;
end $$;

-- Take an app's access to oneself back: the consent, and all that came of it. Answers the sessions that end.
create function oauth_disconnect(p_app uuid, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        delete from public.oauth_consents c where c.app = p_app and c.person = public.me();
        delete from public.oauth_requests r where r.app = p_app and r.person = public.me();
        update public.oauth_families f set ended_at = p_now
            where f.app = p_app and f.person = public.me() and f.ended_at is null;
        update public.sessions s set ended_at = p_now
            where s.person = public.me() and s.ended_at is null and s.family in (select f.id from public.oauth_families f
                where f.app = p_app and f.person = public.me())
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at;
    end;

-- Whoever leaves an organisation takes nothing of its apps along. At the end of the transaction: another place there is
-- given by taking the one before.
create function oauth_left() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    with gone as (update oauth_families f set ended_at = now() from oauth_apps a
        where a.id = f.app and a.org = old.org and f.person = old.person and f.ended_at is null
            and not exists (select 1 from grants g where g.person = old.person and g.scope = a.org) returning f.id)
    update sessions s set ended_at = now() from gone where s.family = gone.id and s.ended_at is null;
    return null;
end $$;
create constraint trigger oauth_left after delete on grants deferrable initially deferred for each row when (old.scope = old.org) execute function oauth_left();

-- With the last second factor goes what apps had proved by it, as it does of sessions.
create function oauth_unproved() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update oauth_families set mfa = false where person = old.person and mfa and ended_at is null
        and not exists (select 1 from factors where person = old.person and confirmed_at is not null);
    return null;
end $$;
create trigger oauth_unproved after delete on factors for each row execute function oauth_unproved();

-- As before, and with it ends what apps hold of it: all that a browser's session gave for the time being, and the whole
-- family of an app's session.
create or replace function end_session(p_id uuid, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.oauth_families f set ended_at = p_now where f.person = public.me() and f.ended_at is null
            and (f.session = p_id and not f.offline
                or f.id = (select s.family from public.sessions s where s.id = p_id and s.person = public.me()));
        update public.sessions s set ended_at = p_now
            where s.person = public.me() and s.ended_at is null and (s.id = p_id or s.family in (
                select f.id from public.oauth_families f where f.person = public.me() and (f.session = p_id and not f.offline
                    or f.id = (select o.family from public.sessions o where o.id = p_id and o.person = public.me()))))
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at;
    end;

-- As before, and all that apps hold ends: whoever ends all else, or chooses another password, trusts none of it.
create or replace function end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamptz, p_limit integer)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.oauth_families f set ended_at = p_now where f.person = public.me() and f.ended_at is null;
        update public.sessions s set ended_at = p_now
            where s.id in (select o.id from public.sessions o where o.person = public.me() and o.ended_at is null
                and o.expires_at > p_now and o.id is distinct from p_keep and (p_tokens or o.kind <> 'token')
                limit p_limit)
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at;
    end;

revoke execute on function oauth_open_to(uuid, uuid), oauth_open_to_me(uuid), signin_oauth_app(uuid),
    signin_oauth_code(bytea), signin_oauth_refresh(bytea), signin_oauth_device(bytea),
    oauth_stands(uuid, uuid, boolean),
    oauth_open(uuid, uuid, bytea, text[], bytea, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_redeem(bytea, uuid, uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_redeem_device(bytea, uuid, uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_rotate(bytea, text[], uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_service(uuid, uuid, text[], uuid, bytea, timestamptz, timestamptz, text),
    signin_oauth_begin_device(bytea, bytea, uuid, text[], text, timestamptz, timestamptz, integer),
    signin_oauth_poll(bytea, timestamptz), signin_oauth_token(bytea, uuid, timestamptz),
    signin_oauth_keys(),
    signin_oauth_keep_key(uuid, text, text, bytea, timestamptz, timestamptz, boolean), oauth_proof(uuid), oauth_asking(uuid),
    oauth_device(bytea, timestamptz), oauth_decide_device(bytea, uuid, boolean, timestamptz),
    oauth_disconnect(uuid, timestamptz), oauth_left(), oauth_unproved() from public;
grant execute on function signin_oauth_app(uuid), signin_oauth_code(bytea), signin_oauth_refresh(bytea),
    signin_oauth_device(bytea),
    signin_oauth_redeem(bytea, uuid, uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_redeem_device(bytea, uuid, uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_rotate(bytea, text[], uuid, bytea, bytea, timestamptz, timestamptz, timestamptz, text),
    signin_oauth_service(uuid, uuid, text[], uuid, bytea, timestamptz, timestamptz, text),
    signin_oauth_begin_device(bytea, bytea, uuid, text[], text, timestamptz, timestamptz, integer),
    signin_oauth_poll(bytea, timestamptz), signin_oauth_token(bytea, uuid, timestamptz),
    signin_oauth_keys(),
    signin_oauth_keep_key(uuid, text, text, bytea, timestamptz, timestamptz, boolean) to casewire_signin;
grant execute on function oauth_open_to_me(uuid), oauth_proof(uuid), oauth_asking(uuid), oauth_device(bytea, timestamptz),
    oauth_decide_device(bytea, uuid, boolean, timestamptz), oauth_disconnect(uuid, timestamptz) to casewire_app;
