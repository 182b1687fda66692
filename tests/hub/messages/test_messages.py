"""Messages: who says, mends and takes back what, and that words taken back are gone everywhere."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub.context import Hub
from hub.messages import rules
from schemas.limits import PAGE_ITEMS_MAX
from storage.postgres import messages
from storage.sealed import open_small, original
from tests.app import Office, refused
from tests.rows import Rows


async def test_post_message_reaches_those_of_the_audience(office: Office) -> None:
    talk = await office.conversation()
    answer = await office.outside.post(f"/v1/conversations/{talk}/messages", {"body": "Ünï — 你好 🙂\n<b>"})
    made = answer.json()["item"]
    assert made["body"] == "Ünï — 你好 🙂\n<b>" and made["author"] == str(office.outside.id)
    assert made["seq"] == answer.json()["as_of"]["seq"] and answer.headers["etag"] == '"1"'
    assert await office.lead.all(f"/v1/conversations/{talk}/messages") == [made]


async def test_post_message_refused_when_it_says_nothing(office: Office) -> None:
    talk = await office.conversation()
    for body in ("", "   \n", "x" * 20_001):
        refused(
            await office.lead.post(f"/v1/conversations/{talk}/messages", {"body": body}), 400, "bad_input"
        )
    # PostgreSQL's text holds no NUL.
    refused(await office.lead.post(f"/v1/conversations/{talk}/messages", {"body": "a\0b"}), 400, "bad_input")
    assert await office.lead.all(f"/v1/conversations/{talk}/messages") == []


async def test_post_message_refused_when_an_attachment_is_not_there(office: Office) -> None:
    talk = await office.conversation()
    body = {"body": "see", "attachments": [uuid4()]}
    refused(await office.lead.post(f"/v1/conversations/{talk}/messages", body), 409, "conflict")
    refused(
        await office.lead.post(f"/v1/conversations/{talk}/messages", body | {"attachments": [uuid4()] * 21}),
        400,
        "bad_input",
    )


async def test_staff_conversation_is_hidden_from_the_outside(office: Office) -> None:
    secret = await office.conversation("staff")
    await office.lead.made(f"/v1/conversations/{secret}/messages", {"body": "privileged"})
    refused(await office.outside.get(f"/v1/conversations/{secret}/messages"), 404, "not_found")
    refused(
        await office.outside.post(f"/v1/conversations/{secret}/messages", {"body": "hi"}), 404, "not_found"
    )
    assert "privileged" not in str(await office.outside.all(f"/v1/cases/{office.case}/events"))


async def test_list_messages_pages_to_the_end_without_repeat(office: Office) -> None:
    talk = await office.conversation()
    made = [await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": str(n)}) for n in range(13)]
    for limit in (1, 4, 13, 50):
        assert await office.outside.all(f"/v1/conversations/{talk}/messages", limit=limit) == made[::-1]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": PAGE_ITEMS_MAX + 1}, {"limit": "many"}, {"after": "%%%"},
                                   {"after": "WyJhIl0"}, {"after": "bnVsbA"}, {"after": "x" * 600},
                                   {"after": "WzEsMl0"},
                                   {"after": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"}])  # fmt: skip
async def test_list_messages_refused_when_the_page_is_bad(office: Office, query: dict[str, Any]) -> None:
    talk = await office.conversation()
    problem = refused(await office.lead.get(f"/v1/conversations/{talk}/messages", **query), 400, "bad_input")
    assert [one["at"] for one in problem["fields"]] == list(query)


async def said_before(hub: Hub, owner: Any, message: UUID) -> list[str]:
    """What stands sealed of a message's past, opened; nothing of it stands there to be read."""
    of = await owner.fetchrow(messages.PLACE, message)
    key = await hub.keys.ensure(
        hub.database.system, "conversation", of["conversation"], of["case_id"], of["org"]
    )
    rows = await owner.fetch(
        "select revision, body, sealed from message_originals where message = $1 order by 1", message
    )
    assert all(row["body"] is None for row in rows)
    return [
        open_small(
            row["sealed"],
            key,
            original(of["org"], of["case_id"], of["conversation"], message, row["revision"]),
        ).decode()
        for row in rows
    ]


async def test_edit_message_keeps_what_it_said(office: Office, owner: Any, hub: Hub) -> None:
    talk = await office.conversation()
    made = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": "frist"})
    edited = (await office.outside.patch(f"/v1/messages/{made['id']}", {"body": "first"}, 1)).json()["item"]
    assert edited["body"] == "first" and edited["edited_at"] and edited["seq"] == made["seq"]
    assert await said_before(hub, owner, UUID(made["id"])) == ["frist"]


async def test_edit_message_refused_when_a_day_has_passed(office: Office, owner: Any) -> None:
    talk = await office.conversation()
    made = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "old"})
    await owner.execute(
        "update messages set posted_at = posted_at - $2::interval where id = $1",
        made["id"],
        rules.EDIT_WITHIN + timedelta(minutes=1),
    )
    refused(await office.lead.patch(f"/v1/messages/{made['id']}", {"body": "new"}, 1), 409, "conflict")


async def test_retract_message_blanks_it_in_every_replay(office: Office, owner: Any, hub: Hub) -> None:
    talk = await office.conversation()
    word = f"regret{uuid4().hex}"
    made = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": word})
    await office.outside.patch(f"/v1/messages/{made['id']}", {"body": f"{word} twice"}, 1)
    after = (await office.outside.delete(f"/v1/messages/{made['id']}", 2)).json()["item"]
    assert after["body"] is None and after["retracted_at"] and after["revision"] == 3
    for person in (office.outside, office.lead, office.admin):
        events = await person.all(f"/v1/cases/{office.case}/events")
        assert word not in str(events)
        mine = [event for event in events if event["type"].startswith("message.")]
        assert [event["type"] for event in mine] == ["message.posted", "message.edited", "message.retracted"]
        assert all(event["data"]["message"]["body"] is None for event in mine)
        assert word not in str(await person.all(f"/v1/conversations/{talk}/messages"))
    assert await said_before(hub, owner, UUID(made["id"])) == [word, f"{word} twice"]
    refused(await office.outside.patch(f"/v1/messages/{made['id']}", {"body": "again"}, 3), 409, "retracted")


async def test_retract_message_leaves_others_as_they_are(office: Office) -> None:
    talk = await office.conversation()
    first = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "stays"})
    second = await office.lead.made(f"/v1/conversations/{talk}/messages", {"body": "goes"})
    await office.lead.delete(f"/v1/messages/{second['id']}", 1)
    assert (await office.lead.all(f"/v1/conversations/{talk}/messages"))[1] == first


async def test_what_one_of_those_named_may_not_read_is_not_attached(office: Office, owner: Any) -> None:
    """A conversation among named people has no audience that could be compared; its readers are asked one by one."""
    rows = await Rows.on(owner)
    versions: dict[str, Any] = {}
    for audience in ("staff", office.shared):
        made = await office.lead.made(
            f"/v1/cases/{office.case}/documents", {"name": "Strategy", "audience": audience}
        )
        put = await rows.put(
            "versions", document=UUID(made["id"]), case_id=office.case, org=office.org, status="cleared",
            audience=made["audience"], people=[], by=office.lead.id,
        )  # fmt: skip
        versions[audience] = put["id"]
    body = {"title": "Us two", "people": [office.outside.id]}
    talk = (await office.lead.made(f"/v1/cases/{office.case}/conversations", body))["id"]
    path = f"/v1/conversations/{talk}/messages"
    refused(
        await office.lead.post(path, {"body": "see", "attachments": [versions["staff"]]}), 409, "conflict"
    )
    assert await office.outside.all(path) == []
    made = await office.lead.made(path, {"body": "see", "attachments": [versions[office.shared]]})
    assert [one["version"] for one in made["attachments"]] == [str(versions[office.shared])]
