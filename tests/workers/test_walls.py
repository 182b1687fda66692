"""Behind a wall nobody is told of the case, also by what was written before it and goes later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.settings import Settings
from storage.postgres.mails import claim
from storage.postgres.pool import Database
from tests.app import Office, World
from tests.browsers import proved
from tests.hub.walls.test_walls import raised
from tests.workers.test_nudges import later, mails, say

# Of the outbox: what other tests left unsent stands before ours.
ALL = 100_000


async def test_mail_that_waits_is_struck_off(
    office: Office, world: World, owner: Any, system: Database, working: Settings
) -> None:
    await proved(world, office.admin)
    await owner.execute("update mails set sent_at = now() where sent_at is null")
    talk = await office.conversation()
    await say(office.outside, talk)
    await later(working, system, 11)
    (waiting,) = await mails(owner, office.lead)
    await raised(office, office.lead)
    at = datetime.now(UTC) + timedelta(minutes=12)
    assert waiting["id"] not in {mail.id for mail in await claim(system.system, at, timedelta(minutes=1), ALL)}
    (struck,) = await mails(owner, office.lead)
    assert struck["sent_at"] is not None and struck["body"] == struck["subject"] == ""
    assert "closed" in struck["error"]


async def test_mail_that_waits_goes_to_who_still_sees_it(
    office: Office, owner: Any, system: Database, working: Settings
) -> None:
    await owner.execute("update mails set sent_at = now() where sent_at is null")
    await say(office.outside, await office.conversation())
    await later(working, system, 11)
    (waiting,) = await mails(owner, office.lead)
    at = datetime.now(UTC) + timedelta(minutes=12)
    assert waiting["id"] in {mail.id for mail in await claim(system.system, at, timedelta(minutes=1), ALL)}


async def test_nobody_behind_a_wall_is_nudged(
    office: Office, world: World, owner: Any, system: Database, working: Settings
) -> None:
    await proved(world, office.admin)
    talk = await office.conversation()
    await say(office.outside, talk)
    await raised(office, office.lead)
    await later(working, system, 11)
    assert await mails(owner, office.lead) == []
