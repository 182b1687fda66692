"""Documents: who adds them, for whom, and who may rename them."""

from uuid import uuid4

import pytest

from hub.documents import rules
from schemas.casetypes import CURRENT
from schemas.casetypes.kernel import Side
from tests.app import ABSENT, Office, World, outside_role, refused
from tests.uploads import document


def named(office: Office, roles: set[str]) -> str:
    return next(name for name, one in office.type.audiences.items() if one.roles == frozenset(roles))


@pytest.mark.parametrize("type", sorted(CURRENT))
async def test_staff_keep_a_document_among_themselves_and_others_share_theirs_with_staff(
    world: World, type: str
) -> None:
    office = await world.office(type)
    ours = await office.lead.made(f"/v1/cases/{office.case}/documents", {"name": "Memo"})
    theirs = await office.outside.made(f"/v1/cases/{office.case}/documents", {"name": "Photo"})
    assert "staff" in ours["audience"] and office.role not in ours["audience"]
    assert {"staff", office.role} <= set(theirs["audience"])
    others = {name for name, role in office.type.roles.items() if role.side is Side.OUTSIDE} - {office.role}
    assert not others & set(theirs["audience"])
    seen = await office.outside.all(f"/v1/cases/{office.case}/documents")
    assert [one["id"] for one in seen] == [theirs["id"]]
    assert len(await office.lead.all(f"/v1/cases/{office.case}/documents", limit=1)) == 2


async def test_add_document_repeated_and_key_reused(office: Office) -> None:
    path, key = f"/v1/cases/{office.case}/documents", uuid4()
    first = await office.lead.made(path, {"name": "Letter"}, key=key)
    assert await office.lead.made(path, {"name": "Letter"}, key=key) == first
    refused(await office.lead.post(path, {"name": "Other"}, key=key), 409, "key_reused")
    refused(
        await office.lead.call("POST", path, {"name": "Letter"}, headers={"idempotency-key": ""}),
        400,
        "key_missing",
    )
    assert len(await office.lead.all(path)) == 1


async def test_add_document_refused(office: Office) -> None:
    path = f"/v1/cases/{office.case}/documents"
    for body in (
        {},
        {"name": ""},
        {"name": 7},
        {"name": "x", "kind": "nonsense"},
        {"name": "x", "audience": "nobody"},
    ):
        refused(await office.lead.post(path, body), 400, "bad_input")
    hidden = {"name": "x", "audience": named(office, {"staff"})}
    refused(await office.outside.post(path, hidden), 403, "forbidden")
    for person in (office.stranger, office.foreign):
        refused(await person.post(path, {"name": "x"}), 404, "not_found")
        refused(await person.get(path), 404, "not_found")
    refused(await office.lead.get(f"/v1/cases/{ABSENT}/documents"), 404, "not_found")
    await office.close()
    refused(await office.lead.post(path, {"name": "x"}), 409, "case_closed")
    assert await office.lead.all(path) == []


async def test_rename_document(office: Office) -> None:
    made = await document(office.lead, office.case, office.shared)
    path = f"/v1/documents/{made}"
    refused(await office.lead.patch(path, {"name": "New"}, None), 428, "revision_missing")
    answer = await office.lead.patch(path, {"name": "New"}, 1)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    refused(await office.lead.patch(path, {"name": "Newer"}, 1), 412, "stale")
    refused(await office.lead.patch(path, {"kind": "nonsense"}, 2), 400, "bad_input")
    refused(await office.outside.patch(path, {"name": "Mine"}, 2), 403, "forbidden")
    for person in (office.stranger, office.foreign):
        refused(await person.patch(path, {"name": "x"}, 2), 404, "not_found")
    own = await document(office.outside, office.case)
    assert (await office.outside.patch(f"/v1/documents/{own}", {"name": "Mine"}, 1)).status_code == 200
    names = {one["name"] for one in await office.outside.all(f"/v1/cases/{office.case}/documents")}
    assert names == {"New", "Mine"}


async def test_events_tell_of_documents_only_who_may_see_them(office: Office) -> None:
    secret = await document(office.lead, office.case, named(office, {"staff"}), "Strategy")
    shared = await document(office.lead, office.case, office.shared, "Letter")
    await office.lead.patch(f"/v1/documents/{secret}", {"name": "Strategy 2"}, 1)

    async def told(person: object) -> list[tuple[str, str]]:
        events = await getattr(person, "all")(f"/v1/cases/{office.case}/events")  # noqa: B009
        return [(e["type"], e["data"]["document"]["id"]) for e in events if e["type"].startswith("document.")]

    assert await told(office.outside) == [("document.added", str(shared))]
    assert await told(office.lead) == [
        ("document.added", str(secret)),
        ("document.added", str(shared)),
        ("document.renamed", str(secret)),
    ]


def test_every_outside_role_has_an_audience_to_share_with() -> None:
    """A type whose outside people may add documents declares an audience that they share with staff."""
    for type_ in CURRENT.values():
        assert outside_role(type_)
        for role in type_.grants["document.add"]:
            assert any({"staff", role} <= one.roles for one in type_.audiences.values()), (type_.name, role)
    assert rules.UPLOAD_WITHIN.total_seconds() > 0
