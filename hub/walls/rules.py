"""What a wall may say, and what may change of one. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from schemas.errors import Refused, bad_input
from schemas.facts import changed, check_revision
from schemas.limits import WALL_GRANTS_MAX
from schemas.walls import ChangeWall, RaiseWall, Wall


def raise_wall(request: RaiseWall, *, org: UUID, by: UUID, id: UUID, now: datetime) -> Wall:
    return Wall(
        id=id,
        org=org,
        title=request.title,
        reason=request.reason,
        cases=_once(request.cases),
        people=_once(request.people),
        teams=_once(request.teams),
        raised_at=now,
        raised_by=by,
        lifted_at=None,
        lifted_by=None,
        lift_reason="",
        revision=1,
    )


def change(before: Wall, request: ChangeWall, *, revision: int) -> Wall:
    """The wall after a change; `before` itself when nothing differs."""
    check_revision(revision, before.revision)
    if before.lifted_at is not None:
        raise Refused("conflict", "This wall was lifted; raise another one.")
    after = replace(
        before,
        title=before.title if request.title is UNSET else request.title,
        reason=before.reason if request.reason is UNSET else request.reason,
        cases=_given(request.cases, before.cases),
        people=_given(request.people, before.people),
        teams=_given(request.teams, before.teams),
    )
    return before if after == before else changed(after)


def lift(before: Wall, reason: str, *, by: UUID, now: datetime) -> Wall:
    return replace(changed(before), lifted_at=now, lifted_by=by, lift_reason=reason)


def check(
    wall: Wall,
    before: Wall | None,
    *,
    cases: Collection[UUID],
    known: Collection[UUID],
    teams: Collection[UUID],
    behind: int,
) -> None:
    """What the organisation has of what the wall names: its `cases` that the asker sees, the people `known` to it, its
    standing `teams`, and how many people are `behind` the wall. What stood there before may stay, though it is gone."""
    if not wall.people and not wall.teams:
        raise bad_input("$.people", "name at least one person or team to keep out")
    _there("$.cases", "case", wall.cases, {*cases, *(before.cases if before else ())})
    _there("$.people", "person", wall.people, {*known, *(before.people if before else ())})
    _there("$.teams", "team", wall.teams, {*teams, *(before.teams if before else ())})
    if behind * len(wall.cases) > WALL_GRANTS_MAX:
        raise Refused(
            "conflict",
            f"A wall holds at most {WALL_GRANTS_MAX} times: its people times its cases. Raise several.",
        )


def _there(at: str, noun: str, named: Sequence[UUID], found: Collection[UUID]) -> None:
    for number, id in enumerate(named):
        if id not in found:
            raise bad_input(f"{at}[{number}]", f"the organisation has no {noun} with this id")


def _once(ids: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys(ids))


def _given(ids: Sequence[UUID] | UnsetType, before: list[UUID]) -> list[UUID]:
    return before if isinstance(ids, UnsetType) else _once(ids)
