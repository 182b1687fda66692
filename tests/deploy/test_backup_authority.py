"""What was taken away since a moment is taken away again from a database that was restored to it, and nothing is given.

A restore is the way back to a savepoint: what stood before it is the moment that comes back, what was read after it is
what lies beside the backups.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.backup import authority as kept
from deploy.backup.authority import Head, Standing
from deploy.backup.shelf import Shelf
from deploy.embedded.child import StackError
from schemas.access import ADMIN, DESK
from schemas.ids import new_id
from storage.postgres import authority
from tests.contract.test_wall import free
from tests.rows import More, Rows

__all__ = ["free"]  # fixture

NOBODY, WORDS = "$argon2id$of-nobody", ("Raised again", "It stood.")
KEYS = {"secret": "s" * 40, "root_key": "r" * 44}


class Place:
    """An organisation with everything in it that lets somebody in."""

    def __init__(self, on: Any, rows: More) -> None:
        self.on, self.rows = on, rows
        self.org, self.case = new_id(), new_id()
        self.admin, self.desk, self.client = new_id(), new_id(), new_id()
        self.ids: dict[str, UUID] = {}

    @classmethod
    async def made(cls, on: Any, rows: Rows | None = None) -> "Place":
        rows = rows or await More.on(on)
        assert isinstance(rows, More)
        self = cls(on, rows)
        put = self.rows.put
        await put("organisations", id=self.org, scim_role="desk")
        for person, role in ((self.admin, ADMIN), (self.desk, DESK), (self.client, "outside")):
            await put(
                "people", id=person, email=f"{person.hex}@mail.test", password_hash=f"hash of {person}",
                email_proved_at=datetime.now(UTC),
            )  # fmt: skip
            await put("grants", person=person, scope=self.org, org=self.org, role=role)
        self.rows.shared |= {"people": self.admin, "organisations": self.org}
        here = {"case_id": self.case, "org": self.org, "audience": [ADMIN, DESK, "staff", "client"]}
        await put("cases", id=self.case, org=self.org, audience=here["audience"], is_open=True)
        for person, role in ((self.desk, "staff"), (self.client, "client")):
            await put("participants", **here, person=person, role=role)
            await put("grants", person=person, scope=self.case, org=self.org, role=role)
        team = (await put("teams", org=self.org))["id"]
        await put("team_members", team=team, person=self.admin, org=self.org)
        await put("team_cases", **here, team=team, role="observer")
        await put("grants", person=self.admin, scope=self.case, org=self.org, role="observer")
        robot = new_id()
        await put("people", id=robot, email=None, kind="service")
        await put("services", id=robot, org=self.org)
        app = await put(
            "oauth_apps", org=self.org, kind="web", secret_hash=b"s", redirect_uris=["https://a", "https://b"],
            logout_uris=["https://c"], scopes=["read", "write"],
        )  # fmt: skip
        await put("oauth_consents", app=app["id"], person=self.desk, scopes=["read", "write"])
        signing = await put("oauth_keys")
        provider = await put(
            "providers",
            org=self.org,
            domains=["a.test", "b.test"],
            mfa_amr=["otp"],
            mfa_acr=["high"],
            brings="desk",
        )
        await put("identities", person=self.desk, provider=provider["id"])
        await put("link_holders", person=self.client, org=self.org)
        factor = await put("factors", person=self.desk, confirmed_at=datetime.now(UTC))
        await put("recovery_codes", person=self.desk)
        await put("publications", org=self.org, type="permit")
        await put("public_cases", case_id=self.case, org=self.org, fields="[]")
        self.ids = {"team": team, "robot": robot, "app": app["id"], "signing": signing["id"]}
        self.ids |= {"provider": provider["id"], "factor": factor["id"]}
        return self

    async def wall(self, person: UUID) -> UUID:
        made = await self.rows.put(
            "walls",
            org=self.org,
            cases=[self.case],
            people=[person],
            teams=[],
            title="Canary",
            reason="Canary",
        )
        await self.on.execute(authority.SETTLE)
        return made["id"]

    async def standing(self, what: str) -> int:
        return await self.on.fetchval(what, *([self.org] if "$1" in what else []))


async def down(on: Any, at: tuple[Any, Any, Any], *administrators: UUID) -> dict[str, int]:
    return await authority.bring_down(on, at[1], at[2], NOBODY, administrators, WORDS)


async def test_what_did_not_change_stays_as_it_is(free: Any) -> None:
    place = await Place.made(free)
    await place.wall(place.client)
    now = await authority.moment(free)
    assert await down(free, now) == {}
    assert (await authority.moment(free))[1:] == now[1:]


async def test_every_kind_of_row_that_lets_in_is_made_here(free: Any) -> None:
    """So that the tables below say something of each."""
    await Place.made(free)
    for kind in (*authority.KINDS, *authority.AFTER, authority.ADDRESS):
        assert await free.fetchval(f"select count(*) from {kind.table} where {kind.stands}"), kind.words


OF_DESK = "select person from grants where scope = $1 and role = 'desk'"
# What was done after the moment, what is said of it, and how many of it there are then: as many as if it had been done.
TAKEN: dict[str, tuple[str, str]] = {
    "participations": (
        "update participants set revoked_at = now() where role = 'client' and org = $1",
        "select count(*) from participants where revoked_at is null and org = $1",
    ),
    "teams at cases": (
        "update team_cases set revoked_at = now() where org = $1",
        "select count(*) from grants where role = 'observer' and org = $1",
    ),
    "memberships of teams": (
        "update team_members set left_at = now() where org = $1",
        "select count(*) from grants where role = 'observer' and org = $1",
    ),
    "places in organisations and at cases": (
        "delete from grants where scope = $1 and role = 'desk'",
        "select count(*) from grants where scope = $1 and role = 'desk'",
    ),
    "people who come in by a link": (
        "delete from link_holders where org = $1",
        "select count(*) from link_holders where org = $1",
    ),
    "services": (
        "update services set disabled_at = now() where org = $1",
        "select count(*) from services where disabled_at is null and org = $1",
    ),
    "apps": (
        "update oauth_apps set ended_at = now() where org = $1",
        "select count(*) from oauth_apps where ended_at is null and org = $1",
    ),
    "secrets of apps": (
        "update oauth_apps set secret_hash = 'other' where org = $1",
        "select count(*) from oauth_apps where secret_hash = 's' and org = $1",
    ),
    "addresses of apps": (
        "update oauth_apps set redirect_uris = '{https://b,https://new}' where org = $1",
        "select count(*) from oauth_apps where 'https://a' = any (redirect_uris) and org = $1",
    ),
    "addresses of apps after signing out": (
        "update oauth_apps set logout_uris = '{}' where org = $1",
        "select count(*) from oauth_apps where logout_uris <> '{}' and org = $1",
    ),
    "scopes of apps": (
        "update oauth_apps set scopes = '{read}' where org = $1",
        "select count(*) from oauth_apps where 'write' = any (scopes) and org = $1",
    ),
    "consents to apps": (
        "delete from oauth_consents where app in (select id from oauth_apps where org = $1)",
        "select count(*) from oauth_consents",
    ),
    "scopes that apps were allowed": (
        "update oauth_consents set scopes = '{read}' where app in (select id from oauth_apps where org = $1)",
        "select count(*) from oauth_consents where 'write' = any (scopes)",
    ),
    "published keys of identity tokens": (
        "delete from oauth_keys where $1::uuid is not null",
        "select count(*) from oauth_keys",
    ),
    "keys that sign identity tokens": (
        "update oauth_keys set retired_at = now() where $1::uuid is not null",
        "select count(*) from oauth_keys where retired_at is null",
    ),
    "identity providers": (
        "update providers set removed_at = now() where org = $1",
        "select count(*) from providers where removed_at is null and org = $1",
    ),
    "places that providers give": (
        "update providers set brings = 'outside' where org = $1",
        "select count(*) from providers where brings = 'desk' and org = $1",
    ),
    "domains of providers": (
        "update providers set domains = '{b.test}' where org = $1",
        "select count(*) from providers where 'a.test' = any (domains) and org = $1",
    ),
    "proofs by providers": (
        "update providers set mfa_amr = '{}' where org = $1",
        "select count(*) from providers where mfa_amr <> '{}' and org = $1",
    ),
    "levels of providers": (
        "update providers set mfa_acr = '{}' where org = $1",
        "select count(*) from providers where mfa_acr <> '{}' and org = $1",
    ),
    "identities elsewhere": (
        "delete from identities where provider in (select id from providers where org = $1)",
        "select count(*) from identities",
    ),
    "places that directories give": (
        "update organisations set scim_role = 'outside' where id = $1",
        "select count(*) from organisations where scim_role = 'desk' and id = $1",
    ),
    "case types shown to everybody": (
        "delete from publications where org = $1",
        "select count(*) from publications where org = $1",
    ),
    "cases shown to everybody": (
        'update public_cases set fields = \'{"name": "hidden"}\' where org = $1',
        "select count(*) from public_cases where org = $1 and fields = '[]'",
    ),
    "second factors": (
        "delete from factors where person in (select person from grants where org = $1)",
        "select count(*) from factors",
    ),
    "recovery codes": (
        "update recovery_codes set used_at = now() where person in (select person from grants where org = $1)",
        "select count(*) from recovery_codes where used_at is null",
    ),
    "passwords": (
        f"update people set password_hash = 'new' where id in ({OF_DESK})",
        f"select count(*) from people where id in ({OF_DESK}) and password_hash like 'hash of%'",
    ),
    "addresses": (
        f"update people set email = 'new@mail.test' where id in ({OF_DESK})",
        f"select count(*) from people where id in ({OF_DESK}) and email not like 'new@%' and password_hash > ''",
    ),
}


@pytest.mark.parametrize("what", TAKEN)
async def test_what_was_taken_away_since_goes_again(free: Any, what: str) -> None:
    place = await Place.made(free)
    taken, standing = TAKEN[what]
    before = await place.standing(standing)
    savepoint = free.transaction()
    await savepoint.start()
    await free.execute(taken, place.org)
    await free.execute(authority.SETTLE)
    after, now = await place.standing(standing), await authority.moment(free)
    await savepoint.rollback()
    assert before > after and await place.standing(standing) == before

    done = await down(free, now)
    assert done[what] == 1, done
    assert await place.standing(standing) == after
    # Nothing that lets in stands now which did not then, but for what was made useless.
    left = set((await authority.moment(free))[2]) - set(now[2])
    useless = {"secrets of apps", "passwords", "addresses", "cases shown to everybody"}
    assert bool(left) <= (what in useless), what
    assert await down(free, now) in ({}, {what: 1}) and (await down(free, now) == {} or what in useless)


def test_every_kind_is_told_apart() -> None:
    words = {kind.words for kind in (*authority.KINDS, *authority.AFTER, authority.ADDRESS)}
    assert words - set(TAKEN) == {
        "passwords beside second factors of later", "accounts that their holders took since"
    }  # fmt: skip


async def test_what_was_given_since_is_not_given(free: Any) -> None:
    place = await Place.made(free)
    before = await authority.moment(free)
    savepoint = free.transaction()
    await savepoint.start()
    other = await Place.made(free, place.rows)
    await free.execute("update organisations set scim_role = 'desk' where id = $1", other.org)
    await place.rows.put("grants", person=other.admin, scope=place.org, org=place.org, role=ADMIN)
    await free.execute("update oauth_apps set redirect_uris = redirect_uris || '{https://evil}'::text[]")
    now = await authority.moment(free)
    await savepoint.rollback()
    assert await down(free, now) == {} and (await authority.moment(free))[1:] == before[1:]


async def test_walls_stand_again_and_reach_whom_they_reached(free: Any) -> None:
    """Also who came to a team later, and who is there by the hand of somebody behind the wall."""
    place = await Place.made(free)
    other = new_id()
    await place.rows.put("people", id=other, email=f"{other.hex}@mail.test")
    await place.rows.put("grants", person=other, scope=place.org, org=place.org, role=DESK)
    standing = await place.wall(place.client)
    savepoint = free.transaction()
    await savepoint.start()
    team = place.ids["team"]
    await place.rows.put("team_members", team=team, person=place.desk, org=place.org)
    raised = await place.rows.put(
        "walls", org=place.org, cases=[place.case], people=[], teams=[team], title="Canary", reason="Canary",
        raised_by=place.admin,
    )  # fmt: skip
    await free.execute("update walls set people = people || $2 where id = $1", standing, [place.admin])
    await free.execute(authority.SETTLE)
    await free.execute(
        "insert into brought (org, person, by, at) values ($1, $2, $3, now() + interval '1 hour')",
        place.org, other, place.desk,
    )  # fmt: skip
    await free.execute(authority.SETTLE)
    kept_out = "select person from grants where scope = $1 and role = 'walled' order by person"
    then = await free.fetch(kept_out, place.case)
    now = await authority.moment(free)
    await savepoint.rollback()
    assert {row[0] for row in then} == {place.admin, place.desk, place.client, other, place.ids["robot"]}

    done = await down(free, now)
    assert done == {"walls raised again": 1, "walls widened again": 1, "people kept out of cases again": 4}
    assert await free.fetch(kept_out, place.case) == then
    again = await free.fetchrow("select * from walls where id = $1", raised["id"])
    assert (again["title"], again["lifted_at"]) == ("Raised again", None)
    await free.execute(authority.SETTLE)  # as the next change in the organisation does it
    assert await free.fetch(kept_out, place.case) == then
    assert "Canary" not in str(now)


async def test_a_wall_stands_also_where_nobody_is_left_who_raised_it(free: Any) -> None:
    place = await Place.made(free)
    savepoint = free.transaction()
    await savepoint.start()
    later = new_id()
    await place.rows.put("people", id=later, email=f"{later.hex}@mail.test")
    await place.rows.put(
        "walls", org=place.org, cases=[place.case], people=[place.desk], teams=[], raised_by=later
    )
    await free.execute(authority.SETTLE)
    now = await authority.moment(free)
    await savepoint.rollback()
    assert (await down(free, now))["people kept out of cases again"] == 1
    assert await free.fetchval("select raised_by from walls where org = $1", place.org) == place.admin


async def test_a_wall_that_was_lifted_since_stands_and_a_stricter_rule_too(free: Any) -> None:
    place = await Place.made(free)
    wall = await place.wall(place.client)
    savepoint = free.transaction()
    await savepoint.start()
    await free.execute("update walls set lifted_at = now() where id = $1", wall)
    await free.execute(
        "update organisations set mfa_roles = '{admin}', mfa_since = now() where id = $1", place.org
    )
    now = await authority.moment(free)
    await savepoint.rollback()
    assert await down(free, now) == {"rules about second factors": 1}
    assert await free.fetchval("select lifted_at from walls where id = $1", wall) is None
    assert await free.fetchval("select mfa_roles from organisations where id = $1", place.org) == [ADMIN]


async def test_a_password_alone_lets_nobody_in_who_proves_more_by_now(free: Any) -> None:
    """A factor of later, whether the first or in the place of another one, is not in the restored house."""
    place = await Place.made(free)
    savepoint = free.transaction()
    await savepoint.start()
    await free.execute("delete from factors where person = $1", place.desk)
    for person in (place.desk, place.client):
        await place.rows.put("factors", person=person, confirmed_at=datetime.now(UTC))
    now = await authority.moment(free)
    await savepoint.rollback()
    assert await down(free, now) == {"second factors": 1, "passwords beside second factors of later": 2}
    hashes = "select password_hash from people where id = any ($1) order by password_hash"
    found = [row[0] for row in await free.fetch(hashes, [place.admin, place.desk, place.client])]
    assert found == sorted([NOBODY, NOBODY, f"hash of {place.admin}"])


@pytest.mark.parametrize("then", ["vouched", "vouched, with a password", "invited"])
async def test_who_took_their_account_since_gets_it_back_by_mail(free: Any, then: str) -> None:
    """A provider's word had opened it, or nobody yet; what others held of it opens nothing, as it does by now."""
    place = await Place.made(free)
    for person in (place.desk, place.client):
        await free.execute(
            "update people set vouched = $2, email_proved_at = null, password_hash = $3 where id = $1",
            person, then != "invited", "of others" if "password" in then else None,
        )  # fmt: skip
        await free.execute("delete from factors where person = $1", person)
    if then == "invited":
        await free.execute("delete from identities where person = $1", place.desk)
    savepoint = free.transaction()
    await savepoint.start()
    await free.execute("delete from identities where person = $1", place.desk)
    await free.execute(
        "update people set vouched = false, email_proved_at = now(), password_hash = 'theirs' where id = $1", place.desk
    )
    now = await authority.moment(free)
    await savepoint.rollback()
    mailed = "select array_agg(id) from people where id = any ($1) and may_reset(id)"
    both = [place.desk, place.client]
    assert await free.fetchval(mailed, both) is None
    assert (await down(free, now))["accounts that their holders took since"] == 1
    assert await free.fetchval(mailed, both) == [place.desk]
    found = await free.fetchrow("select vouched, password_hash from people where id = $1", place.desk)
    assert tuple(found) == (False, NOBODY)
    assert not await free.fetchval("select count(*) from identities where person = $1", place.desk)


async def test_an_office_without_an_administrator_is_named_and_one_may_be_kept(free: Any) -> None:
    place = await Place.made(free)
    name = await free.fetchval("select name from organisations where id = $1", place.org)
    savepoint = free.transaction()
    await savepoint.start()
    await free.execute("delete from grants where scope = $1 and role = 'admin'", place.org)
    now = await authority.moment(free)
    await savepoint.rollback()
    savepoint = free.transaction()
    await savepoint.start()
    await down(free, now, place.desk)  # who was none does not become one
    assert name in await kept.nobody_administers(free)
    await savepoint.rollback()
    await down(free, now, place.admin)
    assert name not in await kept.nobody_administers(free)


# -- the file ----------------------------------------------------------------------------------------------


def test_the_moment_is_told_by_the_log_of_one_history_and_else_by_the_clock() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    standing = Standing(Head(epoch="a", at=at, lsn="1/F0", denials={}), [])
    assert standing.later_than("a", "1/EF", at) and standing.later_than("a", "0/FFFFFFFF", at)
    assert not standing.later_than("a", "1/F0", at.replace(hour=1))
    assert not standing.later_than("a", "2/0", at)
    assert standing.later_than("b", "F/0", at.replace(hour=8)) and not standing.later_than("b", "0/0", at)


async def test_it_is_written_when_it_changed_by_who_has_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class On:
        def transaction(self, **how: Any) -> "On":
            return self

        async def __aenter__(self) -> None: ...

        async def __aexit__(self, *of: object) -> None: ...

    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    stands: list[bytes] = []

    async def moment(on: Any) -> Any:
        nonlocal at
        at = at.replace(second=at.second + 1)
        return {"epoch": "e", "at": at, "lsn": "0/1"}, {"wall": []}, list(stands)

    monkeypatch.setattr(authority, "moment", moment)
    shelf, on = Shelf(tmp_path), On()
    assert kept.read(shelf, [KEYS]) is None
    stands[:] = [b"1" * 12]
    await kept.keep(on, shelf, KEYS)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    await kept.keep(on, shelf, KEYS)
    assert file.read_bytes() == whole
    stands[:] = [b"1" * 12, b"2" * 12]
    await kept.keep(on, shelf, KEYS)
    found = kept.read(shelf, [KEYS])
    assert found is not None and found.prints == stands and found.head.at.second == 3
    # With other keys the house goes on in another file; whoever has both reads the newer one.
    other = KEYS | {"root_key": "n" * 44}
    stands[:] = []
    await kept.keep(on, shelf, other)
    found = kept.read(shelf, [KEYS, other])
    assert found is not None and found.prints == [] and len(list(tmp_path.iterdir())) == 2
    with pytest.raises(StackError, match="was not written with these keys, or is damaged"):
        kept.read(shelf, [KEYS])
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(StackError, match=f"{file.name} was not written with these keys, or is damaged"):
        kept.read(shelf, [KEYS, other])
