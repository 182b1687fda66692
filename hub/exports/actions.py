"""What happens when somebody wants to take a case along."""

from datetime import timedelta
from uuid import UUID

from hub.context import Hub, Who
from hub.exports import rules
from hub.sessions.standing import proved_recently
from schemas.addresses import Address, write_address
from schemas.answers import Answer
from schemas.documents import FileAddress
from schemas.errors import Refused
from schemas.exports import Export
from schemas.ids import new_id
from schemas.limits import FILE_ADDRESS_S
from storage.postgres import exports, locks


async def export_case(hub: Hub, who: Who, case: UUID) -> Answer[Export]:
    """Write down that the case was exported, by whom and as of when. The archive is made when it is downloaded."""
    async with hub.writing(who, locks.of_row("cases", case)) as unit:
        facts, _ = await unit.facts(exports.CASE, case)
        await proved_recently(unit.connection, who, unit.now)
        sizes = await unit.connection.fetchrow(exports.SIZES, case)
        made = rules.export(
            facts, id=new_id(), now=unit.now, messages=sizes["messages"], versions=sizes["versions"],
            bytes=sizes["bytes"],
        )  # fmt: skip
        await unit.connection.execute(
            exports.NEW, made.id, made.case, facts.org, made.seq, made.made_at, made.expires_at
        )
        unit.act, unit.thing = "case.exported", made.id
        unit.rule = "sees the case: " + ", ".join(sorted(facts.roles) or ["by name"])
    return Answer(made, unit.as_of(facts.stream))


async def address_of(hub: Hub, who: Who, id: UUID) -> FileAddress:
    """A personal address for the archive. Whoever uses it is asked for again there."""
    if who.session is None:
        raise Refused("forbidden", "An address belongs to a session; sign in.")
    now = hub.clock()
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(exports.ONE, id, now)
    if row is None:
        raise Refused("not_found")
    expires = (now + timedelta(seconds=FILE_ADDRESS_S)).replace(microsecond=0)
    address = Address(id, who.person, who.session, expires, False, "export")
    url = write_address(hub.settings.files_url, hub.settings.secret.reveal(), address)
    return FileAddress(url, expires)
