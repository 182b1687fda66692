"""Opening conversations, and how far each person has read."""

from uuid import UUID

from hub.context import Hub, Who, key_of
from hub.conversations import rules
from hub.paging import read_page
from schemas.answers import Answer, Page
from schemas.conversations import Conversation, Marker, MoveMarker, OpenConversation
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.positions import AsOf
from storage.postgres import conversations, locks
from storage.postgres.access import Thing
from storage.postgres.rows import read


async def open_conversation(
    hub: Hub, who: Who, case: UUID, request: OpenConversation, key: UUID
) -> Answer[Conversation]:
    remembered = key_of(key, "open_conversation", case, request)
    async with hub.writing(who, locks.of_row("cases", case), remembered) as unit:
        facts, _ = await unit.facts(conversations.CASE, case)
        if again := await unit.recalled(facts, conversations.ONE, conversations.conversation):
            return again
        named = [*request.people, who.person]
        rows = await unit.connection.fetch(conversations.TAKING_PART, case, named) if request.people else []
        new = rules.open_conversation(facts, request, {row["person"] for row in rows}, id=new_id(), now=unit.now)
        unit.append(
            facts.stream, NewEvent("conversation.opened", new.id, new, tuple(new.audience), tuple(new.people))
        )
        await unit.write(
            conversations.INSERT, new.id, case, facts.org, new.title, new.audience, new.people, unit.now, who.person
        )
    return Answer(new, unit.as_of(facts.stream))


async def list_conversations(hub: Hub, who: Who, case: UUID, limit: int, after: str | None) -> Page[Conversation]:
    return await read_page(hub, who, conversations.PAGE, conversations.conversation, case, limit, after)


async def move_marker(hub: Hub, who: Who, conversation: UUID, request: MoveMarker) -> Answer[Marker]:
    """Say how far one has read. A marker never moves back, so repeating is free."""
    async with hub.writing(who, locks.of_streams(None, who.person)) as unit:
        row = await unit.connection.fetchrow(conversations.MARKER_OF, conversation)
        if row is None:
            raise Refused("not_found")
        upto = min(request.upto, row["f_head"])
        stream = Stream.of_person(who.person, row["f_me"])
        if upto <= row["upto"]:
            return Answer(Marker(conversation, row["case_id"], row["upto"], row["at"] or unit.now), unit.as_of(stream))
        marker = Marker(conversation, row["case_id"], upto, unit.now)
        await unit.connection.execute(
            conversations.MOVE, who.person, conversation, marker.case, upto, unit.now
        )
        about = Thing(marker.case, row["org"], row["audience"], row["people"])
        unit.append(stream, NewEvent("marker.moved", conversation, marker, (), (who.person,), about))
    return Answer(marker, unit.as_of(stream))


async def list_markers(hub: Hub, who: Who, case: UUID) -> Page[Marker]:
    async with hub.reading(who) as connection:
        rows = await connection.fetch(conversations.MARKERS, case)
        head = await connection.fetchval("select stream_head((select me()))")
    return Page([read(row, Marker, case=row["case_id"]) for row in rows], None, AsOf(hub.database.epoch, seq=head))
