"""Seeing a case as somebody else would: what the asker sees, and of that only what `sees` says of the other.

A read that takes `?as=` has the other's eyes opened once, before its own statement, and looks through them at every
row. It is for those who may let people into the case: they could as well ask the person.
"""

from typing import Any, NamedTuple
from uuid import UUID

from hub.context import Who
from schemas.access import ADMIN, DESK, STAFF, Viewer, roles_on, sees
from schemas.casetypes import CASE_TYPES, CaseType
from schemas.errors import Refused
from storage.postgres import views
from storage.postgres.access import Thing

# What a case type grants to those who may know why others see it.
KNOWS_WHY = "participant.grant"


class Asked(NamedTuple):
    """A thing of a case that the asker sees, the case's own guard, and in which roles the asker acts there."""

    thing: Thing
    of_case: Thing
    type: CaseType
    roles: frozenset[str]
    org_roles: frozenset[str]


class Eyes(NamedTuple):
    """Somebody else's eyes on one case. None in place of it: nobody else's."""

    viewer: Viewer
    type: CaseType
    case: UUID
    org: UUID

    def see(self, row: Any) -> bool:
        return sees(self.viewer, views.guarded(row))

    @property
    def of_staff(self) -> bool:
        """Whether they are told addresses: as `cards` decides it."""
        here = {role for scope, role in self.viewer.grants if scope in (self.case, self.org)}
        return bool(here & {ADMIN, DESK, STAFF})

    async def met(self, connection: Any) -> frozenset[UUID]:
        """Whom they know by name here: who holds a part in the case, and who did what they see."""
        rows = await connection.fetch(views.MET, self.case)
        return frozenset(row["person"] for row in rows if self.see(row))

    @property
    def roles(self) -> list[str]:
        return sorted(roles_on(self.viewer, self.case, self.org, open_to_staff=self.type.open_to_staff))


async def asked(connection: Any, person: UUID, id: UUID) -> Asked:
    """A case or a thing of one; `not_found` where it is hidden from the asker, or the asker may not know why."""
    row = await connection.fetchrow(views.THING, id)
    if row is None:
        raise Refused("not_found")
    case, org = row["case_id"], row["org"]
    type_ = CASE_TYPES[row["f_type"], row["f_version"]]
    held = {(case, role) for role in row["f_roles"] or ()} | {
        (org, role) for role in row["f_org_roles"] or ()
    }
    roles = roles_on(Viewer(person, frozenset(held)), case, org, open_to_staff=type_.open_to_staff)
    if not roles & type_.grants.get(KNOWS_WHY, frozenset()):
        raise Refused("not_found")
    of_case = Thing(case, org, row["f_audience"], ())
    return Asked(views.guarded(row), of_case, type_, roles, frozenset(row["f_org_roles"] or ()))


async def eyes_of(connection: Any, who: Who, inside: UUID) -> Eyes | None:
    """The eyes that the asker looks through at a case or a thing of one; `not_found` where they see nothing of it."""
    if who.viewing is None:
        return None
    there = await asked(connection, who.person, inside)
    row = await connection.fetchrow(views.HOLDERS, there.thing.case_id, who.viewing, None, 1)
    if row is None or not sees(views.holder(row).viewer, there.thing):
        raise Refused("not_found")
    return Eyes(views.holder(row).viewer, there.type, there.thing.case_id, there.thing.org)
