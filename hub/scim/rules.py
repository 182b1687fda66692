"""What a directory may say of the people of its organisation, and what follows from it. Pure."""

import re
from typing import Any

from msgspec import Struct
from scim2_models import InvalidValueException

from schemas.access import ADMIN, MEMBERSHIPS, OUTSIDE
from schemas.errors import Refused
from schemas.limits import SCIM_EMAILS_MAX, SCIM_TEXT_CHARS_MAX
from schemas.scim import Entry, Standing, User

# As `schemas.limits.Email` has it.
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ADDRESS_CHARS = range(3, 255)


class Wanted(Struct, frozen=True):
    """What is written of a user, once it has been looked at. `address` is where they are written to."""

    user_name: str
    external_id: str | None
    display_name: str | None
    name: dict[str, str]
    emails: list[dict[str, Any]]
    role: str | None
    active: bool | None
    address: str

    @property
    def called(self) -> str | None:
        """The name for people, None where nothing was said of one."""
        parts = " ".join(self.name[part] for part in ("givenName", "familyName") if part in self.name)
        return self.display_name or self.name.get("formatted") or parts or None


class Change(Struct, frozen=True):
    """What follows for the person: their place from now on, None for none, their name and their address."""

    seat: str | None
    name: str
    address: str


def wanted(user: User) -> Wanted:
    """Raises `invalidValue` for what cannot be kept."""
    emails = [email.model_dump() for email in user.emails or []]
    for value in (user.user_name, user.external_id, user.display_name):
        _short(value)
    name = user.name.model_dump() if user.name else {}
    for value in name.values():
        _short(value)
    if not (user.user_name or "").strip():
        raise InvalidValueException(detail="userName is needed.")
    if not 1 <= len(emails) <= SCIM_EMAILS_MAX:
        raise InvalidValueException(detail=f"One to {SCIM_EMAILS_MAX} emails are kept.")
    for email in emails:
        _short(email.get("type"))
        if len(email["value"]) not in ADDRESS_CHARS or not ADDRESS.fullmatch(email["value"]):
            raise InvalidValueException(detail="emails.value: an address of mail is needed.")
    roles = [role.value for role in user.roles or [] if role.value]
    if len(roles) > 1 or not set(roles) <= set(MEMBERSHIPS):
        raise InvalidValueException(detail=f"roles: one of {', '.join(MEMBERSHIPS)} is needed.")
    assert user.user_name is not None
    return Wanted(
        user.user_name,
        user.external_id,
        user.display_name,
        name,
        emails,
        roles[0] if roles else None,
        user.active,
        next((email["value"] for email in emails if email.get("primary")), emails[0]["value"]),
    )


def _short(value: str | None) -> None:
    if value is not None and len(value) > SCIM_TEXT_CHARS_MAX:
        raise InvalidValueException(detail=f"A text has {SCIM_TEXT_CHARS_MAX} characters at most.")


def seat(
    place: str | None, said: Wanted, *, default: str, may_admin: bool, outsider: bool = False
) -> str | None:
    """The place that follows for who has `place` now; None for none. `outsider`: others let them in, or they take
    part in a case from outside, a client: to make them staff is an administrator's.

    Without a role it stays what it is, and a new one is `default`. Administrators are made, moved and put out only by a
    token that may do an administrator's work itself.
    """
    after = place if said.active is None else (said.role or place or default) if said.active else None
    if ADMIN in (place, after) and place != after and not may_admin:
        raise Refused(
            "forbidden", "This token makes no administrators and changes none: it lacks the scope admin."
        )
    if outsider and place == OUTSIDE and after not in (None, OUTSIDE) and not may_admin:
        raise Refused(
            "conflict", "They are here from outside already: an administrator has to make them staff."
        )
    return after


def change(
    before: Entry, said: Wanted, standing: Standing, *, default: str, may_admin: bool, outsider: bool
) -> Change:
    """What a directory's word makes of a person whom it names.

    A name follows the directory while no other organisation knows the person; an address only until somebody has signed
    in as them: from then on it is theirs, or whoever holds the directory's token could take the account over.
    """
    follows = standing.ours and (before.seat != ADMIN or may_admin)
    return Change(
        seat(before.seat, said, default=default, may_admin=may_admin, outsider=outsider),
        (said.called or before.person_name) if follows else before.person_name,
        said.address if follows and standing.fresh else before.address,
    )


def may_remove(before: Entry, *, may_admin: bool) -> None:
    if before.seat == ADMIN and not may_admin:
        raise Refused("forbidden", "This token puts no administrator out: it lacks the scope admin.")


def may_bring(said: Wanted, place: str | None) -> None:
    """`place` is what somebody has here already whom the directory did not bring."""
    if place == OUTSIDE and not said.active:
        raise InvalidValueException(detail="They take part here already: make them active, then change that.")
