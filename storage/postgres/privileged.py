"""Which cases have privileged conversations, whose reads the record holds. The type that a case was opened with
says it, and that never changes, so each is asked for once."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from schemas.casetypes import CASE_TYPES
from schemas.limits import PRIVILEGED_KEPT_MAX

TYPES = "select id, org, type, type_version from cases where id = any($1::uuid[])"


class Privileged:
    """What a process knows of it."""

    def __init__(self) -> None:
        self._orgs: dict[UUID, UUID | None] = {}

    def knows(self, case: UUID) -> bool:
        return case in self._orgs

    def is_open(self, case: UUID) -> bool:
        """Whether it is known that nothing in the case is privileged."""
        return case in self._orgs and self._orgs[case] is None

    async def among(self, on: Any, cases: Collection[UUID]) -> dict[UUID, UUID]:
        """Those of `cases` whose conversations are privileged, with their organisations. `on`: system role."""
        missing = [case for case in cases if case not in self._orgs]
        if missing:
            if len(self._orgs) + len(missing) > PRIVILEGED_KEPT_MAX:
                self._orgs.clear()
                missing = list(cases)
            for row in await on.fetch(TYPES, missing):
                type_ = CASE_TYPES.get((row["type"], row["type_version"]))
                # A type that we do not know may be one that is privileged.
                self._orgs[row["id"]] = row["org"] if type_ is None or type_.privileged else None
        return {case: org for case in cases if (org := self._orgs.get(case)) is not None}
