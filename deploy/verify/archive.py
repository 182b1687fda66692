"""An exported case, checked without the server: the archive as it was downloaded, or as it was unpacked."""

import json
import zipfile
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from deploy.verify.chunks import Event, Private, Task, examine
from deploy.verify.entries import ENTRY_BYTES_MAX, SPAN
from deploy.verify.entries import named as named_entry
from deploy.verify.notes import Bad, Checkpoint, Key, open_note, read_checkpoint, strict64
from deploy.verify.record import KEY_FILE_BYTES_MAX, lines_of, logs_of, notes_of, trusted, whose
from deploy.verify.report import Report, Unreadable
from deploy.verify.tree import included, leaf

FILES_MAX = 200_000
MANIFEST_BYTES_MAX = 128 << 20
LINE_BYTES_MAX = 64 << 20  # of an event
PATH_MAX = 64  # hashes of a proof
PIECE = 1 << 20
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
KEYS = "audit/key.txt"
OURS = frozenset({MANIFEST, SIGNATURE, "case.json", "events.jsonl"})  # by any of which an archive is known
ZIP = b"PK\x03\x04"  # what a zip archive with a file in it begins with
# What reading raises where bytes are not what they should be.
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError, TypeError,
    AttributeError, IndexError, ArithmeticError,
)  # fmt: skip
# What events of a kind carry is what the list of that kind says last.
NOUNS = {"messages": "message", "documents": "document", "versions": "version"}


class Box:
    """The files of an archive by their names, wherever they lie. Names that lead elsewhere are refused unread."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._folder = path
        self.names: dict[str, int] = {}  # and sizes
        if path.is_dir():
            found = [(one.relative_to(path).as_posix(), one) for one in path.rglob("*") if not one.is_dir()]
            if any(one.is_symlink() for _, one in found):
                raise Bad("The folder holds a link, which an archive does not have.")
            sizes = [(name, one.stat().st_size) for name, one in found]
        else:
            self._zip = stack.enter_context(zipfile.ZipFile(path))
            members = self._zip.infolist()
            if any((one.external_attr >> 16) & 0o170000 == 0o120000 for one in members):
                raise Bad("The archive holds a link: somebody put it there.")
            sizes = [(one.filename, one.file_size) for one in members]
        if len(sizes) > FILES_MAX:
            raise Bad(f"The archive holds more than {FILES_MAX} files.")
        for name, size in sizes:
            parts = name.split("/")
            odd = "\\" in name or "\0" in name or ":" in parts[0] or not all(parts) or {".", ".."} & {*parts}
            if odd or name in self.names:
                raise Bad(f"The archive holds a file with a name that leads elsewhere or comes twice: {name[:80]!r}.")
            self.names[name] = size

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return self._zip.open(name) if self._zip is not None else (self._folder / name).open("rb")

    def read(self, name: str, most: int) -> bytes:
        if name not in self.names:
            raise Bad(f"{name} is missing.")
        with self.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Bad(f"{name} is larger than any that Casewire writes.")
        return data

    def lines(self, name: str, longest: int, report: Report) -> Iterator[bytes]:
        with self.open(name) as file:
            for some in lines_of(file, name, longest, report):
                yield from some


def verify_archive(report: Report, path: Path, *, named: list[Key], witnesses: list[Path]) -> None:
    """Verify an exported case. What is not signed is not looked at any further."""
    if not path.exists():
        raise Unreadable(f"There is no {path}.")
    if path.is_file():
        with path.open("rb") as file:
            if file.read(4) != ZIP:  # of one that was cut off, too
                raise Unreadable(f"{path} is no record and no exported case: it is no zip archive.")
    with ExitStack() as stack:
        try:
            box = Box(path, stack)
            if not box.names.keys() & OURS:
                raise Unreadable(f"{path} is no record and no exported case: it has no {MANIFEST}.")
            _verify(report, box, named, witnesses)
        except Bad as problem:
            (report.follows if report.mistrusted else report.say)(str(problem))
        except BROKEN as problem:
            report.say(f"The archive cannot be read to its end: it was cut off or changed ({type(problem).__name__}).")


def _verify(report: Report, box: Box, named: list[Key], witnesses: list[Path]) -> None:
    own = box.read(KEYS, KEY_FILE_BYTES_MAX).decode(errors="replace")
    keys = trusted(report, own, named, KEYS)
    manifest = _manifest(box, keys)
    org, case, seq = str(manifest["org"]), str(manifest["case"]), int(manifest["as_of"]["seq"])
    report.fact(
        f"Case {manifest['number']} of {manifest['organisation']}, exported by {manifest['as']['name']} on "
        f"{manifest['made_at']}, as of event {seq}."
    )
    if not _files(report, box, manifest):
        return  # each file that was changed is named; what they hold means nothing
    events = _Events(report, box, seq, manifest["holes"])
    versions = _nouns(report, box, events)
    _bytes(report, manifest, versions)
    _record(report, box, manifest, keys, witnesses, events, org, case)


def _manifest(box: Box, keys: list[Key]) -> dict[str, Any]:
    data = box.read(MANIFEST, MANIFEST_BYTES_MAX)
    try:
        text = open_note(box.read(SIGNATURE, KEY_FILE_BYTES_MAX).decode(errors="replace"), keys)
    except Bad as problem:
        raise Bad(f"This archive is not from who you trust: its manifest's signature {problem}.") from None
    found = text.split("\n")
    manifest: dict[str, Any] = json.loads(data)
    if (
        len(found) != 5
        or strict64(found[2]) != sha256(data).digest()
        or not any(found[0] == f"{key.name}/export/{manifest['org']}" for key in keys)
        or found[1] != manifest["export"]
    ):
        raise Bad("This archive was forged: its signature is for another manifest.")
    if manifest["format"] != "casewire-case-export-1":
        raise Bad("This archive is of a newer format; take a newer verifier.")
    return manifest


def _files(report: Report, box: Box, manifest: dict[str, Any]) -> bool:
    """Whether each file is there, and is what the manifest says."""
    said = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    before = report.wrong
    for name in sorted(box.names.keys() - said.keys() - {MANIFEST, SIGNATURE}):
        report.say(f"{name[:120]} is not in the manifest: somebody put it there.")
    done = 0
    for name, (size, digest) in said.items():
        if name not in box.names:
            report.say(f"{name} is missing.")
        elif box.names[name] != size or _hash(box, name, size) != digest:
            known = report.mistrusted and name == KEYS
            (report.follows if known else report.say)(f"{name} is not the file that was exported: it was changed.")
        done += size
        report.progress(lambda done=done: f"{done >> 20:,} MiB of files")
    report.fact(f"{len(said):,} files of {done:,} bytes.")
    return report.wrong == before


def _hash(box: Box, name: str, size: int) -> str:
    """SHA-256 of a file, of which no more is unpacked than it should have."""
    digest, total = sha256(), 0
    try:
        with box.open(name) as file:
            while total <= size and (piece := file.read(min(PIECE, size - total + 1))):
                digest.update(piece)
                total += len(piece)
    except BROKEN:
        return ""
    return digest.hexdigest()


class _Events:
    """The events of the archive: order and holes are checked at once; the rest asks for them by number."""

    def __init__(self, report: Report, box: Box, seq: int, holes: list[list[int]]) -> None:
        self._box, self._report = box, report
        self.seqs = array("q")
        self.last: dict[str, dict[str, tuple[int, bytes]]] = {noun: {} for noun in NOUNS.values()}
        self.retracted: set[str] = set()
        self.destroyed: set[str] = set()  # what has lost its name, and so is in no list
        last, gaps = 0, list[list[int]]()
        for line in box.lines("events.jsonl", LINE_BYTES_MAX, report):
            event, _ = split_event(line)
            n: int = event["seq"]
            if n <= last:
                report.say(f"Event {n} is out of order.", "order")
            if n > last + 1:
                gaps.append([last + 1, n - 1])
            last = n
            self.seqs.append(n)
            noun = event["type"].partition(".")[0]
            if noun in self.last:
                thing = event["data"][noun]
                self.last[noun][thing["id"]] = n, state(thing)
                if event["type"] == "message.retracted":
                    self.retracted.add(thing["id"])
                elif noun != "message" and is_blank(event):
                    self.destroyed.add(thing["id"])
        if last < seq:
            gaps.append([last + 1, seq])
        if gaps != holes or last > seq:
            report.say("The events that are missing are not those that the manifest names.")
        report.fact(f"{len(self):,} events of {seq:,}.")

    def __len__(self) -> int:
        return len(self.seqs)

    def window(self, case: str) -> "_Window":
        return _Window(self._box.lines("events.jsonl", LINE_BYTES_MAX, self._report), self.retracted, case)


class _Window:
    """The events once more, as far as entries tell of them, in the same order: only those of one entry are held."""

    def __init__(self, lines: Iterator[bytes], retracted: set[str], case: str) -> None:
        self._lines, self._retracted, self._case = lines, retracted, case
        self._held: dict[tuple[str, int], Event] = {}
        self._last = 0

    def of(self, first: int, last: int) -> dict[tuple[str, int], Event]:
        self._held = {place: event for place, event in self._held.items() if place[1] >= first}
        while self._last < last and (line := next(self._lines, None)) is not None:
            event, data = split_event(line)
            self._last = event["seq"]
            if self._last < first:
                continue
            blank = is_blank(event)
            message = event["data"].get("message")
            taken = blank and (message is None or message["body"] is not None or message["id"] in self._retracted)
            self._held[self._case, self._last] = Event(data, blank, taken)
        return self._held


def is_blank(event: dict[str, Any]) -> bool:
    """Whether something in it was taken back or destroyed since: the words of a message, the name of a document."""
    data = event["data"]
    message, document, version = data.get("message"), data.get("document"), data.get("version")
    if message is not None:
        gone = message["body"] is None and event["type"] != "message.retracted"
        return gone or any(one["name"] == "destroyed" for one in message["attachments"])
    return bool((document and document["name"] == "Destroyed") or (version and version["file_name"] == "destroyed"))


def split_event(line: bytes) -> tuple[dict[str, Any], bytes]:
    """An event, and its data byte for byte: the last part of its line."""
    _, mark, data = line.partition(b',"data":')
    event = json.loads(line)
    if not mark or not data.endswith(b"}") or json.loads(data[:-1]) != event["data"] or list(event)[-1] != "data":
        raise Bad("A line of events.jsonl is no event.")
    return event, data[:-1]


def state(thing: Mapping[str, Any]) -> bytes:
    """What a list must say of a thing as its last event does: of a message whose words are gone but for when they went,
    since an erasure is told of by no event of it."""
    gone = thing.get("body", "") is None
    return canonical({name: thing[name] for name in thing if not gone or name not in ("retracted_at", "revision")})


def canonical(value: Any) -> bytes:
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).digest()


def _nouns(report: Report, box: Box, events: _Events) -> dict[str, dict[str, Any]]:
    """State is what the events add up to. Answers the versions."""
    versions: dict[str, dict[str, Any]] = {}
    for name, noun in NOUNS.items():
        seen: set[str] = set()
        for line in box.lines(f"data/{name}.jsonl", LINE_BYTES_MAX, report):
            thing = json.loads(line)
            seen.add(thing["id"])
            if name == "versions":
                versions[thing["id"]] = thing
            if thing.get("retracted_at"):  # or erased: the signed list says so
                events.retracted.add(thing["id"])
            last = events.last[noun].get(thing["id"])
            if last is not None and last[1] != state(thing):
                problem = f"The {noun} {thing['id']} is not what event {last[0]}, the last about it, says."
                report.say(problem, noun)
        for gone in sorted(events.last[noun].keys() - seen - events.destroyed):
            report.say(f"The {noun} {gone}, of which the events tell, is missing.", f"no {noun}")
        report.fact(f"{len(seen):,} {name}.")
    return versions


def _bytes(report: Report, manifest: dict[str, Any], versions: Mapping[str, dict[str, Any]]) -> None:
    files = {one["path"]: one for one in manifest["files"]}
    left = {one["version"]: one["why"] for one in manifest["left_out"]}
    for id, version in versions.items():
        if version["status"] != "cleared" or id in left:
            continue
        file = files.get(manifest["versions"].get(id, ""))
        if file is None or (file["sha256"], file["size"]) != (version["sha256"], version["size"]):
            report.say(f"The bytes of version {id} are not those whose hash the case pins.", "bytes")
    if left:
        report.fact(f"{len(left)} versions were left out, with their reasons in {MANIFEST}.")


def _record(
    report: Report, box: Box, manifest: dict[str, Any], keys: list[Key], witnesses: list[Path], events: _Events,
    org: str, case: str,
) -> None:  # fmt: skip
    """Each entry is in the log that was signed, and tells of the events that are here."""
    said = manifest["record"]
    if not said["size"]:
        report.fact("No entries of the record: nothing was signed yet, or the exporter may read none.")
        return
    try:
        top = read_checkpoint(box.read("audit/checkpoint.txt", KEY_FILE_BYTES_MAX).decode(errors="replace"), keys)
    except Bad as problem:
        report.say(f"audit/checkpoint.txt {problem}.")
        return
    if top.size != said["size"] or not any(top.origin == f"{key.name}/audit/{org}" for key in keys):
        report.say("audit/checkpoint.txt is the checkpoint of another log.")
        return
    _witnessed(report, witnesses, keys, org, top)
    window, opened, told, covered = events.window(case), 0, 0, 0
    lines = box.lines("audit/entries.jsonl", ENTRY_BYTES_MAX, report)
    proofs = box.lines("audit/proofs.jsonl", LINE_BYTES_MAX, report)
    count, last = 0, -1
    for line in lines:
        proof = json.loads(next(proofs, b"{}"))
        n, path = proof.get("n", -1), [strict64(one) for one in proof.get("path", ())[:PATH_MAX]]
        count += 1
        if n <= last:
            report.say(f"Entry {count} of the record is out of order.", "entries")
        last = n
        if not included(leaf(line), n, top.size, path, top.root):
            entry = named_entry(n, line)
            report.say(f"{entry} of the record is not in the log that was signed: it was changed or made up.", "entry")
            continue
        salt = proof.get("data_salt")
        private = {n: Private(None, data_salt=bytes.fromhex(salt))} if salt else None
        spans = [(int(s[1]), int(s[2])) for s in SPAN.findall(line) if s[3].decode() == case]
        found = window.of(spans[0][0], spans[-1][1]) if spans else {}
        one = examine(Task([line], n, org, (), private, found))
        for said_of_it in one.said:
            report.say(said_of_it.sentence, said_of_it.kind)
        opened += one.opened
        for first, upto in spans:
            if first <= covered:
                report.say(f"Two entries tell of event {first}, or entries are out of order.")
            covered = max(covered, upto)
            told += bisect_right(events.seqs, upto) - bisect_left(events.seqs, first)
    if next(proofs, None) is not None or count != said["entries"]:
        report.say("The entries of the record are not as many as the manifest says.")
    report.fact(f"{count:,} entries of the record, in the log of {top.size:,} that was signed {top.time.isoformat()}.")
    if count:
        report.fact(f"{opened:,} commitments to events opened.")
    if count and len(events) > told:
        report.fact(
            f"Of {len(events) - told:,} events here no entry here tells: they are newer than what was signed, older"
            " than the record, or of acts that concern other cases too."
        )


def _witnessed(report: Report, witnesses: list[Path], keys: list[Key], org: str, top: Checkpoint) -> None:
    """What a witness saw of this log at the same size must be the same; other sizes cannot be compared here."""
    for path in witnesses:
        if org not in (known := logs_of(path, report)):
            report.say(f"{path} has no checkpoint of this log: {whose(known)}.")
            continue
        same = 0
        with path.open("rb") as file:
            for note in notes_of(file, path.name, report):
                try:
                    one = read_checkpoint(note, keys)
                except Bad:
                    continue
                if (one.origin, one.size) == (top.origin, top.size):
                    same += 1
                    if one.root != top.root:
                        report.say(f"{path} saw another log of {top.size} entries: this one was forked.")
        if not same:
            report.fact(f"{path} has no checkpoint of {top.size:,} entries, so it says nothing about this archive.")
