"""Second factors, through the functions that the sign-in role may call; and the rule of an organisation."""

_COLUMNS = """id, person, kind, label, made_at, confirmed_at, used_at, sealed, last_step, credential, public_key,
    sign_count, transports"""
OF_PERSON = f"select {_COLUMNS} from signin_factors($1)"
CREDENTIAL = f"select {_COLUMNS} from signin_credential($1)"
ADD = "select signin_add_factor($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
CONFIRM = "select signin_confirm_factor($1, $2, $3, $4)"
REMOVE = "select signin_remove_factor($1, $2, $3)"
SET_RECOVERY = "select signin_set_recovery($1, $2, $3, $4)"
USE_RECOVERY = "select signin_use_recovery($1, $2, $3)"
USE_STEP = "select signin_use_step($1, $2, $3)"
USE_PASSKEY = "select signin_use_passkey($1, $2, $3, $4)"

RULE = "select mfa_roles from organisations where id = $1"
SET_RULE = "select set_mfa_rule($1, $2)"
# Sessions of an organisation's people in these places that have proved no second factor; as the system role.
UNPROVED = """select s.id, s.person from sessions s join grants g on g.person = s.person
    where g.scope = $1 and g.org = $1 and g.role = any ($2) and not s.mfa and s.ended_at is null and s.expires_at > $3
    order by s.person, s.id limit $4"""
# Those of everybody that are older than the rule, or than the place that it is about: a younger one is there to set up
# a factor in it.
OVERTAKEN = """select s.person, max(greatest(o.mfa_since, g.since)) as since from sessions s
    join grants g on g.person = s.person and g.scope = g.org
    join organisations o on o.id = g.org and g.role = any (o.mfa_roles)
    where not s.mfa and s.ended_at is null and s.expires_at > $1 and s.made_at < greatest(o.mfa_since, g.since)
    group by s.person order by s.person limit $2"""
END_UNPROVED = """update sessions set ended_at = $2 where person = $1 and not mfa and ended_at is null
    and ($3::timestamptz is null or made_at < $3)
    returning id, person, kind, label, made_at, expires_at, address, used_at, false as here, scopes"""
