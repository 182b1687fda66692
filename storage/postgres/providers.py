"""Outside identity providers: an organisation's own, and signing in through them by functions of the sign-in role."""

_COLUMNS = "id, org, name, issuer, client_id, domains, brings, mfa_amr, mfa_acr, made_at, revision"
OF_ORG = f"select {_COLUMNS} from providers where org = $1 and removed_at is null order by lower(name), id"
ONE = f"select {_COLUMNS} from providers where org = $1 and id = $2 and removed_at is null"
INSERT = """insert into providers (id, org, name, issuer, client_id, sealed, domains, brings, mfa_amr, mfa_acr, made_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
UPDATE = """update providers set name = $3, domains = $4, brings = $5, mfa_amr = $6, mfa_acr = $7,
        revision = revision + 1
    where org = $1 and id = $2 and revision = $8 and removed_at is null"""
SET_SECRET = "update providers set sealed = $3 where org = $1 and id = $2"
REMOVE = """update providers set removed_at = $3, revision = revision + 1
    where org = $1 and id = $2 and removed_at is null"""

WAYS = "select id, name from signin_providers()"
PROVIDER = """select id, org, name, issuer, client_id, sealed, domains, brings, mfa_amr, mfa_acr
    from signin_provider($1)"""
DEPART = "select signin_depart($1, $2, $3, $4, $5, $6)"
RETURN = "select session from signin_return($1, $2, $3, $4)"
IDENTITY = "select person, second, elsewhere from signin_identity($1, $2, $3, $4, $5)"
# Whether the asker has a place in this office and in no other.
THEIRS_ALONE = """select coalesce(bool_and(org = $1), false) from grants
    where person = (select me()) and scope = org"""
ARRIVE = "select person, brought from signin_arrive($1, $2, $3, $4, $5, $6, $7, $8)"
LINK = "select signin_link_identity($1, $2, $3, $4, $5, $6, $7, $8, $9)"
UNLINK = "select signin_unlink_identity($1, $2, $3)"
MINE = "select id, provider, issuer, email, made_at, used_at from identities where person = (select me()) order by id"
