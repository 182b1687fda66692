"""Wrapped keys: of cases, of versions and of conversations; what wrapped them.

They are destroyed with what they open, by its tombstone (`bury_thing` in `0014_keep.sql`), and in no other way."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

Kind = Literal["version", "conversation"]

OF_THING = """select d.thing, d.kind, d.case_id, d.org, d.wrapped, k.wrapped as case_wrapped, k.root
    from data_keys d join case_keys k on k.case_id = d.case_id where d.thing = $1"""
OF_CASE = "select case_id, org, wrapped, root from case_keys where case_id = $1"

# For a statement about versions `v`, that it may answer their keys too; `of_row` reads them.
JOINED = "left join data_keys dk on dk.thing = v.id left join case_keys ck on ck.case_id = v.case_id"
COLUMNS = "dk.wrapped as k_wrapped, ck.wrapped as k_case_wrapped, ck.root as k_root"

# Of those who make the same at the same time, one does.
MAKE_ROOT = """insert into roots (id, checked, made_at) values ($1, $2, $3)
    on conflict (id) do update set checked = excluded.checked"""
MAKE_CASE = """insert into case_keys (case_id, org, wrapped, root, made_at) values ($1, $2, $3, $4, $5)
    on conflict do nothing"""
MAKE_THING = """insert into data_keys (thing, kind, case_id, org, wrapped, made_at) values ($1, $2, $3, $4, $5, $6)
    on conflict do nothing"""

KNOWN_ROOT = "select exists (select 1 from roots where id = $1)"
ROOTS = "select id, checked from roots order by made_at, id"

# Rotation: what is not wrapped by $1 yet, after case $2; with $4 also what is, for a root that changed inside.
TO_REWRAP = """select case_id, org, wrapped, root from case_keys where wrapped is not null and ($4 or root <> $1)
    and ($2::uuid is null or case_id > $2) order by case_id limit $3"""
# Only what still is what was unwrapped: who destroyed or rewrapped it meanwhile is not overruled.
REWRAP = "update case_keys set wrapped = $3, root = $4 where case_id = $1 and wrapped = $2"
FORGET_ROOTS = """delete from roots r where r.id <> $1 and not exists (select 1 from case_keys k where k.root = r.id)
    returning r.id"""

# What is from before there were keys, by id, after $1.
OLD_VERSIONS = """select id, case_id, org, size, object_key, object_version from versions
    where status = 'cleared' and sealed is null and object_key is not null and ($1::uuid is null or id > $1)
    order by id limit $2"""
# What was sealed after it was cleared: whoever clears a version has made its key before.
SEALED_LATE = """select v.id, v.object_key, v.object_version from versions v join data_keys d on d.thing = v.id
    where v.sealed is not null and d.made_at > v.cleared_at and ($1::uuid is null or v.id > $1)
    order by v.id limit $2"""
SEAL_VERSION = """update versions set object_version = $3, sealed = $4
    where id = $1 and object_version is not distinct from $2 and sealed is null"""
OLD_ORIGINALS = """select o.message, o.revision, o.body, m.conversation, m.case_id, m.org
    from message_originals o join messages m on m.id = o.message
    where o.body is not null and ($1::uuid is null or (o.message, o.revision) > ($1, $2::integer))
    order by o.message, o.revision limit $3"""
SEAL_ORIGINAL = """update message_originals set sealed = $3, body = null
    where message = $1 and revision = $2 and sealed is null"""


class Wrapped(Struct, frozen=True):
    """The key of a thing, wrapped by its case's, and that one, wrapped by `root`; None for what was destroyed."""

    kind: Kind
    thing: UUID
    case_id: UUID
    org: UUID
    wrapped: bytes | None
    case_wrapped: bytes | None
    root: str | None


def of_row(version: Any) -> Wrapped:
    """The key of a version's row that has `COLUMNS`."""
    return Wrapped(
        "version", version["id"], version["case_id"], version["org"],
        version["k_wrapped"], version["k_case_wrapped"], version["k_root"],
    )  # fmt: skip
