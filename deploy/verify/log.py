"""A whole log: entries in their order, the tree over them, and every checkpoint that somebody kept."""

import heapq
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from deploy.verify.chunks import (
    BACKWARDS,
    BUCKETS,
    Event,
    Examined,
    Private,
    Run,
    Said,
    Task,
    examine,
    gap,
)
from deploy.verify.entries import named
from deploy.verify.notes import Bad, Checkpoint, Key, origin_of, read_checkpoint
from deploy.verify.report import Report
from deploy.verify.tree import EMPTY, Peak, push, root

AHEAD = 2  # chunks that wait, for each process
SPILL_BYTES = 64 << 10


class Chunk(NamedTuple):
    """`CHUNK` entries of a log (the last: fewer), with what opens their commitments, where that is there."""

    lines: Sequence[bytes]
    private: Mapping[int, Private] | None = None
    events: Mapping[tuple[str, int], Event] | None = None
    gone: Collection[str] = ()  # as of a `Task`


class Kept(NamedTuple):
    """A checkpoint, and who kept it."""

    size: int
    by: str
    checkpoint: Checkpoint


def kept(
    report: Report, by: str, notes: Iterable[str], keys: list[Key], log: str, *, others: bool
) -> Iterator[Kept]:
    """The checkpoints of one keeper, by size. Who keeps those of many logs (`others`) may have none of this one."""
    size, time, mine, bad, foreign = 0, datetime(1970, 1, 1, tzinfo=UTC), 0, 0, list[str]()
    for number, note in enumerate(notes, 1):
        origin = origin_of(note)
        if not any(origin == f"{key.name}/audit/{log}" for key in keys):
            if not others:
                foreign.append(f"Checkpoint {number} of {by} is of another log or another key, {origin[:120]!r}.")
            continue
        try:
            found = read_checkpoint(note, keys)
        except Bad as problem:
            bad += 1
            why = str(problem) if report.named else str(problem).replace("that you trust", "that the record brings")
            tell = report.follows if report.mistrusted else report.say
            if bad == 1:
                tell(f"Checkpoint {number} of {by} {why}.")
            else:
                report.follows(f"Checkpoint {number} of {by} {why}.")
            continue
        mine += 1
        if found.size < size:
            report.say(
                f"Checkpoint {number} of {by} covers {found.size} entries, fewer than the {size} before it.", "sizes"
            )
            continue
        if found.time < time - BACKWARDS:
            report.say(
                f"Checkpoint {number} of {by} is of {found.time.isoformat()}, before the one ahead of it.", "times"
            )
        size, time = found.size, max(time, found.time)
        yield Kept(found.size, by, found)
    if foreign and mine:
        report.say(foreign[0])
        report.follows(foreign[0], len(foreign) - 1)
    elif not mine and not bad and not others:
        why = f": {foreign[0][0].lower()}{foreign[0][1:]}" if foreign else "."
        sentence = f"{by} has no checkpoint of this log{why}"
        (report.follows if report.mistrusted else report.say)(sentence)


class Log:
    """Examines one log. `complete` says whether the events given with chunks are all that there are."""

    def __init__(self, report: Report, id: str, *, jobs: int = 1, complete: bool = False, hashes: bool = False) -> None:
        self.report, self.id, self.jobs, self.complete, self.hashes = report, id, jobs, complete, hashes
        self.size, self.signed, self.opened, self.destroyed, self.bytes = 0, 0, 0, 0, 0
        self.checkpoints = 0
        self.latest = ""
        self.runs: dict[str, Run] = {}
        self._tree: list[Peak] = []
        self._changed: set[int] = set()  # entries of which something was said, after which other things do not fit
        self._agreed: dict[str, int] = {}  # by keeper, the most entries of which a checkpoint is right
        self._broken: dict[str, int] = {}  # by keeper, the fewest of which one is not

    def say(self, n: int, sentence: str) -> None:
        """Entry `n` is not what it was: no tile and no checkpoint over it can be right. It is said once."""
        if n in self._changed:
            self.report.follows(sentence)
        else:
            self._changed.add(n)
            self.report.say(sentence, "entry")

    @property
    def broken(self) -> bool:
        """Whether a checkpoint does not fit the entries."""
        return bool(self._broken)

    def changed_before(self, n: int) -> bool:
        return min(self._changed, default=n) < n

    def examine(
        self,
        chunks: Iterable[Chunk],
        checkpoints: Sequence[Iterator[Kept]],
        beside: Callable[[Task, Examined], None] | None = None,
    ) -> None:
        """Go through it once. `beside` is called with each chunk and what was found in it, in order, before it is
        compared with checkpoints."""
        merged = heapq.merge(*checkpoints, key=lambda kept: kept.size)
        waiting: deque[Kept] = deque()

        def tasks() -> Iterator[tuple[Task, list[Kept]]]:
            first = 0
            for chunk in chunks:
                end, mine = first + len(chunk.lines), list[Kept]()
                while (one := waiting.popleft() if waiting else next(merged, None)) is not None:
                    if one.size > end:
                        waiting.append(one)
                        break
                    mine.append(one)
                sizes = sorted({one.size for one in mine if one.size > first})
                task = Task(
                    chunk.lines, first, self.id, sizes, chunk.private, chunk.events, self.complete, self.hashes,
                    chunk.gone,
                )
                yield task, mine
                first = end

        with ExitStack() as stack:
            ids = stack.enter_context(_Ids())
            for task, mine, found in _results(tasks(), self.jobs, stack):
                self._take(task, mine, found, ids, beside)
                self.report.progress(lambda: f"{self.size:,} entries")
            for twice in ids.twice():
                self.report.say(f"Two entries have the id {twice}.")
        self._beyond([*waiting, *merged])

    def _take(
        self,
        task: Task,
        mine: list[Kept],
        found: Examined,
        ids: "_Ids",
        beside: Callable[[Task, Examined], None] | None,
    ) -> None:
        report = self.report
        for one in found.said:
            if one.kind != "opens":
                self._say(one)
        for stream, run in found.runs.items():
            before = self.runs.get(stream)
            if before is not None:
                if problem := gap(before, run, stream):
                    self._say(Said("span", run.n, problem))
                run = Run(before.first, max(run.last, before.last), before.n, before.home or run.home)
            self.runs[stream] = run
        if self.latest and found.lowest < self.latest:
            try:
                back = datetime.fromisoformat(self.latest) - datetime.fromisoformat(found.lowest)
                if back > BACKWARDS:
                    problem = f"After entry {task.first} one is of {found.lowest}, {back} before one ahead of it."
                    report.say(problem, "time")
            except ValueError:
                report.say(f"After entry {task.first} one has no time.", "time")
        if beside is not None:
            beside(task, found)
        local = dict(zip(task.sizes, found.at_sizes, strict=True))
        for one in mine:
            self._compare(one, root([*self._tree, *local[one.size]]) if one.size > task.first else None, task)
        for one in found.said:
            if one.kind == "opens":
                self._say(one)
        if found.more:  # than are told of one chunk
            if self._changed or self._broken:
                report.followed += found.more
            else:
                report.more(found.more)
        self.latest = max(self.latest, found.latest)
        for level, hash in found.peaks:
            push(self._tree, level, hash)
        self.size += len(task.lines)
        self.bytes += sum(map(len, task.lines)) + len(task.lines)
        self.opened += found.opened
        self.destroyed += found.destroyed
        ids.add(found.ids)

    def _say(self, one: Said) -> None:
        """Where an entry cannot be read, nobody knows what it told of; where some were removed or added, what opens
        those behind them stands at other places."""
        lost = self.changed_before(one.n + 1)
        moved = min(self._broken.values(), default=one.n + 1) <= one.n
        if one.kind in ("form", "log"):
            self.say(one.n, one.sentence)
        elif (one.kind == "span" and lost) or (one.kind == "opens" and (lost or moved)):
            self.report.follows(one.sentence)
        else:
            self.report.say(one.sentence, one.kind)

    def _compare(self, one: Kept, top: bytes | None, task: Task) -> None:
        """A checkpoint against the root of as many entries; None where that is the empty tree or the chunk's start."""
        self.checkpoints += 1
        if top is None:
            top = root(self._tree)
        first, last = self._agreed.get(one.by, 0), one.size - 1
        if top == one.checkpoint.root:
            self._agreed[one.by] = one.size
            self._broken.pop(one.by, None)
        else:
            known = bool(self._broken) or any(first <= n <= last for n in self._changed)
            (self.report.follows if known else self.report.say)(self._unlike(one, first, last, task))
            self._broken.setdefault(one.by, first)
        self.signed = max(self.signed, one.size)
        if self.latest:
            try:
                if one.checkpoint.time < datetime.fromisoformat(self.latest) - BACKWARDS:
                    problem = f"The checkpoint of {one.size} entries in {one.by} is older than entries that it covers."
                    self.report.say(problem, "older")
            except ValueError:
                pass  # said before, of the entry

    def _unlike(self, one: Kept, first: int, last: int, task: Task) -> str:
        if first < last:
            return (
                f"The first {one.size} entries are not those that {by_whom(one)} saw: among entries {first} to {last}"
                " some were changed, removed, added or put in another order, or the log was forked."
            )
        inside = last - task.first
        entry = named(last, task.lines[inside]) if 0 <= inside < len(task.lines) else f"Entry {last}"
        return (
            f"{entry} is not the one that {by_whom(one)} saw there: it was changed or added, or one was removed, or the"
            " log was forked."
        )

    def _beyond(self, rest: list[Kept]) -> None:
        if not self.size:
            for one in rest:
                if one.size == 0:
                    self.checkpoints += 1
                    if one.checkpoint.root != EMPTY:
                        self.report.say(f"The checkpoint of no entries in {one.by} has the root of some.")
            rest = [one for one in rest if one.size]
        for number, by in enumerate(dict.fromkeys(one.by for one in rest)):
            most = max(one.size for one in rest if one.by == by)
            (self.report.follows if number or self._broken else self.report.say)(
                f"{by} has a checkpoint of {most} entries, and only {self.size} are here: entries were cut off."
            )


def by_whom(one: Kept) -> str:
    return f"the checkpoint of {one.checkpoint.time.isoformat()} in {one.by}"


def _results(
    tasks: Iterator[tuple[Task, list[Kept]]], jobs: int, stack: ExitStack
) -> Iterator[tuple[Task, list[Kept], Examined]]:
    """Examine each, in order. Processes are started when there is work for them."""
    first = next(tasks, None)
    if first is None:
        return
    second = next(tasks, None) if jobs > 1 else None
    if second is None:
        yield *first, examine(first[0])
        for task, mine in tasks:
            yield task, mine, examine(task)
        return
    # `spawn`: a copy of a process that has threads may stand still for ever.
    pool = stack.enter_context(ProcessPoolExecutor(jobs, mp_context=get_context("spawn")))
    running: deque[tuple[Task, list[Kept], Future[Examined]]] = deque()

    def begin(one: tuple[Task, list[Kept]]) -> None:
        running.append((*one, pool.submit(examine, one[0])))

    begin(first)
    begin(second)
    for one in tasks:
        begin(one)
        if len(running) > jobs * AHEAD:
            task, mine, future = running.popleft()
            yield task, mine, future.result()
    while running:
        task, mine, future = running.popleft()
        yield task, mine, future.result()


def cores() -> int:
    return max(1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


class _Ids:
    """All ids seen, by bucket, in files where they are many: which come twice?"""

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(BUCKETS)]
        self._folder: Path | None = None

    def __enter__(self) -> "_Ids":
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, ids: list[bytes]) -> None:
        for number, some in enumerate(ids):
            bucket = self._buckets[number]
            bucket += some
            if len(bucket) >= SPILL_BYTES:
                if self._folder is None:
                    self._folder = Path(tempfile.mkdtemp(prefix="casewire-verify-"))
                with (self._folder / str(number)).open("ab") as file:
                    file.write(bucket)
                bucket.clear()

    def twice(self) -> Iterator[str]:
        for number, bucket in enumerate(self._buckets):
            path = None if self._folder is None else self._folder / str(number)
            data = (path.read_bytes() if path is not None and path.exists() else b"") + bytes(bucket)
            ids = [data[at : at + 16] for at in range(0, len(data), 16)]
            if len(set(ids)) == len(ids):
                continue
            seen: set[bytes] = set()
            for id in ids:
                if id in seen:
                    text = id.hex()
                    yield f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
                seen.add(id)

