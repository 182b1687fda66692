"""A record folder: the entries of one log and the checkpoints over them, as files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from deploy.verify.chunks import CHUNK, Private
from deploy.verify.entries import ENTRY_BYTES_MAX, parsed
from deploy.verify.log import Chunk, Log, cores, kept
from deploy.verify.notes import NOTE_BYTES_MAX, Bad, Key, origin_of, read_key
from deploy.verify.report import Report, Unreadable

BLOCK = 4 << 20
KEYS_MAX = 100
NO_KEY = (
    "The record brings no key: name the public key of whoever signed it with --key. `casewire audit key` prints it."
)
KEY_FILE_BYTES_MAX = 64 << 10
PRIVATE_BYTES_MAX = 4 << 10  # of a line

ENTRIES, CHECKPOINTS, KEY, WITNESS, PRIVATE = (
    "entries.jsonl",
    "checkpoints.txt",
    "key.txt",
    "witness.txt",
    "private.jsonl",
)


def lines_of(file: IO[bytes], name: str, longest: int, report: Report) -> Iterator[list[bytes]]:
    """The lines of a file, many at a time, without their ends; a line that is too long ends the reading."""
    rest = b""
    while block := file.read(BLOCK):
        found = (rest + block).split(b"\n")
        rest = found.pop()
        if len(rest) > longest:
            report.say(f"{name} holds a line of more than {longest} bytes.")
            return
        yield found
    if rest:
        report.say(f"{name} ends in the middle of a line: it was cut off.")
        yield [rest]


def chunks_of(
    lines: Iterator[list[bytes]], private: Iterator[tuple[int, Private]] | None, beyond: list[int]
) -> Iterator[Chunk]:
    """Chunks with what opens their entries; `beyond` is told of the first that is opened and is not there."""
    waiting: list[bytes] = []
    first, ahead = 0, next(private, None) if private is not None else None

    def chunk(some: list[bytes]) -> Chunk:
        nonlocal first, ahead
        opens: dict[int, Private] | None = None
        if private is not None:
            opens = {}
            while ahead is not None and ahead[0] < first + len(some):
                opens[ahead[0]] = ahead[1]
                ahead = next(private, None)
        first += len(some)
        return Chunk(some, opens)

    for some in lines:
        waiting += some
        at = 0
        while len(waiting) - at >= CHUNK:
            yield chunk(waiting[at : at + CHUNK])
            at += CHUNK
        del waiting[:at]
    if waiting:
        yield chunk(waiting)
    if ahead is not None:
        beyond.append(ahead[0])


def private_of(file: IO[bytes], report: Report) -> Iterator[tuple[int, Private]]:
    """`{"address":"…","n":…,"salt":"…"}` by line, in the order of the leaves."""
    last = -1
    for some in lines_of(file, PRIVATE, PRIVATE_BYTES_MAX, report):
        for line in some:
            try:
                found: Any = json.loads(line)
                # One spelling alone, so that no change of a byte goes unseen.
                if json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != line:
                    raise ValueError("not canonical")
                n, opens = int(found.pop("n")), read_private(found)
            except (ValueError, KeyError, TypeError, AttributeError):
                report.say(f"A line of {PRIVATE} is not what opens an entry.", "private")
                continue
            if n <= last:
                report.say(f"{PRIVATE} is out of order at entry {n}.", "private")
                continue
            last = n
            yield n, opens


def read_private(found: dict[str, Any]) -> Private:
    """`salt` with `address` and `about`, or `data_salt` alone; raises `ValueError`."""
    texts = [found.pop(name, "") for name in ("salt", "address", "about", "data_salt")]
    if found or not all(isinstance(text, str) for text in texts) or bool(texts[0]) == bool(texts[3]):
        raise ValueError("not what opens an entry")
    salt, address, about, data = texts
    opens = Private(bytes.fromhex(salt) or None, address, about, bytes.fromhex(data) or None)
    if (opens.salt or b"").hex() != salt or (opens.data_salt or b"").hex() != data:
        raise ValueError("not hexadecimal")
    return opens


def notes_of(file: IO[bytes], name: str, report: Report) -> Iterator[str]:
    """The notes of a file, with a line `---` after each, which the last may lack."""
    note, size = list[str](), 0
    while line := file.readline(NOTE_BYTES_MAX):
        if line == b"---\n":
            yield "".join(note)
            note, size = [], 0
            continue
        size += len(line)
        try:
            note.append(line.decode())
        except UnicodeDecodeError:
            note.append("\ufffd\n")
        if size > NOTE_BYTES_MAX:
            report.say(f"{name} holds a checkpoint of more than {NOTE_BYTES_MAX} bytes.")
            return
    if note:
        yield "".join(note)


def read_keys(text: str, where: str) -> list[Key]:
    """The keys in `text`, one a line; raises `Unreadable`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or len(lines) > KEYS_MAX:
        raise Unreadable(f"{where} holds no key.")
    try:
        return [read_key(line) for line in lines]
    except Bad as problem:
        raise Unreadable(f"{where}: {problem}") from None


def keys_named(named: list[str]) -> list[Key]:
    """The keys that `--key` names: each a key, or a file of keys."""
    keys: list[Key] = []
    for one in named:
        path = Path(one)
        try:
            is_file = path.is_file()
        except (OSError, ValueError):  # longer than a name of a file can be
            is_file = False
        if is_file:
            keys += read_keys(path.read_bytes()[:KEY_FILE_BYTES_MAX].decode(errors="replace"), one)
        else:
            keys += read_keys(one, "--key")
    return keys


def trusted(report: Report, own: str | None, named: list[Key], where: str = KEY, *, none: str = NO_KEY) -> list[Key]:
    """Whose signatures count: the keys named on the command line, else those that the record brings in `where`. Raises
    `Bad` where it brings none that can be read, since it was written with one, and says `none` where there are none."""
    if own is None:
        if not named:
            raise Unreadable(none)
        return named
    try:
        brought = read_keys(own, where)
    except Unreadable as problem:
        if not named:
            raise Bad(str(problem)) from None
        report.say(str(problem))
        return named
    if not named:
        report.named = False
        report.fact("The key is the one that the record itself brings; name the one that you know with --key.")
        return brought
    if not set(named) & set(brought):
        theirs, yours = (f"{key.name}+{key.id.hex()}" for key in (brought[0], named[0]))
        other = f"it is {theirs[:120]}, and you named {yours[:120]}"
        report.say(f"The record's {where} is not the key that you trust: {other}.")
        report.mistrusted = True
    return named


def log_of(path: Path) -> str | None:
    """Which log's entries these are: what the first says that can be read."""
    with path.open("rb") as file:
        for _ in range(100):
            line = file.readline(ENTRY_BYTES_MAX + 1)
            if not line:
                return None
            if found := parsed(line.rstrip(b"\n")):
                return found["log"].decode()
    return None


def verify_folder(
    report: Report, folder: Path, *, named: list[Key], witnesses: list[Path], jobs: int | None = None
) -> None:
    """Verify a record folder with the checkpoints that `witnesses` kept elsewhere."""
    entries, checkpoints = folder / ENTRIES, folder / CHECKPOINTS
    for needed in (entries, checkpoints):
        if not needed.is_file():
            raise Unreadable(f"{folder} is no record: {needed.name} is missing.")
    witness = folder / WITNESS
    if not (entries.stat().st_size or checkpoints.stat().st_size or witnesses or witness.is_file()):
        raise Unreadable(f"{folder} holds no entry and no checkpoint, so there is nothing to verify.")
    key = folder / KEY
    own = key.read_bytes()[:KEY_FILE_BYTES_MAX].decode(errors="replace") if key.is_file() else None
    try:
        keys = trusted(report, own, named)
    except Bad as problem:
        report.say(str(problem))
        return  # without a key nothing else can be said
    id = log_of(entries) or "00000000-0000-0000-0000-000000000000"
    log = Log(report, id, jobs=jobs or cores())
    if witness.is_file():
        witnesses = [*witnesses, witness]
    private = folder / PRIVATE
    opened: list[IO[bytes]] = []

    def open_(path: Path) -> IO[bytes]:
        opened.append(path.open("rb"))
        return opened[-1]

    try:
        sources = [
            kept(report, CHECKPOINTS, notes_of(open_(checkpoints), CHECKPOINTS, report), keys, id, others=False)
        ]
        for path in witnesses:
            known = logs_of(path, report)
            if id not in known:
                report.say(f"{path} has no checkpoint of this log: {whose(known)}.")
            notes = notes_of(open_(path), path.name, report)
            sources.append(kept(report, str(path), notes, keys, id, others=True))
        lines = lines_of(open_(entries), ENTRIES, ENTRY_BYTES_MAX, report)
        opens = private_of(open_(private), report) if private.is_file() else None
        beyond: list[int] = []
        log.examine(chunks_of(lines, opens, beyond), sources)
        for n in beyond:
            report.follows(f"{PRIVATE} opens entry {n}, which is not here.")
    finally:
        for file in opened:
            file.close()
    if log.signed < log.size:
        unsigned = f"The last {log.size - log.signed} entries are under no checkpoint: nobody signed them."
        (report.say if log.checkpoints else report.follows)(unsigned)
    conclude(report, log)
    if not witnesses:
        unwitnessed(report)


def unwitnessed(report: Report) -> None:
    report.fact(
        "No checkpoint kept elsewhere was given (--checkpoint): whoever holds the signing key could have made"
        " another record in place of this one."
    )


def logs_of(path: Path, report: Report) -> set[str]:
    """The logs whose checkpoints a keeper has."""
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    with path.open("rb") as file:
        return {origin_of(note).rpartition("/audit/")[2] for note in notes_of(file, path.name, report)}


def whose(logs: set[str]) -> str:
    return f"only of {', '.join(sorted(logs)[:3])[:200]!r}" if logs else "it has none"


def conclude(report: Report, log: Log) -> None:
    report.fact(f"Log {log.id}: {log.size:,} entries, {log.checkpoints:,} checkpoints.")
    if log.opened or log.destroyed:
        report.fact(f"{log.opened:,} commitments opened; the private part of {log.destroyed:,} entries is destroyed.")
