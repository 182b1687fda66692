from typing import Any

import asyncpg
import pytest

from deploy.embedded.stack import Stack
from hub.context import Hub
from schemas.audit_log import Signer
from schemas.settings import Settings
from tests.app import World, app, http, hub, office, owner, world
from tests.gateway.conftest import live
from tests.leaks.town import Town, plant
from tests.leaks.written import Ledger
from tests.record import from_here_on, placed
from tests.uploads import Hands, hands
from workers.sequence import Sequencer

__all__ = ["app", "hands", "http", "hub", "live", "office", "owner", "world"]  # fixtures


@pytest.fixture(scope="session")
async def town(world: World, hands: Hands, owner: Any, stack: Stack) -> Town:
    """What was done to plant it stands in the record, at its places in the logs: that is asked about as well."""
    settings = Settings.read(stack.settings("sequence"))
    connection = await asyncpg.connect(settings.postgres_system)
    await from_here_on(connection)
    planted = await plant(world, hands, owner)
    sequencer = Sequencer(connection, Signer(settings))
    await sequencer.begin()
    assert await placed(sequencer) > 50
    await connection.close()
    return planted


@pytest.fixture
def ledger(hub: Hub, owner: Any) -> Ledger:
    return Ledger(hub, owner)
