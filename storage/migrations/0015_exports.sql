-- Who exported which case, and as of when. The archive itself is made while it is downloaded and lies nowhere.

create table exports (
    id uuid primary key,
    case_id uuid not null references cases (id) on delete cascade,
    org uuid not null,
    person uuid not null,
    seq bigint not null,
    made_at timestamptz not null,
    expires_at timestamptz not null
);

alter table exports enable row level security;
alter table exports force row level security;
create policy system_all on exports to casewire_system using (true) with check (true);
create policy owner_all on exports to casewire_owner using (true) with check (true);
-- One's own, of a case that one can still see.
create policy own on exports for select to casewire_app using (
    person = (select me()) and exists (select 1 from cases c where c.id = exports.case_id));
create policy own_new on exports for insert to casewire_app with check (
    person = (select me()) and exists (select 1 from cases c where c.id = exports.case_id and c.org = exports.org));
create policy kept_out on exports as restrictive to casewire_app using (
    case_id <> all (array(select w.scope from grants w where w.person = (select me()) and w.role = 'walled')));
grant select, insert on exports to casewire_app;
grant select, delete on exports to casewire_system;
create index exports_expire on exports (expires_at);

-- As before, and the event that says that the words were taken back stays as it was written, byte for byte: the record
-- commits to it, and it never held them.
create or replace function blank_message(p_case uuid, p_message uuid, p_from bigint) returns void
    language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    if not exists (select 1 from messages where id = p_message and case_id = p_case and author = me()
            and retracted_at is not null) then
        raise exception 'blank_message: not retracted' using errcode = 'insufficient_privilege';
    end if;
    update events set data = (jsonb_set(jsonb_set(data::jsonb, '{message,body}', 'null'),
            '{message,attachments}', '[]'))::json
        where stream = p_case and seq >= p_from and thing = p_message and type <> 'message.retracted';
end $$;
