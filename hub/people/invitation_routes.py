"""Invitations over HTTP: an organisation's, for its administrators, and one's own."""

from uuid import UUID

from litestar import delete, get, post

from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN, OF_OWN
from hub.http.inputs import After, Limit
from hub.people import invitations
from hub.people.actions import remove_person
from schemas.answers import Page
from schemas.invitations import AnswerInvitation, Invitation, Invited


@get("/v1/orgs/{org:uuid}/invitations")
async def list_invitations(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Invitation]:
    """An organisation's invitations, the newest first; for its administrators."""
    return await invitations.list_invitations(hub, who, org, limit, after)


@post("/v1/orgs/{org:uuid}/invitations/{invitation:uuid}/resend", status_code=204, opt=OF_ADMIN)
async def resend_invitation(hub: Hub, who: Who, org: UUID, invitation: UUID) -> None:
    """Send it again, with another secret and a new term. Each takes the place of the one before, so it needs no key."""
    await invitations.resend_invitation(hub, who, org, invitation)


@delete("/v1/orgs/{org:uuid}/invitations/{invitation:uuid}", opt=OF_ADMIN)
async def withdraw_invitation(hub: Hub, who: Who, org: UUID, invitation: UUID) -> None:
    """Withdraw one that waits. Who never came in loses the place that was kept for them."""
    never_came = await invitations.withdraw_invitation(hub, who, org, invitation)
    if never_came is not None:
        await remove_person(hub, who, org, never_came)


@get("/v1/invitations", opt=OF_OWN)
async def my_invitations(hub: Hub, who: Who) -> Page[Invited]:
    """Organisations that ask you in. No rule of theirs holds for you before you say yes."""
    return await invitations.my_invitations(hub, who)


@post("/v1/invitations/{invitation:uuid}/answer", status_code=204, opt=OF_OWN)
async def answer_invitation(hub: Hub, who: Who, invitation: UUID, data: AnswerInvitation) -> None:
    """Say yes or no. The same answer again changes nothing, so it needs no key."""
    await invitations.answer_invitation(hub, who, invitation, data)


ROUTES = [list_invitations, resend_invitation, withdraw_invitation, my_invitations, answer_invitation]
