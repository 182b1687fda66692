"""Every entry gets one place in its log's tree, in the order of commits, whatever happens to the sequencer."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec
import pytest

from deploy.embedded.stack import Stack
from schemas import merkle
from schemas.audit import HOUSE, Actor, Entry, canonical, moment
from schemas.audit_log import Signer, log_of, read_note, signed_by
from schemas.ids import new_id
from schemas.settings import Settings
from storage.bus import end
from storage.postgres import audit_log, leader
from storage.postgres.events import READS_IN_ORDER
from storage.postgres.pool import Database
from tests.record import from_here_on, placed
from workers import sequence
from workers.sequence import Sequencer

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
INSERT = "insert into audit_entries (log, case_id, person, entry) values ($1, $2, $3, $4)"


PATIENCE_S = 90.0  # processes of our own start slowly on a busy machine; the bound only ends a broken run


async def eventually(true: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = true()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came true: {what}") from None


def entry_in(log: UUID, **more: Any) -> Entry:
    return Entry(
        act="message.posted", at=moment(AT), by=Actor(kind="worker"), id=new_id(), log=log, outcome="done",
        rule="test", **more,
    )  # fmt: skip


async def write(on: Any, *entries: Entry) -> None:
    for entry in entries:
        await on.execute(INSERT, entry.log, entry.case, entry.by.person, canonical(entry))


def model(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962."""
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY_ROOT
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return merkle.node_hash(model(hashes[:k]), model(hashes[k:]))


async def leaves_of(on: Any, log: UUID) -> list[Any]:
    return await on.fetch("select * from audit_leaves where log = $1 order by n", log)


async def check(on: Any, log: UUID) -> int:
    """That the log is whole: a place for each entry in the order of commits, and the tree of just these. Its size."""
    entries = await on.fetch("select tx, id, entry from audit_entries where log = $1 order by tx, id", log)
    leaves = await leaves_of(on, log)
    assert [(row["tx"], row["id"]) for row in leaves] == [(row["tx"], row["id"]) for row in entries]
    assert [row["n"] for row in leaves] == list(range(len(leaves)))
    hashes = [merkle.leaf_hash(row["entry"]) for row in entries]
    assert [row["hash"] for row in leaves] == hashes
    heads = await audit_log.heads(on, [log])
    assert (heads[log].size if heads else 0) == len(leaves)
    kept = await on.fetch("select level, n, hashes from audit_tiles where log = $1", log)
    assert {(row["level"], row["n"]): row["hashes"] for row in kept} == merkle.grow({}, 0, hashes)
    for row in await on.fetch("select size, note from audit_checkpoints where log = $1", log):
        said = read_note(row["note"])
        assert (log_of(said.origin), said.size) == (log, row["size"])
        assert said.root == model(hashes[: said.size])
    return len(leaves)


@pytest.fixture(scope="session")
def signing(stack: Stack) -> Settings:
    return Settings.read(stack.settings("sequence"))


@pytest.fixture
async def line(signing: Settings) -> AsyncIterator[Any]:
    """A connection as the leader has it, with nobody's lock."""
    connection = await asyncpg.connect(signing.postgres_system, server_settings=READS_IN_ORDER)
    await from_here_on(connection)
    yield connection
    connection.terminate()


@pytest.fixture
async def sequencer(line: Any, signing: Settings) -> Sequencer:
    made = Sequencer(line, Signer(signing))
    await made.begin()
    return made


async def test_entries_get_places_in_the_order_of_commits(sequencer: Sequencer, system: Database) -> None:
    first, second = new_id(), new_id()
    person, case, thing = new_id(), new_id(), new_id()
    refused = Entry(
        act="read_case", at=moment(AT), by=Actor(kind="browser", person=person), case=case, id=new_id(), log=first,
        outcome="refused", rule="not_found", thing=thing,
    )  # fmt: skip
    await write(system.system, refused, entry_in(second), entry_in(HOUSE), entry_in(first))
    assert await placed(sequencer) == 4
    assert await check(system.system, first) == 2
    assert await check(system.system, second) == 1
    asked = (await leaves_of(system.system, first))[0]
    assert (asked["act"], asked["outcome"], asked["person"], asked["case_id"], asked["thing"], asked["entry"]) == (
        "read_case", "refused", person, case, thing, refused.id
    )  # fmt: skip
    assert asked["at"] == AT
    await write(system.system, entry_in(second))
    assert await placed(sequencer) == 1
    assert await check(system.system, second) == 2


async def test_a_log_grows_over_the_edges_of_its_tiles(sequencer: Sequencer, system: Database) -> None:
    log, sizes = new_id(), 0
    for step in (1, 254, 1, 1, 255, 600, 256):
        await system.system.executemany(
            INSERT, [(log, None, None, canonical(entry_in(log))) for _ in range(step)]
        )
        sizes += step
        await placed(sequencer)
        assert await check(system.system, log) == sizes


async def test_nothing_is_placed_before_what_may_yet_commit(sequencer: Sequencer, system: Database) -> None:
    """Who began earlier and commits later keeps its place: it is waited for, not passed over."""
    log = new_id()
    async with system.system.acquire() as one, one.transaction():
        await write(one, early := entry_in(log))
        async with system.system.acquire() as two, two.transaction():
            await write(two, late := entry_in(log))
        assert await sequencer.place() == 0
        assert await sequencer.waiting() == (1, canonical(late))
    assert await placed(sequencer) == 2
    assert await check(system.system, log) == 2
    assert [row["entry"] for row in await leaves_of(system.system, log)] == [early.id, late.id]


async def test_what_is_rolled_back_leaves_no_hole(sequencer: Sequencer, system: Database) -> None:
    log = new_id()
    await write(system.system, entry_in(log))
    async with system.system.acquire() as one:
        await one.execute("begin")
        await write(one, entry_in(log))
        await one.execute("rollback")
    await write(system.system, entry_in(log))
    assert await placed(sequencer) == 2
    assert await check(system.system, log) == 2


async def test_a_line_that_is_no_entry_has_its_place(sequencer: Sequencer, system: Database) -> None:
    log = new_id()
    await system.system.execute(INSERT, log, None, None, msgspec.json.encode({"log": log, "act": 7}))
    await write(system.system, entry_in(log))
    assert await placed(sequencer) == 2
    assert await check(system.system, log) == 2
    assert [row["act"] for row in await leaves_of(system.system, log)] == ["unreadable", "message.posted"]


@pytest.mark.parametrize(
    "wrong",
    [
        b'"at":"9999-12-31T23:59:59-23:59"',
        b'"at":"0001-01-01T00:00:00+23:59"',
        b'"x":' + b"[" * 1500 + b"]" * 1500,
    ],
    ids=["after all time", "before it", "too deep"],
)
async def test_no_line_ends_the_sequencer(sequencer: Sequencer, system: Database, wrong: bytes) -> None:
    """Whoever took over a hub may write what they like; the others' entries get their places all the same."""
    log = new_id()
    whole = canonical(entry_in(log))
    at = whole.index(b'"at":')
    line = (
        whole[:at]
        + wrong
        + (b"," + whole[at:] if wrong.startswith(b'"x"') else whole[whole.index(b",", at) :])
    )
    await system.system.execute(INSERT, log, None, None, line)
    await write(system.system, entry_in(log))
    assert await placed(sequencer) == 2
    assert [row["act"] for row in await leaves_of(system.system, log)] == ["unreadable", "message.posted"]


async def test_who_was_deposed_writes_nothing_more(
    sequencer: Sequencer, system: Database, signing: Settings
) -> None:
    """Two that both believe that they lead: one moves on, the other stands down with nothing written."""
    log = new_id()
    other = await asyncpg.connect(signing.postgres_system)
    try:
        believes = Sequencer(other, Signer(signing))
        await believes.begin()
        await write(system.system, entry_in(log))
        assert await placed(sequencer) == 1
        with pytest.raises(ConnectionError):
            await believes.place()
        assert await check(system.system, log) == 1
    finally:
        await other.close()


async def test_a_damaged_tree_is_not_built_upon(sequencer: Sequencer, system: Database, owner: Any) -> None:
    log = new_id()
    await write(system.system, entry_in(log))
    await placed(sequencer)
    await owner.execute("update audit_tiles set hashes = hashes || hashes where log = $1", log)
    await write(system.system, entry_in(log))
    with pytest.raises(merkle.Unfit):
        await placed(sequencer)
    await owner.execute("update audit_tiles set hashes = substr(hashes, 1, 32) where log = $1", log)
    assert await placed(sequencer) == 1
    assert await check(system.system, log) == 2


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(days=1)  # whatever others signed is over

    def __call__(self) -> datetime:
        return self.now


async def test_what_grows_is_signed_each_second_and_what_does_not_each_minute(
    line: Any, system: Database, signing: Settings
) -> None:
    clock, log, signer = Clock(), new_id(), Signer(signing)
    sequencer = Sequencer(line, signer, clock)
    await sequencer.begin()

    async def newest() -> Any:
        return await system.system.fetchrow("select * from audit_logs where log = $1", log)

    async def kept() -> list[int]:
        rows = await system.system.fetch(
            "select size from audit_checkpoints where log = $1 order by size", log
        )
        return [row["size"] for row in rows]

    await write(system.system, entry_in(log))
    await placed(sequencer)
    await sequencer.sign()
    assert await kept() == [1]
    first = await newest()
    assert signed_by(first["note"], signer.key) and first["signed"] == 1
    await write(system.system, entry_in(log))
    await placed(sequencer)
    clock.now += timedelta(milliseconds=900)
    await sequencer.sign()
    assert await kept() == [1]
    clock.now += timedelta(milliseconds=100)
    await sequencer.sign()
    assert await kept() == [1, 2]
    second = await newest()
    clock.now += timedelta(seconds=50)
    await sequencer.sign()
    assert await newest() == second
    clock.now += timedelta(seconds=9)
    await sequencer.sign()
    third = await newest()
    assert third["note"] != second["note"] and third["signed"] == 2 and third["signed_at"] == clock.now
    assert read_note(third["note"]) == read_note(second["note"]) and signed_by(third["note"], signer.key)
    assert await kept() == [1, 2]  # the first word about a size stays
    assert await check(system.system, log) == 2


async def test_a_damaged_tree_keeps_no_other_from_being_signed(
    line: Any, system: Database, owner: Any, signing: Settings
) -> None:
    damaged, whole = new_id(), new_id()
    sequencer = Sequencer(line, Signer(signing), Clock())
    await sequencer.begin()
    for log in (damaged, whole):
        await write(system.system, entry_in(log))
    await placed(sequencer)
    await owner.execute("delete from audit_tiles where log = $1", damaged)
    try:
        await sequencer.sign()
        rows = await system.system.fetch("select log from audit_checkpoints where log in ($1, $2)", damaged, whole)
        assert [row["log"] for row in rows] == [whole]
    finally:
        await owner.execute("delete from audit_logs where log = $1", damaged)


async def test_another_key_carries_on(line: Any, system: Database, signing: Settings) -> None:
    clock, log = Clock(), new_id()
    old = Signer(signing)
    new = Signer(msgspec.structs.replace(signing, audit_key=type(signing.audit_key)("bmV3" * 10 + "bmU=")))
    for signer in (old, new):
        sequencer = Sequencer(line, signer, clock)
        await sequencer.begin()
        await write(system.system, entry_in(log))
        await placed(sequencer)
        clock.now += timedelta(minutes=1)
        await sequencer.sign()
    notes = await system.system.fetch("select note from audit_checkpoints where log = $1 order by size", log)
    assert [signed_by(row["note"], old.key) for row in notes] == [True, False]
    assert [signed_by(row["note"], new.key) for row in notes] == [False, True]
    keys = [row["key"] for row in await system.system.fetch(audit_log.KEYS)]
    assert keys.index(new.key) < keys.index(old.key)
    assert await check(system.system, log) == 2


# --- The process ---------------------------------------------------------------------------------------------


LEADER = """select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.classid::bigint = $1 and l.objid::bigint = $2
        and a.datname = current_database()"""


@asynccontextmanager
async def sequencing(settings: Settings) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(sequence.run(settings, asyncio.Event()))
    try:
        yield task
    finally:
        await end(task)


async def process(settings: dict[str, str]) -> asyncio.subprocess.Process:
    """A sequencer of small batches in a process of its own, to be killed at any line."""
    program = (
        "import asyncio, os; from schemas.settings import Settings; from workers import sequence;"
        "sequence.BATCH_ENTRIES_MAX = 7; sequence.NAME += f'-{os.getpid()}';"
        "asyncio.run(sequence.run(Settings.read(os.environ), asyncio.Event()))"
    )
    environ = os.environ | settings | {"PYTHONPATH": os.getcwd()}
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, env=environ)


async def caught_up(system: Database) -> bool:
    where = await audit_log.position(system.system)
    return not (await system.system.fetchrow(audit_log.WAITING, *where, 1))["entries"]


async def signed(system: Database, log: UUID) -> bool:
    row = await system.system.fetchrow("select size, signed from audit_logs where log = $1", log)
    return row is not None and row["size"] == row["signed"]


FATES = (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL, signal.SIGSTOP)


async def test_killed_and_frozen_while_others_stand_in_line(
    stack: Stack, system: Database, signing: Settings
) -> None:
    """Whoever is frozen wakes and believes that it leads."""
    await from_here_on(system.system)
    logs, enough = [new_id() for _ in range(3)], asyncio.Event()
    written = 0

    async def writer() -> None:
        nonlocal written
        while not enough.is_set():
            async with system.system.acquire() as one, one.transaction():
                for _ in range(random.randrange(1, 9)):
                    await write(one, entry_in(random.choice(logs)))
                    written += 1
            await asyncio.sleep(0.005)

    async def size() -> int:
        return await system.system.fetchval("select coalesce(sum(size), 0)::int from audit_logs")

    async def grows() -> None:
        before = await size()

        async def grown() -> bool:
            return await size() > before + 20

        await eventually(grown, "somebody gives places")

    async def leader_pid() -> int:
        """The process that holds the lock, by the name that it was given."""
        found: list[int] = []

        async def there() -> bool:
            rows = await system.system.fetch(
                LEADER, sequence.LEADER_LOCK >> 32, sequence.LEADER_LOCK & 0xFFFFFFFF
            )
            found[:] = [int(row["name"].rpartition("-")[2]) for row in rows]
            return len(found) == 1

        await eventually(there, "somebody leads")
        return found[0]

    environ = stack.settings("sequence")
    writing = [asyncio.create_task(writer()) for _ in range(3)]
    processes = [await process(environ) for _ in range(2)]
    try:
        for fate in FATES:
            await grows()
            await asyncio.sleep(random.random() * 0.05)
            leads = await leader_pid()
            victim = next(one for one in processes if one.pid == leads)
            victim.send_signal(fate)
            await grows()
            if fate == signal.SIGSTOP:
                victim.send_signal(signal.SIGCONT)
                await grows()
            else:
                await victim.wait()
                processes.remove(victim)
                processes.append(await process(environ))
    finally:
        enough.set()
        await asyncio.gather(*writing)
        for one in processes:
            one.kill()
            await one.wait()
    async with sequencing(signing):
        await eventually(lambda: caught_up(system), "all have places")
        for log in logs:
            await eventually(lambda log=log: signed(system, log), "all are signed")
    assert sum([await check(system.system, log) for log in logs]) == written


async def test_a_sequencer_that_loses_the_database_carries_on(
    system: Database, signing: Settings, owner: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "POLL_S", 0.05)
    await from_here_on(system.system)
    log = new_id()
    superuser = await asyncpg.connect(database.superuser)
    try:
        async with sequencing(signing) as task:
            for n in range(1, 4):
                await write(system.system, entry_in(log))
                await eventually(lambda: caught_up(system), "placed")
                assert await check(system.system, log) == n
                ended = await superuser.fetchval(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1 "
                    "and datname = current_database()",
                    sequence.NAME,
                )
                assert ended >= 1
            await write(system.system, entry_in(log))
            await eventually(lambda: caught_up(system), "placed")
            await eventually(lambda: signed(system, log), "signed")
            assert not task.done()
        assert await check(system.system, log) == 4
    finally:
        await superuser.close()


async def test_it_says_what_waits(
    system: Database, signing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequence, "LOOK_EVERY_S", 0.0)
    await from_here_on(system.system)
    log = new_id()

    def waits(count: int) -> bool:
        return cast(Any, sequence.WAITING)._value.get() == count

    async with sequencing(signing):
        await eventually(lambda: caught_up(system), "nothing waits")
        async with system.system.acquire() as one, one.transaction():
            await one.execute("select pg_current_xact_id()")
            await write(system.system, entry_in(log))
            await eventually(lambda: waits(1), "one waits for an open transaction")
            assert cast(Any, sequence.WAITING_S)._value.get() > 0
        await eventually(lambda: waits(0), "nothing waits")
        assert cast(Any, sequence.WAITING_S)._value.get() == 0
