"""Cases of every declared type: opening, changing, moving, listing."""

import re
from datetime import UTC, datetime

import pytest

from schemas.casetypes import CURRENT
from schemas.casetypes.kernel import Side
from tests.app import ABSENT, Office, World, opening, refused

each_type = pytest.mark.parametrize("name", sorted(CURRENT))


@each_type
async def test_open_case_by_staff(world: World, name: str) -> None:
    type_, org = CURRENT[name], await world.organisation()
    lead = await world.person(org, "desk")
    answer = await lead.post("/v1/cases", opening(org, type_))
    assert answer.status_code == 201, answer.text
    case, year = answer.json()["item"]["case"], datetime.now(UTC).year
    assert (case["number"], case["status"], case["is_open"]) == (
        f"{type_.prefix}-{year}-1",
        type_.initial,
        True,
    )
    assert case["zone"] == "America/New_York"
    second = await lead.made("/v1/cases", opening(org, type_, zone="Europe/Rome"))
    assert (second["case"]["number"], second["case"]["zone"]) == (f"{type_.prefix}-{year}-2", "Europe/Rome")
    titles = [one["title"] for one in await lead.all(f"/v1/cases/{case['id']}/conversations")]
    assert titles == [title for title, _ in type_.first_conversations]
    # The answer of a write and that of a read are the same.
    assert (await lead.get(f"/v1/cases/{case['id']}")).json() == answer.json()


@each_type
async def test_open_case_from_outside_where_it_is_declared(world: World, name: str) -> None:
    type_, org = CURRENT[name], await world.organisation()
    outside = await world.person(org, "outside")
    answer = await outside.post("/v1/cases", opening(org, type_))
    if Side.OUTSIDE not in type_.opened_by:
        refused(answer, 403, "forbidden")
        return
    item = answer.json()["item"]
    assert item["roles"] == [type_.opener_role]
    seen = {one["title"] for one in await outside.all(f"/v1/cases/{item['case']['id']}/conversations")}
    own = {
        title for title, one in type_.first_conversations if type_.opener_role in type_.audiences[one].roles
    }
    assert seen == own and own != {title for title, _ in type_.first_conversations}


async def test_open_case_refused_when_the_organisation_is_hidden_or_absent(office: Office) -> None:
    body = opening(office.org, office.type)
    hidden = refused(await office.foreign.post("/v1/cases", body), 404, "not_found")
    assert hidden == refused(await office.foreign.post("/v1/cases", body | {"org": ABSENT}), 404, "not_found")


async def test_open_case_refused_when_the_type_is_not_offered(world: World) -> None:
    offered, other = sorted(CURRENT)[:2]
    org = await world.organisation(types=(offered,))
    lead = await world.person(org, "desk")
    for type_ in (other, "no_such_type"):
        problem = refused(
            await lead.post("/v1/cases", opening(org, CURRENT[other], type=type_)), 400, "bad_input"
        )
        assert offered in problem["detail"]


async def test_open_case_refused_when_the_input_is_bad(office: Office) -> None:
    good = opening(office.org, office.type)
    for change, at in (
        ({"title": ""}, "$.title"), ({"title": "x" * 501}, "$.title"), ({"org": "nowhere"}, "$.org"),
        ({"intake": []}, "$.intake"), ({"zone": "Mars/Olympus"}, "$.zone"), ({"zone": "../etc/passwd"}, "$.zone"),
        ({"zone": ""}, "$.zone"),
    ):  # fmt: skip
        problem = refused(await office.lead.post("/v1/cases", good | change), 400, "bad_input")
        assert [one["at"] for one in problem["fields"]] == [at], problem


@each_type
async def test_open_case_refused_when_the_intake_is_not_as_declared(world: World, name: str) -> None:
    type_, org = CURRENT[name], await world.organisation()
    lead = await world.person(org, "desk")
    for field in type_.intake.__struct_fields__:
        body = opening(org, type_)
        body["intake"] = body["intake"] | {field: {"not": "this"}}
        problem = refused(await lead.post("/v1/cases", body), 400, "bad_input")
        assert [one["at"] for one in problem["fields"]] == [f"$.intake.{field}"]
    assert await lead.all("/v1/cases") == []


async def test_change_case_keeps_what_is_not_given(office: Office) -> None:
    before = (await office.lead.get(f"/v1/cases/{office.case}")).json()["item"]["case"]
    answer = await office.lead.patch(f"/v1/cases/{office.case}", {"zone": "Asia/Tokyo"}, before["revision"])
    assert answer.json()["item"]["case"] == before | {
        "zone": "Asia/Tokyo",
        "revision": before["revision"] + 1,
    }
    assert answer.headers["etag"] == f'"{before["revision"] + 1}"'
    bad = await office.lead.patch(f"/v1/cases/{office.case}", {"zone": None}, before["revision"] + 1)
    refused(bad, 400, "bad_input")


@each_type
async def test_move_case_refused_when_the_transition_is_not_possible_now(world: World, name: str) -> None:
    office = await world.office(name)
    for step, move in office.type.transitions.items():
        if office.type.initial not in move.sources:
            answer = await office.lead.post(f"/v1/cases/{office.case}/transitions", {"name": step})
            refused(answer, 409, "transition")
    problem = refused(
        await office.lead.post(f"/v1/cases/{office.case}/transitions", {"name": "vanish"}), 400, "bad_input"
    )
    assert problem["fields"][0]["at"] == "$.name"


@each_type
async def test_move_case_refused_when_the_role_does_not_allow_it(world: World, name: str) -> None:
    office = await world.office(name)
    for step, move in office.type.transitions.items():
        if office.role not in move.roles:
            refused(
                await office.outside.post(f"/v1/cases/{office.case}/transitions", {"name": step}),
                403,
                "forbidden",
            )


async def test_move_case_repeats_for_free(office: Office) -> None:
    step = next(name for name, move in office.type.transitions.items() if office.type.initial in move.sources)
    key = "0198a6f2-7b4e-7cc1-9a94-2f6d1c5a0e11"
    first = await office.lead.post(f"/v1/cases/{office.case}/transitions", {"name": step}, key=key)
    again = await office.lead.post(f"/v1/cases/{office.case}/transitions", {"name": step}, key=key)
    assert first.json() == again.json()
    refused(
        await office.lead.post(f"/v1/cases/{office.case}/transitions", {"name": step, "note": "x"}, key=key),
        409,
        "key_reused",
    )


async def test_list_cases_shows_mine_and_pages_without_repeat(world: World) -> None:
    org = await world.organisation()
    types = sorted(CURRENT)
    lead, admin, outside = [await world.person(org, role) for role in ("desk", "admin", "outside")]
    made = [
        (
            await lead.made(
                "/v1/cases", opening(org, CURRENT[types[n % len(types)]], title=f"Case 100% no. {n}_")
            )
        )["case"]
        for n in range(7)
    ]
    ids = [case["id"] for case in reversed(made)]
    for limit in (1, 3, 50):
        assert [one["case"]["id"] for one in await admin.all("/v1/cases", limit=limit)] == ids
    assert await admin.all("/v1/cases", mine="true") == []
    assert [one["case"]["id"] for one in await lead.all("/v1/cases", mine="true")] == ids
    assert await outside.all("/v1/cases") == []
    for query, found in (
        ({"q": "no. 3_"}, 1), ({"q": "100%"}, 7), ({"q": "no_such"}, 0), ({"q": made[0]["number"]}, 1),
        ({"type": types[0]}, 4), ({"type": "none"}, 0), ({"status": "open"}, 7), ({"status": "closed"}, 0),
        ({"status": made[1]["status"]}, sum(case["status"] == made[1]["status"] for case in made)),
    ):  # fmt: skip
        assert len(await lead.all("/v1/cases", limit=None, **query)) == found, query
    refused(await lead.get("/v1/cases", q="x" * 201), 400, "bad_input")
    page = (await lead.get("/v1/cases")).json()
    assert re.fullmatch(r"\d+-\d+", page["as_of"]["pos"])


async def test_list_cases_counts_what_i_have_not_read(office: Office) -> None:
    talk = await office.conversation()
    secret = await office.conversation("staff")
    for place in (talk, talk, secret):
        last = await office.lead.made(f"/v1/conversations/{place}/messages", {"body": "news"})
    unread = lambda rows: [row["unread"] for row in rows if row["case"]["id"] == str(office.case)]  # noqa: E731
    assert unread(await office.outside.all("/v1/cases")) == [2]  # of the secret ones not even the number
    assert unread(await office.admin.all("/v1/cases")) == [3]
    assert unread(await office.lead.all("/v1/cases")) == [0]
    await office.outside.post(f"/v1/conversations/{talk}/read", {"upto": last["seq"]})
    assert unread(await office.outside.all("/v1/cases")) == [0]


async def test_read_case_refused_when_hidden_or_absent(office: Office) -> None:
    absent = refused(await office.lead.get(f"/v1/cases/{ABSENT}"), 404, "not_found")
    for person in (office.stranger, office.foreign):
        for below in ("", "/parties", "/participants", "/entries", "/conversations", "/events", "/people",
                      "/deadlines", "/tasks"):  # fmt: skip
            assert refused(await person.get(f"/v1/cases/{office.case}{below}"), 404, "not_found") == absent
    assert refused(await office.lead.get("/v1/cases/not-a-uuid"), 404, "not_found") == absent


async def test_list_types_is_what_is_declared(office: Office) -> None:
    types = (await office.outside.get("/v1/case-types")).json()
    assert [one["name"] for one in types] == list(CURRENT)
    for one in types:
        assert one["intake_schema"]["type"] == "object"
        assert set(one["intake_schema"]["properties"]) == set(CURRENT[one["name"]].intake.__struct_fields__)
