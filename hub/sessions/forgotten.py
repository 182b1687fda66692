"""A forgotten password, set anew by a mail. It lets nobody in: signing in asks for the second factor, too."""

import secrets
from datetime import timedelta

from hub.audit.recording import naming
from hub.context import Hub, Who
from hub.people import mails
from hub.sessions import passwords, throttle
from hub.sessions.actions import end_some, tell
from hub.sessions.caller import Caller
from schemas.audit import NOBODY
from schemas.credentials import token_hash
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import DEVICE_DAYS, RESET_MINUTES
from schemas.sessions import ResetPassword
from storage.postgres import locks, sessions
from storage.postgres.pool import translated

OVER = "This address was used or is over. Ask for a new one at the sign-in page."


async def ask_reset(hub: Hub, email: str, caller: Caller) -> None:
    """Mail the secret to who has a password; for all others nothing happens, and nobody sees the difference. It
    works in any browser: people read their mail where they have it."""
    now = hub.clock()
    async with translated():
        row = await hub.database.signin.fetchrow(
            sessions.PERSON, email, caller.device_hash, now - timedelta(days=DEVICE_DAYS)
        )
    device = caller.device_hash if row["known"] else None
    with naming(row["folded"], row["id"]):
        await throttle.admit(hub, *throttle.of_reset(row["folded"], caller.address, device, row["id"]))
    token = secrets.token_urlsafe(32)
    mail = mails.reset(f"{hub.settings.public_url}/reset#{token}", RESET_MINUTES)
    async with hub.signing(NOBODY, caller.doing, "password.asked", thing=row["id"], rule="anybody") as unit:
        await unit.connection.execute(
            sessions.ASK_RESET, email, token_hash(token), new_id(), mail.subject, mail.body, now,
            now + timedelta(minutes=RESET_MINUTES),
        )  # fmt: skip


async def reset_password(hub: Hub, request: ResetPassword, caller: Caller) -> None:
    """Set it by the secret of a mail; of any number who try, one does. A password that is refused uses nothing up. All
    sessions and personal tokens end with the old one: whoever knew it may have made them. Factors stay as they are."""
    hashed = token_hash(request.token)
    async with translated():
        row = await hub.database.signin.fetchrow(sessions.RESET, hashed, hub.clock())
    if row is None:
        raise Refused("not_found", OVER)
    email = row["email"]
    after = await passwords.chosen(hub.settings, "$.password", request.password, email, row["name"])
    who, more, first = Who(row["person"], None, "mail", doing=caller.doing), True, True
    while more:
        async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
            if first:
                if not await unit.connection.fetchval(sessions.USE_RESET, hashed, after, unit.now):
                    raise Refused("not_found", OVER)
                unit.act, unit.thing, unit.rule = "password.changed", who.person, "mail"
                await tell(unit, email, "Your password was set anew by a mail to this address")
            more, first = await end_some(unit, who, tokens=True), False
