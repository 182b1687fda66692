"""The record's log over HTTP: checkpoints, keys and proofs."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from hub.audit import log_actions
from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from schemas.answers import Answer
from schemas.audit_log import ConsistencyProof, InclusionProof, LogHead, LogKeys
from schemas.limits import BIGINT_MAX

Entry = Annotated[
    UUID | None, QueryParameter(name="entry", default=None, description="The `id` of an entry.")
]
Place = Annotated[
    int | None,
    QueryParameter(name="n", default=None, ge=0, le=BIGINT_MAX, description="Its place, instead; from 0 on."),
]
Size = Annotated[
    int | None,
    QueryParameter(
        name="size",
        default=None,
        ge=1,
        le=BIGINT_MAX,
        description="Of how many leaves; default: all that is signed.",
    ),
]
Old = Annotated[int, QueryParameter(name="from", ge=0, le=BIGINT_MAX, description="The earlier size.")]
New = Annotated[
    int | None,
    QueryParameter(
        name="to",
        default=None,
        ge=0,
        le=BIGINT_MAX,
        description="The later one; default: all that is signed.",
    ),
]


@get("/v1/orgs/{org:uuid}/audit/checkpoint", opt=OF_ADMIN)
async def read_audit_checkpoint(hub: Hub, who: Who, org: UUID) -> Answer[LogHead]:
    """The newest checkpoint of an organisation's log, a C2SP signed note, for its administrators."""
    return await log_actions.read_head(hub, who, org)


@get("/v1/orgs/{org:uuid}/audit/key", opt=OF_ADMIN)
async def read_audit_keys(hub: Hub, who: Who, org: UUID) -> Answer[LogKeys]:
    """The public keys by which checkpoints are verified, newest first. Keep them elsewhere than here."""
    return await log_actions.read_keys(hub, who, org)


@get("/v1/orgs/{org:uuid}/audit/proof")
async def prove_audit_entry(
    hub: Hub, who: Who, org: UUID, entry: Entry, n: Place, size: Size
) -> Answer[InclusionProof]:
    """That an entry is in the log that was signed (RFC 6962), for whoever may read it."""
    return await log_actions.prove_entry(hub, who, org, entry, n, size)


@get("/v1/orgs/{org:uuid}/audit/consistency", opt=OF_ADMIN)
async def prove_audit_growth(hub: Hub, who: Who, org: UUID, from_: Old, to: New) -> Answer[ConsistencyProof]:
    """That the log of an earlier size is the beginning of the later one (RFC 6962), for administrators."""
    return await log_actions.prove_growth(hub, who, org, from_, to)


ROUTES = [read_audit_checkpoint, read_audit_keys, prove_audit_entry, prove_audit_growth]
