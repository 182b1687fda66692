-- Who somebody is and how that was proved: second factors, the devices that an account knows, and the counters that
-- slow down guessing. None of these tables is open to casewire_app: a statement that goes wrong there finds no secret.

-- mfa: a second factor was proved in this session. proved_at: when its holder last proved who they are.
alter table sessions
    add column address text not null default '',
    add column used_at timestamptz,
    add column proved_at timestamptz,
    add column mfa boolean not null default false;
grant select (address, used_at, proved_at, mfa) on sessions to casewire_app;

-- Whoever has one of these places in the organisation needs a second factor.
alter table organisations add column mfa_roles text[] not null default '{}';
create index grants_seats on grants (person) where scope = org;

-- A TOTP secret is sealed by the hub with a key that the database does not have. last_step is the last time step whose
-- code was used: none is taken twice. A factor counts from confirmed_at on.
create table factors (
    id uuid primary key,
    person uuid not null references people,
    kind text not null check (kind in ('totp', 'passkey')),
    label text not null,
    made_at timestamptz not null,
    confirmed_at timestamptz,
    used_at timestamptz,
    sealed bytea,
    last_step bigint not null default 0,
    credential bytea unique,
    public_key bytea,
    sign_count bigint not null default 0,
    transports text[] not null default '{}'
);
create index factors_person on factors (person);
create unique index factors_one_totp on factors (person) where kind = 'totp' and confirmed_at is not null;
create index factors_unconfirmed on factors (made_at) where confirmed_at is null;

create table recovery_codes (
    person uuid not null references people,
    hash bytea not null,
    made_at timestamptz not null,
    used_at timestamptz,
    primary key (person, hash)
);

-- What was begun and waits for an answer: a sign-in for its second factor, a browser for its passkey.
create table challenges (
    hash bytea primary key,
    purpose text not null,
    person uuid references people,
    session uuid references sessions on delete cascade,
    challenge bytea not null,
    expires_at timestamptz not null,
    tries integer not null default 0
);
create index challenges_expires on challenges (expires_at);
create index challenges_session on challenges (session) where session is not null;

-- A browser from which somebody has signed in before: its guesses are counted apart from everybody else's.
create table devices (
    hash bytea not null,
    person uuid not null references people,
    made_at timestamptz not null,
    used_at timestamptz not null,
    primary key (person, hash)
);
create index devices_used on devices (used_at);

-- How often something was tried in vain, and until when it is not tried again. Keys are hashes, of what is the hub's.
create table throttles (
    key bytea primary key,
    strikes integer not null,
    at timestamptz not null,
    until timestamptz not null
);
create index throttles_at on throttles (at);

do $$
declare t text;
begin
    foreach t in array array['factors', 'recovery_codes', 'challenges', 'devices', 'throttles']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
    end loop;
end $$;
-- The workers sweep what is over, and read nothing that proves anything.
grant select (id, kind, made_at, confirmed_at), delete on factors to casewire_system;
grant select (expires_at), delete on challenges to casewire_system;
grant select (used_at), delete on devices to casewire_system;
grant select (key, at, until), delete on throttles to casewire_system;

-- ---------------------------------------------------------------------------------------------------------
-- Sessions
-- ---------------------------------------------------------------------------------------------------------

-- Whether a rule of an organisation asks this person for a second factor.
create function needs_factor(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.grants g join public.organisations o on o.id = g.org
            where g.person = p_person and g.scope = g.org and g.role = any (o.mfa_roles));
    end;

-- As before, and: who needs a second factor and has not proved one does nothing else than set one up.
create or replace function enter(p_session uuid, p_person uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    proved boolean;
begin
    select mfa into proved from sessions where id = p_session and person = p_person and ended_at is null
        and expires_at > now();
    if proved is null then
        raise exception 'the session is over' using errcode = 'invalid_authorization_specification';
    end if;
    if not proved and exists (select 1 from grants g join organisations o on o.id = g.org
            where g.person = p_person and g.scope = g.org and g.role = any (o.mfa_roles)) then
        raise exception 'a second factor is needed' using errcode = 'invalid_authorization_specification',
            detail = 'mfa_needed';
    end if;
    perform set_config('casewire.person', p_person::text, true);
end $$;

-- Who holds this session with all that the wall needs. A session that still lacks its second factor opens nothing.
create or replace function signin_session(p_hash bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, expires_at timestamptz, scopes uuid[], roles text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind, s.expires_at,
            coalesce((select array_agg(g.scope order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}'),
            coalesce((select array_agg(g.role order by g.scope, g.role) from public.grants g where g.person = s.person),
                '{}')
        from public.sessions s where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now
            and (s.mfa or not public.needs_factor(s.person));
    end;

-- Whose token this is, whether or not it opens anything yet.
create function signin_known(p_hash bytea, p_now timestamptz) returns table (id uuid, person uuid, kind text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select s.id, s.person, s.kind from public.sessions s
            where s.token_hash = p_hash and s.ended_at is null and s.expires_at > p_now;
    end;

drop function signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz);
create function signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamptz,
        p_expires timestamptz, p_address text, p_mfa boolean, p_proved_at timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.sessions (id, token_hash, person, kind, label, made_at, expires_at, address, mfa, proved_at)
            values (p_id, p_hash, p_person, p_kind, p_label, p_now, p_expires, p_address, p_mfa, p_proved_at);
    end;

create function signin_touch(p_session uuid, p_address text, p_now timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions set used_at = p_now, address = p_address where id = p_session;
    end;

-- The holder of a session that is good, and how they proved who they are; nothing for any other session.
create function signin_standing(p_session uuid, p_now timestamptz)
    returns table (person uuid, email text, name text, kind text, mfa boolean, needed boolean, second boolean,
        proved_at timestamptz, password_hash text, recovery integer)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.email::text, p.name, s.kind, s.mfa, public.needs_factor(p.id),
            exists (select 1 from public.factors f where f.person = p.id and f.confirmed_at is not null),
            s.proved_at, p.password_hash,
            (select count(*)::integer from public.recovery_codes c where c.person = p.id and c.used_at is null)
        from public.sessions s join public.people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now;
    end;

-- Without p_mfa it was the password: that is no proof for who has a second factor by now.
create function signin_prove(p_session uuid, p_mfa boolean, p_now timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set proved_at = p_now, mfa = s.mfa or p_mfa
            where s.id = p_session and (p_mfa or not exists (
                select 1 from public.factors f where f.person = s.person and f.confirmed_at is not null));
    end;

drop function end_session(uuid, timestamptz);
create function end_session(p_id uuid, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set ended_at = p_now
            where s.id = p_id and s.person = public.me() and s.ended_at is null
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at;
    end;

-- End all of one's own sessions but one, and with p_tokens personal tokens too; some at a time.
create function end_other_sessions(p_keep uuid, p_tokens boolean, p_now timestamptz, p_limit integer)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set ended_at = p_now
            where s.id in (select o.id from public.sessions o where o.person = public.me() and o.ended_at is null
                and o.expires_at > p_now and o.id is distinct from p_keep and (p_tokens or o.kind <> 'token')
                limit p_limit)
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at;
    end;

-- Change one's own password, for who knows the hash of the present one: casewire_app itself cannot read any.
create function change_password(p_before text, p_after text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update people set password_hash = p_after where id = me() and password_hash = p_before;
    return found;
end $$;

-- An invitation that is still good for somebody without a password; it is not used by being looked at.
create function signin_invitation(p_hash bytea, p_now timestamptz) returns table (email text, name text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.email::text, i.name from public.invitations i join public.people p on p.email = i.email
            where i.token_hash = p_hash and i.used_at is null and i.expires_at > p_now and p.password_hash is null;
    end;

-- ---------------------------------------------------------------------------------------------------------
-- Guessing
-- ---------------------------------------------------------------------------------------------------------

-- Count one attempt under every key, or answer the milliseconds until one is looked at (and count none: no row is left
-- of a key that was tried by who has to wait, or they would fill the table until the rows that hold them go). The first
-- p_free attempts cost nothing, each one after them twice as long as the one before, up to p_longest_s seconds. An hour
-- without an attempt is forgotten. The rows are locked in order, so of attempts at the same time each sees the others.
create function signin_throttle(p_keys bytea[], p_free integer[], p_longest_s integer[], p_now timestamptz)
    returns integer language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    wanted record;
    fresh bytea[] := '{}';
    wait_ms integer := 0;
begin
    for wanted in select k from unnest(p_keys) as k order by k loop
        insert into throttles (key, strikes, at, until) values (wanted.k, 0, p_now, '-infinity') on conflict do nothing;
        if found then
            fresh := fresh || wanted.k;
        end if;
        select greatest(wait_ms, case when t.until > p_now then ceil(extract(epoch from t.until - p_now) * 1000) end)
            into wait_ms from (select until from throttles where key = wanted.k for update) as t;
        wait_ms := coalesce(wait_ms, 0);
    end loop;
    if wait_ms > 0 then
        delete from throttles where key = any (fresh);
        return wait_ms;
    end if;
    update throttles t set strikes = n.strikes, at = p_now,
            until = case when n.strikes <= n.free then '-infinity'
                else p_now + make_interval(secs => least(n.longest, 2 ^ least(n.strikes - n.free - 1, 20))) end
        from (select old.key, g.free, g.longest,
                1 + case when old.at < p_now - interval '1 hour' then 0 else least(old.strikes, 1000) end as strikes
            from unnest(p_keys, p_free, p_longest_s) as g(key, free, longest)
            join throttles old on old.key = g.key) as n
        where t.key = n.key;
    return 0;
end $$;

-- An attempt that went well was no guess: take back what it cost.
create function signin_forgive(p_keys bytea[]) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform 1 from throttles where key = any (p_keys) order by key for update;
    update throttles set strikes = greatest(strikes - 1, 0), until = '-infinity' where key = any (p_keys);
end $$;

-- Who signs in with this address, and whether from a device that they signed in from before.
drop function signin_person(text);
create function signin_person(p_email text, p_device bytea, p_since timestamptz)
    returns table (id uuid, password_hash text, known boolean, second boolean)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.password_hash,
            exists (select 1 from public.devices d where d.person = p.id and d.hash = p_device and d.used_at > p_since),
            exists (select 1 from public.factors f where f.person = p.id and f.confirmed_at is not null)
        from public.people p where p.email = p_email::public.citext;
    end;

create function signin_knows(p_person uuid, p_device bytea, p_since timestamptz) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.devices d
            where d.person = p_person and d.hash = p_device and d.used_at > p_since);
    end;

-- Remember the device of somebody who has signed in; of many the most recent p_max stay.
create function signin_remember(p_person uuid, p_device bytea, p_now timestamptz, p_max integer) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.devices (hash, person, made_at, used_at) values (p_device, p_person, p_now, p_now)
            on conflict (person, hash) do update set used_at = p_now;
        delete from public.devices d where d.person = p_person and d.hash in (select o.hash from public.devices o
            where o.person = p_person order by o.used_at desc offset p_max);
    end;

-- ---------------------------------------------------------------------------------------------------------
-- Second factors
-- ---------------------------------------------------------------------------------------------------------

create function signin_factors(p_person uuid) returns setof factors
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select * from public.factors where person = p_person order by made_at, id;
    end;

-- Put a factor to the holder of a good session, at most p_max of them; true when it stands. One that was begun and not
-- confirmed is replaced. With p_confirmed it counts at once, and the session has proved it; what others have proved by
-- password alone counts no more, or whoever spied it out could take the factor away again.
create function signin_add_factor(p_session uuid, p_id uuid, p_kind text, p_label text, p_confirmed boolean,
        p_sealed bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_transports text[],
        p_now timestamptz, p_max integer) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if holder is null or (select count(*) from factors where person = holder and confirmed_at is not null) >= p_max then
        return false;
    end if;
    delete from factors where person = holder and kind = 'totp' and confirmed_at is null and p_kind = 'totp';
    insert into factors (id, person, kind, label, made_at, confirmed_at, sealed, credential, public_key, sign_count,
            transports)
        values (p_id, holder, p_kind, p_label, p_now, case when p_confirmed then p_now end, p_sealed, p_credential,
            p_public_key, p_sign_count, p_transports);
    if p_confirmed then
        update sessions set mfa = true, proved_at = p_now where id = p_session;
        update sessions set proved_at = null where person = holder and not mfa;
    end if;
    return true;
end $$;

-- A TOTP factor counts from its first code on. False for one that is another's, gone, or confirmed already.
create function signin_confirm_factor(p_session uuid, p_factor uuid, p_step bigint, p_now timestamptz)
    returns boolean language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    update factors set confirmed_at = p_now, used_at = p_now, last_step = p_step
        where id = p_factor and person = holder and kind = 'totp' and confirmed_at is null;
    if not found then
        return false;
    end if;
    update sessions set mfa = true, proved_at = p_now where id = p_session;
    update sessions set proved_at = null where person = holder and not mfa;
    return true;
end $$;

-- Remove a factor of the holder of a good session: 'removed', 'absent', or 'needed' for the last one where a rule asks
-- for one. With the last one go the recovery codes, and no session has proved a second factor any more.
create function signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
    others boolean;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if not exists (select 1 from factors where id = p_factor and person = holder) then
        return 'absent';
    end if;
    others := exists (select 1 from factors where person = holder and id <> p_factor and confirmed_at is not null);
    if not others and needs_factor(holder) then
        return 'needed';
    end if;
    delete from factors where id = p_factor;
    if not others then
        delete from recovery_codes where person = holder;
        update sessions set mfa = false where person = holder;
    end if;
    return 'removed';
end $$;

-- New recovery codes in the place of the old ones, for the holder of a good session who has a factor. With p_only_none
-- nothing happens where there are some already.
create function signin_set_recovery(p_session uuid, p_hashes bytea[], p_only_none boolean, p_now timestamptz)
    returns boolean language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if not exists (select 1 from factors where person = holder and confirmed_at is not null)
        or (p_only_none and exists (select 1 from recovery_codes where person = holder)) then
        return false;
    end if;
    delete from recovery_codes where person = holder;
    insert into recovery_codes (person, hash, made_at) select holder, hash, p_now from unnest(p_hashes) as hash;
    return true;
end $$;

-- Each of these is one atomic statement: of any number who use the same code, step or answer, one gets true.
create function signin_use_recovery(p_person uuid, p_hash bytea, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update recovery_codes set used_at = p_now where person = p_person and hash = p_hash and used_at is null;
    return found;
end $$;

create function signin_use_step(p_factor uuid, p_step bigint, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update factors set last_step = p_step, used_at = p_now
        where id = p_factor and last_step < p_step and confirmed_at is not null;
    return found;
end $$;

create function signin_use_passkey(p_factor uuid, p_before bigint, p_after bigint, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update factors set sign_count = p_after, used_at = p_now where id = p_factor and sign_count = p_before;
    return found;
end $$;

create function signin_credential(p_credential bytea) returns setof factors
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select * from public.factors where credential = p_credential and confirmed_at is not null;
    end;

create function signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea,
        p_expires timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.challenges (hash, purpose, person, session, challenge, expires_at)
            values (p_hash, p_purpose, p_person, p_session, p_challenge, p_expires);
    end;

-- One more try at what was begun, of p_max; nothing when it is over, used, tried too often or another's.
create function signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamptz, p_max integer)
    returns table (person uuid, email text, challenge bytea)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.challenges c set tries = tries + 1
            where c.hash = p_hash and c.purpose = p_purpose and c.session is not distinct from p_session
                and c.expires_at > p_now and c.tries < p_max
            returning c.person, (select p.email::text from public.people p where p.id = c.person), c.challenge;
    end;

-- Use it up: true for the first of any number.
create function signin_take(p_hash bytea) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    delete from challenges where hash = p_hash;
    return found;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- The rule of an organisation
-- ---------------------------------------------------------------------------------------------------------

create function set_mfa_rule(p_org uuid, p_roles text[]) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_mfa_rule' using errcode = 'insufficient_privilege';
    end if;
    update organisations set mfa_roles = p_roles where id = p_org;
end $$;

revoke execute on function
    needs_factor(uuid), signin_known(bytea, timestamptz),
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz),
    signin_touch(uuid, text, timestamptz), signin_standing(uuid, timestamptz),
    signin_prove(uuid, boolean, timestamptz), end_session(uuid, timestamptz),
    end_other_sessions(uuid, boolean, timestamptz, integer), change_password(text, text),
    signin_invitation(bytea, timestamptz), signin_throttle(bytea[], integer[], integer[], timestamptz),
    signin_forgive(bytea[]), signin_person(text, bytea, timestamptz), signin_knows(uuid, bytea, timestamptz),
    signin_remember(uuid, bytea, timestamptz, integer), signin_factors(uuid),
    signin_add_factor(uuid, uuid, text, text, boolean, bytea, bytea, bytea, bigint, text[], timestamptz, integer),
    signin_confirm_factor(uuid, uuid, bigint, timestamptz), signin_remove_factor(uuid, uuid, timestamptz),
    signin_set_recovery(uuid, bytea[], boolean, timestamptz), signin_use_recovery(uuid, bytea, timestamptz),
    signin_use_step(uuid, bigint, timestamptz), signin_use_passkey(uuid, bigint, bigint, timestamptz),
    signin_credential(bytea), signin_challenge(bytea, text, uuid, uuid, bytea, timestamptz),
    signin_try(bytea, text, uuid, timestamptz, integer), signin_take(bytea), set_mfa_rule(uuid, text[]) from public;
grant execute on function
    signin_known(bytea, timestamptz),
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz),
    signin_touch(uuid, text, timestamptz), signin_standing(uuid, timestamptz),
    signin_prove(uuid, boolean, timestamptz), signin_invitation(bytea, timestamptz),
    signin_throttle(bytea[], integer[], integer[], timestamptz), signin_forgive(bytea[]),
    signin_person(text, bytea, timestamptz), signin_knows(uuid, bytea, timestamptz),
    signin_remember(uuid, bytea, timestamptz, integer), signin_factors(uuid),
    signin_add_factor(uuid, uuid, text, text, boolean, bytea, bytea, bytea, bigint, text[], timestamptz, integer),
    signin_confirm_factor(uuid, uuid, bigint, timestamptz), signin_remove_factor(uuid, uuid, timestamptz),
    signin_set_recovery(uuid, bytea[], boolean, timestamptz), signin_use_recovery(uuid, bytea, timestamptz),
    signin_use_step(uuid, bigint, timestamptz), signin_use_passkey(uuid, bigint, bigint, timestamptz),
    signin_credential(bytea), signin_challenge(bytea, text, uuid, uuid, bytea, timestamptz),
    signin_try(bytea, text, uuid, timestamptz, integer), signin_take(bytea) to casewire_signin;
grant execute on function
    end_session(uuid, timestamptz), end_other_sessions(uuid, boolean, timestamptz, integer),
    change_password(text, text), set_mfa_rule(uuid, text[]) to casewire_app;
