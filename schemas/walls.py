"""Ethical walls: who is kept out of which cases, whatever else they hold."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.limits import WALL_CASES_MAX, WALL_PEOPLE_MAX, WALL_TEAMS_MAX, Title

Reason = Annotated[str, Meta(min_length=1, max_length=2000, description="Why, for those who will ask.")]
Cases = Annotated[list[UUID], Meta(min_length=1, max_length=WALL_CASES_MAX)]
People = Annotated[list[UUID], Meta(max_length=WALL_PEOPLE_MAX)]
Teams = Annotated[list[UUID], Meta(max_length=WALL_TEAMS_MAX)]


class Wall(Struct, frozen=True):
    """It keeps `people`, and whoever is or was in one of `teams` while it stands, out of `cases` until it is lifted.

    Those whom it keeps out see nothing of it, administrators or not.
    """

    id: UUID
    org: UUID
    title: str
    reason: str
    cases: list[UUID]
    people: list[UUID]
    teams: list[UUID]
    raised_at: datetime
    raised_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: str
    revision: int


class RaiseWall(Struct, frozen=True, forbid_unknown_fields=True):
    """At least one person or team is needed."""

    title: Title
    reason: Reason
    cases: Cases
    people: People = []
    teams: Teams = []


class ChangeWall(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET
    cases: Cases | UnsetType = UNSET
    people: People | UnsetType = UNSET
    teams: Teams | UnsetType = UNSET


class LiftWall(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason
