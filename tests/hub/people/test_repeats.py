"""A seat that is asked for once more by the same key changes nothing, whatever happened since."""

from uuid import uuid4

from tests.app import World


async def test_a_repeat_takes_nobodys_part_in_a_case(world: World) -> None:
    office = await world.office("legal_matter")
    colleague = await world.person(office.org, "desk")
    body = {"org": office.org, "email": colleague.email, "name": "Colleague", "role": "outside"}
    key = str(uuid4())
    assert (await office.admin.post("/v1/people", body, key=key)).status_code == 201
    assert (await office.admin.post("/v1/people", body | {"role": "desk"})).status_code == 201
    part = {"person": colleague.id, "role": "staff"}
    await office.lead.made(f"/v1/cases/{office.case}/participants", part)
    again = await office.admin.post("/v1/people", body, key=key)
    assert again.status_code == 201 and again.json()["item"]["membership"] == "desk"
    parts = await office.lead.all(f"/v1/cases/{office.case}/participants")
    assert [one["revoked_at"] for one in parts if one["person"] == str(colleague.id)] == [None]
