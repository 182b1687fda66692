"""An address that was made before a wall opens nothing behind it."""

from uuid import UUID

import httpx
import pytest

from tests.app import World
from tests.browsers import proved
from tests.gateway.files.test_files import TEXT, address
from tests.hub.walls.test_walls import lifted, raised
from tests.uploads import Hands, cleared


@pytest.mark.parametrize("name", ["lead", "outside", "second"])
async def test_an_address_opens_nothing_behind_a_wall(
    world: World, hands: Hands, reader: httpx.AsyncClient, name: str
) -> None:
    """Of a lawyer, a client and an administrator, who had it when the wall was raised."""
    office = await world.office("legal_matter")
    await proved(world, office.admin)
    second = await world.person(office.org, "admin")
    person = {"lead": office.lead, "outside": office.outside, "second": second}[name]
    version: UUID = await cleared(hands, office.lead, office.case, TEXT, audience=office.shared)
    url = await address(person, version)
    assert (await reader.get(url)).content == TEXT
    wall = await raised(office, person)
    hidden = await reader.get(url)
    assert hidden.status_code == 404 and hidden.json()["code"] == "not_found"
    assert (await person.get(f"/v1/versions/{version}/content")).status_code == 404
    await lifted(office, wall)
    assert (await reader.get(url)).content == TEXT
