"""A certificate, checked without the server: as it was issued it passes, and whatever was changed in it fails."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from deploy.verify.cli import verify
from deploy.verify.report import Report
from hub.context import Hub
from hub.retention.certifying import signed
from schemas.audit_log import Signer
from schemas.ids import new_id
from schemas.settings import Settings
from tests.app import hub

__all__ = ["hub"]  # fixture

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def signing(hub: Hub) -> Settings:
    return hub.settings


def spelled(body: bytes, note: str) -> bytes:
    return b'{"certificate":' + body + b',"note":' + json.dumps(note, ensure_ascii=False).encode() + b"}\n"


def issued(signing: Settings, **more: Any) -> bytes:
    org, id = new_id(), new_id()
    said: dict[str, Any] = {"v": 1, "kind": "case", "thing": str(new_id()), "organisation": str(org), "what": {}}
    said["under"] = "Zoë: 7 years"
    body = rfc8785.dumps(said | more)
    return spelled(body, signed(signing, org, id, body, NOW))


def checked(path: Path, data: bytes, *keys: str) -> tuple[int, str]:
    path.write_bytes(data)
    told: list[str] = []
    return verify(str(path), keys=list(keys), report=Report(told.append)), "\n".join(told)


def test_what_was_issued_passes_with_the_key_that_one_trusts(
    signing: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "certificate.json", Signer(signing).key
    code, told = checked(file, issued(signing), key)
    assert code == 0 and "of a case that was destroyed, signed 2026-03-01T00:00:00" in told
    assert checked(file, issued(signing))[0] == 2  # it brings no key of its own
    told = capsys.readouterr().err
    assert "name the organisation's public key with --key" in told and "casewire audit key" in told


def test_what_was_changed_fails(signing: Settings, tmp_path: Path) -> None:
    """Each of 300 changes of a byte, and some that somebody would make."""
    file, key, dice = tmp_path / "certificate.json", Signer(signing).key, random.Random(5)
    data = issued(signing)
    for _ in range(300):
        at = dice.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ dice.randrange(1, 256)]) + data[at + 1 :]
        assert checked(file, changed, key)[0] != 0, changed
    said = data.replace(b'"what":{}', b'"what":{"messages":1}')
    for changed in (data[:-9], data + b"x", said, data.rstrip() + b" \n"):
        assert checked(file, changed, key)[0] != 0, changed


def test_what_was_signed_for_something_else_fails(signing: Settings, tmp_path: Path) -> None:
    file, signer = tmp_path / "certificate.json", Signer(signing)
    whole = json.loads(issued(signing))
    body = rfc8785.dumps(whole["certificate"])
    lines = whole["note"].split("\n")[:4]
    for text in (
        [lines[0].replace("/certificate/", "/export/"), *lines[1:]],
        [lines[0][:-1] + "x", *lines[1:]],
        lines[:3],
        [*lines, "more"],
    ):
        code, told = checked(file, spelled(body, signer.note("\n".join(text) + "\n")), signer.key)
        assert code == 1, told
    other = spelled(body, json.loads(issued(signing))["note"])
    code, told = checked(file, other, signer.key)
    assert code == 1 and "certificate" in told
