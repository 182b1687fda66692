"""A person's own copy of what is held of them: one zip, with a page to read and JSON for machines (GDPR 15 and 20)."""

import asyncio
import html
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.context import Hub, Who
from hub.people.rules import may_administer
from hub.sessions.standing import proved_recently
from schemas.errors import Refused
from schemas.limits import PERSON_ROWS_MAX
from storage.postgres import erasure, locks, people

TITLES = {
    "profile": "Who you are", "places": "Where you have a place", "participations": "Cases in which you take part",
    "teams": "Teams", "messages": "Messages you wrote", "documents": "Documents you handed in",
    "entries": "Entries you made", "notices": "Notices to you", "events": "What you did",
    "record": "What the record says of your acts", "erasures": "Erasure", "sessions": "Where you signed in",
    "factors": "Second factors", "identities": "Sign-in with others", "apps": "Apps you let in",
    "mails": "Mails to you",
}  # fmt: skip

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{border:1px solid #ccc;padding:.3rem .5rem;
text-align:left;vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2rem}"""


async def export(hub: Hub, who: Who, org: UUID | None, person: UUID) -> bytes:
    """The archive. `org` is None for oneself; else its administrator hands out what it holds, after a fresh proof. That
    it was handed out stands in the record."""
    lock = locks.of_streams(org, person)
    async with hub.writing(who, lock) as unit:
        if org is not None:
            may_administer(await unit.connection.fetchval(people.ROLE, org))
        await proved_recently(unit.connection, who, unit.now)
        data = await unit.connection.fetchval(erasure.DATA, org, person, PERSON_ROWS_MAX)
        if data is None:
            raise Refused("not_found")
        unit.act, unit.rule = "person.exported", "oneself" if org is None else "admin"
        unit.log, unit.thing = org, person
        # Nothing else is written here; this gives the transaction its place, and the record its entry.
        await unit.connection.execute("select pg_current_xact_id()")
    return await asyncio.to_thread(archive, data, unit.now)


def archive(data: Mapping[str, Any], now: datetime) -> bytes:
    """`data.json` and `index.html` in one zip; the page needs nothing but itself."""
    held = io.BytesIO()
    stamp = now.timetuple()[:6]
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in (
            ("data.json", json.dumps({"made_at": now.isoformat(), **data}, ensure_ascii=False, indent=1)),
            ("index.html", page(data, now)),
        ):
            packed.writestr(zipfile.ZipInfo(name, stamp), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def page(data: Mapping[str, Any], now: datetime) -> str:
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>What is held of you</title>",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<style>{STYLE}</style><h1>What is held of you</h1><p>As of {now:%Y-%m-%d %H:%M} UTC.</p>",
    ]
    for kind, title in TITLES.items():
        rows = data[kind]
        parts.append(f"<h2>{title} ({len(rows)})</h2>{_table(rows)}")
        if kind in data["more"]:
            parts.append(f"<p>There is more; these are the newest {len(rows)}.</p>")
    return "".join(parts)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>Nothing.</p>"
    names = list(rows[0])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = ("".join(f"<td>{_cell(row[name])}</td>" for name in names) for row in rows)
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return html.escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
