"""Ethical walls, as those who are not kept out by them see them."""

from typing import Any

from schemas.walls import Wall
from storage.postgres.rows import read
from storage.postgres.unit import appending

ONE = "select * from walls where org = $1 and id = $2"
# Newest first; $2 is the id to go on below, $3 whether those that are lifted stand in the list too.
PAGE = """select * from walls where org = $1 and ($2::uuid is null or id < $2) and ($3 or lifted_at is null)
    order by id desc limit $4"""

CASES = "select id from cases where org = $1 and id = any ($2::uuid[])"
# How many people are in these teams, or were while the wall stands.
BEHIND = """select count(distinct person) from team_members where team = any ($1::uuid[])
    and (left_at is null or left_at >= $2)"""

INSERT = appending("""insert into walls (id, org, title, reason, cases, people, teams, raised_at, raised_by)
    values ($2, $3, $4, $5, $6, $7, $8, $9, $10)""")
CHANGE = appending("""update walls set title = $3, reason = $4, cases = $5, people = $6, teams = $7,
    revision = revision + 1 where id = $2""")
LIFT = appending("""update walls set lifted_at = $3, lifted_by = $4, lift_reason = $5, revision = revision + 1
    where id = $2""")


def wall(row: Any) -> Wall:
    return read(row, Wall)
