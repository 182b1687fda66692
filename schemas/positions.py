"""Where a reader stands: per stream by (epoch, seq), over all streams by (epoch, pos)."""

from typing import NamedTuple

from msgspec import Struct

from schemas.limits import BIGINT_MAX


class Position(NamedTuple):
    """A place in the order of all events: the writing transaction's id, then the event's id. Text form `tx-id`."""

    tx: int
    id: int

    def __str__(self) -> str:
        return f"{self.tx}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Raises `ValueError` when `text` is not `<int>-<int>`, both within PostgreSQL's bigint."""
        tx, sep, id_ = text.partition("-")
        if not sep or not (tx.isascii() and tx.isdigit() and id_.isascii() and id_.isdigit()) or len(text) > 40:
            raise ValueError("a position is written <number>-<number>")
        position = cls(int(tx), int(id_))
        if max(position) > BIGINT_MAX:
            raise ValueError("a position is written <number>-<number>")
        return position


START = Position(0, 0)


class AsOf(Struct, frozen=True, omit_defaults=True):
    """The place a case-scoped answer was read at: the events after `seq` of that case complete it."""

    epoch: str
    seq: int | None = None
    pos: str | None = None
