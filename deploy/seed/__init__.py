"""`casewire seed`: a law office and a town hall in the middle of their work, for a first look and for trials.

Everything enters through the hub's actions as one of the people, with a key for each step: a second run repeats every
step and changes nothing, and one that was cut off goes on where it stopped. Times count from the first run.
"""

import asyncio
import os
import sys
from pathlib import Path

from deploy.embedded.child import StackError
from deploy.seed import matters, people, requests
from deploy.seed.actor import Stage
from hub.serve import opened
from schemas.errors import Refused
from schemas.settings import Settings
from storage.postgres import operator
from storage.postgres.pool import PASSING

FIXTURES_BESIDE = Path(__file__).parents[3] / "shared" / "fixtures"


def main(settings: Settings) -> None:
    """Fill the database with the demo. Raises `StackError` where its well-known password would be dangerous."""
    if settings.mode == "production":
        raise StackError("The demo's accounts have a password that everybody knows: not in production.")
    try:
        made = asyncio.run(_run(settings))
    except Refused as refused:
        raise StackError(f"The demo is not complete: {refused.detail or refused.kind.title}") from refused
    except PASSING as problem:
        raise StackError(
            f"A server does not answer ({type(problem).__name__}); `casewire doctor` says which."
        ) from None
    print(f"the demo is there: {made} events new" if made else "the demo was there already", flush=True)


async def _run(settings: Settings) -> int:
    """How many events the demo added."""
    async with opened(settings) as hub:
        events = await hub.database.system.fetchval(operator.EVENTS_OF, [people.FIRM, people.TOWN])
        stage = Stage(hub, fixtures())
        await people.seed(stage)
        matters.plan(stage)
        requests.plan(stage)
        await stage.play(_progress)
        return await hub.database.system.fetchval(operator.EVENTS_OF, [people.FIRM, people.TOWN]) - events


def fixtures() -> Path:
    """Where real dockets and opinions may lie: `CASEWIRE_FIXTURES`, else beside the checkout."""
    return Path(os.environ.get("CASEWIRE_FIXTURES") or FIXTURES_BESIDE)


def _progress(done: int, all: int) -> None:
    """A line that changes in a terminal; elsewhere one at each quarter."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[2K  demo: {done} of {all} steps" + ("\n" if done == all else ""))
        sys.stdout.flush()
    elif done * 4 // all != (done - 1) * 4 // all:
        print(f"  demo: {done} of {all} steps", flush=True)
