"""What goes wrong, drawn from a seed: the same seed gives the same steps, whatever happens between them. Pure."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

HUBS, GATEWAYS, RELAYS = ("hub", "hub.2"), ("gateway", "gateway.2"), ("relay", "relay.2")
OURS = (*HUBS, *GATEWAYS, *RELAYS)
CLIENTS = tuple(f"clients {name}" for name in GATEWAYS)
NATS = tuple(f"{name} nats" for name in OURS)
POSTGRES = tuple(f"{name} postgres" for name in OURS)
LINES = (*CLIENTS, *NATS, *POSTGRES)
# A relay's connection to PostgreSQL is its leadership, which ends when the server loses sight of it; through a line
# the server sees the line. So no line to PostgreSQL of a relay goes on to be seen when the relay is not.
HOLES = tuple(name for name in LINES if name not in ("relay postgres", "relay.2 postgres"))
LISTENERS_MAX = 10


class Step(NamedTuple):
    """`what` happens at `where`, and is over after `seconds`; 0 for what is over at once."""

    what: str
    where: str
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.what} {self.where}" + (f" for {self.seconds} s" if self.seconds else "")


class Kind(NamedTuple):
    weight: int
    where: tuple[str, ...]
    seconds: tuple[float, float] = (0.0, 0.0)


KINDS = {
    "kill": Kind(10, (*OURS, "worker")),
    "kill server": Kind(2, ("nats", "postgres")),
    "restart server": Kind(2, ("nats", "postgres")),
    "wipe": Kind(2, ("nats",)),
    "delete stream": Kind(2, ("nats",)),
    "freeze": Kind(10, (*OURS, "nats"), (0.2, 2.5)),
    "cut": Kind(14, LINES),
    "truncate": Kind(14, LINES),
    "slow": Kind(8, LINES, (0.5, 2.0)),
    "hole": Kind(10, HOLES, (0.3, 2.5)),
    "half open, client told": Kind(1, HOLES),
    "half open, server told": Kind(2, HOLES),
    "half open, nobody told": Kind(1, HOLES),
    "freeze listener": Kind(8, tuple(str(n) for n in range(LISTENERS_MAX)), (0.2, 2.0)),
    "roam": Kind(14, tuple(str(n) for n in range(LISTENERS_MAX))),
}


def draw(seed: int) -> Iterator[Step]:
    """Steps without end."""
    random = Random(seed)
    names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
    while True:
        what = random.choices(names, weights)[0]
        kind = KINDS[what]
        yield Step(what, random.choice(kind.where), round(random.uniform(*kind.seconds), 1))
