"""Apps, what people allowed them, and the keys that sign. The token endpoint's are the sign-in role's functions."""

_APP = """id, org, name, kind, redirect_uris, logout_uris, scopes, id_token_alg, service, secret_made_at, added_at,
    added_by, ended_at, revision"""

# Administrators of an organisation.
APPS = f"""select {_APP} from oauth_apps where org = $1 and ended_at is null and ($2::uuid is null or id > $2)
    order by id limit $3"""
APP = f"select {_APP} from oauth_apps where id = $1 and org = $2"
APPS_OF = "select count(*) from oauth_apps where org = $1 and ended_at is null"
IS_SERVICE = "select exists (select 1 from services where id = $1 and org = $2 and disabled_at is null)"
REGISTER = """insert into oauth_apps (id, org, name, kind, redirect_uris, logout_uris, scopes, id_token_alg, service,
        secret_hash, secret_made_at, added_at, added_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
CHANGE = """update oauth_apps set name = $2, redirect_uris = $3, logout_uris = $4, scopes = $5, id_token_alg = $6,
    revision = revision + 1 where id = $1"""
SET_SECRET = (
    "update oauth_apps set secret_hash = $2, secret_made_at = $3, revision = revision + 1 where id = $1"
)
END_APP = "update oauth_apps set ended_at = $2, revision = revision + 1 where id = $1"

# What somebody does about apps.
ASKING = "select id, org, organisation, name, kind from oauth_asking($1)"
PROOF = "select kind, mfa, proved_at, made_at from oauth_proof($1)"
CONSENT = "select scopes from oauth_consents where app = $1 and person = (select me())"
ALLOW = """insert into oauth_consents as c (app, person, scopes, since, changed_at) values ($1, $2, $3, $4, $4)
    on conflict (app, person) do update set changed_at = $4,
        scopes = array(select distinct s from unnest(c.scopes || excluded.scopes) as s order by s)"""
ASK = """insert into oauth_requests (id, person, session, app, redirect_uri, scopes, state, nonce, challenge,
        proved_since, made_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
FORGET_ASKED = """delete from oauth_requests where person = (select me()) and id in (select id from oauth_requests
    where person = (select me()) order by made_at desc offset $1)"""
ASKED = """select r.id, r.app, r.redirect_uri, r.scopes, r.state, r.nonce, r.challenge, r.proved_since, a.name, a.kind,
        p.name as person, p.email::text as email
    from oauth_requests r join oauth_apps a on a.id = r.app join people p on p.id = r.person
    where r.id = $1 and r.session = $2 and r.expires_at > $3"""
TAKE_ASKED = "delete from oauth_requests where id = $1 and session = $2"
CODE = """insert into oauth_codes (hash, app, person, session, redirect_uri, scopes, nonce, challenge, auth_time, mfa,
        made_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""
CONNECTIONS = """select a.id as app, a.name, o.organisation, a.kind, c.scopes, c.since, f.used_at,
        coalesce(f.address, '') as address, coalesce(f.sign_ins, 0)::integer as sign_ins
    from oauth_consents c join oauth_apps a on a.id = c.app join lateral oauth_asking(a.id) o on true
    left join lateral (select max(used_at) as used_at, count(*) as sign_ins,
            (array_agg(address order by used_at desc))[1] as address
        from (select used_at, address from oauth_families where app = a.id and person = (select me())
            and ended_at is null and expires_at > $1 order by used_at desc limit 100) as one) f on true
    where c.person = (select me()) order by c.since desc, a.id limit 200"""
DISCONNECT = "select *, false as here, '{}'::text[] as scopes from oauth_disconnect($1, $2)"
ASKED_BY_DEVICE = """select d.app, d.scopes, d.address, d.made_at as at, o.name, o.organisation, p.name as person,
        p.email::text as email
    from oauth_device($1, $2) d join lateral oauth_asking(d.app) o on true join people p on p.id = (select me())"""
DECIDE_DEVICE = "select oauth_decide_device($1, $2, $3, $4)"

# The token endpoint.
CLIENT = """select id, org, name, kind, redirect_uris, logout_uris, scopes, id_token_alg, service, secret_hash
    from signin_oauth_app($1)"""
OF_CODE = """select app, person, redirect_uri, scopes, nonce, challenge, family, used, expires_at
    from signin_oauth_code($1)"""
OF_REFRESH = "select app, person, family, scopes, used, over from signin_oauth_refresh($1)"
OF_DEVICE = "select app, scopes, allowed, decided, used, expires_at from signin_oauth_device($1)"
REDEEM = """select person, scopes, nonce, auth_time, mfa
    from signin_oauth_redeem($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
REDEEM_DEVICE = """select person, scopes, nonce, auth_time, mfa
    from signin_oauth_redeem_device($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
ROTATE = "select person, auth_time, mfa from signin_oauth_rotate($1, $2, $3, $4, $5, $6, $7, $8, $9)"
SERVE = "select signin_oauth_service($1, $2, $3, $4, $5, $6, $7, $8)"
BEGIN_DEVICE = "select signin_oauth_begin_device($1, $2, $3, $4, $5, $6, $7, $8)"
POLL = "select signin_oauth_poll($1, $2)"
TOKEN = (
    "select family, person, refresh, scopes, made_at, expires_at, active from signin_oauth_token($1, $2, $3)"
)
CLAIMS = "select person, name, zone, email, verified, scopes from signin_oauth_claims($1, $2)"
KEYS = "select id, alg, public, sealed, made_at, retired_at from signin_oauth_keys()"
KEEP_KEY = "select signin_oauth_keep_key($1, $2, $3, $4, $5, $6, $7)"

# Ending what an app was given, as the system role: whoever asks for it holds no session.
LIVE_OF_APP = """select distinct person from oauth_families where app = $1 and ended_at is null and expires_at > $2
    limit $3"""
END_FAMILIES = """update oauth_families set ended_at = $4 where person = $1 and ended_at is null
    and ($2::uuid is null or id = $2) and ($3::uuid is null or app = $3)"""
END_SESSIONS = """update sessions s set ended_at = $2 from oauth_families f where s.person = $1 and s.family = f.id
        and f.ended_at is not null and s.ended_at is null
    returning s.id, s.person, s.kind, s.label, s.made_at, s.expires_at, s.address, s.used_at, s.scopes, false as here"""
