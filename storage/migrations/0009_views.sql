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
create index public_cases_shown on public_cases (org, type, opened_on desc, number desc);

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
    select c.id, c.org, c.audience into of_case from cases c where c.id = p_case and exists (
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
