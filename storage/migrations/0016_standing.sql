-- Who stands behind a wall is kept out by others' hands too: by a service they made or hold a token of, and by whom they
-- let in while they stand there.

-- Through whom somebody may come to see: `person` (or a provider) is there by the hand of `by`. at is null for what is
-- acted through whenever it was made, a service; else it says when, and counts where `by` stood behind the wall by then.
create table brought (
    org uuid not null references organisations,
    person uuid not null,
    by uuid not null,
    at timestamptz,
    primary key (org, person, by)
);
create index brought_by on brought (by, org);
alter table brought enable row level security, force row level security;
create policy system_all on brought to casewire_system using (true) with check (true);
create policy owner_all on brought to casewire_owner using (true) with check (true);
grant select on brought to casewire_system;

-- ---------------------------------------------------------------------------------------------------------
-- Written where it happens, whoever asks
-- ---------------------------------------------------------------------------------------------------------

create function brought_service(p_org uuid, p_service uuid, p_by uuid) returns void
    language sql set search_path = pg_catalog, public
    begin atomic
        insert into public.brought (org, person, by) select p_org, p_service, p_by
            where p_by is not null and p_by <> p_service on conflict do nothing;
    end;

-- A place as staff. Whoever stands behind no wall and gives it answers for them from then on; who was staff already is not
-- brought again by somebody who does.
create function place_given() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    giver uuid := me();
    given timestamptz := new.since;
    walled boolean;
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
    walled := exists (select 1 from grants g where g.person = giver and g.org = new.org and g.role = 'walled');
    if giver is null or walled and tg_op = 'UPDATE' and old.role in ('admin', 'desk') then
        return null;
    end if;
    if not walled then
        delete from brought where org = new.org and person = new.person;
    end if;
    insert into brought (org, person, by, at) values (new.org, new.person, giver, given)
        on conflict (org, person, by) do update set at = excluded.at;
    return null;
end $$;
create trigger place_given after insert or update of role on grants for each row execute function place_given();

-- A service, its tokens, and the secrets of apps that act as it.
create function service_reached() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    case tg_table_name
        when 'services' then perform brought_service(new.org, new.id, new.made_by);
        when 'oauth_apps' then perform brought_service(new.org, new.service, coalesce(me(), new.added_by));
        else perform brought_service(v.org, v.id, me()) from services v where v.id = new.person;
    end case;
    return null;
end $$;
create trigger service_made after insert on services for each row execute function service_reached();
create trigger token_made after insert on sessions for each row when (new.kind in ('service', 'app'))
    execute function service_reached();
create trigger app_reached after insert or update of secret_hash on oauth_apps for each row
    when (new.service is not null) execute function service_reached();

-- A provider says who somebody is; who set it up can make it say so of anybody who has never come in.
create function provider_set() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if me() is not null then
        insert into brought (org, person, by, at) values (new.org, new.id, me(), now())
            on conflict (org, person, by) do update set at = excluded.at;
    end if;
    return null;
end $$;
create trigger provider_set after insert or update of sealed, domains, brings on providers for each row
    execute function provider_set();

-- ---------------------------------------------------------------------------------------------------------
-- Walls, carried on
-- ---------------------------------------------------------------------------------------------------------

-- Whom the standing walls of an organisation keep out of which cases: those they name, who is or was in the teams that
-- they name, and by whose hand others are there.
create function behind_walls(p_org uuid, p_now timestamptz) returns table (person uuid, case_id uuid)
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
        )
        select distinct k.person, k.case_id from kept k join public.people p on p.id = k.person;
    end;

-- Who is there by the hand of these people, directly or not; for those who belong to the organisation. What changes for
-- the ones may change for the others.
create function brought_along(p_org uuid, p_people uuid[]) returns uuid[]
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        with recursive along as (
            select unnest(p_people) as person
            union
            select b.person from public.brought b join along a on a.person = b.by where b.org = p_org
        )
        select coalesce(array_agg(a.person), '{}') from along a where a.person <> all (p_people)
            and (session_user = 'casewire_system'
                or exists (select 1 from public.grants g where g.person = public.me() and g.org = p_org));
    end;

-- As before, asking no longer who calls: that is for the functions that do.
create function settled(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamptz)
    returns table (person uuid, seat text, head bigint)
    language plpgsql set search_path = pg_catalog, public as $$
#variable_conflict use_column
begin
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
        select k.person, k.case_id, 'walled' from behind_walls(p_org, p_now) k
            where (p_people is null or k.person = any (p_people)) and (p_cases is null or k.case_id = any (p_cases))
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
end $$;

create or replace function settle_grants(p_org uuid, p_people uuid[], p_cases uuid[], p_now timestamptz)
    returns table (person uuid, seat text, head bigint)
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants g where g.person = me() and g.org = p_org)
        and session_user <> 'casewire_system' then
        raise exception 'settle_grants: not of this organisation' using errcode = 'insufficient_privilege';
    end if;
    perform pg_advisory_xact_lock(lock_key(p_org));
    if p_people is null and p_cases is null then
        raise exception 'settle_grants: name people or cases';
    end if;
    return query select * from settled(p_org,
        case when p_people is not null then p_people || brought_along(p_org, p_people) end, p_cases, p_now);
    perform keep_walls(p_org);
end $$;

-- Who comes in for the first time on a provider's word comes by the hand of whoever set it up.
create function arrived() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    office uuid := (select v.org from providers v where v.id = new.provider);
begin
    if not exists (select 1 from sessions s where s.person = new.person) then
        insert into brought (org, person, by, at) values (office, new.person, new.provider, new.made_at)
            on conflict (org, person, by) do update set at = excluded.at;
        perform settled(office, array[new.person], null, new.made_at);
    end if;
    return null;
end $$;
create trigger arrived after insert on identities for each row execute function arrived();

-- As before, changing the place it finds: what was held tells who is new among the staff.
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
    if p_role is null then
        delete from grants where person = p_person and scope = p_org;
    else
        update grants set role = p_role, since = p_now where person = p_person and scope = p_org;
    end if;
    perform settle_grants(p_org, array[p_person], null, p_now);
    return before;
end $$;

-- As before. Who may say another address for somebody who never came in may come in as them.
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
            on conflict (org, person, by) do update set at = excluded.at;
        perform settle_grants(p_org, array[p_person], null, now());
    end if;
end $$;

-- Whether somebody is here from outside by others than the directory, or takes part in a case: no directory makes them staff.
create function scim_outsider(p_org uuid, p_person uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select exists (select 1 from public.grants g join public.people p on p.id = g.person
            where g.person = p_person and g.scope = p_org and g.role = 'outside' and public.administers(p_org)
                and (not exists (select 1 from public.scim_users u where u.org = p_org and u.person = p.id
                        and u.made_at = p.made_at)
                    or exists (select 1 from public.participants a where a.org = p_org and a.person = p.id
                        and a.revoked_at is null)));
    end;
revoke execute on function scim_outsider(uuid, uuid) from public;
grant execute on function scim_outsider(uuid, uuid) to casewire_app;

-- Whether somebody asks whom a wall, lifted or not, kept out by somebody else's hand.
create function stood_behind(p_org uuid, p_people uuid[], p_since timestamptz) returns boolean
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        with recursive along as (
            select unnest(p_people) as person
            union
            select b.person from public.brought b join along a on a.person = b.by
                where b.org = p_org and (b.at is null or b.at >= p_since)
        )
        select exists (select 1 from along a where a.person = public.me());
    end;
drop policy keepers on walls;
create policy keepers on walls for select to casewire_app using (
    exists (select 1 from grants g where g.person = (select me()) and g.scope = walls.org and g.role = 'admin')
    and (lifted_at is null or not stood_behind(org, people, raised_at))
    and not cases && array(select w.scope from grants w where w.person = (select me()) and w.role = 'walled'));

-- ---------------------------------------------------------------------------------------------------------
-- Sessions
-- ---------------------------------------------------------------------------------------------------------

-- Another secret for a session of the asker, who shows the one before: of any number who change it, one does. In the
-- transaction that tells of it, so that no socket of the old secret stays.
drop function signin_renew(uuid, bytea, bytea, timestamptz);
create function renew_session(p_session uuid, p_before bytea, p_after bytea, p_now timestamptz)
    returns table (id uuid, person uuid, kind text, label text, made_at timestamptz, expires_at timestamptz,
        address text, used_at timestamptz, scopes text[])
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        update public.sessions s set token_hash = p_after
            where s.id = p_session and s.person = public.me() and s.token_hash = p_before and s.ended_at is null
                and s.expires_at > p_now
            returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at, s.scopes;
    end;
revoke execute on function renew_session(uuid, bytea, bytea, timestamptz) from public;
grant execute on function renew_session(uuid, bytea, bytea, timestamptz) to casewire_app;

revoke execute on function brought_service(uuid, uuid, uuid), place_given(), service_reached(), provider_set(),
    behind_walls(uuid, timestamptz), brought_along(uuid, uuid[]), settled(uuid, uuid[], uuid[], timestamptz), arrived(),
    stood_behind(uuid, uuid[], timestamptz) from public;
grant execute on function brought_along(uuid, uuid[]), stood_behind(uuid, uuid[], timestamptz) to casewire_app;
grant execute on function brought_along(uuid, uuid[]) to casewire_system;

-- ---------------------------------------------------------------------------------------------------------
-- Search
-- ---------------------------------------------------------------------------------------------------------

-- As before, asking for the asker's grants once and not for each row.
create or replace function search_all(p_in text[], p_case uuid, p_text text, p_head text, p_last text, p_like text,
        p_rank float8, p_id uuid, p_limit integer)
    returns table (kind text, id uuid, version uuid, case_id uuid, case_title text, title text, snippet text,
        page integer, rank float8)
    language plpgsql stable security definer set search_path = pg_catalog, public
    as $$
#variable_conflict use_column
declare
    -- Known before the query is planned: only so are the indexes used.
    q constant tsquery := websearch_to_tsquery('simple', search_words(p_text))
        || websearch_to_tsquery('english', unaccent(p_text))
        || coalesce(websearch_to_tsquery('simple', search_words(p_head))
            && to_tsquery('simple', '''' || replace(unaccent(p_last), '''', '''''') || ''':*'), '');
    likely constant text := '%' || p_like || '%';
    asker constant uuid := me();
    walls constant uuid[] := walls_of_me();
    -- What the asker holds, read once: their roles by office; the cases they staff; those in which they hold anything else,
    -- where alone it is looked up for each row what that is.
    offices constant jsonb := coalesce((select jsonb_object_agg(s.scope, s.roles) from (
        select g.scope, jsonb_agg(g.role) as roles from grants g where g.person = asker and g.scope = g.org
            group by g.scope) s), '{}');
    staffed constant uuid[] := array(select g.scope from grants g where g.person = asker and g.role = 'staff');
    others constant uuid[] := array(select g.scope from grants g where g.person = asker and g.scope <> g.org
        and g.role not in ('staff', 'walled'));
    how constant text := E'StartSel="\uE000", StopSel="\uE001", MinWords=12, MaxWords=30, MaxFragments=2, '
        'FragmentDelimiter=" … "';
begin
return query with
-- What matches, newest first; the wall is asked of one after the other until there are enough.
found_messages as materialized (
    select m.id, m.case_id, m.org, m.audience, m.people from messages m
    where 'messages' = any (p_in) and m.tsv @@ q and (p_case is null or m.case_id = p_case)
    order by m.id desc
),
seen_messages as (
    select 'message' as kind, m.id, null::uuid as version, m.case_id, m.conversation as under, null::integer as page,
        ts_rank(m.tsv, q)::float8 as rank
    from (
        select * from found_messages t where t.case_id <> all (walls) and (
            (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            or (asker = any (t.people) and exists (select 1 from grants g
                where g.person = asker and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
        limit 1000) t join messages m on m.id = t.id
),
found_pages as materialized (
    select p.version, p.page, p.case_id, p.org, p.audience, p.people from version_texts p
    where 'documents' = any (p_in) and p.tsv @@ q and (p_case is null or p.case_id = p_case)
    order by p.version desc, p.page
),
seen_pages as (
    select p.version, p.page, ts_rank(p.tsv, q)::float8 as rank
    from (
        select * from found_pages t where t.case_id <> all (walls) and (
            (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            or (asker = any (t.people) and exists (select 1 from grants g
                where g.person = asker and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
        limit 1000) t join version_texts p on p.version = t.version and p.page = t.page
),
found_documents as materialized (
    select d.id, d.case_id, d.org, d.audience, d.name from documents d
    where 'documents' = any (p_in) and (p_case is null or d.case_id = p_case) and d.id in (
        select d.id from documents d where search_vector(d.name) @@ q
        union select d.id from documents d where d.name ilike likely
        union select d.id from documents d where p_like <% d.name)
),
seen_documents as (
    select * from found_documents t where t.case_id <> all (walls)
        and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
    order by t.id desc limit 300
),
-- A document once: by its best page, or by its name.
document_hits as (
    select distinct on (h.document) 'document' as kind, h.document as id, h.version, d.case_id, null::uuid as under,
        h.page, h.rank
    from (
        select v.document, p.version, p.page, p.rank from seen_pages p join versions v on v.id = p.version
            and v.status = 'cleared'
        union all
        select s.id, null, null, greatest(ts_rank(search_vector(s.name), q), word_similarity(p_like, s.name), 0.1)
            from seen_documents s
    ) h join documents d on d.id = h.document
    where d.case_id <> all (walls)
        and (offices -> d.org::text ?| d.audience
            or d.case_id = any (staffed) and 'staff' = any (d.audience)
            or d.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = d.case_id and g.role = any (d.audience)))
    order by h.document, h.page is null, h.rank desc, h.version desc, h.page
),
found_cases as materialized (
    select c.id, c.id as case_id, c.org, c.audience, c.number, c.title from cases c
    where 'cases' = any (p_in) and (p_case is null or c.id = p_case) and c.id in (
        select c.id from cases c where search_vector(search_case(c.number, c.title, c.intake)) @@ q
        union select c.id from cases c where c.title ilike likely
        union select c.id from cases c where c.number ilike likely
        union select c.id from cases c where p_like <% c.title)
),
found_parties as materialized (
    select p.case_id, p.org, p.audience, p.name from parties p
    where 'cases' = any (p_in) and (p_case is null or p.case_id = p_case) and p.removed_at is null and p.id in (
        select p.id from parties p where search_vector(p.name) @@ q
        union select p.id from parties p where p.name ilike likely
        union select p.id from parties p where p_like <% p.name)
),
found_details as materialized (
    select d.case_id, d.org, d.audience from details d
    where 'cases' = any (p_in) and (p_case is null or d.case_id = p_case)
        and search_vector(search_case('', '', d.fields)) @@ q
),
case_hits as (
    select 'case' as kind, h.case_id as id, null::uuid as version, h.case_id, null::uuid as under,
        null::integer as page, max(h.rank)::float8 as rank
    from (
        (select t.case_id, greatest(word_similarity(p_like, t.title), word_similarity(p_like, t.number), 0.1)
            as rank from found_cases t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.id desc limit 300)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.case_id desc limit 300)
        union all
        (select t.case_id, 0.1 from found_details t where t.case_id <> all (walls)
            and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
            order by t.case_id desc limit 300)
    ) h group by h.case_id
),
shown as materialized (
    select h.*, c.title as case_title, c.number as case_number
    from (select * from seen_messages union all select * from document_hits union all select * from case_hits) h
        join cases c on c.id = h.case_id
    where (p_rank is null or (h.rank, h.id) < (p_rank, p_id))
        and c.id <> all (walls)
        and (offices -> c.org::text ?| c.audience
            or c.id = any (staffed) and 'staff' = any (c.audience)
            or c.id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = c.id and g.role = any (c.audience)))
    order by h.rank desc, h.id desc limit p_limit
)
select s.kind, s.id, s.version, s.case_id, s.case_title,
    case s.kind when 'message' then v.title when 'document' then d.name else s.case_number || ' ' || s.case_title end,
    coalesce(case
        when position(E'\uE000' in ts_headline('english', body.text, q, how)) > 0
            then ts_headline('english', body.text, q, how)
        -- References stand apart only in the words; where nothing is marked as it stands, those are shown.
        else ts_headline('simple', search_words(body.text), q, how) end, ''),
    s.page, s.rank
from shown s
    left join conversations v on v.id = s.under
    left join documents d on s.kind = 'document' and d.id = s.id
    left join lateral (
        select translate(coalesce(
            (select m.body from messages m where s.kind = 'message' and m.id = s.id),
            (select t.text from version_texts t where t.version = s.version and t.page = s.page),
            (select string_agg(p.name, ' · ' order by p.name) from (
                select t.name from parties t where s.kind = 'case' and t.case_id = s.id and t.removed_at is null
                    and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
                union all
                select btrim(search_case('', '', t.fields)) from details t where s.kind = 'case' and t.case_id = s.id
                    and search_vector(search_case('', '', t.fields)) @@ q
                    and (offices -> t.org::text ?| t.audience
            or t.case_id = any (staffed) and 'staff' = any (t.audience)
            or t.case_id = any (others) and exists (select 1 from grants g where g.person = asker
                and g.scope = t.case_id and g.role = any (t.audience)))
                order by 1 limit 100) p)), E'\uE000\uE001', '') as text
    ) body on true
order by s.rank desc, s.id desc;
end $$;

-- What was made before.
insert into brought (org, person, by)
    select v.org, v.id, v.made_by from services v
    union select a.org, a.service, a.added_by from oauth_apps a where a.service is not null
    union select e.org, v.id, e.actor from events e join services v on v.id::text = e.data ->> 'person'
        where e.type = 'token.made' and e.kind = 'org' and e.actor is not null;
do $$
begin
    perform settled(w.org, null, array_agg(distinct c), now()) from walls w cross join lateral unnest(w.cases) as c
        where w.lifted_at is null group by w.org;
end $$;
