"""`index.html` of a person's copy: what is held of them as people read it. Pure.

What has a name is called by it, and a moment is told in the person's own zone. `data.json` beside it has ids and UTC.
"""

import html
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.audit_words import said

TITLES = {
    "profile": "Who you are", "names": "What you were called before", "places": "Where you have a place",
    "participations": "Cases in which you take part", "teams": "Teams", "invitations": "Invitations",
    "directory": "What a directory says of you", "messages": "Messages you wrote",
    "wordings": "What your messages said before", "documents": "Documents you handed in", "entries": "Entries you made",
    "tasks": "Tasks you have or set", "notices": "Notices to you", "markers": "How far you have read",
    "events": "What you did", "record": "What the record says of your acts", "erasures": "Erasure",
    "sessions": "Where you signed in", "devices": "Browsers that are known", "factors": "Second factors",
    "identities": "Sign-in with others", "apps": "Apps you let in", "mails": "Mails to you",
}  # fmt: skip

STYLE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,"Segoe UI","Noto Sans",sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{border:1px solid #8886;padding:.3rem .5rem;
text-align:start;vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2rem}small,code{opacity:.75}
time{white-space:nowrap}@media(max-width:40rem){
tr,td{display:block}tr:first-child,td:empty{display:none}tr{border:1px solid #8886;margin-bottom:.75rem}
td{border:0}td::before{content:attr(data-of);display:block;opacity:.75;font-size:12px}}"""

# Columns whose values are ids of what has a name, and what stands over them.
NAMED = {
    "org": "organisation", "scope": "where", "case_id": "case", "team": "team", "conversation": "conversation",
    "document": "document", "thing": "about", "app": "app",
}  # fmt: skip
# Ids that name nothing but the row itself, and whatever else says nothing to people.
PASSED_OVER = frozenset({"id", "message", "revision", "upto"})
TIMES = frozenset({"at", "until", "since", "due"})  # besides all that are called so by their endings
WORDS = {"type": "what", "at": "when", "made_at": "made", "used_at": "last used", "begun_at": "handed in"}


def ids_in(kind: str, rows: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """All that a name is sought for."""
    found = {value for row in rows for name, value in _told(kind, row).items() if name in NAMED and value}
    return [UUID(id) for id in sorted(found)]


def begin(now: datetime, zone: str) -> str:
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
        "<title>What is held of you</title>"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style><h1>What is held of you</h1><p>As of {_at(now, zone_of(zone))}. Times are those of "
        f"{html.escape(zone_of(zone).key.replace('_', ' '))}. What is called by a name here has its id in "
        "<code>data.json</code>, which holds all of this for machines.</p>"
    )


def heads(kind: str, row: Mapping[str, Any]) -> list[str]:
    return [html.escape(NAMED.get(name) or WORDS.get(name) or name.replace("_", " ")) for name in _shown(kind, row)]


def line(kind: str, row: Mapping[str, Any], heads: list[str], names: Mapping[UUID, str], zone: str) -> str:
    told = _told(kind, row)
    cells = (_cell(name, told[name], names, zone_of(zone)) for name in _shown(kind, row))
    return "<tr>" + "".join(f'<td data-of="{of}">{cell}</td>' for of, cell in zip(heads, cells, strict=True)) + "</tr>"


def _shown(kind: str, row: Mapping[str, Any]) -> list[str]:
    return [name for name in _told(kind, row) if name not in PASSED_OVER]


def _told(kind: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row's columns; an entry of the record as what it says."""
    if kind == "record":
        entry = row["entry"]
        refused = entry["outcome"] == "refused"
        of = {"at": entry["at"], "what": said(entry["act"], refused=refused), "case_id": entry.get("case")}
        thing = (entry.get("of") or {}).get("version") or entry.get("thing")
        return of | {"thing": None if thing == of["case_id"] else thing, "rule": entry["rule"]}
    if kind == "events":
        thing = None if row["thing"] == row["case_id"] else row["thing"]
        return {**row, "type": said(row["type"], refused=False), "thing": thing}
    return row


def _cell(name: str, value: Any, names: Mapping[UUID, str], zone: tzinfo) -> str:
    if value is None or value == "" or value == []:
        return ""
    if name in NAMED:
        known = names.get(UUID(value))
        if known is not None:
            return f"<bdi>{html.escape(known)}</bdi>"
        # What an act was about may have no name, or none for who asks; the row says what was done.
        return "" if name == "thing" else f"<code>{html.escape(value)}</code>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        # What somebody wrote stays as it was written, though it be a day.
        timed = name in TIMES or name.endswith(("_at", "_on"))
        return (timed and _when(value, zone)) or html.escape(value)
    return "<br>".join(map(_listed, cast(list[Any], value) if isinstance(value, list) else [value]))


def _listed(value: Any) -> str:
    """One of several, such as a file of a message: by its name, where it has one."""
    if isinstance(value, dict):
        of = cast(dict[str, Any], value)
        return html.escape(str(of.get("name") or of.get("value") or json.dumps(of, ensure_ascii=False)))
    return html.escape(str(value))


def _when(value: str, zone: tzinfo) -> str:
    """A moment or a day; empty where it is neither, such as `infinity`."""
    try:
        return _day(date.fromisoformat(value)) if len(value) == 10 else _at(datetime.fromisoformat(value), zone)
    except (ValueError, OverflowError):
        return ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _at(moment: datetime, zone: tzinfo) -> str:
    local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    return f'<time datetime="{moment.isoformat()}">{_day(local)}, {local:%H:%M}</time>'


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
