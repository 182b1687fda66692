"""Entries as bytes and as rows: canonical whatever stands in them, and nobody's to change or to write for others."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schemas.audit import HOUSE, Actor, Entry, Span, Version, canonical, committed, entry_of
from storage.postgres import audit
from tests.conftest import Database

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
IDS = st.uuids()
MAYBE = st.none() | IDS
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.integers(0, 2**53 - 1)  # more is no number in canonical JSON
ACTORS = st.builds(Actor, kind=TEXT, person=MAYBE, session=MAYBE, via=MAYBE, viewing=MAYBE)
VERSIONS = st.builds(Version, document=IDS, n=NUMBERS, sha256=HASHES, version=IDS)
SPANS = st.builds(Span, data=HASHES, first=NUMBERS, last=NUMBERS, stream=IDS)
ENTRIES = st.builds(
    Entry,
    about=st.none() | HASHES, act=TEXT, at=TEXT, by=ACTORS, case=MAYBE, from_=st.none() | HASHES, id=IDS, log=IDS,
    of=st.none() | VERSIONS, outcome=st.sampled_from(["done", "refused"]), rule=TEXT,
    spans=st.none() | st.lists(SPANS, min_size=1, max_size=3), thing=MAYBE,
)  # fmt: skip


@given(ENTRIES)
def test_the_bytes_are_canonical_and_say_the_same(entry: Entry) -> None:
    data = canonical(entry)
    assert data == rfc8785.dumps(msgspec.json.decode(data))
    assert entry_of(data) == entry


def of(person: UUID | None, **more: Any) -> tuple[Any, ...]:
    """The values of a row, which the statement of reads and refusals takes."""
    entry, private = audit.made(
        act="tried", at=datetime.now(UTC), by=Actor(kind="token", person=person), rule="own", **more
    )
    return entry.log, entry.case, person, canonical(entry), msgspec.json.encode(private)


async def test_the_app_writes_in_the_name_of_who_asks_and_changes_nothing(database: Database) -> None:
    me, other = uuid4(), uuid4()
    app = await asyncpg.connect(database.app)
    try:
        async with app.transaction():
            await app.execute("select set_config('casewire.person', $1, true)", str(me))
            await app.execute(audit.RECORD, *of(me))
        forged = [
            of(other),
            of(None),
            (HOUSE, None, me, *of(other)[3:]),
            (uuid4(), None, *of(me)[2:]),
            (HOUSE, uuid4(), *of(me)[2:]),
        ]
        for values in forged:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
                await _as(app, me, audit.RECORD, *values)
        for sql in (
            "update audit_entries set entry = ''", "update audit_entries set private = null",
            "delete from audit_entries", "truncate audit_entries",
        ):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _as(app, me, sql)
    finally:
        await app.close()


async def test_workers_change_nothing_but_what_may_be_forgotten(database: Database) -> None:
    system = await asyncpg.connect(database.system)
    try:
        await system.execute(audit.RECORD, *of(None))
        for sql in (
            "update audit_entries set entry = ''",
            "delete from audit_entries",
            "truncate audit_entries",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await system.execute(sql)
    finally:
        await system.close()


async def _as(app: Any, person: UUID, sql: str, *values: Any) -> None:
    async with app.transaction():
        await app.execute("select set_config('casewire.person', $1, true)", str(person))
        await app.execute(sql, *values)


def test_a_commitment_tells_its_values_apart() -> None:
    salt = bytes(16)
    assert committed(salt, b"ab", b"c") != committed(salt, b"a", b"bc") != committed(salt, b"abc")
    # SHA-256 over the salt, and each value after its length in eight bytes.
    assert committed(salt, b"a") == sha256(salt + bytes(7) + b"\x01a").hexdigest()
