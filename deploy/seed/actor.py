"""Who acts in the demo, and when: one person, one moment, one key for each step."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from hub.context import Hub, Who
from hub.conversations.actions import list_conversations
from schemas.answers import Answer
from schemas.audit import Doing
from schemas.deadlines import Deadline
from schemas.tasks import Task

SPACE = UUID("6f0f4a52-5b1e-4b7c-9a55-0c7b3f2d9e10")
ZONE = "America/New_York"
T = TypeVar("T")


def fixed(name: str) -> UUID:
    """The same id for the same name in every demo: a step's key, an organisation."""
    return uuid5(SPACE, name)


class Stage:
    """The demo as it grows: what is still to happen, in the order of its moments, and what came of it so far."""

    def __init__(self, hub: Hub, fixtures: Path) -> None:
        self.fixtures = fixtures
        self.base = self.now = hub.clock()
        self.hub = msgspec.structs.replace(hub, clock=lambda: self.now)
        self.people: dict[str, UUID] = {}
        self.cases: dict[str, UUID] = {}
        self.documents: dict[str, UUID] = {}
        self.deadlines: dict[str, Deadline] = {}
        self.tasks: dict[str, Task] = {}
        self._plan: list[tuple[datetime, int, Callable[[], Awaitable[object]]]] = []

    def ago(self, days: float = 0, hours: float = 0) -> datetime:
        """A moment before the demo was first made."""
        return self.base - timedelta(days=days, hours=hours)

    def day(self, days: int) -> date:
        """The day in the office's zone that many days after the demo was made; negative: before."""
        return self.base.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=days)

    def who(self, email: str) -> Who:
        return Who(self.people[email], None, "operator", doing=Doing("seed"))

    def plan(self, at: datetime, work: Callable[..., Awaitable[object]], *args: Any) -> None:
        """Let `work(stage, *args)` happen at a moment; of the same moment in the order of planning."""
        self._plan.append((at, len(self._plan), partial(work, self, *args)))

    async def play(self, progress: Callable[[int, int], None]) -> None:
        """Let everything happen, oldest first, so that the log's order is also the order of its times."""
        for n, (at, _, work) in enumerate(sorted(self._plan, key=lambda step: step[:2]), 1):
            self.now = at
            await work()
            progress(n, len(self._plan))

    async def act(
        self, email: str, step: str, action: Callable[..., Awaitable[Answer[T]]], *args: Any, **named: Any
    ) -> T:
        """Let a person do something, once; what it made is answered each time."""
        return (await action(self.hub, self.who(email), *args, key=fixed(step), **named)).item

    async def conversation(self, email: str, case: str, title: str) -> UUID:
        """One of a case's conversations, by its title."""
        page = await list_conversations(self.hub, self.who(email), self.cases[case], 50, None)
        return next(found.id for found in page.items if found.title == title)
