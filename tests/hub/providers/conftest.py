from collections.abc import Iterator

import pytest

from hub.context import Hub, utc_now
from tests.app import World
from tests.browsers import Site
from tests.hub.providers.bent import Mall, mall
from tests.hub.providers.offices import Town


@pytest.fixture(scope="module")
def bent() -> Iterator[Mall]:
    with mall() as found:
        yield found


@pytest.fixture(scope="module")
def standing(world: World, hub: Hub, bent: Mall) -> Town:
    return Town(world, Site(hub), bent)


@pytest.fixture
def town(standing: Town) -> Town:
    """Its clock is set before each test: a provider's runs on, and a file takes longer than the two may differ."""
    standing.site.clock.start = utc_now()
    return standing
