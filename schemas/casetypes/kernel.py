"""What a case type declares. Adding one is adding a file: no branch on a type's name exists anywhere else."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct, field

from schemas.access import RESERVED, STAFF
from schemas.errors import bad_input

# What is open to this role is open to everybody, signed in or not; so no part in a case is called so.
PUBLIC = "public"


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


class Public(Struct, frozen=True):
    """What of a case everybody may know where its organisation publishes it, besides number, status and days: intake
    fields. `category` is the one of them that says what it is about, for those who look for one kind."""

    fields: tuple[str, ...] = ()
    category: str = ""


class Keeping(Struct, frozen=True):
    """How long what is of a case is kept after it is closed, in years, where its organisation says nothing else: `case`
    the case with all that is in it, `kinds` documents of these kinds. None: for ever."""

    case: int | None = None
    kinds: Mapping[str, int | None] = field(default_factory=dict[str, int | None])


class CaseType(Struct, frozen=True, kw_only=True):
    """A versioned declaration. `grants` maps an action (`noun.verb` of its event) to the roles that may do it.

    `hidden` maps an intake field to the roles that see it, where that is not everybody in the case. Such fields never
    stand on the case itself: they are its details (`schemas/details.py`), a thing with an audience as any other.
    """

    name: str
    version: int
    title: str
    description: str
    intake: type[Struct]
    hidden: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    public: Public | None = None
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
    privileged: bool = False  # what is said in its conversations is, so who reads them is in the record
    first_conversations: tuple[tuple[str, str], ...] = ()  # (title, audience name), opened with the case
    retention: Keeping = field(default_factory=Keeping)
    # What becomes a case of this type when it is brought in: a format's name to the intake that its Struct fills.
    imports: Mapping[str, Callable[[Any], dict[str, Any]]] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse a declaration that contradicts itself. Run over the whole registry at import."""
        roles = set(self.roles)
        assert STAFF in roles and not roles & {*RESERVED, PUBLIC}, f"{self.name}: roles"
        assert self.initial in self.statuses, f"{self.name}: initial"
        for step in self.transitions.values():
            assert step.sources <= set(self.statuses) and step.target in self.statuses and step.roles <= roles
        for audience in self.audiences.values():
            assert audience.roles <= roles
        for action, allowed in self.grants.items():
            assert allowed <= roles, f"{self.name}: {action}"
        assert all(name in self.audiences for _, name in self.first_conversations)
        assert set(self.retention.kinds) <= set(self.document_kinds), f"{self.name}: retention"
        declared = {one.encode_name: one for one in msgspec.structs.fields(self.intake)}
        for name, seen_by in self.hidden.items():
            assert seen_by and seen_by <= roles, f"{self.name}: {name} is hidden from all"
            # Who may not see a field cannot be asked for it.
            assert not declared[name].required, f"{self.name}: {name} is hidden and required"
        if self.public is not None:
            shown = {*self.public.fields, *filter(None, [self.public.category])}
            assert shown <= set(declared) - set(self.hidden), f"{self.name}: hidden and public"

    @property
    def groups(self) -> list[frozenset[str]]:
        """The sets of roles for which there are hidden fields, in an order that stays."""
        return sorted(set(self.hidden.values()), key=sorted)

    def part(self, group: frozenset[str] | None) -> type[Struct]:
        """The intake fields of one group of roles as a Struct; of None those that everybody in the case sees."""
        names = [name for name in self.intake.__struct_fields__ if self.hidden.get(name) == group]
        return _part(self.intake, frozenset(names))

    def read_intake(self, raw: Mapping[str, Any]) -> Struct:
        """All intake fields, validated; raises `bad_input` naming the place."""
        return _read(raw, self.intake, "$.intake")

    def read_part(self, raw: Mapping[str, Any], group: frozenset[str] | None, at: str) -> dict[str, Any]:
        """The fields of one group as they are stored, validated; `bad_input` for any field that is not among them."""
        return msgspec.to_builtins(_read(raw, self.part(group), at))

    def divided(self, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[frozenset[str], dict[str, Any]]]]:
        """A valid intake as it is stored: what stands on the case, and the fields of each group."""
        whole = msgspec.to_builtins(self.read_intake(raw))

        def of(group: frozenset[str] | None) -> dict[str, Any]:
            return {name: value for name, value in whole.items() if self.hidden.get(name) == group}

        return of(None), [(group, of(group)) for group in self.groups]


def _read(raw: Mapping[str, Any], struct: type[Struct], root: str) -> Struct:
    try:
        return msgspec.convert(dict(raw), struct)
    except msgspec.ValidationError as error:
        why, _, at = str(error).partition(" - at `")
        raise bad_input(at.rstrip("`").replace("$", root, 1) or root, why) from None


@cache
def _part(whole: type[Struct], names: frozenset[str]) -> type[Struct]:
    """A Struct of some fields of another, as they are declared there."""
    chosen: list[Any] = []
    for one in msgspec.structs.fields(whole):
        if one.name not in names:
            continue
        if one.default is not NODEFAULT:
            chosen.append((one.name, one.type, one.default))
        elif one.default_factory is not NODEFAULT:
            chosen.append((one.name, one.type, field(default_factory=one.default_factory)))
        else:
            chosen.append((one.name, one.type))
    return msgspec.defstruct(
        f"{whole.__name__}Part", chosen, frozen=True, forbid_unknown_fields=True, kw_only=True,
        omit_defaults=whole.__struct_config__.omit_defaults,
    )  # fmt: skip


class TypeView(Struct, frozen=True):
    """A case type as clients read it: `GET /v1/case-types`. `intake_schema` is JSON Schema (2020-12) of all fields;
    `hidden` says of some by which roles alone they are seen. `current` versions open new cases."""

    name: str
    version: int
    title: str
    description: str
    intake_schema: dict[str, Any]
    hidden: dict[str, frozenset[str]]
    public: Public | None
    current: bool
    roles: dict[str, Role]
    statuses: dict[str, Status]
    transitions: dict[str, Transition]
    audiences: dict[str, Audience]
    document_kinds: dict[str, str]
    party_roles: tuple[str, ...]
    entry_kinds: dict[str, str]
    notice_plan: tuple[str, ...]
    opened_by: frozenset[str]
    opener_role: str
    grants: dict[str, frozenset[str]]
    open_to_staff: bool
    retention: Keeping


def view(type_: CaseType, *, current: bool = True) -> TypeView:
    (schema,), components = msgspec.json.schema_components([type_.intake], ref_template="#/$defs/{name}")
    name = type_.intake.__name__
    schema = {**components.pop(name), **({"$defs": components} if components else {})}
    return TypeView(
        name=type_.name,
        version=type_.version,
        title=type_.title,
        description=type_.description,
        intake_schema=schema,
        hidden=dict(type_.hidden),
        public=type_.public,
        current=current,
        roles=dict(type_.roles),
        statuses=dict(type_.statuses),
        transitions=dict(type_.transitions),
        audiences=dict(type_.audiences),
        document_kinds=dict(type_.document_kinds),
        party_roles=type_.party_roles,
        entry_kinds=dict(type_.entry_kinds),
        notice_plan=type_.notice_plan,
        opened_by=type_.opened_by,
        opener_role=type_.opener_role,
        grants=dict(type_.grants),
        open_to_staff=type_.open_to_staff,
        retention=type_.retention,
    )
