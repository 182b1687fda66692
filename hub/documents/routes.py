"""Documents and versions over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, patch, post, put
from litestar.params import QueryParameter

from hub.context import Hub, Who
from hub.documents import actions
from hub.http.inputs import AS, After, IfMatch, Key, Limit
from schemas.answers import Answer, Page
from schemas.documents import (
    AddDocument,
    BeginVersion,
    BegunVersion,
    ChangeDocument,
    Document,
    FileAddress,
    PageText,
    Version,
)
from schemas.limits import UPLOAD_ONE_REQUEST_BYTES_MAX

FileName = Annotated[str, QueryParameter(name="file_name", min_length=1, max_length=255)]
MediaType = Annotated[str, QueryParameter(name="media_type", min_length=3, max_length=127)]


@post("/v1/cases/{case:uuid}/documents")
async def add_document(hub: Hub, who: Who, case: UUID, data: AddDocument, key: Key) -> Answer[Document]:
    """Add a document; its bytes come as versions."""
    return await actions.add_document(hub, who, case, data, key)


@get("/v1/cases/{case:uuid}/documents", opt=AS)
async def list_documents(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Document]:
    """The documents of a case, oldest first."""
    return await actions.list_documents(hub, who, case, limit, after)


@patch("/v1/documents/{document:uuid}")
async def change_document(
    hub: Hub, who: Who, document: UUID, data: ChangeDocument, revision: IfMatch
) -> Answer[Document]:
    """Change name or kind."""
    return await actions.change_document(hub, who, document, data, revision)


@get("/v1/cases/{case:uuid}/versions", opt=AS)
async def list_versions(hub: Hub, who: Who, case: UUID, limit: Limit, after: After) -> Page[Version]:
    """The versions of all documents of a case, newest first."""
    return await actions.list_versions(hub, who, case, limit, after)


@post("/v1/documents/{document:uuid}/versions")
async def begin_version(
    hub: Hub, who: Who, document: UUID, data: BeginVersion, key: Key
) -> Answer[BegunVersion]:
    """Declare a version and get the address to upload it to."""
    return await actions.begin_version(hub, who, document, data, key)


@post("/v1/versions/{version:uuid}/complete", status_code=200)
async def complete_version(hub: Hub, who: Who, version: UUID, key: Key) -> Answer[Version]:
    """The bytes are uploaded: have them examined."""
    return await actions.complete_version(hub, who, version, key)


@put(
    "/v1/documents/{document:uuid}/content",
    status_code=201,
    request_max_body_size=UPLOAD_ONE_REQUEST_BYTES_MAX,
)
async def upload_version(
    hub: Hub,
    who: Who,
    document: UUID,
    key: Key,
    request: Request[Any, Any, Any],
    file_name: FileName,
    media_type: MediaType = "application/octet-stream",
) -> Answer[Version]:
    """Upload a small file as a version in one request; the body is its bytes."""
    data = await request.body()
    return await actions.upload_version(
        hub, who, document, file_name=file_name, media_type=media_type, data=data, key=key
    )


@get("/v1/versions/{version:uuid}/content", opt=AS)
async def address_of(hub: Hub, who: Who, version: UUID, inline: bool = False) -> FileAddress:
    """A short-lived, personal address of the bytes; `inline` to show what is safe to show."""
    return await actions.address_of(hub, who, version, inline=inline)


@get("/v1/versions/{version:uuid}/text", opt=AS)
async def list_texts(hub: Hub, who: Who, version: UUID, limit: Limit, after: After) -> Page[PageText]:
    """The text of a version, page by page."""
    return await actions.list_texts(hub, who, version, limit, after)


ROUTES = [
    add_document, list_documents, change_document, list_versions, begin_version, complete_version, upload_version,
    address_of, list_texts,
]  # fmt: skip
