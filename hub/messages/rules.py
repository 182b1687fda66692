"""Who may say what, when. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts, changed, check_revision
from schemas.messages import Attachment, EditMessage, Message, PostMessage

# Words that were acted upon do not change quietly: an edit is for slips, and everybody sees that there was one.
EDIT_WITHIN = timedelta(hours=24)


def post(
    facts: CaseFacts,
    conversation: UUID,
    request: PostMessage,
    attachments: Sequence[Attachment],
    *,
    id: UUID,
    now: datetime,
) -> Message:
    facts.require("message.post")
    if not request.body.strip():
        raise bad_input("$.body", "a message needs some text")
    if len(attachments) != len(set(request.attachments)):
        raise Refused(
            "conflict", "Attach document versions of this case that are cleared and open to everyone who reads here."
        )
    return Message(
        id=id,
        case=facts.case,
        conversation=conversation,
        author=facts.viewer.person,
        body=request.body,
        attachments=list(attachments),
        posted_at=now,
        edited_at=None,
        retracted_at=None,
        seq=facts.stream.next_seq,
        revision=1,
    )


def edit(facts: CaseFacts, message: Message, request: EditMessage, *, revision: int, now: datetime) -> Message:
    _own(facts, message, revision)
    if now - message.posted_at > EDIT_WITHIN:
        raise Refused("conflict", "A message can be edited for 24 hours; post a correction instead.")
    return changed(message, body=request.body, edited_at=now)


def retract(facts: CaseFacts, message: Message, *, revision: int, now: datetime) -> Message:
    _own(facts, message, revision)
    return changed(message, body=None, attachments=[], retracted_at=now)


def _own(facts: CaseFacts, message: Message, revision: int) -> None:
    facts.require("message.post")
    if message.author != facts.viewer.person:
        raise Refused("forbidden", "Only its author can change a message.")
    if message.retracted_at is not None:
        raise Refused("retracted")
    check_revision(revision, message.revision)
