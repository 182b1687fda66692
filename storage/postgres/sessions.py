"""Sign-in, sessions and what slows down guessing, through the functions that the sign-in role may call."""

# `folded` is the address as the database compares it, also where nobody has it: Python folds some letters differently,
# and what is one account must be counted as one.
PERSON = """select p.id, p.password_hash, p.known, p.second, e.folded
    from (select lower($1::text) as folded) e left join signin_person($1, $2, $3) p on true"""
KNOWN = "select id, person, kind, scopes, via from signin_known($1, $2)"
OPEN = "select signin_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
STILL = "select signin_still($1, $2, $3, $4)"
TOUCH = "select signin_touch($1, $2, $3)"
STANDING = """select person, coalesce(email, '') as email, name, kind, mfa, needed, second, proved_at,
        password_hash, recovery from signin_standing($1, $2) where signin_holds($1, $3)"""
HOLDS = "select signin_holds($1, $2)"
RENEW = """select id, person, kind, label, made_at, expires_at, address, used_at, scopes, false as here
    from renew_session($1, $2, $3, $4)"""
PROVE = "select signin_prove($1, $2, $3)"
INVITATION = "select email, name from signin_invitation($1, $2)"

THROTTLE = "select signin_throttle($1, $2, $3, $4)"
FORGIVE = "select signin_forgive($1)"
KNOWS = "select signin_knows($1, $2, $3)"
REMEMBER = "select signin_remember($1, $2, $3, $4)"

CHALLENGE = "select signin_challenge($1, $2, $3, $4, $5, $6, $7, $8)"
TRY = "select person, lower(email) as email, challenge, charged from signin_try($1, $2, $3, $4, $5)"
TAKE = "select signin_take($1)"
TELL = "select signin_tell($1, $2, $3, $4, $5)"

ME = """select p.id, p.name, coalesce(p.email::text, '') as email, p.zone,
        coalesce((select json_agg(json_build_object('org', json_build_object('id', o.id, 'name', o.name, 'zone', o.zone,
            'case_types', o.case_types), 'role', g.role) order by o.name)
            from grants g join organisations o on o.id = g.scope where g.person = p.id), '[]') as seats
    from people p where p.id = $1"""
MINE = """select id, person, kind, label, made_at, expires_at, address, used_at, id = $2 as here, scopes from sessions
    where person = (select me()) and kind <> 'app' and ended_at is null and expires_at > $1
    order by coalesce(used_at, made_at) desc, id desc limit 200"""
TOKENS = """select count(*) from sessions where person = (select me()) and kind = 'token' and ended_at is null
    and expires_at > $1"""
# How the asker's own session stands, inside a transaction of theirs.
PROVED = "select kind, proved_at from sessions where id = $1"
# The Structs of ended sessions go into events, where no session is `here`.
END = "select *, false as here, '{}'::text[] as scopes from end_session($1, $2)"
END_OTHERS = "select *, false as here, '{}'::text[] as scopes from end_other_sessions($1, $2, $3, $4)"
CHANGE_PASSWORD = "select change_password($1, $2)"

ASK_RESET = "select signin_ask_reset($1, $2, $3, $4, $5, $6, $7)"
RESET = "select person, email, name from signin_reset($1, $2)"
USE_RESET = "select use_reset($1, $2, $3)"
