"""The wall: who may see or do what, as of now. Pure; row-level security repeats the same predicate in SQL.

Access is a set of (scope, role). A scope is a case or an organisation. A thing carries the roles that open it
(its audience) and, for a conversation among named people, those people. Whoever holds one of those roles in the
thing's case, or in its organisation, sees it. Unknown means no, and a wall beats all of it: who holds `walled` at a
case sees nothing of it and has no role in it, whatever else they hold.
"""

from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from msgspec import Struct

# Roles at organisation scope. No case type may use the names in RESERVED for its participants.
ADMIN = "admin"  # sees every case of the organisation
DESK = "desk"  # staff: opens what a case type opens to all staff
OUTSIDE = "outside"  # known to the organisation; opens nothing by itself
MEMBERSHIPS = (ADMIN, DESK, OUTSIDE)

# The one role every case type has.
STAFF = "staff"

# At a case's scope: an ethical wall. It takes away instead of opening.
WALLED = "walled"

RESERVED = (*MEMBERSHIPS, WALLED)


class Viewer(Struct, frozen=True):
    """Facts about a person: `grants` holds (scope, role) pairs, at case and at organisation scope."""

    person: UUID
    grants: frozenset[tuple[UUID, str]]


class Guarded(Protocol):
    """Facts about a thing. `case_id` is its case; `audience` the roles, expanded; `people` those named."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def org(self) -> UUID: ...
    @property
    def audience(self) -> Collection[str]: ...
    @property
    def people(self) -> Collection[UUID]: ...


def expand(roles: Iterable[str], *, open_to_staff: bool) -> tuple[str, ...]:
    """The audience as it is stored: what staff see, administrators see, and all staff where the type says so."""
    audience = set(roles)
    if STAFF in audience:
        audience.add(ADMIN)
        if open_to_staff:
            audience.add(DESK)
    return tuple(sorted(audience))


def sees(viewer: Viewer, thing: Guarded) -> bool:
    """May this person see this thing, now?"""
    grants, case, org = viewer.grants, thing.case_id, thing.org
    if (case, WALLED) in grants:
        return False
    for role in thing.audience:
        if (case, role) in grants or (org, role) in grants:
            return True
    # A name opens only while its person takes part in the case; to be known to the organisation is not enough.
    return viewer.person in thing.people and (
        (org, ADMIN) in grants or any(scope == case for scope, _ in grants)
    )


def roles_on(viewer: Viewer, case: UUID, org: UUID, *, open_to_staff: bool) -> frozenset[str]:
    """The roles in which a person acts on a case. Administrators act as staff, and so does the desk where open; who is
    walled acts in none."""
    if (case, WALLED) in viewer.grants:
        return frozenset()
    roles = {role for scope, role in viewer.grants if scope == case}
    if (org, ADMIN) in viewer.grants or (open_to_staff and (org, DESK) in viewer.grants):
        roles.add(STAFF)
    return frozenset(roles)


def opened_by(viewer: Viewer, thing: Guarded) -> frozenset[str]:
    """The roles by which somebody sees a thing that they see; none where they are only named."""
    scopes = (thing.case_id, thing.org)
    return frozenset(role for role in thing.audience if any((scope, role) in viewer.grants for scope in scopes))


def explain(viewer: Viewer, thing: Guarded) -> str:
    """Why `sees` says what it says, for people."""
    if (thing.case_id, WALLED) in viewer.grants:
        return "is kept out of the case by a wall"
    for role in sorted(thing.audience):
        if (thing.case_id, role) in viewer.grants:
            return f"takes part in the case as {role}"
        if (thing.org, role) in viewer.grants:
            return f"is {role} of the organisation"
    if viewer.person in thing.people and sees(viewer, thing):
        return "is named in the conversation"
    return "holds none of the roles " + ", ".join(sorted(thing.audience))
