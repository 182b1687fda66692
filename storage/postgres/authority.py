"""What lets people in, as it stands at a moment, and how a house restored from before it is brought down to that: what
does not stand any more is taken away, what keeps people out stands again, and nothing is given but a way back by mail.

Of what lets in the moment is kept as prints, 12 bytes of SHA-256 each: enough to tell what still stands, and nobody
reads in them who may what. Of what keeps out (walls, whom they reach, rules about second factors) the ids themselves.
It is written and applied by the role that owns the tables, or by one above it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

PRINT_BYTES = 12


class Kind(NamedTuple):
    """Rows `t` of `table` that let somebody in where `stands`; `key` is the text that tells one from all others.
    `take` takes those away for which `{gone}` holds; `words` name what was taken, for whoever restores."""

    words: str
    table: str
    key: str
    stands: str
    take: str


def _row(words: str, table: str, key: str, stands: str, take: str) -> Kind:
    return Kind(words, f"{table} t", key, stands, take)


def _array(words: str, table: str, column: str, id: str, stands: str) -> Kind:
    """Each element of a list on its own: what was added to it later takes nothing from what is in it now."""
    key = f"concat_ws(' ', '{table}.{column}', {id}, u.one)"
    left = f"array(select u.one from unnest(t.{column}) with ordinality as u(one, n) where not {{gone}} order by n)"
    return Kind(
        words, f"{table} t cross join lateral unnest(t.{column}) as u(one)", key, stands,
        f"update {table} t set {column} = {left} where {stands}"
        f" and exists (select 1 from unnest(t.{column}) as u(one) where {{gone}})",
    )  # fmt: skip


_OPEN_APP = "t.ended_at is null"
_OPEN_PROVIDER = "t.removed_at is null"
# A secret that nobody has: 32 random bytes in the place of the hash of one.
_NO_SECRET = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"

# In this order: what the ones take the others need not, and passwords come after second factors (`AFTER`).
KINDS = (
    _row("participations", "participants", "concat_ws(' ', 'participant', t.case_id, t.person, t.role)",
         "t.revoked_at is null", "update participants t set revoked_at = now(), revision = revision + 1"
         " where t.revoked_at is null and {gone}"),
    _row("teams at cases", "team_cases", "concat_ws(' ', 'team at case', t.team, t.case_id, t.role)",
         "t.revoked_at is null", "update team_cases t set revoked_at = now(), revision = revision + 1"
         " where t.revoked_at is null and {gone}"),
    _row("memberships of teams", "team_members", "concat_ws(' ', 'member', t.team, t.person)", "t.left_at is null",
         "update team_members t set left_at = now() where t.left_at is null and {gone}"),
    _row("places in organisations and at cases", "grants", "concat_ws(' ', 'grant', t.person, t.scope, t.role)",
         "t.role <> 'walled'", "delete from grants t where t.role <> 'walled' and {gone}"
         " and not (t.scope = t.org and t.role = 'admin' and t.person = any ($1::uuid[]))"),
    _row("people who come in by a link", "link_holders", "concat_ws(' ', 'link', t.person, t.org)", "true",
         "delete from link_holders t where {gone}"),
    _row("services", "services", "concat_ws(' ', 'service', t.id)", "t.disabled_at is null",
         "update services t set disabled_at = now(), revision = revision + 1 where t.disabled_at is null and {gone}"),
    _row("apps", "oauth_apps", "concat_ws(' ', 'app', t.id, t.service)", _OPEN_APP,
         f"update oauth_apps t set ended_at = now(), revision = revision + 1 where {_OPEN_APP} and {{gone}}"),
    _row("secrets of apps", "oauth_apps", "concat_ws(' ', 'secret', t.id, encode(t.secret_hash, 'hex'))",
         f"{_OPEN_APP} and t.secret_hash is not null",
         f"update oauth_apps t set secret_hash = {_NO_SECRET}, revision = revision + 1"
         f" where {_OPEN_APP} and t.secret_hash is not null and {{gone}}"),
    _array("addresses of apps", "oauth_apps", "redirect_uris", "t.id", _OPEN_APP),
    _array("addresses of apps after signing out", "oauth_apps", "logout_uris", "t.id", _OPEN_APP),
    _array("scopes of apps", "oauth_apps", "scopes", "t.id", _OPEN_APP),
    _row("consents to apps", "oauth_consents", "concat_ws(' ', 'consent', t.app, t.person)", "true",
         "delete from oauth_consents t where {gone}"),
    _array("scopes that apps were allowed", "oauth_consents", "scopes", "t.app, t.person", "true"),
    _row("published keys of identity tokens", "oauth_keys", "concat_ws(' ', 'key', t.id)", "true",
         "delete from oauth_keys t where {gone}"),
    _row("keys that sign identity tokens", "oauth_keys", "concat_ws(' ', 'signs', t.id)", "t.retired_at is null",
         "update oauth_keys t set retired_at = now() where t.retired_at is null and {gone}"),
    _row("identity providers", "providers", "concat_ws(' ', 'provider', t.id, t.issuer, t.client_id)",
         _OPEN_PROVIDER, "update providers t set removed_at = now(), revision = revision + 1"
         f" where {_OPEN_PROVIDER} and {{gone}}"),
    _row("places that providers give", "providers", "concat_ws(' ', 'brings', t.id, t.brings)",
         f"{_OPEN_PROVIDER} and t.brings is not null", "update providers t set brings = null, revision = revision + 1"
         f" where {_OPEN_PROVIDER} and t.brings is not null and {{gone}}"),
    _array("domains of providers", "providers", "domains", "t.id", _OPEN_PROVIDER),
    _array("proofs by providers", "providers", "mfa_amr", "t.id", _OPEN_PROVIDER),
    _array("levels of providers", "providers", "mfa_acr", "t.id", _OPEN_PROVIDER),
    _row("identities elsewhere", "identities", "concat_ws(' ', 'identity', t.person, t.provider, t.issuer, t.subject)",
         "true", "delete from identities t where {gone}"),
    _row("places that directories give", "organisations", "concat_ws(' ', 'directory', t.id, t.scim_role)",
         "t.scim_role <> 'outside'", "update organisations t set scim_role = 'outside'"
         " where t.scim_role <> 'outside' and {gone}"),
    _row("case types shown to everybody", "publications", "concat_ws(' ', 'published', t.org, t.type)", "true",
         "delete from publications t where {gone}"),
    _row("cases shown to everybody", "public_cases",
         "concat_ws(' ', 'public', t.case_id, t.category, md5(t.fields::text))", "true",
         "delete from public_cases t where {gone}"),
    _row("second factors", "factors", "concat_ws(' ', 'factor', t.id, t.person)", "t.confirmed_at is not null",
         "delete from factors t where t.confirmed_at is null or {gone}"),
    _row("recovery codes", "recovery_codes", "concat_ws(' ', 'code', t.person, encode(t.hash, 'hex'))",
         "t.used_at is null", "update recovery_codes t set used_at = now() where t.used_at is null and {gone}"),
)  # fmt: skip


def _void(where: str) -> str:
    held = "t.password_hash is not null and t.password_hash <> $1"
    return f"update people t set password_hash = $1 where {held} and {where}"


# Not taken as they are but made useless, so that their owners set them anew by mail: $1 is the hash of no password.
AFTER = (
    _row("passwords", "people", "concat_ws(' ', 'password', t.id, t.password_hash)", "t.password_hash is not null",
         _void("{gone}")),
    # The password alone lets nobody in who proves more by now, with what this database has not, or has no longer.
    _row("passwords beside second factors of later", "people", "concat_ws(' ', 'second', t.id)",
         "exists (select 1 from factors f where f.person = t.id and f.confirmed_at is not null)",
         _void("not {gone} and not exists (select 1 from factors f where f.person = t.id"
               " and f.confirmed_at is not null)")),
    # By now its holder has shown that they read the mail of this address, and at that moment they had not come in or
    # others had: nothing of theirs is left to come in by, and that mail is the way back.
    _row("accounts that their holders took since", "people", "concat_ws(' ', 'taken', t.id, t.email)",
         "not t.vouched and t.email_proved_at is not null and t.erased_at is null",
         "update people t set vouched = false, email_proved_at = now(), password_hash = coalesce(t.password_hash, $1)"
         " where (t.vouched or not has_joined(t.id)) and t.erased_at is null and not {gone}"),
)  # fmt: skip
# An address that is another one by now may be somebody else's: no mail to it lets anybody in.
ADDRESS = _row(
    "addresses", "people", "concat_ws(' ', 'address', t.id, t.email)", "t.email is not null",
    "with other as (update people t set password_hash = null, email_proved_at = null"
    " where t.email is not null and t.erased_at is null and {gone} returning t.id),"
    " links as (delete from link_holders l using other where l.person = other.id) select count(*) from other",
)  # fmt: skip

_PRINT = f"substr(sha256(convert_to({{}}, 'UTF8')), 1, {PRINT_BYTES})"
PRINTS = " union all ".join(
    f"select {_PRINT.format(kind.key)} from {kind.table} where {kind.stands}"
    for kind in (*KINDS, *AFTER, ADDRESS)
)  # fmt: skip
MOMENT = "select (select value from epoch) as epoch, now() as at, pg_current_wal_insert_lsn()::text as lsn"

# What keeps out. A wall's title and reason are words, and stay where they are. Whom a team's wall reaches is written
# out: who came into the team later is in no team that is restored.
WALLS = """select json_build_object('id', w.id, 'org', w.org, 'cases', w.cases, 'teams', w.teams,
        'people', (select coalesce(array_agg(distinct p.one order by p.one), '{}') from (select unnest(w.people) as one
            union select m.person from team_members m where m.team = any (w.teams)
                and (m.left_at is null or m.left_at >= w.raised_at)) p),
        'raised_at', w.raised_at, 'raised_by', w.raised_by) from walls w where lifted_at is null order by w.id"""
WALLED = """select json_build_object('person', person, 'scope', scope, 'org', org, 'since', since) from grants
    where role = 'walled' order by person, scope"""
BROUGHT = "select to_json(b) from brought b order by org, person, by"
RULES = """select json_build_object('id', id, 'mfa_roles', mfa_roles, 'mfa_since', mfa_since) from organisations
    where mfa_roles <> '{}' order by id"""
DENIALS = {"wall": WALLS, "walled": WALLED, "brought": BROUGHT, "rule": RULES}

# Whoever raised it may not be there yet: then it stands in the name of an administrator, or of anybody there is.
RAISE = """insert into walls (id, org, title, reason, cases, people, teams, raised_at, raised_by)
    select w.id, w.org, $2, $3, w.cases, w.people, w.teams, w.raised_at,
        coalesce((select p.id from people p where p.id = w.raised_by), (select g.person from grants g
            where g.scope = w.org order by g.role <> 'admin', g.since limit 1), (select p.id from people p limit 1))
    from json_populate_recordset(null::walls, $1::json) w join organisations o on o.id = w.org
    where not exists (select 1 from walls k where k.id = w.id)"""
WIDEN = """update walls k set cases = k.cases || array(select unnest(w.cases) except select unnest(k.cases)),
        people = k.people || array(select unnest(w.people) except select unnest(k.people)),
        teams = k.teams || array(select unnest(w.teams) except select unnest(k.teams)),
        lifted_at = null, lifted_by = null, lift_reason = '', revision = k.revision + 1
    from json_populate_recordset(null::walls, $1::json) w where w.id = k.id
        and not (k.lifted_at is null and k.cases @> w.cases and k.people @> w.people and k.teams @> w.teams)"""
# Of whose hand somebody is there by: as it stands now, beside what stood then of others.
FORGET = """delete from brought k using json_populate_recordset(null::brought, $1::json) b
    where (k.org, k.person, k.by) = (b.org, b.person, b.by)"""
BRING = """insert into brought select b.* from json_populate_recordset(null::brought, $1::json) b
    join organisations o on o.id = b.org"""
KEEP_OUT = """insert into grants (person, scope, role, org, since)
    select g.person, g.scope, 'walled', g.org, g.since from json_populate_recordset(null::grants, $1::json) g
        join people p on p.id = g.person join organisations o on o.id = g.org
    on conflict (person, scope, role) do update set since = least(grants.since, excluded.since)"""
DEMAND = """update organisations o set mfa_roles = o.mfa_roles || array(select unnest(r.mfa_roles)
            except select unnest(o.mfa_roles)), mfa_since = greatest(o.mfa_since, r.mfa_since)
    from json_populate_recordset(null::organisations, $1::json) r
    where r.id = o.id and not o.mfa_roles @> r.mfa_roles"""
# Grants at cases follow their causes once more: what has none goes; whom others' hands put behind a wall stays there.
SETTLE = "select count(*) from organisations o cross join lateral settled(o.id, null, null, now())"
RAISE_ACCESS = ("update organisations set access = access + 1", "update cases set access = access + 1")
KEPT_OUT_NOW = "select count(*) from grants where role = 'walled'"

NOBODY_ADMINISTERS = """select o.id, o.name from organisations o where exists (select 1 from grants g
        where g.scope = o.id) and not exists (select 1 from grants g join people p on p.id = g.person
            where g.scope = o.id and g.role = 'admin' and p.kind = 'person' and p.erased_at is null) order by o.name"""
NAMED = "select id from people where email = any ($1::citext[]) and kind = 'person' and erased_at is null"


async def moment(on: Any) -> tuple[dict[str, Any], dict[str, list[Any]], list[bytes]]:
    """What stands, as the caller's transaction sees it (repeatable read, so that it is one moment): when that is
    (`epoch`, `at`, `lsn`), what keeps out by kind, and the prints of what lets in, sorted. The `lsn` is no
    earlier than that."""
    prints = sorted({bytes(row[0]) for row in await on.fetch(PRINTS)})
    denials = {
        kind: [json.loads(row[0]) for row in await on.fetch(statement)] for kind, statement in DENIALS.items()
    }
    return dict(await on.fetchrow(MOMENT)), denials, prints


async def bring_down(
    on: Any,
    denials: Mapping[str, Sequence[Any]],
    prints: Sequence[bytes],
    nobody: str,
    administrators: Sequence[Any],
    words: tuple[str, str],
) -> dict[str, int]:
    """Take away what is not among `prints` and keep out whom `denials` keep out; how many of each kind. In the caller's
    transaction. `nobody` is the hash of no password, `administrators` keep that place, and `words` are the title and
    the reason of walls that stand again."""
    done: dict[str, int] = {}

    async def do(what: str, statement: str, *args: Any) -> None:
        tag = await on.execute(statement, *args)
        if n := int(tag.rpartition(" ")[2]):
            done[what] = done.get(what, 0) + n

    given = {kind: json.dumps(denials.get(kind, [])) for kind in DENIALS}
    before = await on.fetchval(KEPT_OUT_NOW)
    await do("walls raised again", RAISE, given["wall"], *words)
    await do("walls widened again", WIDEN, given["wall"])
    for statement in (FORGET, BRING):
        await on.execute(statement, given["brought"])
    await on.execute(KEEP_OUT, given["walled"])
    await do("rules about second factors", DEMAND, given["rule"])

    await on.execute("create temporary table standing (print bytea primary key)")
    await on.execute("insert into standing select unnest($1::bytea[]) on conflict do nothing", list(prints))
    await on.execute("analyze standing")
    for kind in KINDS:
        args = [list(administrators)] if "$1" in kind.take else []
        await do(kind.words, _taking(kind), *args)
    await on.execute(SETTLE)
    if (n := await on.fetchval(_taking(ADDRESS))) > 0:
        done[ADDRESS.words] = n
    for kind in AFTER:
        await do(kind.words, _taking(kind), nobody)
    await on.execute("drop table standing")
    if (n := await on.fetchval(KEPT_OUT_NOW) - before) > 0:
        done["people kept out of cases again"] = n
    if done:
        for statement in RAISE_ACCESS:
            await on.execute(statement)
    return done


def _taking(kind: Kind) -> str:
    known = f"exists (select 1 from standing s where s.print = {_PRINT.format(kind.key)})"
    return kind.take.replace("{gone}", f"(not {known})")
