-- Details of a case that not every role sees, and what of a case is public.

-- The intake fields of one set of roles. made_at is the case's own, where its opener brings what they will not read.
create table details (
    id uuid primary key,
    case_id uuid not null references cases,
    org uuid not null,
    audience text[] not null,
    fields jsonb not null,
    made_at timestamptz not null,
    revision integer not null default 1
);
create index details_case on details (case_id, id);

-- What of a case is public: a row beside the case, written with it, that holds nothing else. Whoever reads as nobody
-- reads no other table of cases. It is there whether its organisation publishes or not; `publications` opens it.
create table public_cases (
    case_id uuid primary key references cases,
    org uuid not null,
    type text not null,
    number text not null,
    status text not null,
    is_open boolean not null,
    opened_on date not null,
    closed_on date,
    category text,
    fields jsonb not null
);
create index public_cases_shown on public_cases (org, opened_on desc, number desc);

-- The case types whose public side an organisation shows to everybody.
create table publications (
    org uuid not null references organisations,
    type text not null,
    since timestamptz not null,
    by uuid not null references people,
    primary key (org, type)
);

do $$
declare t text;
begin
    foreach t in array array['details', 'public_cases', 'publications']
    loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy system_all on %I to casewire_system using (true) with check (true)', t);
        execute format('create policy owner_all on %I to casewire_owner using (true) with check (true)', t);
        execute format('grant select, insert, update on %I to casewire_system', t);
    end loop;
end $$;

create policy wall on details to casewire_app
    using (exists (select 1 from grants g where g.person = (select me())
        and g.scope in (details.case_id, details.org) and g.role = any (details.audience)))
    with check (exists (select 1 from grants g where g.person = (select me())
        and g.scope in (details.case_id, details.org) and g.role = any (details.audience)));
create policy kept_out on details as restrictive to casewire_app using (details.case_id <> all (array(
    select w.scope from grants w where w.person = (select me()) and w.role = 'walled')));
-- A case brings its details, also those that its opener will not read.
create policy open_case on details for insert to casewire_app with check (
    exists (select 1 from cases c where c.id = details.case_id and c.opened_by = (select me())
        and c.opened_at = details.made_at));
grant select, insert, update on details to casewire_app;

-- That an organisation publishes a type is no secret. It is said by set_publications alone.
create policy anyone on publications for select to casewire_app using (true);
grant select (org, type) on publications to casewire_app;

-- To everybody while it is published; to who works on the case at any time, since they write it.
create policy anyone on public_cases for select to casewire_app using (
    exists (select 1 from publications p where p.org = public_cases.org and p.type = public_cases.type));
create policy wall on public_cases to casewire_app
    using (exists (select 1 from cases c where c.id = public_cases.case_id and c.org = public_cases.org))
    with check (exists (select 1 from cases c where c.id = public_cases.case_id and c.org = public_cases.org));
grant select, insert, update on public_cases to casewire_app;

-- Of the cases that are there already, those that say what kind they are of have a public side.
insert into public_cases (case_id, org, type, number, status, is_open, opened_on, closed_on, category, fields)
    select id, org, type, number, status, is_open, (opened_at at time zone zone)::date,
        (closed_at at time zone zone)::date, intake ->> 'category', jsonb_build_object('category', intake -> 'category')
    from cases where intake ? 'category';

-- What an organisation is called by those whom it shows something; nothing for one that publishes nothing.
create function public_office(p_org uuid) returns table (name text, types text[])
    language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select o.name, array_agg(p.type order by p.type) from public.organisations o
            join public.publications p on p.org = o.id where o.id = p_org group by o.id;
    end;

-- Publish these types and no others, at once.
create function set_publications(p_org uuid, p_types text[], p_now timestamptz) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from grants where person = me() and scope = p_org and role = 'admin') then
        raise exception 'set_publications' using errcode = 'insufficient_privilege';
    end if;
    delete from publications where org = p_org and type <> all (p_types);
    insert into publications (org, type, since, by) select p_org, t, p_now, me() from unnest(p_types) as t
        on conflict do nothing;
end $$;

-- What of a case's people its staff may know: who holds what in it and in its organisation, in the order of their ids.
-- For those who see the case and belong to the office; the rules decide more narrowly.
create function case_holders(p_case uuid, p_person uuid, p_after uuid, p_limit integer)
    returns table (person uuid, name text, scopes uuid[], roles text[])
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    of_case record;
begin
    select c.id, c.org, c.audience into of_case from cases c where c.id = p_case and c.id <> all (walls_of_me()) and exists (
        select 1 from grants g where g.person = me() and g.scope in (c.id, c.org) and g.role = any (c.audience)
            and g.role in ('admin', 'desk', 'staff'));
    if of_case.id is null then
        return;
    end if;
    return query select p.id, p.name, array_agg(g.scope order by g.scope, g.role),
            array_agg(g.role order by g.scope, g.role)
        from grants g join people p on p.id = g.person
        where g.scope in (of_case.id, of_case.org) and (p_after is null or p.id > p_after)
            and case when p_person is not null then p.id = p_person
                else p.id in (select h.person from grants h where h.scope = of_case.id
                    or (h.scope = of_case.org and h.role = any (of_case.audience))) end
        group by p.id, p.name order by p.id limit p_limit;
end $$;

revoke execute on function public_office(uuid), set_publications(uuid, text[], timestamptz),
    case_holders(uuid, uuid, uuid, integer) from public;
grant execute on function public_office(uuid), set_publications(uuid, text[], timestamptz),
    case_holders(uuid, uuid, uuid, integer) to casewire_app;

-- Search as before, behind walls as well, and cases by details that the reader sees.
create index details_words on details using gin (search_vector(search_case('', '', fields)));

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
    walls constant uuid[] := walls_of_me();
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
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
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
            exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            or ((select me()) = any (t.people) and exists (select 1 from grants g
                where g.person = (select me()) and (g.scope = t.case_id or (g.scope = t.org and g.role = 'admin')))))
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
        and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
            and g.role = any (t.audience))
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
        and exists (select 1 from grants g where g.person = (select me()) and g.scope in (d.case_id, d.org)
        and g.role = any (d.audience))
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
            and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.id desc limit 300)
        union all
        (select t.case_id, greatest(word_similarity(p_like, t.name), 0.1) from found_parties t where t.case_id <> all (walls)
            and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.case_id desc limit 300)
        union all
        (select t.case_id, 0.1 from found_details t where t.case_id <> all (walls)
            and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                and g.role = any (t.audience))
            order by t.case_id desc limit 300)
    ) h group by h.case_id
),
shown as materialized (
    select h.*, c.title as case_title, c.number as case_number
    from (select * from seen_messages union all select * from document_hits union all select * from case_hits) h
        join cases c on c.id = h.case_id
    where (p_rank is null or (h.rank, h.id) < (p_rank, p_id))
        and c.id <> all (walls)
        and exists (select 1 from grants g where g.person = (select me()) and g.scope in (c.id, c.org)
            and g.role = any (c.audience))
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
                    and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                        and g.role = any (t.audience))
                union all
                select btrim(search_case('', '', t.fields)) from details t where s.kind = 'case' and t.case_id = s.id
                    and search_vector(search_case('', '', t.fields)) @@ q
                    and exists (select 1 from grants g where g.person = (select me()) and g.scope in (t.case_id, t.org)
                        and g.role = any (t.audience))
                order by 1 limit 100) p)), E'\uE000\uE001', '') as text
    ) body on true
order by s.rank desc, s.id desc;
end $$;
