"""What every witness is, and what goes wrong with one."""

from typing import NamedTuple, Protocol
from uuid import UUID

ANSWER_S = 10.0
BETWEEN = b"\n---\n"  # the first of these ends the note


class Held(NamedTuple):
    """The newest checkpoint that a witness has of a log."""

    size: int
    root: bytes


class Forked(Exception):
    """The witness holds another history than the one it is told."""


class Unheard(Exception):
    """The witness does not answer as it should; it is told again."""


class Witness(Protocol):
    """`name` stands for it in the database, logs and metrics, and holds no secret."""

    name: str
    remembers: bool  # whether it can be asked what it holds

    async def held(self, log: UUID, told: int) -> Held | None:
        """What it holds of a log of which it was told `told` leaves last; None where it holds nothing or cannot be
        asked. Raises `Unheard`, and `Forked` for what is no checkpoint."""
        ...

    async def take(self, log: UUID, size: int, note: str) -> None:
        """Tell it. Raises `Unheard`, and `Forked` where it refuses by itself. Telling it twice is free."""
        ...
