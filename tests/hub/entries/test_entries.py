"""Entries on a case's timeline."""

from tests.app import Office, refused


def path(office: Office) -> str:
    return f"/v1/cases/{office.case}/entries"


async def test_add_entry_stands_by_the_day_it_happened(office: Office) -> None:
    days = ["2026-03-01", "2024-02-29", "2026-03-01", "1999-12-31"]
    made = [
        await office.lead.made(path(office), {"text": f"{n}", "occurred_on": day})
        for n, day in enumerate(days)
    ]
    expected = [made[2], made[0], made[1], made[3]]
    for limit in (1, 2, 3, 50):
        assert await office.lead.all(path(office), limit=limit) == expected
    assert made[0]["occurred_on"] == "2026-03-01" and made[0]["recorded_at"] > "2026-03-01"


async def test_add_entry_is_for_staff_unless_shared(office: Office) -> None:
    await office.lead.made(path(office), {"text": "strategy", "occurred_on": "2026-03-01"})
    shared = await office.lead.made(
        path(office), {"text": "hearing", "occurred_on": "2026-03-02", "audience": office.shared}
    )
    assert await office.outside.all(path(office)) == [shared]
    assert "strategy" not in str(await office.outside.all(f"/v1/cases/{office.case}/events"))


async def test_add_entry_refused_when_the_input_is_bad(office: Office) -> None:
    good = {"text": "x", "occurred_on": "2026-03-01"}
    for change, at in (
        ({"text": ""}, "$.text"), ({"text": "x" * 200_001}, "$.text"), ({"occurred_on": "2026-02-30"}, "$.occurred_on"),
        ({"occurred_on": "2026-03-01T10:00:00Z"}, "$.occurred_on"), ({"entered_on": "never"}, "$.entered_on"),
        ({"kind": "gossip"}, "$.kind"), ({"number": "1" * 51}, "$.number"),
    ):  # fmt: skip
        problem = refused(await office.lead.post(path(office), good | change), 400, "bad_input")
        assert [one["at"] for one in problem["fields"]] == [at]


async def test_add_entry_takes_every_declared_kind(office: Office) -> None:
    for kind in office.type.entry_kinds:
        await office.lead.made(path(office), {"text": kind, "occurred_on": "2026-03-01", "kind": kind})
    assert {one["kind"] for one in await office.lead.all(path(office))} == set(office.type.entry_kinds)
