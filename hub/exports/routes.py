"""Exports of cases over HTTP."""

from uuid import UUID

from litestar import get, post

from hub.context import Hub, Who
from hub.exports import actions
from schemas.answers import Answer
from schemas.documents import FileAddress
from schemas.exports import Export


@post("/v1/cases/{case:uuid}/exports")
async def export_case(hub: Hub, who: Who, case: UUID) -> Answer[Export]:
    """Ask for a case as one archive, with all of it that I may see. Needs a recent proof of who I am."""
    return await actions.export_case(hub, who, case)


@get("/v1/exports/{export:uuid}/address")
async def export_address(hub: Hub, who: Who, export: UUID) -> FileAddress:
    """A short-lived, personal address of the archive, which is made while it is downloaded."""
    return await actions.address_of(hub, who, export)


ROUTES = [export_case, export_address]
