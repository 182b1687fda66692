"""Issuing a certificate: its row, signed with the record's key, and the event that tells those who administer."""

from base64 import b64encode
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from schemas.access import ADMIN
from schemas.audit import moment
from schemas.audit_log import Signer
from schemas.events import NewEvent
from schemas.facts import Stream
from schemas.ids import new_id
from schemas.retention import Certificate, Issued
from schemas.settings import Settings
from storage.postgres import retention
from storage.postgres.unit import Unit

KEEPERS = (ADMIN,)


class OfCase(NamedTuple):
    """What a certificate tells of: it is not for administrators whom a wall keeps out of the case, destroyed or not."""

    case_id: UUID
    org: UUID
    audience: Collection[str] = KEEPERS
    people: Collection[UUID] = ()


def signed(settings: Settings, org: UUID, id: UUID, body: bytes, at: datetime) -> str:
    """A C2SP signed note: whose it is, its id, SHA-256 of its body in base64, and when. Raises `SettingsError` where
    the key is missing."""
    signer = Signer(settings)
    digest = b64encode(sha256(body).digest()).decode()
    return signer.note(f"{signer.name}/certificate/{org}\n{id}\n{digest}\ntime {moment(at)}\n")


async def issue(
    unit: Unit, settings: Settings, stream: Stream, kind: str, thing: UUID, body: bytes, case: UUID | None = None
) -> Certificate:
    """A certificate of what was destroyed, in the transaction that says so. `stream` is the organisation's, `case` that
    of which it tells."""
    org, id, at = stream.id, new_id(), unit.now
    note = signed(settings, org, id, body, at)
    made = Certificate(id, org, kind, thing, at, body.decode(), sha256(body).hexdigest(), note, None)
    issued = Issued(id, org, kind, thing, at, made.sha256)
    about = OfCase(case, org) if case is not None else None
    unit.append(stream, NewEvent("certificate.issued", id, issued, KEEPERS, about=about))
    await unit.write(retention.ISSUE, id, org, kind, thing, at, made.body, bytes.fromhex(made.sha256), note)
    return made
