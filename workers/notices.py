"""Sends what is due: steps of deadlines, escalations, mails about unseen messages, and the outbox of all mail."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge

from hub.notices import sending
from schemas.errors import Refused
from schemas.settings import Settings
from storage.bus import Bus
from storage.mail import MailFailed, Transport, transport_of
from storage.postgres import mails
from storage.postgres.pool import PASSING, Database

STEPS_POLL_S = 2.0
NUDGES_POLL_S = 10.0
MAILS_POLL_S = 1.0
RETRY_S = 2.0
BATCH_MAX = 100
UNANSWERED_MAX = 3
NUDGES_MAX = 500
MAILS_MAX = 20  # taken at once, sent side by side

# A message unseen for longer than this sends no mail any more: nobody wants last month's at the end of an outage.
NUDGE_LOOKBACK = timedelta(days=3)
# Messages whose time came since the last round, and some before: a commit may show later than its time says.
NUDGE_OVERLAP = timedelta(minutes=2)
NUDGE_ALL_EVERY = timedelta(minutes=10)

# Longer than a try may take, so nobody sends what another is sending.
MAIL_LEASE = timedelta(seconds=90)
MAIL_WAIT_MIN = timedelta(seconds=15)
MAIL_WAIT_MAX = timedelta(hours=1)
MAIL_GIVE_UP_AFTER = timedelta(days=3)

Clock = Callable[[], datetime]

TOLD = Counter("casewire_notices_told_total", "Notices put into inboxes.", ["kind"])
MAILED = Counter("casewire_mails_total", "Tries to send a mail, by outcome.", ["outcome"])
WAITING = Gauge("casewire_mails_waiting", "Mails that are still to go.")

logger = structlog.get_logger("notices")


def utc_now() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop`. Raises what the database or NATS raise when they are not there at the start."""
    transport = transport_of(settings)
    bus = await Bus.connect(settings, "notices")
    try:
        database = await Database.open(settings, roles=("system",))
        try:
            await work(settings, database, bus, transport, stop)
        finally:
            await database.close()
    finally:
        await bus.close()


async def work(
    settings: Settings,
    database: Database,
    bus: Bus,
    transport: Transport,
    stop: asyncio.Event,
    clock: Clock = utc_now,
) -> None:
    """The three rounds, side by side, until `stop`."""
    nudges = Nudges(settings, database)

    async def steps() -> int:
        told = await send_due(settings, database, clock())
        if told:
            await bus.wake()
        return told

    rounds = (
        _round("steps", STEPS_POLL_S, steps, stop),
        _round("nudges", NUDGES_POLL_S, lambda: nudges.send(clock()), stop),
        _round("mails", MAILS_POLL_S, lambda: send_mails(database, transport, clock), stop),
    )
    async with asyncio.TaskGroup() as group:
        for one in rounds:
            group.create_task(one)


async def _round(name: str, every_s: float, act: Callable[[], Awaitable[int]], stop: asyncio.Event) -> None:
    """Act, wait, act: at once again while there was something to do. What fails is logged and tried again."""
    while not stop.is_set():
        pause = every_s
        try:
            if await act():
                pause = 0.0
        except (Refused, *PASSING) as error:
            logger.warning("notices wait", round=name, error=type(error).__name__, detail=str(error))
            pause = RETRY_S
        except Exception:
            logger.exception("a round of notices failed", round=name)
            pause = RETRY_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()


async def send_due(settings: Settings, database: Database, now: datetime) -> int:
    """Send every step and escalation that is due by `now`, each in its own transaction; how many notices."""
    told = unanswered = 0
    for kind, find, send in (
        ("deadline", sending.due_steps, sending.send_step),
        ("escalation", sending.due_escalations, sending.escalate),
    ):
        for due in await find(database, now, BATCH_MAX):
            try:
                sent = await send(database, settings, due, now)
            except (Refused, *PASSING) as error:
                unanswered += 1
                logger.warning("a notice waits", deadline=str(due.deadline), step=due.step, error=str(error))
                if unanswered >= UNANSWERED_MAX:
                    raise  # it is not this deadline, it is the database
                continue
            except Exception:
                # One deadline that cannot be told must not keep the others back.
                logger.exception("a notice was not sent", kind=kind, deadline=str(due.deadline), step=due.step)
                continue
            TOLD.labels(kind).inc(sent)
            told += sent
    return told


class Nudges:
    """Remembers up to when it has looked; every now and then, and at the start, it looks at all recent messages."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.after = timedelta(seconds=settings.nudge_after_s)
        self.seen_until: datetime | None = None
        self.all_at: datetime | None = None

    async def send(self, now: datetime) -> int:
        """Mail about messages that are unseen for too long by `now`; how many mails."""
        since = now - self.after - NUDGE_LOOKBACK
        if self.seen_until is not None and self.all_at is not None and now - self.all_at < NUDGE_ALL_EVERY:
            since = max(since, self.seen_until - self.after - NUDGE_OVERLAP)
        else:
            self.all_at = now
        sent = await sending.nudge_unseen(self.database, self.settings, since, now, NUDGES_MAX)
        if sent < NUDGES_MAX:
            self.seen_until = now
        return sent


async def send_mails(database: Database, transport: Transport, clock: Clock = utc_now) -> int:
    """Send what waits in the outbox, a handful at a time; how many were taken."""
    taken = await mails.claim(database.system, clock(), MAIL_LEASE, MAILS_MAX)
    ends = await asyncio.gather(
        *(_send(database, transport, mail, clock) for mail in taken), return_exceptions=True
    )
    for error in ends:
        if error is not None:
            raise error  # those it hit are free again when their lease is over
    WAITING.set(await database.system.fetchval(mails.WAITING))
    return len(taken)


async def _send(database: Database, transport: Transport, mail: mails.Mail, clock: Clock) -> None:
    try:
        await transport.send(mail)
    except MailFailed as error:
        again = clock() + wait_after(mail.tries)
        if not error.passing or clock() - mail.made_at > MAIL_GIVE_UP_AFTER:
            again = None
        MAILED.labels("failed" if again else "given_up").inc()
        logger.warning(
            "a mail did not go", mail=str(mail.id), tries=mail.tries, again=str(again), why=str(error)
        )
        await mails.mark_failed(database.system, mail.id, again, str(error))
        return
    MAILED.labels("sent").inc()
    await mails.mark_sent(database.system, mail.id, clock())


def wait_after(tries: int) -> timedelta:
    """The pause after so many tries in vain: doubling, up to an hour."""
    return min(MAIL_WAIT_MIN * 2 ** min(tries - 1, 20), MAIL_WAIT_MAX)
