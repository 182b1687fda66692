"""Who may add documents and versions, and what becomes of a version. Pure."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import UNSET

from schemas.access import STAFF
from schemas.documents import AddDocument, BeginVersion, ChangeDocument, Document, TextStatus, Version
from schemas.errors import Refused, bad_input
from schemas.facts import CaseFacts, changed, check_revision
from schemas.limits import UPLOAD_GRACE_MINUTES, UPLOAD_MINUTES, UPLOADS_OPEN_MAX

UPLOAD_WITHIN = timedelta(minutes=UPLOAD_MINUTES)
ABANDONED_AFTER = UPLOAD_WITHIN + timedelta(minutes=UPLOAD_GRACE_MINUTES)
UNKNOWN_TYPE = "application/octet-stream"
_NOT_A_NAME = re.compile(r"[/\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ue000\ue001\ud800-\udfff]")


def add(facts: CaseFacts, request: AddDocument, *, id: UUID, now: datetime) -> Document:
    facts.require("document.add")
    _kind(facts, request.kind)
    return Document(
        id=id,
        case=facts.case,
        name=request.name,
        kind=request.kind,
        audience=list(facts.audience_named(request.audience, default_audience(facts))),
        added_at=now,
        added_by=facts.viewer.person,
        revision=1,
    )


def default_audience(facts: CaseFacts) -> str | frozenset[str]:
    """Staff keep a document among themselves until they say otherwise; others share theirs with staff and no more.

    For others it is the declared audience with the fewest roles that holds staff and one of theirs.
    """
    if STAFF in facts.roles:
        return frozenset({STAFF})
    fitting = [a.roles for a in facts.type.audiences.values() if STAFF in a.roles and a.roles & facts.roles]
    if not fitting:
        raise bad_input("$.audience", "say who may see the document")
    return min(fitting, key=lambda roles: (len(roles), sorted(roles)))


def change(facts: CaseFacts, before: Document, request: ChangeDocument, *, revision: int) -> Document:
    facts.require("document.add")
    _own_or_staff(facts, before.added_by, "rename this document")
    check_revision(revision, before.revision)
    kind = before.kind if request.kind is UNSET else request.kind
    _kind(facts, kind)
    return changed(before, name=before.name if request.name is UNSET else request.name, kind=kind)


def begin(
    facts: CaseFacts,
    document: UUID,
    added_by: UUID,
    request: BeginVersion,
    *,
    uploads_open: int,
    id: UUID,
    n: int,
    now: datetime,
) -> Version:
    """`uploads_open` is how many versions the writer has begun and not completed, over all cases."""
    facts.require("document.add")
    _own_or_staff(facts, added_by, "add versions to this document; add a document of your own")
    if uploads_open >= UPLOADS_OPEN_MAX:
        raise Refused(
            "too_many",
            f"You have {uploads_open} uploads that are not completed, and {UPLOADS_OPEN_MAX} are allowed at a time. "
            f"Complete some; one that is left alone is over after {ABANDONED_AFTER.total_seconds() / 60:.0f} minutes.",
        )
    if _NOT_A_NAME.search(request.file_name) or request.file_name.strip(". ") == "":
        raise bad_input("$.file_name", "a file's name without folders and control characters is needed")
    return Version(
        id=id,
        document=document,
        case=facts.case,
        n=n,
        status="awaiting",
        why="",
        file_name=request.file_name,
        media_type=request.media_type.lower(),
        size=request.size,
        sha256=request.sha256,
        text_status="none",
        pages=0,
        begun_at=now,
        by=facts.viewer.person,
        cleared_at=None,
        revision=1,
    )


def readers_before_clearing(
    facts: CaseFacts, document: Collection[str]
) -> tuple[tuple[str, ...], tuple[UUID, ...]]:
    """Audience and people of a version that nobody has examined: staff, where they read the document, and whoever
    uploads it. They are among the document's readers, so nobody loses sight of it when it is cleared."""
    return (facts.staff if STAFF in document else ()), (facts.viewer.person,)


def upload_seconds(version: Version, now: datetime) -> int:
    """How long an upload of this version may still start."""
    left = int((version.begun_at + UPLOAD_WITHIN - now).total_seconds())
    if left <= 0:
        raise Refused(
            "conflict", f"The {UPLOAD_MINUTES} minutes for this upload are over; begin a new version."
        )
    return left


def receive(facts: CaseFacts, before: Version, stored_bytes: int | None) -> Version:
    """The uploader says that the bytes are there; `stored_bytes` is how many the store has, None for no object."""
    facts.require("document.add")
    if before.by != facts.viewer.person:
        raise Refused("forbidden", "Only who began a version completes it.")
    if before.status != "awaiting":
        raise Refused("conflict", f"This version is {before.status} already.")
    if stored_bytes is None:
        raise Refused("conflict", "The bytes are not there yet; upload them to the address first.")
    if stored_bytes != before.size:
        raise Refused("checksum", f"{before.size} bytes were declared, {stored_bytes} were uploaded.")
    return changed(before, status="received")


def clear(before: Version, found_media_type: str, why: str, *, now: datetime) -> Version:
    """`why` may hold what is worth knowing about a harmless file, such as that it is not what it was declared as."""
    media_type = before.media_type if found_media_type == UNKNOWN_TYPE and not why else found_media_type
    return changed(before, status="cleared", media_type=media_type, cleared_at=now, why=why)


def quarantine(before: Version, why: str) -> Version:
    return changed(before, status="quarantined", why=why)


def index(before: Version, text_status: TextStatus, pages: int) -> Version:
    return changed(before, text_status=text_status, pages=pages)


def _kind(facts: CaseFacts, kind: str) -> None:
    if kind not in facts.type.document_kinds:
        raise bad_input("$.kind", f"one of {', '.join(facts.type.document_kinds)} is needed")


def _own_or_staff(facts: CaseFacts, added_by: UUID, what: str) -> None:
    if STAFF not in facts.roles and added_by != facts.viewer.person:
        raise Refused("forbidden", f"Only staff and who added it may {what}.")
