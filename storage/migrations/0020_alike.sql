-- Who was staff already is kept out by others' hands too, where these open to them what they did not see; and an account
-- that a provider's word opened is its office's alone, until whoever reads the mail of its address takes it.

-- Of whom a wall keeps out: the cases that somebody could not see when they were raised or put on a team by a hand that was
-- kept out of them. null: all of those, of whom nobody else had made staff.
alter table brought add column cases uuid[];

-- As before; of who was staff already the cases that are named.
create or replace function behind_walls(p_org uuid, p_now timestamptz) returns table (person uuid, case_id uuid)
    language sql stable set search_path = pg_catalog, public
    begin atomic
        with recursive named as (
            select k.person, c.case_id from public.walls w
                cross join lateral unnest(w.cases) as c(case_id)
                cross join lateral (select unnest(w.people) as person
                    union select m.person from public.team_members m
                        where m.team = any (w.teams) and (m.left_at is null or m.left_at >= w.raised_at)) as k
                where w.org = p_org and w.lifted_at is null
        ), kept (person, case_id, since) as (
            select n.person, n.case_id, coalesce((select g.since from public.grants g
                    where g.person = n.person and g.scope = n.case_id and g.role = 'walled'), p_now) from named n
            union
            select b.person, k.case_id, coalesce(b.at, k.since) from kept k
                join public.brought b on b.org = p_org and b.by = k.person and (b.at is null or b.at >= k.since)
                    and (b.cases is null or k.case_id = any (b.cases))
        )
        select distinct k.person, k.case_id from kept k join public.people p on p.id = k.person;
    end;

-- Somebody who is staff gets more by a hand that walls keep out: they come behind the same walls before those cases that
-- they did not see as staff, in the place that they had (`p_before`) or as one who works on it. Who did goes on: nobody is
-- shut out of their own case by those whom the wall stands against.
create function raised_by(p_org uuid, p_person uuid, p_by uuid, p_before text, p_at timestamptz) returns void
    language plpgsql set search_path = pg_catalog, public as $$
declare
    unseen uuid[] := array(
        select w.scope from grants w join cases c on c.id = w.scope
            where w.person = p_by and w.org = p_org and w.role = 'walled'
                and (exists (select 1 from grants x
                        where x.person = p_person and x.scope = w.scope and x.role = 'walled')
                    or not (p_before = any (c.audience) or exists (select 1 from grants g
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

-- As before, of who was staff already what raises them.
create or replace function place_given() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    giver uuid := me();
    given timestamptz := new.since;
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
    else
        delete from brought where org = new.org and person = new.person;
    end if;
    insert into brought (org, person, by, at) values (new.org, new.person, giver, given)
        on conflict (org, person, by) do update set at = excluded.at, cases = null;
    return null;
end $$;

-- Who joins a team gets what the team opens, now or later.
create function team_joined() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    perform raised_by(new.org, new.person, me(),
        (select g.role from grants g where g.person = new.person and g.scope = new.org), new.since);
    return null;
end $$;
create trigger team_joined after insert or update of left_at on team_members for each row
    when (new.left_at is null) execute function team_joined();

-- As before; whoever stood there for some cases answers for all of them by now.
create or replace function scim_rename(p_org uuid, p_person uuid, p_email text, p_name text) returns void
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
    if found then
        if not standing.fresh then
            raise exception 'scim_rename: the address is in use' using errcode = 'insufficient_privilege';
        end if;
        insert into brought (org, person, by, at) values (p_org, p_person, me(), now())
            on conflict (org, person, by) do update set at = excluded.at, cases = null;
        perform settle_grants(p_org, array[p_person], null, now());
    end if;
end $$;

revoke execute on function raised_by(uuid, uuid, uuid, text, timestamptz), team_joined() from public;

-- ---------------------------------------------------------------------------------------------------------
-- An account by a provider's word
-- ---------------------------------------------------------------------------------------------------------

-- vouched: a provider's word opened the account, and no mail has shown whose the address is. Whoever runs the provider
-- could be anybody there, and have made keys to it; so it joins no other office, and no mail but an invitation's, which
-- takes all those keys away, sets anything in it anew.
alter table people add column vouched boolean not null default false;
update people set vouched = true
    where email_proved_at is null and exists (select 1 from identities i where i.person = people.id);

-- As before; of members of other offices nobody's account is opened, whoever invited them.
create or replace function signin_arrive(p_id uuid, p_provider uuid, p_issuer text, p_subject text, p_email text,
        p_name text, p_person uuid, p_now timestamptz) returns table (person uuid, brought boolean)
    language plpgsql security definer set search_path = pg_catalog, public as $$
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
            or not exists (select 1 from grants g where g.person = known and g.scope = v.org)
            or exists (select 1 from grants g where g.person = known and g.org <> v.org) then
        return;
    end if;
    insert into identities (id, person, provider, issuer, subject, email, made_at, used_at)
        values (p_id, known, v.id, p_issuer, p_subject, p_email, p_now, p_now);
    update people set vouched = true where id = known;
    return query select known, fresh;
end $$;

-- As before; to another office one by a provider's word is one who never came in.
create or replace function find_person(p_scope uuid, p_email text)
    returns table (id uuid, name text, signs_in boolean)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    office uuid := coalesce((select c.org from cases c where c.id = p_scope), p_scope);
begin
    if p_scope = any (walls_of_me())
        or not exists (select 1 from grants g where g.person = me() and g.role in ('admin', 'desk', 'staff')
            and (p_scope in (g.org, g.scope) or g.org = office)) then
        return;
    end if;
    return query select p.id, p.name, has_joined(p.id) and (not p.vouched
            or exists (select 1 from grants h where h.person = p.id and h.scope = office))
        from people p where p.email = p_email::citext;
end $$;

create or replace function signin_invitation(p_hash bytea, p_now timestamptz) returns table (email text, name text)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.email::text, i.name from public.invitations i join public.people p on p.email = i.email
            where i.token_hash = p_hash and i.used_at is null and i.expires_at > p_now and i.withdrawn_at is null
                and (not public.has_joined(p.id) or p.vouched and p.id = i.person);
    end;

-- As before; an account by a provider's word is from now on who reads the mail's: nothing else opens it any more. The
-- invitation is another office's, which asks and does not seat.
create or replace function signin_accept(p_hash bytea, p_name text, p_password_hash text, p_zone text, p_now timestamptz)
    returns table (person uuid, waits uuid) language plpgsql security definer set search_path = pg_catalog, public as $$
#variable_conflict use_column
declare
    i invitations;
    holder uuid;
    taken uuid;
begin
    update invitations set used_at = p_now, revision = revision + 1
        where token_hash = p_hash and used_at is null and expires_at > p_now and withdrawn_at is null
        returning * into i;
    if i.id is null then
        return;
    end if;
    select p.id into taken from people p where p.id = i.person and p.email = i.email and p.vouched for update;
    if taken is not null then
        delete from identities where person = taken;
        delete from factors where person = taken;
        delete from recovery_codes where person = taken;
        delete from devices where person = taken;
        delete from challenges where person = taken or session in (select s.id from sessions s where s.person = taken);
        delete from journeys where session in (select s.id from sessions s where s.person = taken);
        -- An app of the office that asked before would be answered without a question.
        delete from oauth_consents where person = taken;
        delete from oauth_requests where person = taken;
        delete from oauth_codes where person = taken;
        delete from oauth_devices where person = taken;
        update oauth_families set ended_at = p_now where person = taken and ended_at is null;
        -- The hub ends them next, and tells their sockets. From here on they open nothing and make no other key.
        update sessions set token_hash = uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), proved_at = null
            where person = taken and ended_at is null;
    end if;
    update people set name = p_name, password_hash = p_password_hash, zone = p_zone, email_proved_at = p_now,
            vouched = false
        where email = i.email and (not has_joined(id) or vouched and id = i.person) returning id into holder;
    if holder is not null then
        return query select holder, case when i.person = holder then i.id end;
    end if;
end $$;

-- As before; never for an account by a provider's word, which takes the mail and a password of one's own. And it is an
-- address that was asked: a directory that names another one for somebody does not bring the answer to it along.
create or replace function answer_invitation(p_id uuid, p_accept boolean, p_secret bytea, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    i invitations;
    mine people;
begin
    select * into i from invitations where id = p_id and person = me() for update;
    select * into mine from people where id = me();
    if i.id is null or i.withdrawn_at is not null or (i.answered_at is null and i.expires_at <= p_now)
            or mine.vouched or i.email is distinct from mine.email then
        return 'absent';
    end if;
    if i.answered_at is not null then
        return case when i.accepted = p_accept then 'again' else 'absent' end;
    end if;
    if p_accept and i.token_hash is distinct from p_secret and mine.email_proved_at is null then
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

-- As before; and nothing for an account by a provider's word: nobody there hears who asks for its address.
create or replace function my_invitations(p_now timestamptz) returns table (id uuid, org uuid, organisation text,
        role text, by text, made_at timestamptz, expires_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.id, i.org, o.name, i.role, coalesce(p.name, ''), i.invited_at, i.expires_at
        from public.invitations i join public.organisations o on o.id = i.org
            left join public.people p on p.id = i.invited_by
        where i.person = public.me() and i.answered_at is null and i.withdrawn_at is null and i.expires_at > p_now
            and exists (select 1 from public.people m where m.id = public.me() and m.email = i.email
                and not m.vouched)
        order by i.invited_at desc, i.id limit 100;
    end;
create or replace function invitation_from(p_id uuid) returns uuid
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select i.org from public.invitations i join public.people p on p.id = i.person
            where i.id = p_id and i.person = public.me() and p.email = i.email and not p.vouched;
    end;

-- Mails that set a password or let in by themselves: not for an account that others may hold keys to.
create or replace function may_reset(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.people p where p.id = p_person and p.kind = 'person' and not p.vouched
            and p.password_hash is not null and (p.email_proved_at is not null
                or not exists (select 1 from public.identities i where i.person = p.id)));
    end;
create or replace function comes_by_link(p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.link_holders h join public.grants g on g.person = h.person and g.scope = h.org
                and g.role = 'outside' where h.person = p_person)
            and not exists (select 1 from public.grants g where g.person = p_person and g.role in ('admin', 'desk', 'staff'))
            and not exists (select 1 from public.people p where p.id = p_person and p.vouched);
    end;

-- Whether what somebody came in by is theirs still: a password by its hash, or an identity elsewhere. It stays so until the
-- session that is opened by it is there: whoever takes it away at that moment waits, and ends that session with the others.
create function signin_still(p_person uuid, p_password_hash text, p_issuer text, p_subject text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if p_issuer is null then
        perform 1 from people where id = p_person and password_hash = p_password_hash for share;
    else
        perform 1 from identities where person = p_person and issuer = p_issuer and subject = p_subject for share;
    end if;
    return found;
end $$;
revoke execute on function signin_still(uuid, text, text, text) from public;
grant execute on function signin_still(uuid, text, text, text) to casewire_signin;

-- Removing what is absent changes nothing, so it locks nothing: a lock alone would leave an entry of an act in the record.
create or replace function signin_unlink_identity(p_session uuid, p_identity uuid, p_now timestamptz) returns text
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    holder uuid;
begin
    select s.person into holder from sessions s join identities i on i.person = s.person and i.id = p_identity
        where s.id = p_session and s.ended_at is null and s.expires_at > p_now;
    if holder is null then
        return 'absent';
    end if;
    perform from people where id = holder for update;
    if not exists (select 1 from people where id = holder and password_hash is not null)
            and not exists (select 1 from factors where person = holder and kind = 'passkey' and confirmed_at is not null)
            and not exists (select 1 from identities where person = holder and id <> p_identity) then
        return 'needed';
    end if;
    delete from identities where id = p_identity and person = holder;
    return 'removed';
end $$;
