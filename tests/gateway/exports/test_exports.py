"""A case exported: complete for whoever may see it, nothing for whoever may not, and checked without the server."""

import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from deploy.embedded.stack import Stack
from deploy.verify.archive import verify_archive
from deploy.verify.record import keys_named
from deploy.verify.report import Report
from gateway.files import Files
from gateway.parts import disposition
from hub.context import Hub
from schemas.audit_log import Signer
from schemas.settings import Settings
from tests.app import Office, Person, World
from tests.record import Record
from tests.uploads import Hands, cleared, revoke

HEBREW = "שלום <script>alert(1)</script> & so weiter"
TEXT = b"The lessee pays on the first of each month.\n"


@pytest.fixture(scope="session")
def signing(stack: Stack) -> Settings:
    return Settings.read(stack.settings("files"))


@pytest.fixture(scope="session")
async def files(signing: Settings, hub: Hub) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Files(signing, hub.database, hub.blobs, hub.rates))
    async with httpx.AsyncClient(transport=transport, base_url=signing.files_url) as client:
        yield client


async def proved(world: World, person: Person) -> Person:
    return await world.token(person, kind="browser", proved=True)


async def exported(files: httpx.AsyncClient, person: Person, case: UUID) -> bytes:
    made = await person.made(f"/v1/cases/{case}/exports")
    address = (await person.get(f"/v1/exports/{made['id']}/address")).json()["url"]
    answer = await files.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    # Saved under the name that the dialog showed.
    assert answer.headers["content-disposition"] == disposition(made["file_name"], False)
    return answer.content


async def told(office: Office, hands: Hands, record: Record) -> dict[str, Any]:
    """A case with something of everything, placed in the record's log and signed."""
    talk = await office.conversation()
    staff = await office.conversation("staff" if "staff" in office.type.audiences else office.shared)
    path = f"/v1/conversations/{talk}/messages"
    version = await cleared(
        hands, office.lead, office.case, TEXT, audience=office.shared, file_name='CON: "צו"?.txt'
    )
    hidden = await cleared(hands, office.lead, office.case, b"for staff alone", audience=None)
    plain = await office.lead.made(path, {"body": HEBREW, "attachments": [str(version)]})
    edited = await office.outside.made(path, {"body": "first wording"})
    await office.outside.patch(f"/v1/messages/{edited['id']}", {"body": "second wording"}, edited["revision"])
    gone = await office.lead.made(path, {"body": "taken back canary"})
    await office.lead.delete(f"/v1/messages/{gone['id']}", gone["revision"])
    inside = await office.lead.made(f"/v1/conversations/{staff}/messages", {"body": "staff canary"})
    await office.lead.made(f"/v1/cases/{office.case}/entries", {"text": "Seen\nagain", "occurred_on": "2026-01-01"})
    await office.lead.made(f"/v1/cases/{office.case}/parties", {"name": "Şükrü & Sons", "role": _role(office)})
    await office.lead.made(f"/v1/cases/{office.case}/tasks", {"title": "Do <b>it</b>"})
    await office.lead.made(f"/v1/cases/{office.case}/deadlines", {"title": "Due", "due_on": "2040-01-01"})
    await record.settle()
    return {"version": version, "hidden": hidden, "plain": plain, "edited": edited, "gone": gone, "inside": inside}


def _role(office: Office) -> str:
    return office.type.party_roles[0] if office.type.party_roles else "other"


def checked(archive: bytes | Path, tmp_path: Path, signing: Settings, **more: Any) -> Report:
    path = archive if isinstance(archive, Path) else tmp_path / "case.zip"
    if isinstance(archive, bytes):
        path.write_bytes(archive)
    report = Report(lambda _: None, lambda _: None)
    verify_archive(report, path, named=keys_named([Signer(signing).key]), witnesses=more.get("witnesses", []))
    return report


def opened(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as box:
        assert box.testzip() is None
        return {name: box.read(name) for name in box.namelist()}


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


async def test_staff_take_along_all_of_it_and_it_verifies(
    world: World, office: Office, hands: Hands, record: Record, files: httpx.AsyncClient, signing: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    made = await told(office, hands, record)
    archive = await exported(files, await proved(world, office.lead), office.case)
    report = checked(archive, tmp_path, signing)
    assert report.findings == []
    assert any("commitments to events opened" in fact and not fact.startswith("0 ") for fact in report.facts)
    box = opened(archive)
    manifest = json.loads(box["manifest.json"])
    assert manifest["holes"] == [] and manifest["left_out"] == [] and manifest["record"]["entries"] > 5
    messages = {one["id"]: one for one in lines(box["data/messages.jsonl"])}
    assert messages[made["plain"]["id"]]["body"] == HEBREW
    assert messages[made["edited"]["id"]]["body"] == "second wording"
    assert messages[made["gone"]["id"]]["body"] is None
    assert box[manifest["versions"][str(made["version"])]] == TEXT
    assert b"first wording" in box["events.jsonl"] and b"first wording" in box["index.html"]
    for name, data in box.items():
        assert b"taken back canary" not in data, name
    page = box["index.html"].decode()
    assert "<script" not in page and "&lt;script&gt;" in page and "שלום" in page
    assert "<b>it</b>" not in page and "http://" not in page and "https://" not in page
    # The record there speaks of people and things by their names, in words, at the case's own time.
    acts = page.partition('id="record"')[2].partition('id="check"')[0]
    for words in ("posted a message", "added a party", "<bdi>Şükrü &amp; Sons</bdi>", "Do &lt;b&gt;it&lt;/b&gt;"):
        assert words in acts, words
    assert "<bdi>Seen again</bdi>" in acts
    assert f"href=#m-{made['edited']['id']}" in acts and f"id=m-{made['edited']['id']}" in page
    assert not re.search(r"\b[a-z]+\.[a-z]+(ed|read)\b", acts) and str(office.lead.id) not in acts
    for path in manifest["versions"].values():
        assert path.startswith("files/") and ".." not in path and "\\" not in path and '"' not in path


async def test_an_administrator_who_takes_no_part_is_named_in_what_they_export(
    world: World, office: Office, record: Record, files: httpx.AsyncClient
) -> None:
    admin = await proved(world, office.admin)
    await exported(files, admin, office.case)
    await record.settle()
    page = opened(await exported(files, admin, office.case))["index.html"].decode()
    assert "exported the case" in page and "case.exported" not in page and str(admin.id) not in page


async def test_a_case_in_which_nothing_was_done_yet_says_so(
    world: World, office: Office, files: httpx.AsyncClient
) -> None:
    box = opened(await exported(files, await proved(world, office.lead), office.case))
    page = box["index.html"].decode()
    for section in ("parties", "deadlines", "tasks", "entries", "documents", "messages", "record"):
        inside = page.partition(f'id="{section}"')[2].partition("<h2")[0]
        assert "There is nothing here." in inside, section
    assert "administrators" in page and "among admin," not in page
    assert "of the log that was signed" not in page and "The manifest is signed by" in page


async def test_each_sees_what_they_may_see_and_holes_are_named(
    world: World, office: Office, hands: Hands, record: Record, files: httpx.AsyncClient, signing: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    made = await told(office, hands, record)
    archive = await exported(files, await proved(world, office.outside), office.case)
    assert checked(archive, tmp_path, signing).findings == []
    box = opened(archive)
    manifest = json.loads(box["manifest.json"])
    everything = b"".join(box.values())
    assert b"staff canary" not in everything and str(made["hidden"]).encode() not in everything
    assert b"for staff alone" not in everything and manifest["holes"]
    assert manifest["as"]["roles"] == [office.role]
    # Of the record, who does not staff the case has what they did themselves.
    assert {e["by"]["person"] for e in lines(box["audit/entries.jsonl"])} == {str(office.outside.id)}
    seen = [e["seq"] for e in lines(box["events.jsonl"])]
    holes = [n for first, last in manifest["holes"] for n in range(first, last + 1)]
    assert sorted([*seen, *holes]) == list(range(1, manifest["as_of"]["seq"] + 1))


async def test_whoever_may_not_see_the_case_exports_nothing(
    world: World, office: Office, files: httpx.AsyncClient
) -> None:
    for person in (office.stranger, office.foreign):
        answer = await (await proved(world, person)).post(f"/v1/cases/{office.case}/exports")
        assert answer.status_code == 404
    # A proof of who they are is asked for, and a token never gives one.
    old = await world.token(office.lead, kind="browser")
    assert (await old.post(f"/v1/cases/{office.case}/exports")).json()["code"] == "step_up_needed"
    assert (await office.lead.post(f"/v1/cases/{office.case}/exports")).status_code == 403


async def test_an_address_is_personal_and_asks_the_wall_again(
    world: World, office: Office, files: httpx.AsyncClient
) -> None:
    person = await proved(world, office.outside)
    made = await person.made(f"/v1/cases/{office.case}/exports")
    path = f"/v1/exports/{made['id']}/address"
    assert (await (await proved(world, office.lead)).get(path)).status_code == 404
    url = (await person.get(path)).json()["url"]
    assert (await files.get(url)).status_code == 200
    assert (await files.head(url)).status_code == 200
    # An address of one kind is none of the other.
    assert (await files.get(url.replace("/x/", "/f/"))).status_code == 404
    await revoke(office)
    assert (await files.get(url)).status_code == 404
    assert (await person.get(path)).status_code == 404


async def test_export_and_each_download_and_each_document_stand_in_the_record(
    world: World, office: Office, hands: Hands, record: Record, files: httpx.AsyncClient, owner: asyncpg.Pool
) -> None:
    version = await cleared(hands, office.lead, office.case, TEXT, audience=office.shared)
    person = await proved(world, office.lead)
    made = await person.made(f"/v1/cases/{office.case}/exports")
    url = (await person.get(f"/v1/exports/{made['id']}/address")).json()["url"]
    await files.get(url)
    await files.get(url)
    rows = await owner.fetch(
        "select entry from audit_entries where case_id = $1 and person = $2", office.case, office.lead.id
    )
    entries = [json.loads(row["entry"]) for row in rows]
    acts = [(e["act"], e["thing"], e["outcome"]) for e in entries]
    assert acts.count(("case.exported", made["id"], "done")) == 1
    assert acts.count(("export.read", made["id"], "done")) == 2
    assert acts.count(("document.read", str(version), "done")) == 2


async def test_every_forged_export_is_found_in_one_sentence(
    world: World, office: Office, hands: Hands, record: Record, files: httpx.AsyncClient, signing: Settings,
    tmp_path: Path,
) -> None:  # fmt: skip
    await told(office, hands, record)
    archive = await exported(files, await proved(world, office.lead), office.case)
    box = opened(archive)
    manifest = json.loads(box["manifest.json"])

    def packed(changed: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            for name, data in changed.items():
                made.writestr(name, data)
        return out.getvalue()

    def one(changed: dict[str, bytes] | bytes, says: str) -> None:
        data = changed if isinstance(changed, bytes) else packed(changed)
        report = checked(data, tmp_path, signing)
        assert len(report.findings) == 1 and says in report.findings[0], report.findings

    assert checked(packed(box), tmp_path, signing).findings == []
    words = box["data/messages.jsonl"].replace(b"second wording", b"fourth wording")
    one(box | {"data/messages.jsonl": words}, "data/messages.jsonl is not the file that was exported")
    one(box | {"extra.txt": b"x"}, "extra.txt is not in the manifest")
    one(box | {"../../etc/evil": b"x"}, "a name that leads elsewhere")
    one({n: d for n, d in box.items() if n != "events.jsonl"}, "events.jsonl is missing")
    one(box | {"manifest.json": box["manifest.json"].replace(b'"holes":[]', b'"holes":[[1,1]]')}, "forged")
    other = Signer(_with(signing, "b" * 43 + "="))
    text = box["manifest.sig"].decode().rpartition("\n\n")[0] + "\n"
    one(box | {"manifest.sig": other.note(text).encode()}, "not from who you trust")
    one(archive[: len(archive) // 2], "cannot be read")
    path = next(iter(manifest["versions"].values()))
    one(box | {path: box[path] + b"\0" * 10_000_000}, "was changed")
    # By somebody who holds the signing key: what is wrong in itself is found all the same.
    signer = Signer(signing)

    def signed(changed: dict[str, bytes]) -> dict[str, bytes]:
        import hashlib
        from base64 import b64encode

        said = json.loads(box["manifest.json"])
        for file in said["files"]:
            data = changed[file["path"]]
            file |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        data = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        digest = b64encode(hashlib.sha256(data).digest()).decode()
        lines = text.split("\n")
        note = signer.note("\n".join([lines[0], lines[1], digest, *lines[3:]]))
        return changed | {"manifest.json": data, "manifest.sig": note.encode()}

    assert checked(packed(signed(box)), tmp_path, signing).findings == []
    one(signed(box | {"data/messages.jsonl": words}), "is not what event")
    events = box["events.jsonl"].replace(b"first wording", b"worst wording")
    one(signed(box | {"events.jsonl": events}), "is not what entry")
    entries = box["audit/entries.jsonl"].replace(b'"outcome":"done"', b'"outcome":"refused"', 1)
    one(signed(box | {"audit/entries.jsonl": entries}), "is not in the log that was signed")
    lost = b"\n".join(line for line in box["events.jsonl"].split(b"\n") if b"first wording" not in line)
    found = checked(packed(signed(box | {"events.jsonl": lost})), tmp_path, signing).findings
    assert any("not those that the manifest names" in sentence for sentence in found), found
    one(signed(box | {path: b"other bytes"}), "whose hash the case pins")


def _with(settings: Settings, key: str) -> Settings:
    import msgspec

    from schemas.settings import Secret

    return msgspec.structs.replace(settings, audit_key=Secret(key))
