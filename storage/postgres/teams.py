"""Teams, who is in them, and the cases in which they take part."""

from typing import Any

from schemas.teams import Team, TeamCase
from storage.postgres.rows import listing, read
from storage.postgres.unit import appending, facts_of

_TEAM = """select t.*, array(select m.person from team_members m where m.team = t.id and m.left_at is null
        order by m.since, m.person) as members from teams t"""

ONE = f"{_TEAM} where t.org = $1 and t.id = $2"
# In the order in which they were made; $2 is the id to go on after.
PAGE = f"""{_TEAM} where t.org = $1 and t.dissolved_at is null and ($2::uuid is null or t.id > $2)
    order by t.id limit $3"""
NAMED = "select id from teams where org = $1 and lower(name) = lower($2) and dissolved_at is null"
COUNT = "select count(*) from teams where org = $1 and dissolved_at is null"
OF_PERSON = f"""{_TEAM} where t.org = $1 and t.dissolved_at is null and exists (select 1 from team_members m
    where m.team = t.id and m.person = $2 and m.left_at is null) order by t.id"""
# In how many cases a team takes part: what one more member is let into.
CASES_OF = "select count(*) from team_cases where team = $1 and revoked_at is null"
STANDING = "select id from teams where org = $1 and id = any ($2::uuid[]) and dissolved_at is null"

INSERT = appending("""insert into teams (id, org, name, made_at, made_by) values ($2, $3, $4, $5, $6)""")
RENAME = appending("update teams set name = $3, revision = revision + 1 where id = $2")
JOIN = appending("""
    , joined as (insert into team_members as m (team, person, org, since) values ($2, $3, $4, $5)
        on conflict (team, person) do update set since = excluded.since, left_at = null)
    update teams set revision = revision + 1 where id = $2""")
LEAVE = appending("""
    , gone as (update team_members set left_at = $4 where team = $2 and person = $3 and left_at is null)
    update teams set revision = revision + 1 where id = $2""")
DISSOLVE = appending("""
    , gone as (update team_members set left_at = $3 where team = $2 and left_at is null)
    update teams set dissolved_at = $3, revision = revision + 1 where id = $2""")

# The cases that a team opens, of those that the asker sees; the newest first. $3 is the id to go on below.
OPENS = """select t.id, t.case_id as case, c.number, c.title, t.role, t.granted_at
    from team_cases t join cases c on c.id = t.case_id
    where t.org = $1 and t.team = $2 and t.revoked_at is null and ($3::uuid is null or t.id < $3)
    order by t.id desc limit $4"""

# Teams of a case.
CASE = facts_of("cases")
TEAM_CASE = facts_of("team_cases")
ONE_OF_CASE = "select * from team_cases where id = $1"
HELD = "select * from team_cases where case_id = $1 and team = $2 and role = $3"
OF_CASE = listing("team_cases")
GRANT = appending("""insert into team_cases as c (id, team, case_id, org, role, audience, granted_at, granted_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (case_id, team, role) do update set granted_at = excluded.granted_at,
        granted_by = excluded.granted_by, revoked_at = null, revision = c.revision + 1""")
REVOKE = appending("update team_cases set revoked_at = $3, revision = revision + 1 where id = $2")


def team(row: Any) -> Team:
    return read(row, Team)


def team_case(row: Any) -> TeamCase:
    return read(row, TeamCase, case=row["case_id"])
