"""What a case type declares. Adding one is adding a file: no branch on a type's name exists anywhere else."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field

from schemas.access import MEMBERSHIPS, STAFF
from schemas.errors import bad_input


class Side(StrEnum):
    STAFF = "staff"
    OUTSIDE = "outside"


class Role(Struct, frozen=True):
    """A part someone can take in a case of this type."""

    title: str
    side: Side = Side.OUTSIDE


class Status(Struct, frozen=True):
    title: str
    open: bool = True


class Transition(Struct, frozen=True):
    """A named step from one of `sources` to `target`, by `roles`."""

    title: str
    sources: frozenset[str]
    target: str
    roles: frozenset[str] = frozenset({STAFF})


class Audience(Struct, frozen=True):
    """A declared set of participant roles who see a thing together."""

    title: str
    roles: frozenset[str]


class CaseType(Struct, frozen=True, kw_only=True):
    """A versioned declaration. `grants` maps an action (`noun.verb` of its event) to the roles that may do it."""

    name: str
    version: int
    title: str
    description: str
    intake: type[Struct]
    prefix: str
    roles: Mapping[str, Role]
    statuses: Mapping[str, Status]
    initial: str
    transitions: Mapping[str, Transition]
    audiences: Mapping[str, Audience]
    grants: Mapping[str, frozenset[str]]
    document_kinds: Mapping[str, str]
    party_roles: tuple[str, ...] = ()
    entry_kinds: Mapping[str, str] = field(default_factory=lambda: {"note": "Note"})
    notice_plan: tuple[str, ...] = ("7d", "3d", "1d", "2h", "overdue")
    opened_by: frozenset[str] = frozenset({Side.STAFF})
    opener_role: str = STAFF  # the role an opener from outside takes
    open_to_staff: bool = False
    first_conversations: tuple[tuple[str, str], ...] = ()  # (title, audience name), opened with the case
    # What becomes a case of this type when it is brought in: a format's name to the intake that its Struct fills.
    imports: Mapping[str, Callable[[Any], dict[str, Any]]] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse a declaration that contradicts itself. Run over the whole registry at import."""
        roles = set(self.roles)
        assert STAFF in roles and not roles & set(MEMBERSHIPS), f"{self.name}: roles"
        assert self.initial in self.statuses, f"{self.name}: initial"
        for step in self.transitions.values():
            assert step.sources <= set(self.statuses) and step.target in self.statuses and step.roles <= roles
        for audience in self.audiences.values():
            assert audience.roles <= roles
        for action, allowed in self.grants.items():
            assert allowed <= roles, f"{self.name}: {action}"
        assert all(name in self.audiences for _, name in self.first_conversations)

    def read_intake(self, raw: Mapping[str, Any]) -> Struct:
        """The intake fields, validated; raises `bad_input` naming the place."""
        try:
            return msgspec.convert(dict(raw), self.intake)
        except msgspec.ValidationError as error:
            why, _, at = str(error).partition(" - at `")
            place = at.rstrip("`").replace("$", "$.intake", 1) or "$.intake"
            raise bad_input(place, why) from None


class TypeView(Struct, frozen=True):
    """A case type as clients read it: `GET /v1/case-types`. `intake_schema` is JSON Schema (2020-12)."""

    name: str
    version: int
    title: str
    description: str
    intake_schema: dict[str, Any]
    roles: dict[str, Role]
    statuses: dict[str, Status]
    transitions: dict[str, Transition]
    audiences: dict[str, Audience]
    document_kinds: dict[str, str]
    party_roles: tuple[str, ...]
    entry_kinds: dict[str, str]
    notice_plan: tuple[str, ...]
    opened_by: frozenset[str]
    grants: dict[str, frozenset[str]]
    open_to_staff: bool


def view(type_: CaseType) -> TypeView:
    (schema,), components = msgspec.json.schema_components([type_.intake], ref_template="#/$defs/{name}")
    name = type_.intake.__name__
    schema = {**components.pop(name), **({"$defs": components} if components else {})}
    return TypeView(
        name=type_.name,
        version=type_.version,
        title=type_.title,
        description=type_.description,
        intake_schema=schema,
        roles=dict(type_.roles),
        statuses=dict(type_.statuses),
        transitions=dict(type_.transitions),
        audiences=dict(type_.audiences),
        document_kinds=dict(type_.document_kinds),
        party_roles=type_.party_roles,
        entry_kinds=dict(type_.entry_kinds),
        notice_plan=type_.notice_plan,
        opened_by=type_.opened_by,
        grants=dict(type_.grants),
        open_to_staff=type_.open_to_staff,
    )
