"""The mail about a message that nobody has looked at: one, to those who may read it, and without a word of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.settings import Settings
from storage.postgres.pool import Database
from tests.app import Office, Person, World
from workers.notices import Nudges

SECRET = "the settlement is 40,000"


async def say(person: Person, talk: UUID, body: str = SECRET) -> int:
    return (await person.made(f"/v1/conversations/{talk}/messages", {"body": body}))["seq"]


async def mails(owner: Any, person: Person) -> list[Any]:
    return await owner.fetch("select * from mails where recipient = $1 order by made_at", person.email)


async def later(working: Settings, system: Database, minutes: float) -> None:
    """A worker that starts and looks, so many minutes from now."""
    await Nudges(working, system).send(datetime.now(UTC) + timedelta(minutes=minutes))


async def test_one_mail_for_an_unseen_message_without_its_content(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    talk = await office.conversation()
    await say(office.outside, talk)
    await say(office.outside, talk, "and one more")
    await later(working, system, 9)
    assert await mails(owner, office.lead) == []
    await later(working, system, 11)
    await later(working, system, 60)
    (mail,) = await mails(owner, office.lead)
    number = await owner.fetchval("select number from cases where id = $1", office.case)
    assert mail["subject"] == f"New message in {number}"
    assert f"{working.public_url}/cases/{office.case}" in mail["body"]
    for word in (SECRET, "one more", "About it"):
        assert word not in mail["subject"] + mail["body"]
    for person in (office.outside, office.admin, office.stranger, office.foreign):
        assert await mails(owner, person) == []


async def test_the_next_mail_comes_only_after_reading(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    talk = await office.conversation()
    await say(office.outside, talk)
    await later(working, system, 11)
    await say(office.outside, talk, "hello?")
    await later(working, system, 30)
    assert len(await mails(owner, office.lead)) == 1
    seq = await say(office.outside, talk, "still there?")
    await office.lead.call("POST", f"/v1/conversations/{talk}/read", {"upto": seq})
    await later(working, system, 60)
    assert len(await mails(owner, office.lead)) == 1
    await say(office.outside, talk, "and now?")
    await later(working, system, 90)
    assert len(await mails(owner, office.lead)) == 2


async def test_no_mail_for_what_was_read_or_retracted(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    talk = await office.conversation()
    seq = await say(office.outside, talk)
    await office.lead.call("POST", f"/v1/conversations/{talk}/read", {"upto": seq})
    back = await office.outside.made(f"/v1/conversations/{talk}/messages", {"body": SECRET})
    assert (await office.outside.delete(f"/v1/messages/{back['id']}", 1)).status_code == 200
    await later(working, system, 11)
    assert await mails(owner, office.lead) == []


async def test_no_mail_for_who_may_not_read(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    inside, talk = await office.conversation("staff"), await office.conversation()
    await say(office.lead, inside)
    await say(office.lead, talk)
    await office.lead.delete(f"/v1/cases/{office.case}/participants/{office.participant}")
    await later(working, system, 11)
    assert await mails(owner, office.outside) == []


async def test_no_mail_for_who_takes_no_part_any_more(
    office: Office, world: World, owner: Any, system: Database, working: Settings
) -> None:
    talk = await office.conversation()
    # One left the team and still sees the case, as the office's administrator; another one's grants are simply gone.
    path = f"/v1/cases/{office.case}/participants"
    left = await office.lead.made(path, {"person": office.admin.id, "role": "staff"})
    await office.lead.delete(f"{path}/{left['id']}")
    lost = await world.person(office.org, "desk")
    await office.lead.made(path, {"person": lost.id, "role": "staff"})
    await owner.execute("delete from grants where person = $1", lost.id)
    await say(office.outside, talk)
    await later(working, system, 11)
    assert len(await mails(owner, office.lead)) == 1
    assert await mails(owner, office.admin) == []
    assert await mails(owner, lost) == []


async def test_who_is_named_gets_a_mail_and_who_is_not_gets_none(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    body = {"title": "Between us", "people": [office.outside.id]}
    talk = UUID((await office.lead.made(f"/v1/cases/{office.case}/conversations", body))["id"])
    await say(office.lead, talk)
    await later(working, system, 11)
    assert len(await mails(owner, office.outside)) == 1
    assert await mails(owner, office.lead) == []


async def test_two_workers_at_once_send_one_mail(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    talk = await office.conversation()
    await say(office.outside, talk)
    await asyncio.gather(*(later(working, system, 11) for _ in range(6)))
    assert len(await mails(owner, office.lead)) == 1


async def test_a_worker_that_runs_on_sees_what_comes(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    nudges, now = Nudges(working, system), datetime.now(UTC)
    await nudges.send(now)
    talk = await office.conversation()
    await say(office.outside, talk)
    for minutes in (2, 6, 10.5, 11):  # it looks at all of the past only every ten minutes
        await nudges.send(now + timedelta(minutes=minutes))
    assert len(await mails(owner, office.lead)) == 1
