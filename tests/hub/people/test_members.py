"""What an organisation keeps, asked by members who do not administer it: one rule for all its routes.

Of what they may not read they do not hear: 404, as for strangers. What they may read and not change says so: 403.
"""

import re
from typing import Any

import pytest

from tests.app import ABSENT, World, refused
from tests.leaks.exits import EXITS
from tests.routes import all_routes

# What members without that place may read, by the word after the organisation.
READABLE = {"desk": {"teams", "mfa", "links"}, "outside": {"mfa"}}
# What staff do, and administrators not alone; each shows by itself to whom.
STAFFS = {("people", "link"), ("links",)}
# Asked with what a route takes, where a row of `exits` has more in mind.
TAKES: dict[str, dict[str, Any]] = {
    "/v1/orgs/{org:uuid}/audit/proof": {"n": 0},
    "/v1/orgs/{org:uuid}/audit/consistency": {"from": 0, "to": 0},
}
BODIES: dict[str, Any] = {"/v1/orgs/{org:uuid}/scim": {"role": "desk"}}
ROUTES = [route for route in all_routes() if route.path.startswith("/v1/orgs/{org:uuid}/")]


@pytest.mark.parametrize("place", READABLE)
async def test_who_may_not_read_it_does_not_hear_of_it(world: World, place: str) -> None:
    office = await world.office("legal_matter")
    member = office.lead if place == "desk" else office.outside
    seen: set[str] = set()
    for route in ROUTES:
        words = tuple(part for part in route.path.split("/")[4:] if not part.startswith("{"))
        if words in STAFFS and place == "desk":
            continue
        path = filled(route.path, {"org": office.org})
        for body in EXITS[route.method, route.path].bodies:
            body = BODIES.get(route.path, filled(body, {"org": office.org}))
            answer = await member.call(route.method, path, body, revision=1, **TAKES.get(route.path, {}))
            if words[0] not in READABLE[place]:
                refused(answer, 404, "not_found")
            elif route.method == "GET":
                assert answer.status_code in (200, 404), (route.path, answer.text)
            else:
                refused(answer, 403, "forbidden")
                seen.add(words[0])
    assert seen == READABLE[place] - {"links"}


def filled(value: Any, ids: dict[str, Any]) -> Any:
    """Every place of an id holds one; of what is not named one that is nobody's."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: str(ids.get(found[1], ABSENT)), value)
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    return [filled(one, ids) for one in value] if isinstance(value, list) else value
