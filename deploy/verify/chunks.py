"""A chunk of a log, examined by itself: what one process can do without knowing what came before."""

import json
from binascii import unhexlify
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from deploy.verify.entries import ENTRY, PARTS, SPAN, named, parsed
from deploy.verify.tree import Peak, peaks_of

CHUNK = 1 << 14  # leaves
SAID_MAX = 100  # sentences of one chunk
BACKWARDS = timedelta(minutes=2)  # an entry takes its time when its act begins, and its place when that is committed
SPAN_EVENTS_MAX = 1 << 20  # of one entry: whoever makes one up names as many as they like
BUCKETS = 256


class Private(NamedTuple):
    """What opens the commitments of an entry: the salt, and what it was used for; or the salt of the events alone."""

    salt: bytes | None
    address: str = ""
    about: str = ""
    data_salt: bytes | None = None


class Event(NamedTuple):
    """The data of an event; `blanked` when its words are gone, `retracted` when another event says so."""

    data: bytes
    blanked: bool = False
    retracted: bool = False


GONE = Event(b"", blanked=True, retracted=True)  # with what it was about


class Run(NamedTuple):
    """What the entries of a chunk say of one stream: the events `first` to `last`, told from leaf `n` on."""

    first: int
    last: int
    n: int
    home: bool  # of a stream all of whose events are in this log


class Task(NamedTuple):
    """Leaves `first` and on, of the log `log`; peaks are wanted at `sizes`, which lie in the chunk."""

    lines: Sequence[bytes]
    first: int
    log: str
    sizes: Sequence[int]
    private: Mapping[int, Private] | None = None
    events: Mapping[tuple[str, int], Event] | None = None
    complete: bool = False  # whether `events` holds every event that there is
    hashes: bool = False
    gone: Collection[str] = ()  # streams whose events went with what they were about


class Said(NamedTuple):
    """Something wrong at entry `n`. Kinds: `form` and `log` (it is no entry of this log), `span` (events are told of
    twice or not at all), `time`, `opens` (a commitment), `event`."""

    kind: str
    n: int
    sentence: str


class Examined(NamedTuple):
    peaks: list[Peak]
    at_sizes: list[list[Peak]]
    ids: list[bytes]  # by bucket, 16 bytes each
    runs: dict[str, Run]
    lowest: str
    latest: str
    said: list[Said]
    more: int  # sentences that were too many
    opened: int  # commitments
    destroyed: int  # entries whose private part is gone
    leaves: bytes


def committed(salt: bytes, *values: bytes) -> str:
    """SHA-256 over the salt and each value with its length (8 bytes, big-endian) before it."""
    digest = sha256(salt)
    for value in values:
        digest.update(len(value).to_bytes(8, "big"))
        digest.update(value)
    return digest.hexdigest()


def examine(task: Task) -> Examined:
    said: list[Said] = []
    # By stream: first, last, leaf, home. Lists, and bytes as names, since this is done for every entry.
    runs: dict[bytes, list[int]] = {}
    buckets: list[list[bytes]] = [[] for _ in range(BUCKETS)]
    lowest, latest, opened, destroyed = b"9", b"", 0, 0
    want, n = task.log.encode(), task.first - 1
    match, new, append = ENTRY.fullmatch, sha256, list.append
    hashes: list[bytes] = []
    for line in task.lines:
        n += 1
        append(hashes, new(b"\0" + line).digest())
        found = match(line) if line.isascii() else parsed(line)
        if found is None:
            said.append(Said("form", n, f"{named(n, line)} is not an entry in canonical form: {_why(line)}."))
            continue
        at, id, log, case, spans = found.group(*PARTS)
        if log != want:
            said.append(Said("log", n, f"{named(n, line)} belongs to another log, {log.decode()}."))
        raw = unhexlify(id.replace(b"-", b""))
        append(buckets[raw[15]], raw)
        if at >= latest:
            latest = at
        elif (back := _back(latest.decode(), at.decode())) is not None:
            said.append(Said("time", n, f"{named(n, line)} is {back} before one that stands ahead of it."))
        if at < lowest:
            lowest = at
        if spans is not None:
            for _, first, last, stream in SPAN.findall(spans):
                run, begins, ends = runs.get(stream), int(first), int(last)
                home = stream in (case, want)
                if run is not None and begins == run[1] + 1 <= ends < begins + SPAN_EVENTS_MAX:  # as nearly always
                    run[1] = ends
                    run[3] |= home
                else:
                    _run(runs, said, stream, Run(begins, ends, n, home))
        if task.private is not None:
            private = task.private.get(n)
            if private is None:
                destroyed += 1
            else:
                opened += _open(task, said, n, line, private)
    base = task.first
    return Examined(
        peaks=peaks_of(hashes),
        at_sizes=[peaks_of(hashes[: size - base]) for size in task.sizes],
        ids=[b"".join(bucket) for bucket in buckets],
        runs={stream.decode(): Run(run[0], run[1], run[2], bool(run[3])) for stream, run in runs.items()},
        lowest=lowest.decode(),
        latest=latest.decode(),
        said=said[:SAID_MAX],
        more=max(len(said) - SAID_MAX, 0),
        opened=opened,
        destroyed=destroyed,
        leaves=b"".join(hashes) if task.hashes else b"",
    )


def _run(runs: dict[bytes, list[int]], said: list[Said], stream: bytes, run: Run) -> None:
    before = runs.get(stream)
    if run.last - run.first >= SPAN_EVENTS_MAX:
        told = f"Entry {run.n} tells of events {run.first} to {run.last} of {stream.decode()}"
        problem = f"{told}, more than one entry can tell of."
        said.append(Said("span", run.n, problem))
    elif run.last < run.first:
        problem = f"Entry {run.n} tells of events {run.first} to {run.last} of {stream.decode()}: no span."
        said.append(Said("span", run.n, problem))
    elif before is None:
        runs[stream] = [run.first, run.last, run.n, run.home]
    else:
        if problem := gap(Run(before[0], before[1], before[2], bool(before[3])), run, stream.decode()):
            said.append(Said("span", run.n, problem))
        runs[stream] = [before[0], max(run.last, before[1]), before[2], before[3] | run.home]


def gap(before: Run, after: Run, stream: str) -> str | None:
    """What is wrong where one run follows another. A hole counts where all events of the stream are in this log."""
    if after.first <= before.last:
        return f"Entry {after.n} tells of event {after.first} of {stream} a second time."
    if after.home and before.home and after.first != before.last + 1:
        missing = f"{before.last + 1} to {after.first - 1}" if after.first > before.last + 2 else f"{before.last + 1}"
        return f"No entry tells of event {missing} of {stream}, before entry {after.n}."
    return None


def _back(latest: str, moment: str) -> timedelta | None:
    try:
        back = datetime.fromisoformat(latest) - datetime.fromisoformat(moment)
    except ValueError:
        return timedelta.max
    return back if back > BACKWARDS else None


def _open(task: Task, said: list[Said], n: int, line: bytes, private: Private) -> int:
    """Open the commitments of one entry; answers how many were."""
    entry = json.loads(line)
    opened = 0
    salt, told = private.data_salt, (("from", private.address, "address"), ("about", private.about, "name"))
    if private.salt is not None:
        salt = sha256(private.salt + b"data").digest()
        for field, value, what in told:
            if bool(value) != (field in entry):
                problem = f"{named(n, line)} has no {what} where its private part has one, or the other way round."
                said.append(Said("opens", n, problem))
            elif value:
                opened += 1
                if committed(private.salt, value.encode()) != entry[field]:
                    problem = f"{named(n, line)} is not opened by the {what} and the salt kept with it: one changed."
                    said.append(Said("opens", n, problem))
    if salt is None:
        return opened
    for span in entry.get("spans", ()) if task.events is not None else ():
        if span["last"] - span["first"] >= SPAN_EVENTS_MAX:
            continue  # was said before
        places = [(span["stream"], seq) for seq in range(span["first"], span["last"] + 1)]
        gone = GONE if span["stream"] in task.gone else None
        events = [task.events.get(place, gone) for place in places] if task.events is not None else []
        if None in events:
            if task.complete:
                stream, seq = places[events.index(None)]
                said.append(Said("event", n, f"Event {seq} of {stream}, which entry {n} tells of, is missing."))
            continue
        there = [event for event in events if event is not None]
        if committed(salt, *(event.data for event in there)) == span["data"]:
            opened += 1
        elif any(event.blanked for event in there):
            for place, event in zip(places, there, strict=True):
                if event.blanked and not event.retracted:
                    problem = f"Event {place[1]} of {place[0]} lost its words, and nothing says who took them back."
                    said.append(Said("event", n, problem))
        else:
            first, last = span["first"], span["last"]
            which = f"Event {first}" if first == last else f"One of the events {first} to {last}"
            problem = f"{which} of {span['stream']} is not what entry {n} committed to: it was changed."
            said.append(Said("event", n, problem))
    return opened


def _why(line: bytes) -> str:
    """The likeliest reason, for people."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if not isinstance(entry, dict):
        return "it is no object"
    try:
        again = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "it holds half a character"
    if again != line:
        return "its bytes are not the canonical ones"
    return "a field is missing, unknown or of another form"
