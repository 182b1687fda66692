"""Who may export a case. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

from schemas.exports import Export
from schemas.facts import CaseFacts
from schemas.limits import EXPORT_HOURS
from schemas.zips import archive_name


def export(facts: CaseFacts, *, id: UUID, now: datetime, messages: int, versions: int, bytes: int) -> Export:
    """Whoever sees a case may take along what they see of it; closed or open."""
    return Export(
        id=id,
        case=facts.case,
        seq=facts.stream.head,
        file_name=archive_name(facts.number, now),
        made_at=now,
        expires_at=now + timedelta(hours=EXPORT_HOURS),
        messages=messages,
        versions=versions,
        bytes=bytes,
    )
