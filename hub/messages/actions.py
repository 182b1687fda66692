"""What happens when somebody writes, mends or takes back a message."""

from collections.abc import Callable
from uuid import UUID

from hub.audit.reading import record_read
from hub.context import Hub, Who, key_of
from hub.messages import rules
from hub.paging import BY_SEQ, read_page
from schemas.answers import Answer, Page
from schemas.errors import Refused
from schemas.events import NewEvent
from schemas.ids import new_id
from schemas.messages import Attachment, EditMessage, Message, PostMessage
from storage.postgres import locks, messages
from storage.postgres.rows import read
from storage.sealed import original, seal_small


async def post_message(
    hub: Hub, who: Who, conversation: UUID, request: PostMessage, key: UUID
) -> Answer[Message]:
    """Post to a conversation. Acknowledged only after the commit of message and event."""
    remembered = key_of(key, "post_message", conversation, request)
    async with hub.writing(who, locks.of_row("conversations", conversation), remembered) as unit:
        facts, row = await unit.facts(messages.CONVERSATION, conversation)
        if again := await unit.recalled(facts, messages.ONE, messages.message):
            return again
        audience, people = row["audience"], row["people"]
        attachments: list[Attachment] = []
        if request.attachments:
            wanted = request.attachments, facts.case, audience, people
            found = await unit.connection.fetch(messages.ATTACHABLE, *wanted)
            attachments = [read(one, Attachment) for one in found]
        message = rules.post(facts, conversation, request, attachments, id=new_id(), now=unit.now)
        unit.append(
            facts.stream, NewEvent("message.posted", message.id, message, tuple(audience), tuple(people))
        )
        await unit.write(
            messages.INSERT, message.id, facts.case, facts.org, conversation, who.person, message.body,
            message.attachments, unit.now, message.seq, audience, people,
        )  # fmt: skip
    return Answer(message, unit.as_of(facts.stream))


async def edit_message(hub: Hub, who: Who, id: UUID, request: EditMessage, revision: int) -> Answer[Message]:
    seal = await _sealer(hub, who, id)
    async with hub.writing(who, locks.of_row("messages", id)) as unit:
        facts, row = await unit.facts(messages.MESSAGE, id)
        before = messages.message(row)
        after = rules.edit(facts, before, request, revision=revision, now=unit.now)
        unit.append(
            facts.stream, NewEvent("message.edited", id, after, tuple(row["audience"]), tuple(row["people"]))
        )
        await unit.write(messages.EDIT, id, before.revision, seal(before), unit.now, who.person, after.body)
    return Answer(after, unit.as_of(facts.stream))


async def retract_message(hub: Hub, who: Who, id: UUID, revision: int) -> Answer[Message]:
    """Take a message back: its words and what was attached vanish here, from its earlier events and from every later
    replay. Both are put aside, where the case is kept for as long as it is."""
    seal = await _sealer(hub, who, id)
    async with hub.writing(who, locks.of_row("messages", id)) as unit:
        facts, row = await unit.facts(messages.MESSAGE, id)
        before = messages.message(row)
        after = rules.retract(facts, before, revision=revision, now=unit.now)
        audience, people = tuple(row["audience"]), tuple(row["people"])
        unit.append(facts.stream, NewEvent("message.retracted", id, after, audience, people))
        attached = [one.version for one in before.attachments]
        await unit.write(messages.RETRACT, id, before.revision, seal(before), unit.now, who.person, attached)
        await unit.connection.execute(messages.BLANK, facts.case, id, before.seq)
    return Answer(after, unit.as_of(facts.stream))


async def _sealer(hub: Hub, who: Who, id: UUID) -> Callable[[Message], bytes]:
    """What seals a message as it was. Its conversation's key is asked for before the transaction: whoever opens it may
    be far away, and nobody waits for that with a lock in hand."""
    async with hub.reading(who) as connection:
        row = await connection.fetchrow(messages.PLACE, id)
    if row is None:
        raise Refused("not_found")
    conversation, case, org = row["conversation"], row["case_id"], row["org"]
    key = await hub.keys.ensure(hub.database.system, "conversation", conversation, case, org, who.actor)

    def seal(before: Message) -> bytes:
        about = original(org, case, conversation, id, before.revision)
        return seal_small((before.body or "").encode(), key, about)

    return seal


async def list_messages(
    hub: Hub, who: Who, conversation: UUID, limit: int, after: str | None
) -> Page[Message]:
    """Newest first."""
    inside: set[UUID] = set()
    page = await read_page(
        hub, who, messages.PAGE, messages.message, conversation, limit, after, BY_SEQ,
        told=lambda row: inside.add(row["f_case"]),
    )  # fmt: skip
    await record_read(hub, who, "conversation.read", inside, conversation)
    return page
