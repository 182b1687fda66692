"""Who may let whom into an organisation. Pure."""

from schemas.access import ADMIN, DESK, OUTSIDE
from schemas.errors import Refused


def may_administer(mine: str | None) -> None:
    """`mine` is the asker's place in the organisation. Of what its administrators keep, nobody else hears."""
    if mine != ADMIN:
        raise Refused("not_found")


def may_invite(mine: str | None, role: str) -> None:
    """`mine` is the role of whoever invites, None for one whom the organisation does not know."""
    if mine is None:
        raise Refused("not_found")
    if mine != ADMIN and (mine != DESK or role != OUTSIDE):
        raise Refused("forbidden", "Only an administrator makes somebody staff.")


def may_seat(mine: str | None, role: str, *, oneself: bool) -> None:
    """An administrator does not step down alone: there is always one who remains."""
    may_invite(mine, role)
    if oneself and role != ADMIN:
        raise Refused("conflict", "Another administrator has to change your own place.")
