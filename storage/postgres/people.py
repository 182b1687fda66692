"""People, their places in organisations, and invitations."""

FIND = "select id, name, signs_in from find_person($1, $2)"
INTRODUCE = "select introduce_person($1, $2, $3, $4, $5)"
SEAT = "select seat_person($1, $2, $3, $4)"
GOVERNED = "select governed($1)"
PARTICIPATIONS = "select id, case_id, role from participations($1, $2)"

ORG_CARDS = """select id, name, email, membership from cards($1, null)
    where $2::text is null or (lower(name), id::text) > ($2, $3) order by lower(name), id::text limit $4"""
CASE_CARDS = """select c.org, stream_head(c.id) as f_head, k.id, k.name, k.email, k.membership
    from cases c left join lateral cards(c.org, c.id) k on true where c.id = $1"""

# A person as an organisation's staff knows them, whatever role the asker has there.
CARD = "select id, name, email, membership from card_of($1, $2)"

ROLE = "select role from grants where person = (select me()) and scope = $1"
RAISE = "select raise_access($1, null)"

INVITE = """insert into invitations (id, token_hash, org, email, name, role, invited_by, invited_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""

# Who invites, and for whom: the asker and the organisation by name.
HOST = """select p.name, o.name as organisation from people p, organisations o
    where p.id = (select me()) and o.id = $1"""

MAIL = """insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
    values ($1, $2, $3, $4, $5, $6, $6)"""

ACCEPT = "select signin_accept($1, $2, $3, $4, $5)"
SETUP_NEEDED = "select signin_setup_needed()"
SETUP = "select signin_setup($1, $2, $3, $4, $5, $6, $7, $8, $9)"
