"""Who may open a conversation, and with whom. Pure."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from schemas.access import ADMIN
from schemas.conversations import Conversation, OpenConversation
from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts


def open_conversation(
    facts: CaseFacts, request: OpenConversation, taking_part: Collection[UUID], *, id: UUID, now: datetime
) -> Conversation:
    """The conversation as it will be; its audience stays as it is for ever."""
    facts.require("conversation.open")
    if (request.audience is None) == (not request.people):
        raise bad_input("$.audience", "give either a declared audience or the people to talk with")
    audience: tuple[str, ...] = ()
    people: list[UUID] = []
    if request.audience is not None:
        audience = facts.audience_named(request.audience, "staff")
    else:
        people = sorted({facts.viewer.person, *request.people})
        # An administrator sees what they are named in; everybody else only while they take part.
        here = {*taking_part, *((facts.viewer.person,) if (facts.org, ADMIN) in facts.viewer.grants else ())}
        strangers = [person for person in people if person not in here]
        if strangers:
            raise Refused("conflict", "Only people who take part in the case can be named; add them first.")
        if len(people) < 2:
            raise bad_input("$.people", "name at least one other person")
    return Conversation(id, facts.case, request.title, list(audience), people, now, facts.viewer.person, 1)
