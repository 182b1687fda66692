"""People, their places in organisations, and invitations."""

FIND = "select id, name, signs_in from find_person($1, $2)"
INTRODUCE = "select introduce_person($1, $2, $3, $4, $5)"
SEAT = "select seat_person($1, $2, $3, $4)"
GOVERNED = "select governed($1)"
PARTICIPATIONS = "select id, case_id, role from participations($1, $2)"

# A service has no address.
ORG_CARDS = """select id, name, coalesce(email, '') as email, membership from cards($1, null)
    where $2::text is null or (lower(name), id::text) > ($2, $3) order by lower(name), id::text limit $4"""
CASE_CARDS = """select c.org, stream_head(c.id) as f_head, k.id, k.name, coalesce(k.email, '') as email, k.membership
    from cases c left join lateral cards(c.org, c.id) k on true where c.id = $1"""

# A person as an organisation's staff knows them, whatever role the asker has there.
CARD = "select id, name, coalesce(email, '') as email, membership from card_of($1, $2)"

ROLE = "select role from grants where person = (select me()) and scope = $1"

INVITE = """insert into invitations (id, token_hash, org, email, name, role, invited_by, invited_at, expires_at, person)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
_INVITATION = """select id, org, email::text as email, name, role, invited_by as by, invited_at as made_at, expires_at,
        case when withdrawn_at is not null then 'withdrawn' when answered_at is null and used_at is null then 'waiting'
            when accepted or answered_at is null then 'accepted' else 'declined' end as state, revision, person
    from invitations"""
INVITATIONS = f"""{_INVITATION} where org = $1 and ($2::uuid is null or id < $2) order by id desc limit $3"""
INVITATION = f"{_INVITATION} where org = $1 and id = $2"
ASKED = f"""{_INVITATION} where org = $1 and person = $2 and answered_at is null and withdrawn_at is null
    and expires_at > $3 limit 1"""
RENEW = "select renew_invitation($1, $2, $3, $4, $5)"
WITHDRAW = "select withdraw_invitation($1, $2, $3)"
MY_INVITATIONS = "select id, org, organisation, role, by, made_at, expires_at from my_invitations($1)"
INVITATION_FROM = "select invitation_from($1)"
ANSWER = "select answer_invitation($1, $2, $3, $4)"

# Who invites, and for whom: the asker and the organisation by name.
HOST = """select p.name, o.name as organisation from people p, organisations o
    where p.id = (select me()) and o.id = $1"""

MAIL = """insert into mails (id, message_id, recipient, subject, body, made_at, try_at)
    values ($1, $2, $3, $4, $5, $6, $6)"""

ACCEPT = "select person, waits from signin_accept($1, $2, $3, $4, $5)"
SETUP_NEEDED = "select signin_setup_needed()"
SETUP = "select signin_setup($1, $2, $3, $4, $5, $6, $7, $8, $9)"
