"""What the person at the machine is shown of the record, the house's log too."""

import asyncio
import json
from typing import Any

import pytest

from deploy import audit_show
from deploy.embedded.child import StackError
from schemas.audit import HOUSE
from schemas.settings import Settings
from tests.app import World, app, http, hub, owner, world
from tests.hub.audit.leaves import Leaves

__all__ = ["app", "http", "hub", "owner", "world"]  # fixtures

SINCE = "2026-03-01"
ALL: dict[str, Any] = {"since": SINCE, "acts": (), "limit": 100, "refused": False, "as_json": False}


async def shown(capsys: pytest.CaptureFixture[str], settings: Settings, log: str, **given: Any) -> list[str]:
    await asyncio.to_thread(audit_show.main, settings, log, **ALL | given)
    return capsys.readouterr().out.splitlines()


async def test_a_log_is_shown_newest_last(
    settings: Settings, world: World, owner: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    org = await world.organisation()
    person = await world.person(org, name="Zoë \x1b[2J Ünsal")
    leaves = Leaves(owner)
    await leaves.add(org, "case.opened", person.id, thing=org)
    await leaves.add(org, "wall.raised", person.id, outcome="refused", rule="forbidden")
    first, second = await shown(capsys, settings, str(org))
    assert first.startswith("2026-03-01T09:01:00+00:00  done") and "by Zoë \ufffd[2J Ünsal" in first
    assert "REFUSED" in second and second.endswith("(forbidden)") and "from 192.0.2.7" in second
    assert await shown(capsys, settings, str(org), refused=True) == [second]
    assert await shown(capsys, settings, str(org), acts=("case.opened",)) == [first]
    assert await shown(capsys, settings, str(org), limit=1) == [second]
    assert await shown(capsys, settings, str(org), since="2027-01-01") == ["Nothing in this log fits."]
    (entry, _) = await shown(capsys, settings, str(org), as_json=True)
    assert json.loads(entry)["act"] == "case.opened"
    await leaves.add(HOUSE, "session.opened", person.id)
    assert any(str(person.id) in line for line in await shown(capsys, settings, "house", as_json=True))


@pytest.mark.parametrize(
    ("log", "given", "says"),
    [
        ("somewhere", {}, "somewhere is no log"),
        ("house", {"since": "yesterday"}, "yesterday is no moment"),
        ("house", {"limit": 0}, "--limit is between"),
    ],
)
def test_what_is_wrong_is_said(settings: Settings, log: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(StackError, match=says):
        audit_show.main(settings, log, **ALL | given)
