"""Erasing people, asking for it, and correcting oneself, over HTTP."""

from uuid import UUID

from litestar import get, patch, post
from litestar.response import Stream

from hub.context import Hub, Who
from hub.erasure import actions
from hub.erasure.handing import ZIP_TYPE, handed
from hub.http.auth import OF_ADMIN, OF_OWN
from hub.http.inputs import After, Limit
from schemas.answers import Answer, Page
from schemas.erasure import (
    AskErasure,
    Corrected,
    Correction,
    Erase,
    Erased,
    Erasure,
    Preview,
    RefuseErasure,
)


@get("/v1/orgs/{org:uuid}/people/{person:uuid}/erasure")
async def preview_erasure(hub: Hub, who: Who, org: UUID, person: UUID) -> Answer[Preview]:
    """What erasing somebody would take away, what would stay and why, and which hold forbids it. Changes nothing."""
    return await actions.preview(hub, who, org, person)


@post("/v1/orgs/{org:uuid}/people/{person:uuid}/erasure", status_code=200, opt=OF_ADMIN)
async def erase_person(hub: Hub, who: Who, org: UUID, person: UUID, data: Erase) -> Answer[Erased]:
    """Erase somebody, refused under a hold; answers the certificate. It asks who you are once more. It works once, so
    it needs no Idempotency-Key."""
    return await actions.erase(hub, who, org, person, data)


@get("/v1/orgs/{org:uuid}/erasures")
async def list_erasures(hub: Hub, who: Who, org: UUID, limit: Limit, after: After) -> Page[Erasure]:
    """Who asked to be erased, and who was; newest first."""
    return await actions.list_erasures(hub, who, org, limit, after)


@post("/v1/orgs/{org:uuid}/erasures/{erasure:uuid}/refuse", status_code=200, opt=OF_ADMIN)
async def refuse_erasure(
    hub: Hub, who: Who, org: UUID, erasure: UUID, data: RefuseErasure
) -> Answer[Erasure]:
    """Say why somebody is not erased. It says the same thing again, so it needs no Idempotency-Key."""
    return await actions.refuse(hub, who, org, erasure, data)


@get("/v1/erasures", opt=OF_OWN)
async def my_erasures(hub: Hub, who: Who) -> Page[Erasure]:
    """What became of what the asker asked for."""
    return await actions.my_erasures(hub, who)


@post("/v1/erasures", status_code=200, opt=OF_OWN)
async def ask_erasure(hub: Hub, who: Who, data: AskErasure) -> Answer[Erasure]:
    """Ask an organisation to be erased from its records. Asking again changes nothing, so it needs no
    Idempotency-Key."""
    return await actions.ask(hub, who, data)


@post("/v1/me/export", status_code=200, media_type=ZIP_TYPE, opt=OF_OWN)
async def export_me(hub: Hub, who: Who) -> Stream:
    """A copy of all that is held of the asker: a zip with a page to read and JSON. It asks who you are once more. It
    makes nothing, so it needs no Idempotency-Key."""
    return await handed(hub, who, None, who.person)


@post("/v1/orgs/{org:uuid}/people/{person:uuid}/export", status_code=200, media_type=ZIP_TYPE, opt=OF_ADMIN)
async def export_person(hub: Hub, who: Who, org: UUID, person: UUID) -> Stream:
    """A copy of what an organisation holds of somebody, for whoever administers it to hand out. It asks who you are
    once more. It makes nothing, so it needs no Idempotency-Key."""
    return await handed(hub, who, org, person)


@patch("/v1/me", opt=OF_OWN)
async def correct_me(hub: Hub, who: Who, data: Correction) -> Answer[Corrected]:
    """Correct one's own name and time zone."""
    return await actions.correct(hub, who, data)


ROUTES = [
    preview_erasure, erase_person, list_erasures, refuse_erasure, my_erasures, ask_erasure, export_me,
    export_person, correct_me,
]  # fmt: skip
