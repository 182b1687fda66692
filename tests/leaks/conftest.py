from typing import Any

import pytest

from tests.app import World, app, http, hub, office, owner, world
from tests.gateway.conftest import live
from tests.leaks.town import Town, plant
from tests.uploads import Hands, hands

__all__ = ["app", "hands", "http", "hub", "live", "office", "owner", "world"]  # fixtures


@pytest.fixture(scope="session")
async def town(world: World, hands: Hands, owner: Any) -> Town:
    return await plant(world, hands, owner)
