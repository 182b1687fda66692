-- Who was staff already is kept out by others' hands too, where these open to them what they did not see; and whoever
-- lets somebody in hears alike whether an address is in use elsewhere.

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
