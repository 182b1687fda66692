-- Outside identity providers, links in the mail, invitations that wait for a yes, and open points of signing in.

-- ---------------------------------------------------------------------------------------------------------
-- Who somebody is elsewhere
-- ---------------------------------------------------------------------------------------------------------

-- An OpenID Connect provider of an organisation. The client's secret is sealed by the hub. domains are those of addresses
-- for which the provider's word is taken when somebody comes for the first time; brings is the place that a new person
-- gets, null where only known people come in; mfa_amr and mfa_acr say what counts as a second factor proved there.
create table providers (
    id uuid primary key,
    org uuid not null references organisations,
    name text not null,
    issuer text not null,
    client_id text not null,
    sealed bytea not null,
    domains text[] not null default '{}',
    brings text check (brings in ('desk', 'outside')),
    mfa_amr text[] not null default '{}',
    mfa_acr text[] not null default '{}',
    made_at timestamptz not null,
    removed_at timestamptz,
    revision integer not null default 1
);
create unique index providers_one on providers (org, issuer, client_id) where removed_at is null;

-- Issuer and subject are the only names that an outside provider gives somebody; the address is for people to read.
create table identities (
    id uuid primary key,
    person uuid not null references people,
    provider uuid not null references providers,
    issuer text not null,
    subject text not null,
    email text not null default '',
    made_at timestamptz not null,
    used_at timestamptz,
    unique (issuer, subject)
);
create index identities_person on identities (person);

-- A way to a provider that was begun and waits for its return; of the browser whose cookie has this hash, and for
-- linking also of this session. Nonce and PKCE verifier follow from state and cookie, so they stand nowhere.
create table journeys (
    hash bytea primary key,
    browser bytea not null,
    provider uuid not null references providers,
    session uuid references sessions on delete cascade,
    made_at timestamptz not null,
    expires_at timestamptz not null
);
create index journeys_expires on journeys (expires_at);

-- ---------------------------------------------------------------------------------------------------------
-- Links in the mail
-- ---------------------------------------------------------------------------------------------------------

-- Whom an organisation's staff let come in by a link.
create table link_holders (
    person uuid not null references people,
    org uuid not null references organisations,
    given_by uuid not null references people,
    given_at timestamptz not null,
    primary key (person, org)
);

-- A link that was asked for. person is null for an address that nobody has or that comes in otherwise: to ask costs the
-- same. browser is the hash of the cookie of who asked, null where staff sent it. What is made for one purpose is good for
-- no other: 'reset' sets a forgotten password anew and lets nobody in.
create table links (
    hash bytea primary key,
    person uuid references people,
    browser bytea,
    purpose text not null default 'visit' check (purpose in ('visit', 'reset')),
    made_at timestamptz not null,
    expires_at timestamptz not null
);
create index links_expires on links (expires_at);

do $$
declare t text;
begin
    foreach t in array array['providers', 'identities', 'journeys', 'link_holders', 'links']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
    end loop;
end $$;
grant select (expires_at), delete on journeys, links to casewire_system;

-- An organisation's providers are its administrators' to read and to write; the sealed secret is read by nobody here.
create policy admins on providers to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = providers.org and g.role = 'admin'))
    with check (exists (select 1 from grants g where g.person = (select me()) and g.scope = providers.org
        and g.role = 'admin'));
grant select (id, org, name, issuer, client_id, domains, brings, mfa_amr, mfa_acr, made_at, removed_at, revision),
    insert, update on providers to casewire_app;
create policy mine on identities for select to casewire_app using (person = (select me()));
grant select (id, person, provider, issuer, email, made_at, used_at) on identities to casewire_app;
create policy staff on link_holders for select to casewire_app
    using (exists (select 1 from grants g where g.person = (select me()) and g.scope = link_holders.org
        and g.role in ('admin', 'desk')));
grant select on link_holders to casewire_app;

-- ---------------------------------------------------------------------------------------------------------
-- People
-- ---------------------------------------------------------------------------------------------------------

-- When somebody proved to us that they read their mail: by an invitation's or a link's secret. Whom a provider brought
-- has not. Those who have a password got it by an invitation.
alter table people add column email_proved_at timestamptz;
update people set email_proved_at = made_at where password_hash is not null;

-- Whether somebody has a way to sign in. Who has none is not there yet: there is nothing that could be taken over.
create function has_joined(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.people p where p.id = p_person and p.password_hash is not null)
            or exists (select 1 from public.identities i where i.person = p_person)
            or exists (select 1 from public.factors f where f.person = p_person and f.confirmed_at is not null);
    end;

-- As before, and never through a wall.
create or replace function find_person(p_scope uuid, p_email text)
    returns table (id uuid, name text, signs_in boolean)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
begin
    if p_scope = any (walls_of_me())
        or not exists (select 1 from grants g where g.person = me() and g.role in ('admin', 'desk', 'staff')
            and (p_scope in (g.org, g.scope) or g.org = (select c.org from cases c where c.id = p_scope))) then
        return;
    end if;
    return query select p.id, p.name, has_joined(p.id) from people p where p.email = p_email::citext;
end $$;

-- Make a new person, known to an organisation as 'outside' until somebody says more. A person who is there already and
-- whom the organisation does not know is not seated unasked, by nobody: see answer_invitation.
create or replace function introduce_person(p_org uuid, p_id uuid, p_email text, p_name text, p_now timestamptz)
    returns void language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and org = p_org and role in ('admin', 'desk', 'staff')) then
        raise exception 'introduce_person' using errcode = 'insufficient_privilege';
    end if;
    insert into people (id, email, name, zone, made_at)
        values (p_id, p_email, p_name, (select zone from organisations where organisations.id = p_org), p_now)
        on conflict (id) do nothing;
    if found then
        insert into grants (person, scope, role, org, since) values (p_id, p_org, 'outside', p_org, p_now);
    elsif not exists (select 1 from people where id = p_id and email = p_email::citext) then
        raise exception 'introduce_person: another address' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- As before, and what hangs on the place goes with it: the teams of who is staff no more give nothing. Who has no place
-- yet gets none here: see answer_invitation.
create or replace function seat_person(p_org uuid, p_person uuid, p_role text, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    before text;
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'seat_person' using errcode = 'insufficient_privilege';
    end if;
    select role into before from grants where person = p_person and scope = p_org;
    if before is null then
        return null;
    end if;
    delete from grants where person = p_person and scope = p_org;
    if p_role is not null then
        insert into grants (person, scope, role, org, since) values (p_person, p_org, p_role, p_org, p_now);
    end if;
    perform settle_grants(p_org, array[p_person], null, p_now);
    return before;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- Invitations
-- ---------------------------------------------------------------------------------------------------------

-- person: whom it seats once they say yes; null where the person was made with it and has the place already.
alter table invitations
    add column person uuid references people,
    add column answered_at timestamptz,
    add column accepted boolean not null default false,
    add column withdrawn_at timestamptz,
    add column revision integer not null default 1;
create index invitations_person on invitations (person) where answered_at is null and withdrawn_at is null;
grant select (person, answered_at, accepted, withdrawn_at, revision) on invitations to casewire_app;
-- Only an administrator promises more than a place outside.
create policy place on invitations as restrictive for insert to casewire_app with check (role = 'outside'
    or exists (select 1 from grants g where g.person = (select me()) and g.scope = invitations.org and g.role = 'admin'));

-- What waits for one's own answer.
create function my_invitations(p_now timestamptz)
    returns table (id uuid, org uuid, organisation text, role text, by text, made_at timestamptz, expires_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.id, i.org, o.name, i.role, coalesce(p.name, ''), i.invited_at, i.expires_at
        from public.invitations i join public.organisations o on o.id = i.org
            left join public.people p on p.id = i.invited_by
        where i.person = public.me() and i.answered_at is null and i.withdrawn_at is null and i.expires_at > p_now
        order by i.invited_at desc, i.id limit 100;
    end;

-- The organisation that asked the asker by this one, for its lock.
create function invitation_from(p_id uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.org from public.invitations i where i.id = p_id and i.person = public.me();
    end;

-- Say yes or no, once. A yes seats, where one has no place yet. Whose address we have not seen answer gives the secret
-- from the mail too: a provider's word for an address binds nobody else.
create function answer_invitation(p_id uuid, p_accept boolean, p_secret bytea, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    i invitations;
begin
    select * into i from invitations where id = p_id and person = me() for update;
    if i.id is null or i.withdrawn_at is not null or (i.answered_at is null and i.expires_at <= p_now) then
        return 'absent';
    end if;
    if i.answered_at is not null then
        return case when i.accepted = p_accept then 'again' else 'absent' end;
    end if;
    if p_accept and i.token_hash is distinct from p_secret
            and (select email_proved_at is null from people where id = me()) then
        return 'unproved';
    end if;
    update invitations set answered_at = p_now, accepted = p_accept, used_at = p_now, revision = revision + 1
        where id = p_id;
    if not p_accept then
        return 'declined';
    end if;
    if i.token_hash = p_secret then
        update people set email_proved_at = coalesce(email_proved_at, p_now) where id = me();
    end if;
    if exists (select 1 from grants where person = me() and scope = i.org) then
        return 'again';
    end if;
    insert into grants (person, scope, role, org, since) values (me(), i.org, i.role, i.org, p_now);
    perform settle_grants(i.org, array[me()], null, p_now);
    return 'seated';
end $$;

-- A new secret and a new term for one that was not answered; for administrators.
create function renew_invitation(p_org uuid, p_id uuid, p_hash bytea, p_now timestamptz, p_expires timestamptz)
    returns setof uuid language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'renew_invitation' using errcode = 'insufficient_privilege';
    end if;
    return query update invitations set token_hash = p_hash, invited_at = p_now, expires_at = p_expires,
            revision = revision + 1
        where id = p_id and org = p_org and used_at is null and answered_at is null and withdrawn_at is null returning id;
end $$;

create function withdraw_invitation(p_org uuid, p_id uuid, p_now timestamptz) returns setof uuid
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'withdraw_invitation' using errcode = 'insufficient_privilege';
    end if;
    return query update invitations set withdrawn_at = p_now, revision = revision + 1
        where id = p_id and org = p_org and used_at is null and answered_at is null and withdrawn_at is null returning id;
end $$;

create or replace function signin_invitation(p_hash bytea, p_now timestamptz) returns table (email text, name text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.email::text, i.name from public.invitations i join public.people p on p.email = i.email
            where i.token_hash = p_hash and i.used_at is null and i.expires_at > p_now and i.withdrawn_at is null
                and not public.has_joined(p.id);
    end;

-- Use an invitation, once: the first of any number of racers gets the person, the others nothing. One that waits for a
-- yes is answered with it.
drop function signin_accept(bytea, text, text, text, timestamptz);
create function signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamptz)
    returns table (person uuid, waits uuid) language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    i invitations;
    holder uuid;
begin
    update invitations set used_at = p_now, revision = revision + 1
        where token_hash = p_hash and used_at is null and expires_at > p_now and withdrawn_at is null
        returning * into i;
    if i.id is null then
        return;
    end if;
    update people set name = p_name, password_hash = p_password_hash, zone = p_zone, email_proved_at = p_now
        where email = i.email and not has_joined(id) returning id into holder;
    if holder is not null then
        return query select holder, case when i.person = holder then i.id end;
    end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- Signing in through a provider
-- ---------------------------------------------------------------------------------------------------------

create function signin_providers() returns table (id uuid, name text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select id, name from public.providers where removed_at is null order by lower(name), id limit 50;
    end;

create function signin_provider(p_id uuid)
    returns table (id uuid, org uuid, name text, issuer text, client_id text, sealed bytea, domains text[], brings text,
        mfa_amr text[], mfa_acr text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select id, org, name, issuer, client_id, sealed, domains, brings, mfa_amr, mfa_acr from public.providers
            where id = p_id and removed_at is null;
    end;

create function signin_depart(p_hash bytea, p_browser bytea, p_provider uuid, p_session uuid, p_now timestamptz,
        p_expires timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.journeys (hash, browser, provider, session, made_at, expires_at)
            values (p_hash, p_browser, p_provider, p_session, p_now, p_expires);
    end;

-- Come back, once: of any number the first gets it, and only in the browser that left.
create function signin_return(p_hash bytea, p_browser bytea, p_provider uuid, p_now timestamptz)
    returns table (session uuid)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        delete from public.journeys j where j.hash = p_hash and j.browser = p_browser and j.provider = p_provider
                and j.expires_at > p_now
            returning j.session;
    end;

-- Who somebody is by issuer and subject. second: they have a factor here; elsewhere: another organisation than the
-- provider's asks them for one, and takes nobody else's word for it.
create function signin_identity(p_issuer text, p_subject text, p_provider uuid, p_email text, p_now timestamptz)
    returns table (person uuid, second boolean, elsewhere boolean)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.identities i set used_at = p_now, email = p_email
            where i.issuer = p_issuer and i.subject = p_subject
            returning i.person,
                exists (select 1 from public.factors f where f.person = i.person and f.confirmed_at is not null),
                exists (select 1 from public.grants g join public.organisations o on o.id = g.org
                    where g.person = i.person and g.scope = g.org and g.role = any (o.mfa_roles)
                        and o.id <> (select v.org from public.providers v where v.id = p_provider));
    end;

-- Somebody who is here for the first time, by an address for which the provider's word is taken (the hub has looked).
-- Nobody has it: a new person in the place that the provider brings people to. A member who never signed in: theirs.
-- Anybody else's address, also of who comes in by links: nothing, they link it themselves.
create function signin_arrive(p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text, p_name text,
        p_person uuid, p_now timestamptz)
    returns table (person uuid, brought boolean) language plpgsql security definer
    set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    v providers;
    known uuid;
    fresh boolean := false;
begin
    select * into v from providers where id = p_provider and removed_at is null and issuer = p_issuer for share;
    if v.id is null or not lower(split_part(p_email, '@', 2)) = any (v.domains) then
        return;
    end if;
    perform pg_advisory_xact_lock(lock_key(v.org));
    select p.id into known from people p where p.email = p_email::citext for update;
    if known is null then
        if v.brings is null then
            return;
        end if;
        known := p_person;
        fresh := true;
        insert into people (id, email, name, zone, made_at)
            values (known, p_email, p_name, (select zone from organisations where id = v.org), p_now);
        insert into grants (person, scope, role, org, since) values (known, v.org, v.brings, v.org, p_now);
    elsif has_joined(known) or exists (select 1 from people p where p.id = known and p.email_proved_at is not null)
            or not exists (select 1 from grants g where g.person = known and g.scope = v.org) then
        return;
    end if;
    insert into identities (id, person, provider, issuer, subject, email, made_at, used_at)
        values (p_id, known, v.id, p_issuer, p_subject, p_email, p_now, p_now);
    return query select known, fresh;
end $$;

-- Link to the holder of a good session who has proved recently that it is them; 'taken' when it is somebody's.
create function signin_link_identity(p_session uuid, p_id uuid, p_provider uuid, p_issuer text, p_subject text,
        p_email text, p_now timestamptz, p_proved_since timestamptz, p_max integer) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.kind = 'browser' and s.ended_at is null and s.expires_at > p_now
            and s.proved_at > p_proved_since for update of p;
    if holder is null then
        return 'session';
    end if;
    if (select count(*) from identities where person = holder) >= p_max then
        return 'many';
    end if;
    insert into identities (id, person, provider, issuer, subject, email, made_at)
        values (p_id, holder, p_provider, p_issuer, p_subject, p_email, p_now) on conflict (issuer, subject) do nothing;
    if found then
        return 'linked';
    end if;
    return case when exists (select 1 from identities where issuer = p_issuer and subject = p_subject
        and person = holder) then 'again' else 'taken' end;
end $$;

-- Remove a link of the holder of a good session: 'removed', 'absent', or 'needed' where it is their only way in.
create function signin_unlink_identity(p_session uuid, p_identity uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select p.id into holder from sessions s join people p on p.id = s.person
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now for update of p;
    if not exists (select 1 from identities where id = p_identity and person = holder) then
        return 'absent';
    end if;
    if not exists (select 1 from people where id = holder and password_hash is not null)
            and not exists (select 1 from factors where person = holder and kind = 'passkey' and confirmed_at is not null)
            and not exists (select 1 from identities where person = holder and id <> p_identity) then
        return 'needed';
    end if;
    delete from identities where id = p_identity;
    return 'removed';
end $$;

-- Who the holder of an app's session is, as far as its scopes tell (the hub leaves out what they do not).
-- Their address is verified once we have seen them read their mail: not by an outside provider's word.
create function signin_oauth_claims(p_session uuid, p_now timestamptz)
    returns table (person uuid, name text, zone text, email text, verified boolean, scopes text[], changed_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.name, p.zone, p.email::text,
            p.email_proved_at is not null, s.scopes, p.made_at
        from public.sessions s join public.people p on p.id = s.person join public.oauth_families f on f.id = s.family
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now and f.ended_at is null
            and public.oauth_stands(f.app, f.person, f.mfa);
    end;
revoke execute on function signin_oauth_claims(uuid, timestamptz) from public;
grant execute on function signin_oauth_claims(uuid, timestamptz) to casewire_signin;

-- ---------------------------------------------------------------------------------------------------------
-- Signing in by a link
-- ---------------------------------------------------------------------------------------------------------

-- A client, and nothing else: somebody whom staff let come in so, and who is staff nowhere.
create function comes_by_link(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.link_holders h join public.grants g on g.person = h.person and g.scope = h.org
                and g.role = 'outside' where h.person = p_person)
            and not exists (select 1 from public.grants g where g.person = p_person and g.role in ('admin', 'desk', 'staff'));
    end;

-- Ask for a link: the same work whether anybody has the address, but for the mail itself.
create function signin_ask_link(p_email text, p_hash bytea, p_browser bytea, p_mail uuid, p_subject text, p_body text,
        p_now timestamptz, p_expires timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder people;
begin
    select * into holder from people where email = p_email::citext;
    if not comes_by_link(coalesce(holder.id, '00000000-0000-0000-0000-000000000000')) then
        holder := null;
    end if;
    insert into links (hash, person, browser, made_at, expires_at)
        values (p_hash, holder.id, p_browser, p_now, p_expires);
    if holder.id is not null then
        insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
            values (p_mail, '<' || p_mail || '@casewire>', holder.email, p_subject, p_body, p_now, p_now);
    end if;
end $$;

-- Use a link up: of any number the first gets its person, and only in the browser that asked for it.
create function signin_use_link(p_hash bytea, p_browser bytea, p_now timestamptz)
    returns table (person uuid, second boolean)
    language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    holder uuid;
begin
    delete from links where hash = p_hash and purpose = 'visit' and (browser is null or browser = p_browser)
            and expires_at > p_now
        returning links.person into holder;
    if holder is null or not comes_by_link(holder) then
        return;
    end if;
    update people set email_proved_at = coalesce(email_proved_at, p_now) where id = holder;
    return query select holder,
        exists (select 1 from factors f where f.person = holder and f.confirmed_at is not null);
end $$;

-- Staff let an outside person come in by links, and send the first one; or take it back, with the links that wait.
create function give_link(p_org uuid, p_person uuid, p_hash bytea, p_mail uuid, p_subject text, p_body text,
        p_now timestamptz, p_expires timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role in ('admin', 'desk')) then
        raise exception 'give_link' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select 1 from grants where person = p_person and scope = p_org and role = 'outside') then
        return false;
    end if;
    insert into link_holders (person, org, given_by, given_at) values (p_person, p_org, me(), p_now)
        on conflict do nothing;
    if not comes_by_link(p_person) then
        delete from link_holders where person = p_person and org = p_org;
        return false;
    end if;
    insert into links (hash, person, made_at, expires_at) values (p_hash, p_person, p_now, p_expires);
    insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
        select p_mail, '<' || p_mail || '@casewire>', email, p_subject, p_body, p_now, p_now
            from people where id = p_person;
    return true;
end $$;

create function take_link(p_org uuid, p_person uuid) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role in ('admin', 'desk')) then
        raise exception 'take_link' using errcode = 'insufficient_privilege';
    end if;
    delete from link_holders where person = p_person and org = p_org;
    if found and not comes_by_link(p_person) then
        delete from links where person = p_person and purpose = 'visit';
    end if;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- What was begun, and what its owner is told
-- ---------------------------------------------------------------------------------------------------------

-- charged: the counters that the attempt was counted under, so that exactly those are taken back. basis: the hash of the
-- password that was right; with another password by now the attempt is over.
alter table challenges
    add column charged bytea[] not null default '{}',
    add column basis bytea;

drop function signin_challenge(bytea, text, uuid, uuid, bytea, timestamptz);
create function signin_challenge(p_hash bytea, p_purpose text, p_person uuid, p_session uuid, p_challenge bytea,
        p_expires timestamptz, p_charged bytea[], p_basis text) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.challenges (hash, purpose, person, session, challenge, expires_at, charged, basis)
            values (p_hash, p_purpose, p_person, p_session, p_challenge, p_expires, p_charged,
                sha256(convert_to(p_basis, 'UTF8')));
    end;

drop function signin_try(bytea, text, uuid, timestamptz, integer);
create function signin_try(p_hash bytea, p_purpose text, p_session uuid, p_now timestamptz, p_max integer)
    returns table (person uuid, email text, challenge bytea, charged bytea[])
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.challenges c set tries = tries + 1
            where c.hash = p_hash and c.purpose = p_purpose and c.session is not distinct from p_session
                and c.expires_at > p_now and c.tries < p_max
                and (c.basis is null or c.basis = (select sha256(convert_to(p.password_hash, 'UTF8'))
                    from public.people p where p.id = c.person))
            returning c.person, (select p.email::text from public.people p where p.id = c.person), c.challenge, c.charged;
    end;

-- Remember the device of somebody who has signed in; of many the most recent p_max stay. True when the account knew
-- others and not this one: its owner is told.
drop function signin_remember(uuid, bytea, timestamptz, integer);
create function signin_remember(p_person uuid, p_device bytea, p_now timestamptz, p_max integer) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    news boolean := exists (select 1 from devices where person = p_person)
        and not exists (select 1 from devices where person = p_person and hash = p_device);
begin
    insert into devices (hash, person, made_at, used_at) values (p_device, p_person, p_now, p_now)
        on conflict (person, hash) do update set used_at = p_now;
    delete from devices d where d.person = p_person and d.hash in (select o.hash from devices o
        where o.person = p_person order by o.used_at desc offset p_max);
    return news;
end $$;

-- A mail to somebody about their own account.
create function signin_tell(p_person uuid, p_mail uuid, p_subject text, p_body text, p_now timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.mails (id, message_id, recipient, subject, body, made_at, try_at)
            select p_mail, '<' || p_mail || '@casewire>', p.email, p_subject, p_body, p_now, p_now
                from public.people p where p.id = p_person;
    end;

-- Set or change one's own password, for who knows the hash of the present one, null where there is none; or go without,
-- where a passkey opens the account.
create or replace function change_password(p_before text, p_after text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update people set password_hash = p_after where id = me() and password_hash is not distinct from p_before
        and (p_after is not null or exists (select 1 from factors
            where person = me() and kind = 'passkey' and confirmed_at is not null));
    return found;
end $$;

-- As before, and 'only' for the last passkey of somebody who has no other way to sign in.
create or replace function signin_remove_factor(p_session uuid, p_factor uuid, p_now timestamptz) returns text
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
    if not exists (select 1 from people where id = holder and password_hash is not null)
            and exists (select 1 from factors where id = p_factor and kind = 'passkey')
            and not exists (select 1 from factors where person = holder and id <> p_factor and kind = 'passkey'
                and confirmed_at is not null)
            and not exists (select 1 from identities where person = holder) then
        return 'only';
    end if;
    delete from factors where id = p_factor;
    if not others then
        delete from recovery_codes where person = holder;
        update sessions set mfa = false where person = holder;
    end if;
    return 'removed';
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- A forgotten password
-- ---------------------------------------------------------------------------------------------------------

-- Whose password their mail sets anew: somebody who has one, and whose address is theirs by more than a provider's word.
-- Who has none comes in otherwise, and nobody who reads their mail gives them one.
create function may_reset(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.people p where p.id = p_person and p.kind = 'person'
            and p.password_hash is not null and (p.email_proved_at is not null
                or not exists (select 1 from public.identities i where i.person = p.id)));
    end;

-- Ask for it: the same work whether anybody has the address, but for the mail itself.
create function signin_ask_reset(p_email text, p_hash bytea, p_mail uuid, p_subject text, p_body text, p_now timestamptz,
        p_expires timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder people;
begin
    select * into holder from people where email = p_email::citext;
    if not may_reset(coalesce(holder.id, '00000000-0000-0000-0000-000000000000')) then
        holder := null;
    end if;
    insert into links (hash, person, purpose, made_at, expires_at) values (p_hash, holder.id, 'reset', p_now, p_expires);
    if holder.id is not null then
        insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
            values (p_mail, '<' || p_mail || '@casewire>', holder.email, p_subject, p_body, p_now, p_now);
    end if;
end $$;

-- Whose secret it is; looking uses nothing up.
create function signin_reset(p_hash bytea, p_now timestamptz) returns table (person uuid, email text, name text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select p.id, p.email::text, p.name from public.links l join public.people p on p.id = l.person
            where l.hash = p_hash and l.purpose = 'reset' and l.expires_at > p_now and public.may_reset(p.id);
    end;

-- Use it up for one's own new password: of any number the first does. All others that wait are over with it, and so is
-- every sign-in that was begun by the old password (signin_try).
create function use_reset(p_hash bytea, p_after text, p_now timestamptz) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    delete from links where hash = p_hash and purpose = 'reset' and person = me() and expires_at > p_now;
    if not found or not may_reset(me()) then
        return false;
    end if;
    update people set password_hash = p_after, email_proved_at = coalesce(email_proved_at, p_now) where id = me();
    delete from links where person = me() and purpose = 'reset';
    return true;
end $$;

-- ---------------------------------------------------------------------------------------------------------
-- Sessions that nobody uses
-- ---------------------------------------------------------------------------------------------------------

-- expires_at moves on with each use that is noted, by idle_s, and never beyond until. Null where nothing moves: tokens have
-- their term, and what programs do with them now and then is no browser left alone.
alter table sessions add column idle_s integer, add column until timestamptz;
update sessions set idle_s = 259200, until = expires_at, expires_at = least(expires_at, now() + interval '72 hours')
    where kind = 'browser' and ended_at is null;

-- As before, for a browser's session with the time after which it ends unused.
create function signin_open(p_id uuid, p_hash bytea, p_person uuid, p_kind text, p_label text, p_now timestamptz,
        p_expires timestamptz, p_address text, p_mfa boolean, p_proved_at timestamptz, p_scopes text[], p_idle_s integer)
    returns timestamptz language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    unused timestamptz := least(p_expires, p_now + make_interval(secs => p_idle_s));
begin
    perform signin_open(p_id, p_hash, p_person, p_kind, p_label, p_now, unused, p_address, p_mfa, p_proved_at, p_scopes);
    update sessions set idle_s = p_idle_s, until = p_expires where id = p_id and p_idle_s is not null;
    return unused;
end $$;

-- A use keeps a session alive that is good, and wakes none that is over.
create or replace function signin_touch(p_session uuid, p_address text, p_now timestamptz) returns void
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set used_at = p_now, address = p_address,
                expires_at = case when s.idle_s is null then s.expires_at
                    else greatest(s.expires_at, least(s.until, p_now + make_interval(secs => s.idle_s))) end
            where s.id = p_session and s.ended_at is null and s.expires_at > p_now;
    end;

revoke execute on function may_reset(uuid),
    signin_ask_reset(text, bytea, uuid, text, text, timestamptz, timestamptz), signin_reset(bytea, timestamptz),
    use_reset(bytea, text, timestamptz),
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[], integer)
    from public;
grant execute on function use_reset(bytea, text, timestamptz) to casewire_app;
grant execute on function
    signin_ask_reset(text, bytea, uuid, text, text, timestamptz, timestamptz), signin_reset(bytea, timestamptz),
    signin_open(uuid, bytea, uuid, text, text, timestamptz, timestamptz, text, boolean, timestamptz, text[], integer)
    to casewire_signin;

revoke execute on function
    has_joined(uuid), my_invitations(timestamptz), invitation_from(uuid), answer_invitation(uuid, boolean, bytea, timestamptz),
    renew_invitation(uuid, uuid, bytea, timestamptz, timestamptz), withdraw_invitation(uuid, uuid, timestamptz),
    signin_accept(bytea, text, text, text, timestamptz), signin_providers(), signin_provider(uuid),
    signin_depart(bytea, bytea, uuid, uuid, timestamptz, timestamptz),
    signin_return(bytea, bytea, uuid, timestamptz), signin_identity(text, text, uuid, text, timestamptz),
    signin_arrive(uuid, uuid, text, text, text, text, uuid, timestamptz),
    signin_link_identity(uuid, uuid, uuid, text, text, text, timestamptz, timestamptz, integer),
    signin_unlink_identity(uuid, uuid, timestamptz), comes_by_link(uuid),
    signin_ask_link(text, bytea, bytea, uuid, text, text, timestamptz, timestamptz),
    signin_use_link(bytea, bytea, timestamptz),
    give_link(uuid, uuid, bytea, uuid, text, text, timestamptz, timestamptz), take_link(uuid, uuid),
    signin_challenge(bytea, text, uuid, uuid, bytea, timestamptz, bytea[], text),
    signin_try(bytea, text, uuid, timestamptz, integer), signin_remember(uuid, bytea, timestamptz, integer),
    signin_tell(uuid, uuid, text, text, timestamptz) from public;
grant execute on function
    my_invitations(timestamptz), invitation_from(uuid), answer_invitation(uuid, boolean, bytea, timestamptz),
    renew_invitation(uuid, uuid, bytea, timestamptz, timestamptz), withdraw_invitation(uuid, uuid, timestamptz),
    give_link(uuid, uuid, bytea, uuid, text, text, timestamptz, timestamptz), take_link(uuid, uuid) to casewire_app;
grant execute on function
    signin_accept(bytea, text, text, text, timestamptz), signin_providers(), signin_provider(uuid),
    signin_depart(bytea, bytea, uuid, uuid, timestamptz, timestamptz),
    signin_return(bytea, bytea, uuid, timestamptz), signin_identity(text, text, uuid, text, timestamptz),
    signin_arrive(uuid, uuid, text, text, text, text, uuid, timestamptz),
    signin_link_identity(uuid, uuid, uuid, text, text, text, timestamptz, timestamptz, integer),
    signin_unlink_identity(uuid, uuid, timestamptz),
    signin_ask_link(text, bytea, bytea, uuid, text, text, timestamptz, timestamptz),
    signin_use_link(bytea, bytea, timestamptz),
    signin_challenge(bytea, text, uuid, uuid, bytea, timestamptz, bytea[], text),
    signin_try(bytea, text, uuid, timestamptz, integer), signin_remember(uuid, bytea, timestamptz, integer),
    signin_tell(uuid, uuid, text, text, timestamptz) to casewire_signin;
