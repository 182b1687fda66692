"""Witnesses: who is told of checkpoints, so that nobody who holds the database can later tell another history.

Each has a position of its own (`audit_witnessed`) and is told of the newest checkpoint of each log, whatever becomes of
the others: a later one says all that those before it said. Before it is told, what it holds is compared with the tree.
A witness that holds what the tree does not begin with is not told any more of that log, and an alarm is raised: either
it was tampered with or the log was.
"""

from pathlib import Path

from schemas.settings import Settings, SettingsError, masked
from storage.witnesses.buckets import BucketWitness, bucket_of
from storage.witnesses.files import FileWitness
from storage.witnesses.telling import Teller
from storage.witnesses.web import HttpWitness, reachable
from storage.witnesses.witness import BETWEEN, Forked, Held, Unheard, Witness

__all__ = [
    "BETWEEN",
    "BucketWitness",
    "FileWitness",
    "Forked",
    "Held",
    "HttpWitness",
    "Teller",
    "Unheard",
    "Witness",
    "witnesses_of",
]


def witnesses_of(settings: Settings) -> list[Witness]:
    """Those that are set. Raises `SettingsError` with one sentence for an address that is none."""
    found: list[Witness] = []
    for address in filter(None, (part.strip() for part in settings.audit_witnesses.reveal().split(","))):
        scheme, _, rest = address.partition(":")
        if scheme == "file" and rest:
            found.append(FileWitness(Path(rest.removeprefix("//"))))
        elif scheme in ("s3", "s3+https", "s3+http"):
            found.append(bucket_of(settings, address))
        elif scheme in ("https", "http") and reachable(address):
            found.append(HttpWitness(address))
        else:
            raise SettingsError(
                f"CASEWIRE_AUDIT_WITNESSES: {masked(address)} is no witness; write `file:<path>`, "
                "`s3://<bucket>/<prefix>` or `https://<address>`."
            )
    return found
