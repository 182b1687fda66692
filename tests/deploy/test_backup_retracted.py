"""What people took back after a moment is taken back again in a house that is restored to it, held or not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy import erasures
from deploy.backup import retractions
from deploy.embedded.stack import Stack
from schemas.settings import Settings
from storage.postgres import ledger, messages
from tests.app import Office, app, http, hub, office, owner, refused, world
from tests.browsers import proved
from tests.deploy.test_verify_database import look
from tests.record import Record, record

__all__ = ["app", "http", "hub", "office", "owner", "record", "world"]  # fixtures


@pytest.fixture
async def above(stack: Stack) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(Settings.read(stack.settings("operator")).postgres_owner)
    yield connection
    await connection.close()


def line(message: dict[str, Any]) -> str:
    return json.dumps({"what": "retraction", "row": {"id": message["id"], "at": "2026-01-02T03:04:05.000006+00:00"}})


async def test_what_was_taken_back_is_written_down_by_its_id(office: Office, above: Any) -> None:
    talk = await office.conversation()
    gone, stays = [
        await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": body}) for body in ("Canary", "Stays")
    ]
    await office.lead.delete(f"/v1/messages/{gone['id']}", gone["revision"])
    written = [one for one in await ledger.lines(above) if json.loads(one)["what"] == "retraction"]
    ids = [json.loads(one)["row"]["id"] for one in written]
    assert gone["id"] in ids and stays["id"] not in ids and not any("Canary" in one for one in written)
    assert await ledger.unretracted(above, written) == []


@pytest.mark.parametrize("held", [False, True])
async def test_it_is_taken_back_again(
    record: Record, office: Office, above: Any, stack: Stack, world: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, held: bool,
) -> None:
    talk = await office.conversation()
    path = f"/v1/conversations/{talk}/messages"
    said = await office.outside.made(path, {"body": "First wording"})
    edited = await office.outside.patch(f"/v1/messages/{said['id']}", {"body": "Canary"}, said["revision"])
    before = edited.json()["item"]
    stays = await office.lead.made(path, {"body": "Stays"})
    if held:
        admin = await proved(world, office.admin)
        hold = {"kind": "case", "thing": office.case, "reason": "A court asked."}
        await admin.made(f"/v1/orgs/{office.org}/holds", hold)
    settings = Settings.read(stack.settings("operator"))
    absent = {"id": "00000000-0000-4000-8000-000000000000"}
    (file := tmp_path / "ledger").write_text(f"{line(before)}\n{line(absent)}\n")
    if held:  # who died in the middle is gone on for
        with monkeypatch.context() as broken:
            broken.setattr(messages, "BLANK_AGAIN", "select 1 / 0 where $1 <> $2::uuid and $3 > 0")
            with pytest.raises(asyncpg.DivisionByZeroError):
                await retractions.apply(settings, above, file.read_text().splitlines())
    else:  # by the command, for a database that was restored by other means
        assert (await asyncio.to_thread(erasures.apply, settings, file))["retraction"] == 1
    for times in (int(held), 0):  # again is free
        assert await retractions.apply(settings, above, file.read_text().splitlines()) == times

    found = {one["id"]: one for one in await office.outside.all(path)}
    assert found[stays["id"]]["body"] == "Stays"
    after = found[said["id"]]
    assert after["body"] is None and after["retracted_at"].startswith("2026-01-02T03:04:05")
    assert after["revision"] == before["revision"] + 1
    again = await office.outside.patch(f"/v1/messages/{said['id']}", {"body": "x"}, after["revision"])
    refused(again, 409, "retracted")
    events = await above.fetch(
        "select type, data::text as data from events where stream = $1 and thing = $2 order by seq",
        office.case, UUID(said["id"]),
    )  # fmt: skip
    assert [row["type"] for row in events] == ["message.posted", "message.edited", "message.retracted"]
    assert not any("Canary" in row["data"] or "First wording" in row["data"] for row in events)
    # It is put aside as what is taken back is, and the record tells of it.
    kept = await above.fetchrow(
        "select body, replaced_by from message_originals where message = $1 and revision = $2",
        UUID(said["id"]), before["revision"],
    )  # fmt: skip
    assert (kept["body"], kept["replaced_by"]) == ("Canary", office.outside.id)
    await record.settle()
    assert (await look(stack, office, record)).wrong == 0
