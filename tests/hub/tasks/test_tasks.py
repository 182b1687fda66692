"""Tasks over HTTP."""

from uuid import uuid4

from tests.app import ABSENT, Office, refused


async def types(office: Office) -> list[str]:
    items = await office.lead.all(f"/v1/cases/{office.case}/events")
    return [one["type"] for one in items if one["type"].startswith("task.")]


async def test_task_is_added_changed_done_and_taken_up_again(office: Office) -> None:
    path, key = f"/v1/cases/{office.case}/tasks", uuid4()
    made = await office.lead.made(path, {"title": "Call", "due_on": "2099-01-02"}, key=key)
    assert await office.lead.made(path, {"title": "Call", "due_on": "2099-01-02"}, key=key) == made
    one = f"/v1/tasks/{made['id']}"
    changed = (await office.lead.patch(one, {"title": "Call back", "due_on": None}, 1)).json()["item"]
    assert (changed["title"], changed["due_on"], changed["revision"]) == ("Call back", None, 2)
    done = (await office.lead.patch(one, {"done": True}, 2)).json()["item"]
    assert done["done_by"] == str(office.lead.id)
    assert (await office.lead.patch(one, {"done": True}, 3)).json()["item"] == done
    again = (await office.lead.patch(one, {"done": False}, 3)).json()["item"]
    assert (again["done_at"], again["done_by"]) == (None, None)
    assert await office.lead.all(path) == [again]
    assert await types(office) == ["task.added", "task.changed", "task.done", "task.changed"]


async def test_whoever_has_a_task_may_tick_it_off_and_no_more(office: Office) -> None:
    path = f"/v1/cases/{office.case}/tasks"
    made = await office.lead.made(
        path, {"title": "Send your papers", "audience": office.shared, "assignee": office.outside.id}
    )
    one = f"/v1/tasks/{made['id']}"
    refused(await office.outside.patch(one, {"title": "Relax"}, 1), 403, "forbidden")
    refused(await office.outside.patch(one, {"done": True, "title": "Relax"}, 1), 403, "forbidden")
    refused(await office.outside.patch(one, {"done": True}, 7), 412, "stale")
    done = await office.outside.patch(one, {"done": True}, 1)
    assert done.json()["item"]["done_by"] == str(office.outside.id)
    others = await office.lead.made(path, {"title": "Ours", "audience": office.shared})
    refused(await office.outside.patch(f"/v1/tasks/{others['id']}", {"done": True}, 1), 403, "forbidden")


async def test_task_is_for_those_who_see_it(office: Office) -> None:
    path = f"/v1/cases/{office.case}/tasks"
    staff = await office.lead.made(path, {"title": "Ours"})
    assert await office.outside.all(path) == []
    refused(await office.outside.post(path, {"title": "x"}), 403, "forbidden")
    for person in (office.outside, office.stranger, office.foreign):
        refused(await person.patch(f"/v1/tasks/{staff['id']}", {"done": True}, 1), 404, "not_found")
        refused(await office.lead.post(path, {"title": "x", "assignee": person.id}), 400, "bad_input")
    refused(await office.foreign.get(path), 404, "not_found")
    refused(await office.lead.patch(f"/v1/tasks/{ABSENT}", {"done": True}, 1), 404, "not_found")
    refused(await office.lead.post(path, {"title": "x", "due_on": "soon"}), 400, "bad_input")


async def test_task_of_a_closed_case_can_only_be_ticked_off(office: Office) -> None:
    path = f"/v1/cases/{office.case}/tasks"
    made = await office.lead.made(path, {"title": "Archive"})
    await office.close()
    refused(await office.lead.post(path, {"title": "x"}), 409, "case_closed")
    refused(await office.lead.patch(f"/v1/tasks/{made['id']}", {"title": "x"}, 1), 409, "case_closed")
    assert (await office.lead.patch(f"/v1/tasks/{made['id']}", {"done": True}, 1)).status_code == 200
