"""What a question found, checked without the server: what was exported passes, and what was changed fails."""

import json
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.verify.cli import verify
from deploy.verify.report import Report
from hub.context import Hub
from schemas.audit_log import Signer
from tests.app import Office, World, app, http, hub, office, owner, world
from tests.hub.audit.leaves import Leaves

__all__ = ["app", "http", "hub", "office", "owner", "world"]  # fixtures

THEN = {"until": "2026-04-01T00:00:00Z"}


@pytest.fixture
async def exported(hub: Hub, office: Office, world: World, owner: Any) -> bytes:
    leaves = Leaves(owner)
    person = await world.person(office.org, name="Zoë \u2028 \U0001f600 名")
    for _ in range(40):
        await leaves.add(office.org, "task.done", person.id, case=office.case)
    await leaves.seal(office.org, Signer(hub.settings))
    await leaves.add(office.org, "task.done", office.lead.id)
    answer = await office.admin.get(f"/v1/orgs/{office.org}/audit/export", **THEN)
    assert answer.status_code == 200
    return answer.content


def said(path: Path, **given: Any) -> tuple[int, str]:
    told: list[str] = []
    code = verify(str(path), report=Report(told.append), **given)
    return code, "\n".join(told)


def spelled(whole: Any) -> bytes:
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


async def test_what_was_exported_passes(exported: bytes, hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(exported)
    code, told = said(file, keys=[Signer(hub.settings).key])
    assert code == 0 and "41 entries" in told and "40 of them are in the log of 40" in told
    assert said(file)[0] == 0  # by the key that it brings, which is said
    assert "The key is the one that the record itself brings" in said(file)[1]


def forged(change: Callable[[Any], Any]) -> Callable[[Any, Hub], Any]:
    """With a signature that holds: by who has the key, and not the log that was signed."""

    def make(whole: Any, hub: Hub) -> Any:
        change(whole["export"])
        lines = whole["note"].split("\n")
        lines[2] = str(len(whole["export"]["entries"]))
        lines[3] = sha256(spelled(whole["export"])[:-1]).hexdigest()
        whole["note"] = Signer(hub.settings).note("\n".join(lines[:5]) + "\n")
        return whole

    return make


def renamed(export: Any) -> None:
    export["entries"][-1]["entry"]["act"] = "task.added"


def moved(export: Any) -> None:
    one, other = export["entries"][5:7]
    one["n"], other["n"] = other["n"], one["n"]


def doubled(export: Any) -> None:
    export["entries"].append(export["entries"][3])


def pathless(export: Any) -> None:
    del export["entries"][9]["path"]


async def test_who_has_the_key_and_not_the_log_is_found(exported: bytes, hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    for change in (renamed, moved, doubled, pathless):
        file.write_bytes(spelled(forged(change)(json.loads(exported), hub)))
        code, told = said(file, keys=[Signer(hub.settings).key])
        assert code == 1 and "WRONG" in told, change.__name__


async def test_every_byte_counts(exported: bytes, hub: Hub, tmp_path: Path) -> None:
    dice, key = random.Random(7), Signer(hub.settings).key
    file = tmp_path / "record.json"
    for _ in range(60):
        at = dice.randrange(len(exported))
        changed = bytes([exported[at] ^ 1 << dice.randrange(8)])
        file.write_bytes(exported[:at] + changed + exported[at + 1 :])
        assert said(file, keys=[key])[0] in (1, 2), at
    for at, code in ((0, 2), (1, 2), (len(exported) // 2, 1), (len(exported) - 2, 1)):  # of some it can be said whose
        file.write_bytes(exported[:at])
        assert said(file, keys=[key])[0] == code
    file.write_bytes(spelled({"export": [], "note": ""}))
    assert said(file)[0] == 2


async def test_another_key_and_another_checkpoint_are_told(exported: bytes, hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    whole = json.loads(exported)
    other = Signer(hub.settings)
    note = other.checkpoint(UUID(int=5), 40, b"x" * 32, hub.clock())

    def swapped(export: Any) -> None:
        export["checkpoint"] = note

    file.write_bytes(spelled(forged(swapped)(whole, hub)))
    assert "checkpoint of another log" in said(file, keys=[other.key])[1]
