"""What this process has let through of the budgets that all processes share.

A call is counted here, in memory, and costs no round trip. Once a second, and before that where a tenth of a minute's
budget was spent here, the process writes down what it let through and hears for which budgets nothing is left. So of a
budget of n calls, p processes let through n + p * n / 10 at most before all of them know that it is spent.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import structlog
from prometheus_client import Counter

from schemas.errors import Refused
from schemas.limits import RATES_KEPT_MAX, RATES_SAID_EVERY_S
from schemas.proxies import neighbourhood
from schemas.rates import Budget, Kind
from storage.postgres.pool import ACQUIRE_TIMEOUT_S, PASSING, translated

SPEND = "select key, wait_ms from spend_rates($1, $2, $3)"

By = Literal["account", "address"]
Key = tuple[Kind, By, str]

REFUSED = Counter(
    "casewire_calls_refused_total", "Calls over a budget, by their kind and by whose it is.", ["kind", "by"]
)
SAID = Counter("casewire_rates_said_total", "Times that this process wrote down what it let through.")

log = structlog.get_logger("rates")


class _Spent:
    """Of one budget. `unsaid` calls are not written down yet; nothing is let through before `shut_until`."""

    __slots__ = ("a_minute", "share", "shut_until", "unsaid")

    def __init__(self, a_minute: int) -> None:
        self.a_minute, self.share = a_minute, max(1, a_minute // 10)
        self.unsaid, self.shut_until = 0, 0.0


class Rates:
    """Made once a process and closed with it. `pool` is of a role that may call `spend_rates`."""

    def __init__(
        self, pool: Any, budgets: Mapping[Kind, Budget], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool, self._budgets, self._clock = pool, budgets, clock
        self._spent: dict[Key, _Spent] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._saying: asyncio.Task[None] | None = None

    async def admit(self, kind: Kind, account: UUID | None, address: str) -> None:
        """Let a call through, or raise `too_many` with the time after which there is room. Who is nobody yet counts by
        address alone; a caller without an address (a service on NATS) by account alone."""
        while (wait_s := self.take(kind, account, address)) is None:
            async with translated():
                await self.say()
        if wait_s:
            raise Refused(
                "too_many",
                "Too many calls of this kind. Try again later.",
                retry_after_ms=int(wait_s * 1000) + 1,
            )

    def take(self, kind: Kind, account: UUID | None, address: str) -> float | None:
        """0 lets the call through. Else the seconds to wait, or None where `say` must be heard first."""
        now, budget = self._clock(), self._budgets[kind]
        asked: list[_Spent] = []
        if account is not None:
            asked.append(self._of((kind, "account", account.hex), budget.account))
        if address:
            asked.append(self._of((kind, "address", neighbourhood(address)), budget.address))
        if (wait_s := max((one.shut_until - now for one in asked), default=0.0)) > 0:
            shut: By = "account" if account is not None and asked[0].shut_until > now else "address"
            REFUSED.labels(kind, shut).inc()
            return wait_s
        if len(self._spent) > RATES_KEPT_MAX or any(one.unsaid >= one.share for one in asked):
            return None
        for one in asked:
            one.unsaid += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(RATES_SAID_EVERY_S, self._due)
        return 0.0

    def _of(self, key: Key, a_minute: int) -> _Spent:
        found = self._spent.get(key)
        if found is None:
            found = self._spent[key] = _Spent(a_minute)
        return found

    async def say(self) -> None:
        """Write down what was let through and hear what is left. One statement, however many wait for it; raises what
        the database raises, and then all of it is said the next time."""
        if self._saying is None:
            self._saying = asyncio.create_task(self._say())
            self._saying.add_done_callback(self._said)
        await asyncio.shield(self._saying)

    async def _say(self) -> None:
        told = {_hash(key): (key, one, one.unsaid) for key, one in self._spent.items() if one.unsaid}
        if told:
            counts, a_minute = [n for _, _, n in told.values()], [one.a_minute for _, one, _ in told.values()]
            async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
                rows = await connection.fetch(SPEND, list(told), counts, a_minute)
            SAID.inc()
            now = self._clock()
            for hashed, wait_ms in rows:
                _, one, n = told[hashed]
                one.unsaid -= n
                one.shut_until = now + wait_ms / 1000 if wait_ms else 0.0
        now = self._clock()
        over = [key for key, one in self._spent.items() if not one.unsaid and one.shut_until <= now]
        if (
            len(self._spent) - len(over) > RATES_KEPT_MAX
        ):  # a flood from everywhere: who has to wait is heard anew
            over = [key for key, one in self._spent.items() if not one.unsaid]
        for key in over:
            del self._spent[key]

    def _said(self, done: "asyncio.Task[None]") -> None:
        self._saying = None
        if (
            not done.cancelled()
            and (error := done.exception()) is not None
            and not isinstance(error, PASSING)
        ):
            log.error("what was let through cannot be written down", exc_info=error)

    def _due(self) -> None:
        self._timer = None
        if self._saying is None:
            self._saying = asyncio.create_task(self._say())
            self._saying.add_done_callback(self._said)
        # What came meanwhile, and what could not be said, is said in the next second; silence costs nothing.
        if self._spent:
            self._timer = asyncio.get_running_loop().call_later(RATES_SAID_EVERY_S, self._due)

    async def close(self) -> None:
        """What was let through since the last time is forgotten."""
        if self._timer is not None:
            self._timer.cancel()
        if self._saying is not None:
            self._saying.cancel()
            await asyncio.gather(self._saying, return_exceptions=True)


def _hash(key: Key) -> bytes:
    return sha256("\0".join(key).encode()).digest()
