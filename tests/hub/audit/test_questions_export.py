"""What a question finds, as a file: JSON that somebody else can check, and a table that no spreadsheet runs."""

import csv
import io
import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.audit import exports
from hub.audit.exports import harmless
from hub.audit.rules import question
from hub.context import Hub
from hub.http.auth import session_of
from schemas.audit_log import Signer
from schemas.errors import Refused
from schemas.limits import PAGE_ITEMS_MAX
from tests.app import Office, World, refused
from tests.hub.audit.leaves import Leaves

THEN = {"until": "2026-04-01T00:00:00Z"}


@pytest.fixture
def leaves(owner: Any) -> Leaves:
    return Leaves(owner)


def checked(raw: bytes, key: str) -> dict[str, Any]:
    """The export, checked with the standard library alone: canonical, and signed over its hash."""
    whole = json.loads(raw)
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert raw == canonical + b"\n"
    inside = canonical[len(b'{"export":') : canonical.rindex(b',"note":')]
    text, _, signature = whole["note"].rpartition("\n\n")
    lines = text.split("\n")
    assert lines[0] == "casewire-audit-export/1" and lines[1] == whole["export"]["origin"]
    assert int(lines[2]) == len(whole["export"]["entries"])
    assert lines[3] == sha256(inside).hexdigest()
    name, _, rest = key.partition("+")
    dash, who, signed = signature.strip().split(" ")
    assert (dash, who) == ("\N{EM DASH}", name)
    public = Ed25519PublicKey.from_public_bytes(b64decode(rest.partition("+")[2])[1:])
    public.verify(b64decode(signed)[4:], (text + "\n").encode())
    return whole["export"]


async def test_the_json_holds_the_exact_entries_and_its_signature(
    hub: Hub, office: Office, leaves: Leaves
) -> None:
    numbers = [
        await leaves.add(office.org, "task.done", office.lead.id, case=office.case)
        for _ in range(PAGE_ITEMS_MAX + 3)
    ]
    note = await leaves.seal(office.org, Signer(hub.settings))
    await leaves.add(office.org, "wall.raised", office.admin.id)
    answer = await office.admin.get(f"/v1/orgs/{office.org}/audit/export", act="task.done", **THEN)
    assert (
        answer.status_code == 200
        and answer.headers["content-disposition"] == 'attachment; filename="record.json"'
    )
    found = checked(answer.content, Signer(hub.settings).key)
    assert [one["n"] for one in found["entries"]] == numbers[::-1]
    assert found["asked"] == {"act": ["task.done"], "until": "2026-04-01T00:00:00+00:00"}
    assert (found["checkpoint"], found["made_by"]) == (note, str(office.admin.id))
    assert found["origin"].endswith(f"/audit/{office.org}")
    hashes = {
        row["n"]: row["hash"]
        for row in await leaves.pool.fetch("select n, hash from audit_leaves where log = $1", office.org)
    }
    for one in found["entries"]:
        entry = json.dumps(one["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert sha256(b"\0" + entry).digest() == hashes[one["n"]]
    assert found["entries"][0]["who"].startswith("Person ") and "A Legal" in found["entries"][0]["case"]


async def test_the_table_is_for_spreadsheets_and_runs_nothing(
    world: World, office: Office, leaves: Leaves
) -> None:
    evil = await world.person(office.org, name='=HYPERLINK("http://x.test","Ünïcode 名")')
    await leaves.add(office.org, "task.done", evil.id, case=office.case, address="192.0.2.9")
    await leaves.add(office.org, "session.made", None, kind="worker")
    answer = await office.admin.get(f"/v1/orgs/{office.org}/audit/export", format="csv", **THEN)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.startswith(b'\xef\xbb\xbf"time"') and answer.content.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["who"] for row in rows] == ["worker", '\'=HYPERLINK("http://x.test","Ünïcode 名")']
    assert rows[1]["time"] == "2026-03-01T09:01:00+00:00"
    assert (rows[1]["address"], rows[1]["case (id)"], rows[1]["leaf"]) == ("192.0.2.9", str(office.case), "0")
    of_case = await office.lead.get(f"/v1/cases/{office.case}/audit/export", format="csv", **THEN)
    assert len(of_case.text.splitlines()) == 2 and "192.0.2.9" not in of_case.text


@pytest.mark.parametrize("first", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
def test_no_cell_begins_a_formula(first: str) -> None:
    assert harmless(f"{first}1+1") == f"'{first}1+1"


def test_other_cells_stay_as_they_are() -> None:
    for text in ("", "Ada", "1-2", "a=b", "192.0.2.1", "'quoted"):
        assert harmless(text) == text


async def test_more_than_an_export_holds_is_refused_before_the_first_byte(
    office: Office, leaves: Leaves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AUDIT_EXPORT_MAX", 2)
    for _ in range(3):
        await leaves.add(office.org, "task.done", office.lead.id)
    path = f"/v1/orgs/{office.org}/audit/export"
    refused(await office.admin.get(path, **THEN), 413, "too_large")
    assert (await office.admin.get(path, until="2026-03-01T09:03:00Z")).status_code == 200


async def test_who_may_not_ask_exports_nothing(office: Office) -> None:
    for person in (office.lead, office.outside, office.stranger, office.foreign):
        refused(await person.get(f"/v1/orgs/{office.org}/audit/export"), 404, "not_found")
    refused(await office.outside.get(f"/v1/cases/{office.case}/audit/export"), 403, "forbidden")
    refused(await office.foreign.get(f"/v1/cases/{office.case}/audit/export"), 404, "not_found")


async def test_an_export_ends_with_the_right_to_read_it(
    hub: Hub, office: Office, leaves: Leaves, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page asks anew: whoever is signed out in the middle gets a file without an end, and no signature."""
    monkeypatch.setattr(exports, "PAGE_ITEMS_MAX", 2)
    for _ in range(5):
        await leaves.add(office.org, "task.done", office.lead.id)
    who = await session_of(hub, office.admin.token)
    assert who is not None
    asked = question(
        person=None,
        case=None,
        thing=None,
        act=("task.done",),
        outcome=None,
        from_=None,
        until=None,
        since=None,
    )
    content = await exports.of_org(hub, who, office.org, asked, "csv")
    got = [await anext(content), await anext(content)]
    assert got[1].count(b"\r\n") == 2
    await leaves.pool.execute("update sessions set ended_at = now() where id = $1", office.admin.session)
    with pytest.raises(Refused, match="unauthenticated"):
        await anext(content)
