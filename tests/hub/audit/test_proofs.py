"""Proofs of the record's log, checked by the algorithms of RFC 9162, which are written for verifiers."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

from schemas.audit import canonical
from schemas.audit_log import read_note, signed_by
from tests.app import ABSENT, Office, Person, World, refused
from tests.record import Record, placed, record
from workers.sequence import Sequencer

__all__ = ["record"]  # fixture


def included(n: int, size: int, leaf: bytes, path: list[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2."""
    if n >= size:
        return False
    fn, sn, r = n, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistent(old: int, size: int, path: list[bytes], first: bytes, second: bytes) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old == size:
        return not path and first == second
    if old == 0 or not path:
        return False
    if old & (old - 1) == 0:
        path = [first, *path]
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01" + c + fr).digest(), sha256(b"\x01" + c + sr).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return fr == first and sr == second and sn == 0


def hashes(texts: list[str]) -> list[bytes]:
    return [b64decode(text) for text in texts]


async def got(person: Person, path: str, **query: Any) -> Any:
    answer = await person.get(path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["item"]


async def test_an_entry_is_proved_to_be_in_what_was_signed(office: Office, record: Record) -> None:
    at = f"/v1/orgs/{office.org}/audit"
    await record.settle()
    before = await record.db.fetchval("select size from audit_logs where log = $1", office.org) or 0
    entries = await record.write(office.org, 300)
    await record.settle()
    keys = [one["key"] for one in (await got(office.admin, f"{at}/key"))["keys"]]
    assert record.signer.key in keys
    head = await got(office.admin, f"{at}/checkpoint")
    said = read_note(head["note"])
    assert said.size == head["size"] == before + 300 and signed_by(head["note"], record.signer.key)
    for index in (0, 1, 255 - before % 256, 298, 299):
        proof = await got(office.admin, f"{at}/proof", entry=entries[index].id)
        assert (proof["n"], proof["size"], proof["note"]) == (before + index, said.size, head["note"])
        leaf = sha256(b"\x00" + canonical(entries[index])).digest()
        assert b64decode(proof["leaf"]) == leaf
        path = hashes(proof["path"])
        assert included(proof["n"], said.size, leaf, path, said.root)
        assert not included(proof["n"], said.size, leaf, path[::-1], said.root)
        assert await got(office.admin, f"{at}/proof", n=proof["n"]) == proof
    # In an earlier tree too.
    await record.write(office.org)
    await record.settle()
    earlier = await got(office.admin, f"{at}/proof", n=before + 299, size=said.size)
    assert earlier == proof | {"note": earlier["note"]} and read_note(earlier["note"]) == said


async def test_what_was_signed_earlier_is_the_beginning(office: Office, record: Record) -> None:
    at = f"/v1/orgs/{office.org}/audit"
    notes = []
    for count in (1, 6, 250, 300):
        await record.write(office.org, count)
        await record.settle()
        notes.append((await got(office.admin, f"{at}/checkpoint"))["note"])
    points = [read_note(note) for note in notes]
    for old in points:
        for new in points:
            if old.size > new.size:
                refused(
                    await office.admin.get(f"{at}/consistency", **{"from": old.size, "to": new.size}),
                    400, "bad_input",
                )  # fmt: skip
                continue
            proof = await got(office.admin, f"{at}/consistency", **{"from": old.size, "to": new.size})
            assert (read_note(proof["from_note"]), read_note(proof["to_note"])) == (old, new)
            path = hashes(proof["path"])
            assert consistent(old.size, new.size, path, old.root, new.root)
            assert not consistent(old.size, new.size, path, sha256(old.root).digest(), new.root)
    assert (await got(office.admin, f"{at}/consistency", **{"from": 0}))["path"] == []
    refused(
        await office.admin.get(f"{at}/consistency", **{"from": 0, "to": points[-1].size + 1}),
        400,
        "bad_input",
    )


async def test_who_may_read_an_entry_may_have_it_proved(office: Office, record: Record, world: World) -> None:
    at = f"/v1/orgs/{office.org}/audit"
    of_case = (await record.write(office.org, case=office.case))[0]
    of_org = (await record.write(office.org))[0]
    await record.settle()
    for person, case, org in (
        (office.admin, 200, 200), (office.lead, 200, 404), (office.outside, 404, 404), (office.stranger, 404, 404),
        (office.foreign, 404, 404),
    ):  # fmt: skip
        assert (await person.get(f"{at}/proof", entry=of_case.id)).status_code == case
        assert (await person.get(f"{at}/proof", entry=of_org.id)).status_code == org
        for path, query in (("checkpoint", {}), ("key", {}), ("consistency", {"from": 0})):
            answer = await person.get(f"{at}/{path}", **query)
            if person is office.admin:
                assert answer.status_code == 200
            elif person is office.lead or person in (office.outside, office.stranger):
                assert answer.status_code in (403, 404)
            else:
                hidden = refused(answer, 404, "not_found")
                absent = await person.get(f"/v1/orgs/{ABSENT}/audit/{path}", **query)
                assert refused(absent, 404, "not_found") == hidden
    # Nor by a place in the log of an organisation that is not that of the entry.
    foreign = await record.write(await world.organisation())
    await record.settle()
    hidden = refused(await office.admin.get(f"{at}/proof", entry=foreign[0].id), 404, "not_found")
    assert refused(await office.admin.get(f"{at}/proof", entry=ABSENT), 404, "not_found") == hidden
    assert refused(await office.admin.get(f"{at}/proof", n=10**9), 404, "not_found") == hidden
    elsewhere = f"/v1/orgs/{foreign[0].log}/audit/proof"
    assert refused(await office.admin.get(elsewhere, entry=foreign[0].id), 404, "not_found") == hidden


async def test_a_walled_administrator_is_proved_nothing_of_the_case(
    office: Office, record: Record, owner: Any
) -> None:
    at = f"/v1/orgs/{office.org}/audit"
    entry = (await record.write(office.org, case=office.case))[0]
    await record.settle()
    assert (await office.admin.get(f"{at}/proof", entry=entry.id)).status_code == 200
    await owner.execute(
        "insert into grants (person, scope, role, org, since) values ($1, $2, 'walled', $3, now())",
        office.admin.id, office.case, office.org,
    )  # fmt: skip
    refused(await office.admin.get(f"{at}/proof", entry=entry.id), 404, "not_found")


async def test_what_is_asked_wrongly_is_said(office: Office, record: Record) -> None:
    at = f"/v1/orgs/{office.org}/audit"
    entry = (await record.write(office.org))[0]
    await record.settle()
    size = (await got(office.admin, f"{at}/checkpoint"))["size"]
    refused(await office.admin.get(f"{at}/proof"), 400, "bad_input")
    refused(await office.admin.get(f"{at}/proof", entry=entry.id, n=0), 400, "bad_input")
    refused(await office.admin.get(f"{at}/proof", n=size - 1, size=size - 1 or size + 1), 400, "bad_input")
    refused(await office.admin.get(f"{at}/proof", n=0, size=size + 1), 400, "bad_input")


async def test_what_is_not_signed_yet_is_asked_for_again(world: World, record: Record) -> None:
    """An entry has its place a moment before its log is signed."""
    org = await world.organisation()
    admin = await world.person(org, "admin")
    entry = (await record.write(org))[0]
    refused(await admin.get(f"/v1/orgs/{org}/audit/checkpoint"), 409, "conflict")
    refused(await admin.get(f"/v1/orgs/{org}/audit/consistency", **{"from": 0}), 409, "conflict")
    refused(await admin.get(f"/v1/orgs/{org}/audit/proof", entry=entry.id), 404, "not_found")
    await record.settle()
    later = (await record.write(org))[0]
    sequencer = Sequencer(record.db, record.signer)
    await sequencer.begin()
    await placed(sequencer)
    refused(await admin.get(f"/v1/orgs/{org}/audit/proof", entry=later.id), 409, "conflict")
    assert (await got(admin, f"/v1/orgs/{org}/audit/proof", entry=entry.id))["path"] == []
