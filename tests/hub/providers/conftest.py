from collections.abc import Iterator

import pytest

from hub.context import Hub
from tests.app import World
from tests.browsers import Site
from tests.hub.providers.bent import Mall, mall
from tests.hub.providers.offices import Town


@pytest.fixture(scope="module")
def bent() -> Iterator[Mall]:
    with mall() as found:
        yield found


@pytest.fixture(scope="module")
def town(world: World, hub: Hub, bent: Mall) -> Town:
    return Town(world, Site(hub), bent)
