"""Where each worker stands in the order of all events."""

from typing import Any

from schemas.positions import START, Position

# An advisory lock takes no transaction id, so waiting for one's turn holds nobody back.
TURN = "select pg_advisory_xact_lock(hashtextextended('worker:' || $1, 0))"
READ = "select tx, id from positions where worker = $1"
MOVE = """insert into positions (worker, tx, id, at) values ($1, $2, $3, now())
    on conflict (worker) do update set tx = excluded.tx, id = excluded.id, at = excluded.at"""


async def take_turn(on: Any, worker: str) -> None:
    """Wait until no other process of `worker` has a batch open; held until the transaction ends."""
    await on.execute(TURN, worker)


async def read_position(on: Any, worker: str) -> Position:
    """Where `worker` stands; the start of history for one that never ran."""
    row = await on.fetchrow(READ, worker)
    return Position(*row) if row else START


async def move_position(on: Any, worker: str, position: Position) -> None:
    """In the transaction of the effects that `position` stands for."""
    await on.execute(MOVE, worker, *position)
