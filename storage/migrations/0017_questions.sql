-- What is asked of the record: who has seen this, what did they do, what changed here. Newest first by the time of the
-- act, and by its place in the log where two happened at once; each question has an index in that order.

create index audit_leaves_at on audit_leaves (log, at, n);
create index audit_leaves_act on audit_leaves (log, act, at, n);
create index audit_leaves_refused on audit_leaves (log, at, n) where outcome = 'refused';
create index audit_leaves_case on audit_leaves (case_id, at, n) where case_id is not null;
create index audit_leaves_person on audit_leaves (person, at, n) where person is not null;
create index audit_leaves_thing on audit_leaves (thing, at, n) where thing is not null;

-- What was done in one's own name is one's own to know, in every log; the walls stand before it all the same.
create policy own on audit_leaves for select to casewire_app using (person = (select me()));
create policy read_own on audit_entries for select to casewire_app using (person = (select me()));

-- Where a type is open to all staff, the desk is the case's staff.
do $$
declare
    t text;
begin
    foreach t in array array['audit_entries', 'audit_leaves'] loop
        execute format('create policy theirs_at_desk on %I for select to casewire_app using (exists (select 1 from cases c
            where c.id = %1$I.case_id and ''desk'' = any (c.audience) and c.org in (select g.scope from grants g
                where g.person = (select me()) and g.role = ''desk'')))', t);
    end loop;
end $$;

-- A wall is not there for those whom it keeps out, and so is nothing that was done about it, though it names no case.
create function hidden_walls() returns uuid[] language sql stable security definer set search_path = pg_catalog, public
    begin atomic
        select coalesce(array_agg(w.id), '{}') from public.walls w
            where w.org in (select g.scope from public.grants g where g.person = public.me())
                and (w.cases && public.walls_of_me() or (w.lifted_at is not null and public.me() = any (w.people)));
    end;
revoke execute on function hidden_walls() from public;
grant execute on function hidden_walls() to casewire_app;
create policy not_of_a_wall on audit_leaves as restrictive for select to casewire_app using (
    thing is null or thing <> all ((select hidden_walls())::uuid[]));
create policy not_of_a_wall on audit_entries as restrictive for select to casewire_app using (
    (select hidden_walls()) = '{}'
    or (convert_from(entry, 'UTF8')::json ->> 'thing' = any ((select hidden_walls())::text[])) is not true);

-- What people in a record are called, for who may read that record: all of the organisation's for its administrators, that
-- of a case for who staffs it. Whoever belongs there now has a name, and whoever stands in the record that is read.
create function audit_names(p_org uuid, p_case uuid, p_people uuid[]) returns table (id uuid, name text)
    language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    walls uuid[] := walls_of_me();
    of_all boolean := exists (select 1 from grants g where g.person = me() and g.scope = p_org and g.role = 'admin');
begin
    if p_case = any (walls) or not of_all and not exists (select 1 from cases c join grants g on g.person = me()
        where c.id = p_case and c.org = p_org and (g.scope = c.id and g.role = 'staff'
            or g.scope = c.org and g.role = 'desk' and 'desk' = any (c.audience))) then
        return;
    end if;
    return query select p.id, p.name from people p where p.id = any (p_people) and (
        exists (select 1 from grants g where g.person = p.id and g.scope = case when of_all then p_org else p_case end
            and g.role <> 'walled')
        or exists (select 1 from audit_leaves l where l.person = p.id and l.log = p_org
            and (of_all or l.case_id = p_case) and (l.case_id is null or l.case_id <> all (walls))));
end $$;
revoke execute on function audit_names(uuid, uuid, uuid[]) from public;
grant execute on function audit_names(uuid, uuid, uuid[]) to casewire_app;
