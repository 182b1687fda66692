-- How often somebody may ask for what: budgets that all processes share.

-- A row says when a budget is whole again; without one it is whole now. Nothing of it is written ahead: after a crash
-- all budgets are whole, and a request never waits for a disk on their account.
create unlogged table rates (
    key bytea primary key,
    until timestamptz not null
) with (fillfactor = 50);

alter table rates enable row level security, force row level security;
create policy system_all on rates to casewire_system using (true) with check (true);
create policy owner_all on rates to casewire_owner using (true) with check (true);
-- The workers sweep what is over.
grant select (until), delete on rates to casewire_system;

-- Write down what a process let through: so many calls under each key, of a budget of so many a minute. Answers for each
-- key the milliseconds until its budget has room again. Keys are hashes, of what is the caller's. The rows are taken in
-- order, so that processes that say the same at the same time wait for each other in order too. Nobody owes more than
-- five minutes, however the clocks stood.
create function spend_rates(p_keys bytea[], p_counts integer[], p_a_minute integer[])
    returns table (key bytea, wait_ms integer)
    language sql security definer set search_path = pg_catalog, public
    begin atomic
        insert into public.rates as r (key, until)
            select s.key, now() + make_interval(secs => 60.0 * s.count / s.a_minute)
                from unnest(p_keys, p_counts, p_a_minute) as s(key, count, a_minute) order by s.key
            on conflict on constraint rates_pkey do update
                set until = least(greatest(r.until, now()) + (excluded.until - now()), now() + interval '5 minutes')
            returning r.key,
                greatest(0, ceil(extract(epoch from r.until - now() - interval '1 minute') * 1000))::integer;
    end;

revoke execute on function spend_rates(bytea[], integer[], integer[]) from public;
grant execute on function spend_rates(bytea[], integer[], integer[]) to casewire_app, casewire_system;
