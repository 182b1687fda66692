"""What the person at the machine asks and makes, as the system role: no session, and no wall, stands before them."""

ORGANISATIONS = "select id, name, case_types from organisations order by name, id"

# Who is staff of an organisation, administrators first.
STAFF_OF = """select p.id, p.email::text as email, g.role from people p join grants g on g.person = p.id
    where g.scope = $1 and g.role in ('admin', 'desk') and ($2::text is null or p.email = $2::citext)
    order by g.role, g.since, p.id limit 1"""

# The demo's organisations and people. A person who is there already stays as they are.
MAKE_ORGANISATION = """insert into organisations (id, name, zone, case_types, made_at) values ($1, $2, $3, $4, $5)
    on conflict (id) do nothing"""
MADE_AT = "select made_at from organisations where id = $1"
PERSON = "select id from people where email = $1"
MAKE_PERSON = """insert into people (id, email, name, zone, password_hash, made_at) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing"""
MAKE_ADMINISTRATOR = """insert into grants (person, scope, role, org, since)
    select $1, $2, 'admin', $2, $3 where not exists (select from grants where scope = $2)"""
# Nobody asks who is seated so whether they want to: people of a demo or a bench, of whom nobody else knows.
SEAT = """insert into grants (person, scope, role, org, since) values ($1, $2, $3, $2, $4) on conflict do nothing"""
EVENTS_OF = "select count(*) from events where org = any($1::uuid[])"
