"""The ledger of what was destroyed, and of the holds beside it: applied to a house that was restored from before.

It is read and written by the role that owns the tables; what it may destroy is refused under a hold like all else.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

HOLDS = "select to_json(h) from holds h order by id"
ERASURES = "select to_json(e) from erasures e where state = 'done' order by decided_at, id"
STONES = "select to_json(t) from tombstones t order by destroyed_at, thing"
CERTIFICATES = "select to_json(c) from certificates c order by at, id"
# What its author took back. The same is taken back in a house that is restored from before.
RETRACTIONS = """select json_build_object('id', id, 'at', retracted_at) from messages
    where retracted_at is not null order by id"""
DISPOSITIONS = "select to_json(d) from dispositions d where state in ('approved', 'destroyed') order by id"

# Of holds those that were raised since, and those that were released before something was destroyed.
RAISE = """insert into holds select h.* from json_populate_record(null::holds, $1::json) h
    where not exists (select 1 from holds k where k.id = h.id)
        and not exists (select 1 from tombstones t where t.thing in (h.thing, h.case_id))
        and exists (select 1 from people p where p.id = h.raised_by)"""
RELEASE = """update holds k set released_at = h.released_at, released_by = h.released_by,
        release_reason = h.release_reason, revision = h.revision
    from json_populate_record(null::holds, $1::json) h
    where k.id = h.id and k.released_at is null and h.released_at is not null"""
BURY = """select bury_thing(t.kind, t.thing, coalesce(t.within, t.thing), t.why, t.by, t.destroyed_at)
    from json_populate_record(null::tombstones, $1::json) t join cases c on c.id = coalesce(t.within, t.thing)
    where t.kind <> 'person' and not exists (select 1 from tombstones k where k.thing = t.thing)
        and (t.kind = 'case' or exists (select 1 from documents d where d.id = t.thing))"""
WORDS = """select wipe_words(e.person, array(select c.id from cases c where c.id = any (e.cases)), e.decided_at)
    from json_populate_record(null::erasures, $1::json) e where cardinality(e.cases) > 0
        and not exists (select 1 from erasures k where k.id = e.id and k.state = 'done')"""
PERSON = """select wipe_person(e.org, e.person, e.decided_by, e.decided_at)
    from json_populate_record(null::erasures, $1::json) e join people p on p.id = e.person
    where p.erased_at is null and not exists (select 1 from erasures k where k.id = e.id and k.state = 'done')"""
ERASED = """insert into erasures select e.* from json_populate_record(null::erasures, $1::json) e
    join people p on p.id = e.person join people a on a.id = e.asked_by join people d on d.id = e.decided_by
    on conflict (id) do update set state = excluded.state, decided_at = excluded.decided_at,
        decided_by = excluded.decided_by, reason = excluded.reason, cases = excluded.cases,
        certificate = excluded.certificate, revision = excluded.revision"""
CERTIFY = """insert into certificates select c.* from json_populate_record(null::certificates, $1::json) c
    on conflict (id) do nothing"""
DECIDE = """update dispositions d set state = x.state, decided_at = x.decided_at, decided_by = x.decided_by,
        reason = x.reason, revision = x.revision
    from json_populate_record(null::dispositions, $1::json) x where d.id = x.id"""

WRITTEN = {
    "hold": HOLDS, "erasure": ERASURES, "tombstone": STONES, "certificate": CERTIFICATES,
    "disposition": DISPOSITIONS, "retraction": RETRACTIONS,
}  # fmt: skip
# In this order: a hold that was released stands in nobody's way, and one that was raised since does.
APPLIED = (
    ("hold", RELEASE), ("tombstone", BURY), ("erasure", WORDS), ("erasure", PERSON), ("erasure", ERASED),
    ("disposition", DECIDE), ("certificate", CERTIFY), ("hold", RAISE),
)  # fmt: skip
# Of what was taken back since what says its words still, also where somebody died before its events were blanked: its
# first one tells. What is destroyed goes by itself.
UNRETRACTED = """select m.id, m.org, m.case_id, m.seq, m.retracted_at is not null as retracted, r.at
    from unnest($1::uuid[], $2::timestamptz[]) as r(id, at) join messages m on m.id = r.id
    where (m.retracted_at is null or exists (select 1 from events e where e.stream = m.case_id and e.seq = m.seq
            and e.data -> 'message' ->> 'body' is not null))
        and not exists (select 1 from tombstones t where t.thing = m.case_id) order by r.at, m.id"""


async def lines(on: Any) -> list[str]:
    """The ledger, a JSON object a line: `{"what": ..., "row": {...}}`."""
    found: list[str] = []
    for what, statement in WRITTEN.items():
        for row in await on.fetch(statement):
            found.append(json.dumps({"what": what, "row": _row(row[0])}, sort_keys=True))
    return found


def _row(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


async def apply(on: Any, ledger: Iterable[str]) -> dict[str, int]:
    """Destroy and hold again what the ledger says, in one transaction; how many lines of each kind did something."""
    rows = [json.loads(line) for line in ledger if line.strip()]
    done: dict[str, int] = {}
    async with on.transaction():
        for what, statement in APPLIED:
            for one in rows:
                if one["what"] == what:
                    tag = await on.execute(statement, json.dumps(one["row"]))
                    done[what] = done.get(what, 0) + int(tag.rpartition(" ")[2])
    return done


async def unretracted(on: Any, ledger: Iterable[str]) -> list[Any]:
    """Messages that were taken back since, and are not here: `id`, `org`, `case_id`, and when that was (`at`)."""
    rows = [one["row"] for line in ledger if line.strip() and (one := json.loads(line))["what"] == "retraction"]
    return await on.fetch(
        UNRETRACTED, [row["id"] for row in rows], [datetime.fromisoformat(row["at"]) for row in rows]
    )
