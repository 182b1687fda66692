"""Parties: those whom a case is about."""

import pytest

from tests.app import Office, refused


def path(office: Office) -> str:
    return f"/v1/cases/{office.case}/parties"


async def test_add_party_with_contacts(office: Office) -> None:
    contact = {
        "name": "Counsel, Esq.",
        "roles": ["LEAD ATTORNEY"],
        "text": "1 Main St\nSpringfield",
        "email": "c@law.test",
        "phone": "555",
    }
    made = await office.lead.made(
        path(office), {"name": "Roe Ltd", "role": "other", "kind": "organisation", "contacts": [contact]}
    )
    assert made["contacts"] == [contact] and made["revision"] == 1
    assert await office.outside.all(path(office)) == [made]


async def test_add_party_for_staff_alone(office: Office) -> None:
    made = await office.lead.made(path(office), {"name": "Informant", "role": "other", "audience": "staff"})
    assert await office.outside.all(path(office)) == []
    refused(await office.outside.patch(f"/v1/parties/{made['id']}", {"name": "x"}, 1), 404, "not_found")
    assert "Informant" not in str(await office.outside.all(f"/v1/cases/{office.case}/events"))


@pytest.mark.parametrize(("change", "at"), [
    ({"name": ""}, "$.name"), ({"name": "x" * 1001}, "$.name"), ({"contacts": [{"name": 5}]}, "$.contacts[0].name"),
    ({"contacts": [{"name": "a", "fax": "1"}]}, "$.contacts[0]"), ({"contacts": [{"name": "a"}] * 501}, "$.contacts"),
    ({"note": "x" * 2001}, "$.note"), ({"audience": 7}, "$.audience"),
])  # fmt: skip
async def test_add_party_refused_when_the_input_is_bad(
    office: Office, change: dict[str, object], at: str
) -> None:
    problem = refused(
        await office.lead.post(path(office), {"name": "Roe", "role": "other"} | change), 400, "bad_input"
    )
    assert [one["at"] for one in problem["fields"]] == [at]


async def test_add_party_refused_when_the_audience_is_not_declared(office: Office) -> None:
    body = {"name": "Roe", "role": "other", "audience": "martians"}
    refused(await office.lead.post(path(office), body), 400, "bad_input")


async def test_change_party_keeps_what_is_not_given(office: Office) -> None:
    made = await office.lead.made(path(office), {"name": "Roe", "role": "other", "note": "first"})
    after = (await office.lead.patch(f"/v1/parties/{made['id']}", {"note": ""}, 1)).json()["item"]
    assert after == made | {"note": "", "revision": 2}


async def test_remove_party_leaves_the_list_and_stays_in_the_history(office: Office) -> None:
    made = await office.lead.made(path(office), {"name": "Roe", "role": "other"})
    assert (await office.lead.delete(f"/v1/parties/{made['id']}", 1)).status_code == 200
    assert await office.lead.all(path(office)) == []
    last = (await office.lead.all(f"/v1/cases/{office.case}/events"))[-1]
    assert last["type"] == "party.removed" and last["data"]["party"]["removed_at"]
    refused(await office.lead.patch(f"/v1/parties/{made['id']}", {"name": "x"}, 2), 404, "not_found")


async def test_list_parties_pages_to_the_end_without_repeat(office: Office) -> None:
    made = [await office.lead.made(path(office), {"name": f"No. {n}", "role": "other"}) for n in range(5)]
    for limit in (1, 2, 5):
        assert await office.lead.all(path(office), limit=limit) == made
