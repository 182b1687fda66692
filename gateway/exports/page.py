"""`index.html` of an archive: a page that stands by itself. No script, nothing from elsewhere; everything that anybody
wrote is escaped and stands in its own direction. Pure."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from textwrap import shorten
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from schemas.access import ADMIN, DESK
from schemas.audit_words import ACTORS, said
from schemas.cases import Case
from schemas.casetypes import CaseType
from schemas.conversations import Conversation
from schemas.deadlines import Deadline
from schemas.details import Detail
from schemas.documents import Document, Version
from schemas.entries import Entry
from schemas.messages import Message
from schemas.participants import Participant
from schemas.parties import Party
from schemas.tasks import Task

STYLE = """
:root{color-scheme:light dark;--ink:#1d1f24;--soft:#5d6370;--line:#dcdfe5;--back:#fff;--lift:#f6f7f9;--mark:#2f5bd0}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a0a7b4;--line:#343943;--back:#16181d;--lift:#1f232a;
--mark:#8fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI","Noto Sans",sans-serif}
main,header,nav{max-width:54rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .6rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:3rem 0 .8rem;padding-bottom:.35rem;border-bottom:2px solid var(--line)}
h3{font-size:1.05rem;margin:1.8rem 0 .5rem;overflow-wrap:anywhere}
p,dl{margin:.4rem 0}
.soft,dt,th{color:var(--soft)}
.soft,th,small{font-size:.86rem;font-weight:400}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;padding:.7rem 0;margin:1.2rem 0 0;
border-block:1px solid var(--line)}
a{color:var(--mark)}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1.2rem}
dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse}
th,td{text-align:start;vertical-align:top;padding:.45rem .7rem .45rem 0;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
article{border-inline-start:3px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:1.1rem 0;break-inside:avoid}
article header{padding:0;max-width:none;margin:0}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.25rem 0}
.gone{font-style:italic;color:var(--soft)}
details{margin:.3rem 0}summary{cursor:pointer;color:var(--soft);font-size:.86rem}
.files{list-style:none;padding:0;margin:.4rem 0}.files li{overflow-wrap:anywhere}
td time{white-space:nowrap}
code{font:.82rem/1.4 ui-monospace,"SF Mono",Consolas,monospace;overflow-wrap:anywhere;color:var(--soft)}
aside{background:var(--lift);border-radius:.5rem;padding:.9rem 1.1rem;margin:1.4rem 0}
footer{max-width:54rem;margin:4rem auto 2rem;padding:1rem 1.25rem;border-top:1px solid var(--line)}
article,tr{scroll-margin-top:1rem}article:target{background:var(--lift)}
@media screen{article{content-visibility:auto;contain-intrinsic-height:auto 5rem}}
@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,tbody,tr,td{display:block}tr{padding:.6rem 0;border-bottom:1px solid var(--line)}
td{border:0;padding:.1rem 0;overflow-wrap:anywhere}td:empty{display:none}
td::before{content:attr(data-of) " ";color:var(--soft);font-size:.86rem}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--back:#fff;--lift:#fff;--mark:#000}body{font-size:10.5pt}
nav{display:none}h2{break-after:avoid}a{text-decoration:none}main,header,footer{max-width:none}}
"""
LABELS = {
    "parties": "Parties", "participants": "Participants", "details": "Details", "deadlines": "Deadlines",
    "tasks": "Tasks",
    "entries": "Timeline", "documents": "Documents", "messages": "Messages", "record": "Who did and saw what",
    "check": "How to check this archive",
}  # fmt: skip

THING_CHARS_MAX = 80
MEMBERS = {ADMIN: "administrators", DESK: "all staff"}
NOTHING = "<p class=soft>There is nothing here.</p>\n"
RECORD = ("When", "Who", "What", "By which rule")


class Page:
    """Writes the parts of the page. `names` are those of people, `files` the paths of versions' bytes."""

    def __init__(self, case: Case, type_: CaseType, names: Mapping[UUID, str], files: Mapping[UUID, str]) -> None:
        self.case, self.type, self.names, self.files = case, type_, names, files
        self.zone = ZoneInfo(case.zone)
        self.things: dict[UUID, str] = {}  # what the record calls them; filled as the page is told of each

    def begin(self, organisation: str, exporter: str, made_at: datetime, seq: int, holes: int) -> str:
        case = self.case
        title = f"{text(case.number)} · {text(case.title)}"
        links = "".join(f'<li><a href="#{name}">{label}</a></li>' for name, label in LABELS.items())
        left = (
            f"<p>Events of this case that are not in this archive: {holes:,}. Its exporter may not see them, or they "
            "were erased. <code>manifest.json</code> says which, by number.</p>"
            if holes
            else "<p>No event of this case is missing in this archive.</p>"
        )
        facts = [
            ("Kind", text(self.type.title)),
            ("Status", text(self._status())),
            ("Opened", f"{self.at(case.opened_at)} by {self.who(case.opened_by)}"),
            *([("Closed", self.at(case.closed_at))] if case.closed_at else []),
            *((text(_label(name)), value(given)) for name, given in case.intake.items()),
        ]
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="referrer" content="no-referrer">'
            f"<title>{title}</title><style>{STYLE}</style></head>\n"
            f"<body><header><p class=soft>{bdi(organisation)} · {bdi(case.number)}</p>"
            f"<h1 dir=auto>{text(case.title)}</h1>{_list(facts)}</header><nav><ul>{links}</ul></nav>\n"
            f"<main><aside><p>Exported by <strong>{bdi(exporter)}</strong> on {self.at(made_at)}, with everything that "
            f"they may see, up to event {seq}. Times are those of {text(case.zone)}.</p>{left}</aside>\n"
        )

    def section(self, name: str, count: int | None = None) -> str:
        many = f" <small>{count:,}</small>" if count is not None else ""
        empty = NOTHING if count == 0 else ""
        return f'<h2 id="{name}">{LABELS[name]}{many}</h2>\n{empty}'

    def party(self, party: Party) -> str:
        self.things[party.id] = bdi(party.name)
        gone = " <span class=soft>(removed)</span>" if party.removed_at else ""
        contacts = "".join(
            f"<dt>{text(', '.join(c.roles) or 'Contact')}</dt><dd><bdi>{text(c.name)}</bdi> "
            f"{' · '.join(f'<bdi>{text(part)}</bdi>' for part in (c.email, c.phone) if part)}"
            f"<div class='text soft' dir=auto>{text(c.text)}</div></dd>"
            for c in party.contacts
        )
        note = f"<p class=text dir=auto>{text(party.note)}</p>" if party.note else ""
        return (
            f"<article><strong>{bdi(party.name)}</strong> <span class=soft>{text(_label(party.role))}</span>{gone}"
            f"{note}{f'<dl>{contacts}</dl>' if contacts else ''}</article>\n"
        )

    def participants(self, rows: Sequence[Participant]) -> str:
        self.things |= {r.id: self.who(r.person) for r in rows}
        return _table(
            ("Who", "Role", "From", "Until"),
            (
                (self.who(r.person), text(self._role(r.role)), self.at(r.granted_at), self.at(r.revoked_at))
                for r in rows
            ),
        )

    def detail(self, detail: Detail) -> str:
        return _list([(text(_label(name)), value(given)) for name, given in detail.fields.items()])

    def deadlines(self, rows: Sequence[Deadline]) -> str:
        self.things |= {r.id: bdi(r.title) for r in rows}
        return _table(
            ("Due", "What", "Status", "Whose"),
            (
                (
                    day(r.due_on) if r.due_on else self.at(r.due_at), _said(r.title, r.note), text(_label(r.status)),
                    self.who(r.assignee) if r.assignee else "",
                )
                for r in rows
            ),
        )  # fmt: skip

    def tasks(self, rows: Sequence[Task]) -> str:
        self.things |= {r.id: bdi(r.title) for r in rows}
        return _table(
            ("By", "What", "Done", "Whose"),
            (
                (
                    day(r.due_on) if r.due_on else "", _said(r.title, r.note),
                    self.at(r.done_at) if r.done_at else "open", self.who(r.assignee) if r.assignee else "",
                )
                for r in rows
            ),
        )  # fmt: skip

    def entry(self, entry: Entry) -> str:
        number = f" <span class=soft>no. {bdi(entry.number)}</span>" if entry.number else ""
        kind = self.type.entry_kinds.get(entry.kind) or _label(entry.kind)
        self.things[entry.id] = bdi(shorten(entry.text, THING_CHARS_MAX, placeholder=" …"))
        return (
            f"<article><header><strong>{day(entry.occurred_on)}</strong> <span class=soft>{text(kind)}</span>"
            f"{number}</header><p class=text dir=auto>{text(entry.text)}</p></article>\n"
        )

    def document(self, document: Document) -> str:
        self.things[document.id] = bdi(document.name)
        kind = self.type.document_kinds.get(document.kind) or _label(document.kind)
        return (
            f"<h3 dir=auto>{text(document.name)} <small>{text(kind)}</small></h3>"
            f"<p class=soft>added {self.at(document.added_at)} by {self.who(document.added_by)}</p>\n"
        )

    def version(self, version: Version) -> str:
        path = self.files.get(version.id)
        name = bdi(version.file_name)
        link = f"{name} <span class=gone>({text(_label(version.status).lower())})</span>"
        if path:
            link = _linked(path, name)
        self.things[version.id] = f"{self.things.get(version.document, name)}, {_linked(path, f'version {version.n}')}"
        return (
            f"<ul class=files><li>Version {version.n}: {link} <small>{_size(version.size)}, "
            f"{self.at(version.begun_at)}, {self.who(version.by)}</small><br>"
            f"<code>SHA-256 {text(version.sha256)}</code></li></ul>\n"
        )

    def conversation(self, conversation: Conversation) -> str:
        self.things[conversation.id] = bdi(conversation.title)
        among = [self.who(one) for one in conversation.people]
        among = among or [text(self._role(role)) for role in conversation.audience]
        return f"<h3 dir=auto>{text(conversation.title)}</h3><p class=soft>among {', '.join(among)}</p>\n"

    def message(self, message: Message, before: list[tuple[datetime, str]]) -> str:
        """`before` is what it said until it was edited: when, and the words."""
        author, posted = self.who(message.author, strong=True), self.at(message.posted_at)
        head = f"<header>{author} <span class=soft>{posted}</span></header>"
        if message.body is None:
            when = f" on {self.at(message.retracted_at)}" if message.retracted_at else ""
            gone = f"<p class=gone>Taken back by its author{when}.</p>"
            return f"<article id={_anchor(message.id)}>{head}{gone}</article>\n"
        earlier = "".join(
            f"<p class=soft>{self.at(at)}</p><p class=text dir=auto>{text(body)}</p>" for at, body in before
        )
        edited = (
            f"<details><summary>Edited {self.at(message.edited_at)}: what it said before</summary>{earlier}</details>"
            if message.edited_at
            else ""
        )
        files = "".join(
            f"<li>{self._link(a.version, a.name)} <code>{text(a.sha256)}</code></li>" for a in message.attachments
        )
        return (
            f"<article id={_anchor(message.id)}>{head}<p class=text dir=auto>{text(message.body)}</p>{edited}"
            f"{f'<ul class=files>{files}</ul>' if files else ''}</article>\n"
        )

    def act(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        """A row of the record: names and words where the archive has them, the entry's own where it has none."""
        by, refused = entry["by"], entry["outcome"] == "refused"
        person, viewing = by.get("person"), by.get("viewing")
        who = self.who(UUID(person)) if person else text(ACTORS.get(by["kind"]) or _label(by["kind"]))
        if viewing:
            who += f" <small>as {self.who(UUID(viewing))}</small>"
        what = text(said(entry["act"], refused=refused))
        if of := entry.get("of"):
            thing = self.things.get(UUID(of["version"])) or f"version {int(of['n'])} of a document"
        else:
            thing = self._thing(entry["act"], entry.get("thing"))
        about = f"<br><span class=soft>{thing}</span>" if thing else ""
        rule = "as part of an export" if entry["rule"].startswith("export ") else text(entry["rule"])
        return self.at(datetime.fromisoformat(entry["at"])), who, f"{what}{about}", f"<small>{rule}</small>"

    def _thing(self, act: str, id: str | None) -> str:
        """What an entry is about, where that says more than its act does."""
        if id is None or UUID(id) == self.case.id:
            return ""
        if act.startswith("message."):
            return f"<a href=#{_anchor(UUID(id))}>the message</a>"
        return self.things.get(UUID(id), "")

    def end(self, file_name: str, signed: str, names: str) -> str:
        return (
            f"{self.section('check')}<p>{signed}</p><p>With Casewire's verifier, which needs no server: "
            f"<code>casewire audit verify {text(shlex.quote(file_name))} --key KEY</code>. KEY is the key that the "
            "office publishes; <code>audit/key.txt</code> is what this archive says it is. It checks each file against "
            "the signed manifest, the entries of the record against the signed log, and the messages against the "
            "events.</p>"
            f"</main><footer class=soft>{names}</footer></body></html>\n"
        )

    def who(self, person: UUID, *, strong: bool = False) -> str:
        """A name, if the archive has it; whoever has the database finds the others by their ids."""
        known = self.names.get(person)
        name = bdi(known) if known else f"somebody <code>{person}</code>"
        return f"<strong>{name}</strong>" if strong else name

    def at(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        shown = moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        return f'<time datetime="{moment.isoformat()}">{shown}</time>'

    def _status(self) -> str:
        status = self.type.statuses.get(self.case.status)
        return status.title if status else self.case.status

    def _role(self, name: str) -> str:
        role = self.type.roles.get(name)
        return role.title if role else MEMBERS.get(name, name)

    def _link(self, version: UUID, name: str) -> str:
        return _linked(self.files.get(version), bdi(name))


def _linked(path: str | None, shown: str) -> str:
    return f'<a href="{quote(path)}">{shown}</a>' if path else shown


def text(given: str) -> str:
    return escape(given, quote=True)


def bdi(given: str) -> str:
    """A name among words of another direction."""
    return f"<bdi>{text(given)}</bdi>"


def _anchor(message: UUID) -> str:
    return f"m-{message}"


def day(given: date) -> str:
    return f'<time datetime="{given.isoformat()}">{given.isoformat()}</time>'


def value(given: Any) -> str:
    """A field of a case, whatever its type declares."""
    if given is None or given == "" or given == [] or given == {}:
        return "<span class=soft>–</span>"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, Mapping):
        return _list([(text(_label(str(name))), value(one)) for name, one in given.items()])
    if isinstance(given, list):
        return "<br>".join(value(one) for one in given)
    return f"<span class=text dir=auto>{text(str(given))}</span>"


def table(head: tuple[str, ...]) -> str:
    cells = "".join(f"<th scope=col>{text(name)}</th>" for name in head)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>\n"


def row(head: tuple[str, ...], cells: tuple[str, ...]) -> str:
    """Each cell knows what it is, for where there is no room for columns."""
    pairs = zip(head, cells, strict=True)
    made = "".join(f'<td data-of="{text(of)}">{cell}</td>' for of, cell in pairs)
    return f"<tr>{made}</tr>\n"


TABLE_END = "</tbody></table>\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    made = "".join(row(head, cells) for cells in rows)
    return f"{table(head)}{made}{TABLE_END}" if made else ""


def _list(facts: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{given}</dd>' for name, given in facts)}</dl>"


def _said(title: str, note: str) -> str:
    more = f"<p class='text soft' dir=auto>{text(note)}</p>" if note else ""
    return f"<span dir=auto>{text(title)}</span>{more}"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _size(count: int) -> str:
    for unit, step in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"
