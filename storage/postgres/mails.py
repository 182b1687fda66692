"""The outbox: mail that is written in the transaction of its cause and sent afterwards, at least once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from schemas.access import Guarded, sees
from storage.postgres import access
from storage.postgres.rows import read

# Taken for a while, not locked: whoever dies while sending gives it back by doing nothing.
CLAIM = """update mails set try_at = $2, tries = tries + 1 where id in (
        select id from mails where sent_at is null and try_at <= $1 order by try_at limit $3 for update skip locked)
    returning id, message_id, recipient, subject, body, made_at, tries, reader, guard"""
# What its reader may not see any more is not sent, and kept without its words.
CLOSED = """update mails set sent_at = $2, body = '', subject = '', error = 'not sent: closed to its reader'
    where id = any ($1::uuid[])"""
# What was sent is kept without its words: an invitation's secret is the recipient's alone.
SENT = "update mails set sent_at = $2, body = '', error = '' where id = $1"
FAILED = "update mails set try_at = coalesce($2, 'infinity'::timestamptz), error = $3 where id = $1 and sent_at is null"
WAITING = "select count(*) from mails where sent_at is null and try_at < 'infinity'"


class Mail(Struct, frozen=True):
    """A mail as it is to be sent. `message_id` is the same at every try."""

    id: UUID
    message_id: str
    recipient: str
    subject: str
    body: str
    made_at: datetime
    tries: int


def guard(thing: Guarded) -> list[Any]:
    """What guards a mail about a thing, as it is stored beside the mail: the fields of `access.Thing`."""
    people = [str(person) for person in thing.people]
    return [str(thing.case_id), str(thing.org), list(thing.audience), people]


async def claim(on: Any, now: datetime, lease: timedelta, limit: int) -> list[Mail]:
    """Take what is due; nobody else gets it until `lease` is over. Mail about what is closed to its reader by now is
    struck off instead."""
    rows = await on.fetch(CLAIM, now, now + lease, limit)
    guarded = [row for row in rows if row["guard"] is not None]
    held = await access.viewers(on, {row["reader"] for row in guarded}) if guarded else {}
    closed = {
        row["id"]
        for row in guarded
        if not sees(held[row["reader"]], msgspec.convert(row["guard"], access.Thing))
    }
    if closed:
        await on.execute(CLOSED, list(closed), now)
    return [read(row, Mail) for row in rows if row["id"] not in closed]


async def mark_sent(on: Any, id: UUID, now: datetime) -> None:
    await on.execute(SENT, id, now)


async def mark_failed(on: Any, id: UUID, again_at: datetime | None, why: str) -> None:
    """Try again at a time; never, when that is None."""
    await on.execute(FAILED, id, again_at, why[:500])
