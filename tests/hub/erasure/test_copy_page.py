"""The page of a person's copy: names where ids are, moments in their own zone, and what was written as it was."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hub.erasure import page
from tests.app import World

NOW = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
ZONE = "America/New_York"


def cells(kind: str, row: dict[str, Any], names: dict[Any, str]) -> str:
    return page.line(kind, row, page.heads(kind, row), names, ZONE)


def test_moments_are_those_of_the_persons_zone() -> None:
    assert "28 February 2026, 23:30" in page.begin(NOW, ZONE) and "America/New York" in page.begin(NOW, ZONE)
    assert "1 March 2026, 04:30" in page.begin(NOW, "Nowhere/At all")
    row = {"kind": "browser", "made_at": "2026-03-01T04:30:00+00:00", "used_at": None, "expires_at": "infinity"}
    assert ">28 February 2026, 23:30</time>" in cells("sessions", row, {}) and "infinity" in cells("sessions", row, {})
    assert ">31 December 2026</td>" in cells("tasks", {"due_on": "2026-12-31"}, {})


def test_what_was_written_stays_as_it_was_written() -> None:
    id = str(uuid4())
    said = {"id": id, "body": "2026-03-01", "attachments": [{"name": "<b>.pdf", "sha256": "0"}]}
    line = cells("messages", said, {})
    assert ">2026-03-01<" in line and ">&lt;b&gt;.pdf<" in line and id not in line


def test_names_stand_for_ids() -> None:
    case, thing, org = uuid4(), uuid4(), uuid4()
    names = {case: "C-1 · <i>", thing: "plan.pdf", org: "Office"}
    event = {"type": "version.received", "case_id": str(case), "thing": str(thing), "at": "2026-03-01T04:30:00+00:00"}
    assert page.ids_in("events", [event]) == sorted([case, thing])
    line = cells("events", event, names)
    assert "uploaded a version" in line and "C-1 · &lt;i&gt;" in line and "plan.pdf" in line and str(case) not in line
    entry = {"at": event["at"], "act": "open_wall", "outcome": "refused", "case": str(case), "thing": str(case)}
    told = cells("record", {"entry": entry | {"rule": "not theirs"}}, names)
    assert "tried: open wall" in told and told.count("C-1") == 1 and "not theirs" in told
    # What has no name for who asks is its id, so that the row still says which; what an act was about is left out.
    assert f"<code>{org}</code>" in cells("teams", {"org": str(org)}, {})
    assert str(thing) not in cells("events", event, {})


async def test_a_copy_calls_what_is_in_it_by_name(world: World) -> None:
    office = await world.office("legal_matter")
    talk = await office.conversation()
    await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "Mine"})
    someone = await world.token(office.outside, kind="browser", proved=True)
    title = await world.pool.fetchval("select title from cases where id = $1", office.case)
    about = await world.pool.fetchval("select title from conversations where id = $1", talk)
    answer = await someone.post("/v1/me/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        shown, data = packed.read("index.html").decode(), json.loads(packed.read("data.json"))
    assert data["messages"][0]["case_id"] == str(office.case) and str(office.case) not in shown
    assert title in shown and about in shown and "posted a message" in shown
    assert str(talk) not in shown
