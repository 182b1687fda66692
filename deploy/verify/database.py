"""The record as it stands in PostgreSQL: entries, leaves, tiles and checkpoints of every log, and the events."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from deploy.verify.chunks import CHUNK, SPAN_EVENTS_MAX, Event, Examined, Private, Task
from deploy.verify.destroyed import ERASURES, STONES, Destroyed
from deploy.verify.entries import SPAN, named, parsed
from deploy.verify.log import Chunk, Log, kept
from deploy.verify.notes import Key
from deploy.verify.record import conclude, logs_of, notes_of, unwitnessed
from deploy.verify.report import Report, Unreadable
from deploy.verify.tree import peaks_of, root

NOTES = 500  # checkpoints at a time
TILE = 256
STREAMS = 1000  # asked about at a time

_LOGS = """select log::text from audit_leaves group by log union select log::text from audit_checkpoints
    union select log::text from audit_logs order by 1"""
_LEAVES = """select l.n, l.tx, l.id, l.hash, l.at, l.act, l.outcome, l.person, l.case_id, l.thing, e.entry,
        e.log::text as e_log, e.case_id as e_case, e.person as e_person, e.private->>'salt' as salt,
        coalesce(e.private->>'address', '') as address, coalesce(e.private->>'about', '') as about
    from audit_leaves l left join audit_entries e on (e.tx, e.id) = (l.tx, l.id) where l.log = $1 order by l.n"""
_TILES = "select n, hashes from audit_tiles where log = $1 and level = $2 and n >= $3 and n < $4 order by n"
_NOTES = "select size, note from audit_checkpoints where log = $1 and size > $2 order by size limit $3"
_NEWEST = "select note from audit_logs where log = $1 and note is not null"
_UNPLACED = """select e.log::text, count(*) as n from audit_entries e, audit_position p
    where (e.tx, e.id) <= (p.tx, p.id) and not exists (select from audit_leaves l where (l.tx, l.id) = (e.tx, e.id))
    group by 1"""
# Words that were taken back are told of by an event; what was erased or destroyed by its certificate (destroyed.py).
_EVENTS = """select *, wordless and exists (select from events r where r.stream = e.id and r.thing = e.thing_
            and r.seq > e.seq and r.type = 'message.retracted') as retracted
    from (select e.stream::text as stream, e.stream as id, e.seq, e.type, e.org::text, e.actor::text, e.thing as thing_,
            e.data::text as data,
            e.type like 'message.%' and e.type <> 'message.retracted' and e.data->'message'->>'body' is null
                as wordless,
            (e.type ~ '^(message|document|version)[.]' and e.data::text ~* '"(file_)?name": ?"destroyed"')
                or (e.type like 'invitation.%' and e.data->'invitation'->>'email' = 'erased') as nameless
        from unnest($1::uuid[], $2::bigint[], $3::bigint[]) s(stream, first, last)
        join events e on e.stream = s.stream and e.seq between s.first and s.last) e"""
_UNTOLD = """select e.stream::text, min(e.seq) as seq from unnest($1::uuid[], $2::bigint[]) s(stream, last)
    join events e on e.stream = s.stream and e.seq > s.last where e.tx < (select tx from audit_position) group by 1"""


class _Database:
    """A connection that answers at once, in one snapshot of everything."""

    def __init__(self, dsn: str) -> None:
        try:
            import asyncpg
        except ImportError:
            raise Unreadable("To verify a database, install asyncpg; a record folder needs nothing.") from None
        self._runner = asyncio.Runner()
        try:
            self.connection: Any = self.run(asyncpg.connect(dsn, timeout=20))
            self.run(self.connection.execute("begin transaction isolation level repeatable read read only"))
            self.run(self.connection.execute("set transaction_timeout = 0; set statement_timeout = 0"))
        except (asyncpg.PostgresError, OSError, ValueError) as problem:
            self._runner.close()
            raise Unreadable(f"The database cannot be read: {problem}") from None
        self.error = asyncpg.PostgresError

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def fetch(self, sql: str, *args: Any) -> Any:
        return self.run(self.connection.fetch(sql, *args))

    def rows(self, sql: str, *args: Any) -> Iterator[Any]:
        """Rows, `CHUNK` at a time."""
        cursor = self.run(self._cursor(sql, *args))
        while rows := self.run(cursor.fetch(CHUNK)):
            yield rows

    def all(self, sql: str) -> Iterator[Any]:
        for rows in self.rows(sql):
            yield from rows

    async def _cursor(self, sql: str, *args: Any) -> Any:
        return await self.connection.cursor(sql, *args, timeout=None)

    def close(self) -> None:
        self.run(self.connection.close())
        self._runner.close()


def verify_database(
    report: Report, dsn: str, *, named: list[Key], witnesses: list[Path], only: str | None = None
) -> None:
    """Verify every log in the database, or one. The key is to be named: who can write there could exchange it."""
    if not named:
        raise Unreadable("Name the key that you trust with --key; `casewire audit key` prints it.")
    database = _Database(dsn)
    try:
        logs = [row["log"] for row in database.fetch(_LOGS) if only in (None, row["log"])]
        for path in witnesses:
            known = logs_of(path, report)
            for gone in sorted(known - set(logs) if only is None else {only} & (known ^ set(logs))):
                report.say(f"{path} and the database do not have the same logs: {gone[:60]!r} is in one alone.")
        if only is not None and not logs and not report.wrong:
            raise Unreadable(
                f"There is no log {only[:60]!r} in this database; `casewire audit checkpoint` says which there are."
            )
        if not logs and not report.wrong:
            raise Unreadable("There is no log in this database yet, so there is nothing to verify.")
        for row in database.fetch(_UNPLACED):
            if only not in (None, row["log"]):
                continue
            report.say(f"{row['n']} entries of log {row['log']} have no leaf, though the sequencer has passed them.")
        destroyed = Destroyed(named).read(database.all(STONES), database.all(ERASURES))
        if destroyed.open:
            report.fact(f"{destroyed.open:,} destructions are under way: no certificate tells of them yet.")
        for id in logs:
            _verify_log(report, database, id, named, witnesses, destroyed)
        if not witnesses:
            unwitnessed(report)
    except database.error as problem:
        raise Unreadable(f"The database cannot be read: {problem}") from None
    finally:
        database.close()


def _verify_log(
    report: Report, database: _Database, id: str, keys: list[Key], witnesses: list[Path], destroyed: Destroyed
) -> None:
    log = Log(report, id, complete=True, hashes=True)
    tiles, opened, stored = _Tiles(report, database, log), list[IO[bytes]](), dict[int, bytes]()

    def before(task: Task, found: Examined) -> None:
        if found.leaves != (held := stored.pop(task.first)):
            for at in range(0, len(held), 32):
                if held[at : at + 32] != found.leaves[at : at + 32]:
                    n = task.first + at // 32
                    entry = named(n, task.lines[at // 32])
                    log.say(n, f"{entry} of log {id} is not the one whose hash its leaf has: one of both was changed.")
        tiles.add(found.leaves, task)

    try:
        sources = [kept(report, f"the database for {id}", _notes(database, id), keys, id, others=False)]
        newest = [row["note"] for row in database.fetch(_NEWEST, UUID(id))]
        sources.append(kept(report, f"the head of {id}", newest, keys, id, others=False))
        for path in witnesses:
            opened.append(path.open("rb"))
            sources.append(kept(report, str(path), notes_of(opened[-1], path.name, report), keys, id, others=True))
        log.examine(_chunks(log, database, stored.__setitem__, destroyed), sources, before)
    finally:
        for file in opened:
            file.close()
    tiles.finish()
    streams = [(stream, run.last) for stream, run in log.runs.items() if run.home]
    for at in range(0, len(streams), STREAMS):
        some = streams[at : at + STREAMS]
        for row in database.fetch(_UNTOLD, [UUID(s) for s, _ in some], [last for _, last in some]):
            report.say(f"No entry tells of event {row['seq']} of {row['stream']}.", "untold")
    if log.signed < log.size:
        report.fact(f"Log {id}: the last {log.size - log.signed} entries wait for their checkpoint.")
    conclude(report, log)


def _notes(database: _Database, id: str) -> Iterator[str]:
    size = -1
    while rows := database.fetch(_NOTES, UUID(id), size, NOTES):
        yield from (row["note"] for row in rows)
        size = rows[-1]["size"]


def _chunks(
    log: Log, database: _Database, store: Callable[[int, bytes], None], destroyed: Destroyed
) -> Iterator[Chunk]:
    """The entries by leaf, with what opens them; what the leaf says of its entry is compared on the way."""
    n, leaf, place, id = -1, -1, (0, 0), log.id
    for rows in database.rows(_LEAVES, UUID(id)):
        first, lines, private = n + 1, list[bytes](), dict[int, Private]()
        for row in rows:
            n += 1
            leaf += 1
            if row["n"] != leaf:
                log.say(n, f"Leaf {leaf} of {id} is missing, and {row['n'] - leaf - 1} after it.")
                leaf = row["n"]
            if (row["tx"], row["id"]) <= place:
                log.report.say(f"Leaf {leaf} of {id} is out of order.", "order")
            place = row["tx"], row["id"]
            line: bytes | None = row["entry"]
            if line is None:
                log.say(n, f"The entry of leaf {leaf} of {id} is gone.")
                lines.append(b"")
                continue
            lines.append(line)
            if problem := _unlike(row, line):
                entry = named(leaf, line)
                log.say(n, f"{entry} of log {id} is of another {problem} than its leaf says: one of both was changed.")
            if row["salt"] is not None:
                try:
                    private[n] = Private(bytes.fromhex(row["salt"]), row["address"], row["about"])
                except ValueError:
                    log.report.say(f"What opens entry {leaf} of {id} was changed.", "opens")
        store(first, b"".join(row["hash"] for row in rows))
        yield Chunk(lines, private, _events(database, lines, destroyed), destroyed.streams)


def _unlike(row: Any, line: bytes) -> str | None:
    """Which column of a leaf, or beside an entry, says something else than the entry."""
    found = parsed(line)
    if found is None:
        return None  # is said of the entry itself

    def text(part: str) -> str | None:
        value = found[part]
        return None if value is None else value.decode()

    def told(value: UUID | None) -> str | None:
        return None if value is None else str(value)

    at: datetime = row["at"]
    pairs = {
        "act": (row["act"], text("act")),
        "outcome": (row["outcome"], text("outcome")),
        "time": (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), text("at")),
        "person": (told(row["person"]), text("person")),
        "case": (told(row["case_id"]), text("case")),
        "thing": (told(row["thing"]), text("thing")),
        "log": (row["e_log"], text("log")),
    }
    return next((name for name, (a, b) in pairs.items() if a != b), None)


def _events(
    database: _Database, lines: list[bytes], destroyed: Destroyed
) -> dict[tuple[str, int], Event]:
    """The events that entries tell of, as far as they are there."""
    spans = [span for line in lines if b'"spans":' in line for span in SPAN.findall(line)]
    if not spans:
        return {}
    places = [(s[3].decode(), int(s[1]), min(int(s[2]), int(s[1]) + SPAN_EVENTS_MAX)) for s in spans]
    found: dict[tuple[str, int], Event] = {}
    streams, firsts, lasts = zip(*places, strict=True)
    for row in database.fetch(_EVENTS, [UUID(one) for one in streams], firsts, lasts):
        blanked = row["wordless"] or row["nameless"]
        event = Event(row["data"].encode(), blanked, blanked and destroyed.tells(row))
        found[row["stream"], row["seq"]] = event
    return found


class _Tiles:
    """The tiles that the leaves give, compared with those stored."""

    def __init__(self, report: Report, database: _Database, log: Log) -> None:
        self._report, self._database, self._log, self._id = report, database, log, log.id
        self._rows: list[bytearray] = []
        self._next: list[int] = []
        self._task: Task | None = None

    def add(self, leaves: bytes, task: Task) -> None:
        self._task = task
        self._add(leaves, 0)

    def _add(self, leaves: bytes, level: int) -> None:
        if level == len(self._rows):
            self._rows.append(bytearray())
            self._next.append(0)
        row, above = self._rows[level], bytearray()
        row += leaves
        whole = len(row) // (TILE * 32)
        if not whole:
            return
        tiles = [bytes(row[at * TILE * 32 : (at + 1) * TILE * 32]) for at in range(whole)]
        del row[: whole * TILE * 32]
        self._compare(level, tiles)
        for tile in tiles:
            above += root(peaks_of([tile[at : at + 32] for at in range(0, TILE * 32, 32)]))
        self._add(bytes(above), level + 1)

    def finish(self) -> None:
        for level, row in enumerate(self._rows):
            if row:
                self._compare(level, [bytes(row)])
            beyond = self._database.fetch(_TILES, UUID(self._id), level, self._next[level], 1 << 62)
            if beyond:
                self._report.say(f"There are tiles of {self._id} at level {level} for which there are no entries.")

    def _compare(self, level: int, tiles: list[bytes]) -> None:
        first = self._next[level]
        self._next[level] += len(tiles)
        rows = self._database.fetch(_TILES, UUID(self._id), level, first, first + len(tiles))
        stored = {row["n"]: row["hashes"] for row in rows}
        for n, tile in enumerate(tiles, first):
            if (held := stored.get(n)) == tile:
                continue
            where, which = f"Tile {n} of level {level} of {self._id}", self._which(n, level, tile, held)
            if held is None:
                self._report.say(f"{where} is missing.", "tile")
            elif self._log.changed_before((n + 1) * TILE ** (level + 1)):
                self._report.follows(f"{where} does not agree with the entries.")
            elif self._log.broken:
                self._report.follows(f"{where} does not agree with the entries.")
                if which:
                    self._report.fact(f"The first that is not in the tree as it is stored is {which}.")
            else:
                first = f", first with {which}" if which else ""
                self._report.say(f"{where} does not agree with the entries{first}.", "tile")

    def _which(self, n: int, level: int, tile: bytes, held: bytes | None) -> str:
        """The first entry that a tile of leaves does not agree with."""
        if held is None:
            return ""
        at = next((at for at in range(0, len(tile), 32) if tile[at : at + 32] != held[at : at + 32]), None)
        if level or at is None or self._task is None:
            return ""
        place = n * TILE + at // 32
        inside = place - self._task.first
        return f"e{named(place, self._task.lines[inside])[1:]}" if inside >= 0 else ""
