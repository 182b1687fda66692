"""What an action has fetched before it decides: the facts that rules are pure functions of."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.access import STAFF, Viewer, expand, roles_on
from schemas.casetypes import CaseType
from schemas.errors import Refused, bad_input
from schemas.events import Access, StreamKind


class Key(Struct, frozen=True):
    """An idempotency key and a hash over what it was used for; unique per actor."""

    id: UUID
    hash: bytes


class Recalled(Struct, frozen=True):
    """What an earlier use of the same key made."""

    type: str
    thing: UUID
    seq: int
    hash: bytes


class Stream:
    """A stream under its lock: hands out consecutive places after its head."""

    def __init__(self, kind: StreamKind, id: UUID, org: UUID | None, case_id: UUID | None, head: int, access: Access):
        self.kind, self.id, self.org, self.case_id = kind, id, org, case_id
        self.head, self.access = head, access

    @classmethod
    def of_person(cls, person: UUID, head: int) -> "Stream":
        return cls("person", person, None, None, head, Access(0, 0))

    @property
    def next_seq(self) -> int:
        return self.head + 1

    def take(self) -> int:
        self.head += 1
        return self.head


def ruled(action: str, roles: Collection[str]) -> str:
    """By which rule an act is allowed, as the record says it: `post_message: staff`; no roles where it is refused."""
    return f"{action}: {', '.join(sorted(roles))}" if roles else action


class CaseFacts(Struct, frozen=True, kw_only=True):
    """A case as its writer finds it, under its lock: state, the writer's roles, and where its stream stands."""

    case: UUID
    org: UUID
    type: CaseType
    number: str
    title: str
    status: str
    is_open: bool
    zone: str
    audience: tuple[str, ...]
    revision: int
    viewer: Viewer
    epoch: str
    stream: Stream
    recalled: Recalled | None
    asked: list[str] = msgspec.field(default_factory=list[str])  # what was asked of them, and by which roles it went

    @property
    def roles(self) -> frozenset[str]:
        return roles_on(self.viewer, self.case, self.org, open_to_staff=self.type.open_to_staff)

    def may(self, action: str) -> bool:
        return bool(self.roles & self.type.grants.get(action, frozenset()))

    def require(self, action: str, *, open: bool = True) -> None:
        """Raise `forbidden` unless a role of the writer may do this, and `case_closed` where it must be open."""
        self.asked.append(ruled(action, self.roles & self.type.grants.get(action, frozenset())))
        if not self.may(action):
            raise Refused("forbidden", f"Your role in this case does not allow {action}.")
        if open and not self.is_open:
            raise Refused("case_closed", "Reopen the case first.")

    def audience_named(self, name: str | None, default: str | frozenset[str]) -> tuple[str, ...]:
        """The stored audience for a declared audience's `name`, else of `default`; the writer must be in it."""
        declared = self.type.audiences
        if name is not None and name not in declared:
            raise bad_input("$.audience", f"one of {', '.join(declared)} is needed")
        chosen = name if name is not None else default
        roles = declared[chosen].roles if isinstance(chosen, str) else chosen
        if not self.roles & roles:
            raise Refused("forbidden", "You can only choose an audience to which you belong.")
        return expand(roles, open_to_staff=self.type.open_to_staff)

    @property
    def everyone(self) -> tuple[str, ...]:
        return expand(self.type.roles, open_to_staff=self.type.open_to_staff)

    @property
    def staff(self) -> tuple[str, ...]:
        return expand((STAFF,), open_to_staff=self.type.open_to_staff)

    def recall(self, key: Key | None) -> UUID | None:
        """The id that this key made before, if any; `key_reused` when it was used for something else."""
        if key is None or self.recalled is None:
            return None
        if self.recalled.hash != key.hash:
            raise Refused("key_reused")
        return self.recalled.thing


def check_revision(expected: int, found: int) -> None:
    if expected != found:
        raise Refused("stale", f"You changed revision {expected}; the record is at revision {found}.")


def changed(before: Any, **changes: Any) -> Any:
    """`before` with `changes`, one revision on."""
    return msgspec.structs.replace(before, **changes, revision=before.revision + 1)
