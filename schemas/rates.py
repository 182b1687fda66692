"""How often somebody may ask for what: budgets a minute for each kind of call. Pure.

Two budgets for each kind: of an account, whichever process it reaches and by whichever exit, and of the address it
comes from, which may be an office of some hundred people. A minute's budget may be spent at once; it then fills up
evenly.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, cast, get_args

Kind = Literal["read", "write", "search", "upload", "export", "file", "live", "public", "oauth", "scim"]


class Budget(NamedTuple):
    """Calls a minute."""

    account: int
    address: int


BUDGETS: Mapping[Kind, Budget] = MappingProxyType(
    {
        "read": Budget(1_200, 20_000),
        "write": Budget(600, 6_000),  # what is written by socket and by NATS counts as well
        "search": Budget(120, 3_000),
        "upload": Budget(120, 3_000),
        "export": Budget(20, 200),
        "file": Budget(1_200, 20_000),  # a viewer asks for one document in many ranges
        "live": Budget(120, 12_000),  # handshakes: when the network comes back, an office comes back at once
        "public": Budget(120, 1_200),  # before somebody is known; guessing is slowed down apart from this
        "oauth": Budget(600, 3_000),
        "scim": Budget(1_200, 6_000),
    }
)
A_MINUTE_MAX = 10_000_000

_ONE = re.compile(r"(\w+)=(\d{1,8})/(\d{1,8})")


def budgets(text: str) -> Mapping[Kind, Budget]:
    """The budgets with what `text` says in place of theirs: `write=600/6000,search=60/900`, the account's before the
    address's; `all=` is every kind. `ValueError` for anything else."""
    found = dict(BUDGETS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _ONE.fullmatch(part)
        kinds = get_args(Kind) if match and match[1] == "all" else (match[1],) if match else ()
        if not match or not set(kinds) <= set(BUDGETS):
            raise ValueError(f"{part!r} is not <kind>=<calls of an account>/<calls of an address>")
        budget = Budget(int(match[2]), int(match[3]))
        if not all(1 <= calls <= A_MINUTE_MAX for calls in budget):
            raise ValueError(f"{part!r} is not between 1 and {A_MINUTE_MAX} calls a minute")
        found |= {cast(Kind, kind): budget for kind in kinds}
    return found
