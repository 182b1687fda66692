"""Dockets become cases: all of one or nothing, once, with every entry under its own date and number."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from deploy import dockets
from deploy.embedded.child import StackError
from deploy.embedded.stack import Stack
from schemas.dockets import read_docket
from schemas.ids import new_id
from schemas.settings import Settings
from storage.postgres.dockets import MORE_TIME
from tests.deploy.docketfiles import real_dockets, small, write


@pytest.fixture
def operator(stack: Stack) -> Settings:
    return Settings.read(stack.settings("operator"))


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(settings.postgres_owner)
    yield connection
    await connection.close()


@pytest.fixture
async def office(owner: Any) -> UUID:
    """A law office of its own for each test, with an administrator and somebody at the desk."""
    org = new_id()
    await owner.execute(
        "insert into organisations (id, name, zone, case_types, made_at) values ($1, $2, 'America/New_York', "
        "'{service_request,legal_matter}', now())",
        org,
        f"Office {org}",
    )
    for role in ("admin", "desk", "outside"):
        person = new_id()
        await owner.execute(
            "insert into people (id, email, name, zone, made_at) values ($1, $2, $3, 'UTC', now())",
            person,
            f"{role}@{org}.test",
            role,
        )
        await owner.execute(
            "insert into grants (person, scope, role, org, since) values ($1, $2, $3, $2, now())",
            person,
            org,
            role,
        )
    return org


async def run(operator: Settings, files: list[Path], org: UUID, as_email: str | None = None) -> int:
    return await asyncio.to_thread(dockets.main, operator, files, str(org), as_email)


async def held(owner: Any, org: UUID) -> dict[str, int]:
    """How many rows of each table the office has."""
    tables = ("cases", "parties", "entries", "participants", "conversations", "events")
    return {
        table: await owner.fetchval(f"select count(*) from {table} where org = $1", org) for table in tables
    }


async def test_each_real_docket_becomes_a_case_with_all_its_entries(
    operator: Settings, owner: Any, office: UUID
):
    files = real_dockets()
    assert await run(operator, files, office) == 0
    for file in files:
        given = msgspec.json.decode(file.read_bytes())
        case = await owner.fetchrow(
            "select * from cases where org = $1 and source like $2 || ':%'",
            office,
            f"docket:{given['court_id']}:{given['docket_number']}",
        )
        intake = msgspec.json.decode(case["intake"])
        assert case["title"] == given["case_name"]
        assert intake["docket_number"] == given["docket_number"]
        assert intake["judge"] == given["assigned_to_str"] and f"({given['court_id']})" in intake["court"]
        assert intake.get("filed_on") == given["date_filed"]

        rows = await owner.fetch("select * from entries where case_id = $1 order by seq", case["id"])
        assert [
            (row["occurred_on"].isoformat(), row["entered_on"].isoformat(), row["number"], row["text"])
            for row in rows
        ] == [
            (entry["date_filed"], entry["date_entered"], entry["document_number"] or "", entry["description"])
            for entry in given["docket_entries"]
        ]
        parties = await owner.fetch("select * from parties where case_id = $1 order by id", case["id"])
        assert sorted(row["name"] for row in parties) == sorted(
            " ".join(p["name"].split()) for p in given["parties"]
        )
        contacts = sum(len(msgspec.json.decode(row["contacts"])) for row in parties)
        assert contacts == sum(len(party.get("attorneys", [])) for party in given["parties"])

        # The rows and their events say the same, one event each, without a hole.
        events = await owner.fetch(
            "select seq, type, thing, data::text as data from events where stream = $1 order by seq",
            case["id"],
        )
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        added = {event["seq"]: event for event in events if event["type"] == "entry.added"}
        assert len(added) == len(rows)
        for row in rows:
            told = msgspec.json.decode(added[row["seq"]]["data"])["entry"]
            assert (UUID(told["id"]), told["text"], told["seq"]) == (row["id"], row["text"], row["seq"])
        assert sum(event["type"] == "party.added" for event in events) == len(parties)


async def test_a_docket_says_who_it_is_about(operator: Settings, owner: Any, office: UUID, tmp_path: Path):
    assert await run(operator, [write(tmp_path, "a.json", small())], office) == 0
    case = await owner.fetchrow("select * from cases where org = $1", office)
    assert case["number"].startswith("M-") and case["zone"] == "America/New_York" and case["is_open"]
    assert (
        msgspec.json.decode(case["intake"])["court"]
        == "U.S. District Court, Southern District of New York (nysd)"
    )
    person, company = await owner.fetch("select * from parties where case_id = $1 order by id", case["id"])
    assert (person["kind"], person["role"]) == ("person", "plaintiff")
    assert (company["kind"], company["role"]) == ("organisation", "counter claimant")
    assert company["note"] == "a company\nof Sweden"
    (contact,) = msgspec.json.decode(person["contacts"])
    assert contact == {
        "name": "Zoë Brânză",
        "roles": ["LEAD ATTORNEY"],
        "text": small()["parties"][0]["attorneys"][0]["contact"],
        "email": "zoe@branza.test",
        "phone": "(212) 555-0100",
    }
    entry = await owner.fetchrow("select * from entries where case_id = $1 order by seq limit 1", case["id"])
    assert (entry["kind"], entry["occurred_on"], entry["entered_on"]) == (
        "docket",
        date(2024, 3, 1),
        date(2024, 3, 30),
    )
    assert entry["number"] == "" and set(entry["audience"]) == {"staff", "admin", "client", "cocounsel"}
    # It is the first administrator's case, and they take part in it.
    admin = await owner.fetchval("select id from people where email = $1", f"admin@{office}.test")
    taken = await owner.fetch("select person, role from participants where case_id = $1", case["id"])
    assert [tuple(row) for row in taken] == [(admin, "staff")] and case["opened_by"] == admin


async def test_a_second_run_changes_nothing_and_says_so(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    file = write(tmp_path, "a.json", small())
    assert await run(operator, [file], office) == 0
    before = await held(owner, office)
    capfd.readouterr()
    assert await run(operator, [file, file], office) == 0
    number = await owner.fetchval("select number from cases where org = $1", office)
    said = capfd.readouterr().out
    assert f"already there: {number}" in said and "0 imported with 0 entries, 2 already there" in said
    assert await held(owner, office) == before


async def test_defendants_of_one_criminal_case_are_dockets_of_their_own(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path
):
    files = [write(tmp_path, f"{n}.json", small(federal_defendant_number=str(n))) for n in (1, 2)]
    assert await run(operator, files, office) == 0
    assert (await held(owner, office))["cases"] == 2


async def test_two_imports_at_once_make_one_case(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path
):
    file = write(tmp_path, "a.json", small(entries=400))
    async with stopped_in_the_middle(operator):
        both = [_process(operator, file, office) for _ in range(2)]
        await waiting(owner, 2, *both)
    said = [await asyncio.to_thread(process.communicate) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("1 imported" in out for out, _ in said) == [False, True]
    assert sum("already there: M-" in out for out, _ in said) == 1
    found = await held(owner, office)
    assert (found["cases"], found["entries"]) == (1, 400)


async def test_a_kill_in_the_middle_leaves_nothing(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path
):
    file = write(tmp_path, "a.json", small(entries=400))
    async with stopped_in_the_middle(operator):
        process = _process(operator, file, office)
        await waiting(owner, 1, process)
        process.kill()
        await asyncio.to_thread(process.communicate)
    assert set((await held(owner, office)).values()) == {0}
    assert await run(operator, [file], office) == 0
    assert (await held(owner, office))["entries"] == 400


@asynccontextmanager
async def stopped_in_the_middle(operator: Settings) -> AsyncIterator[None]:
    """Imports stop here with the case written, before its conversations, parties and entries."""
    blocker = await asyncpg.connect(operator.postgres_owner)
    try:
        async with blocker.transaction():
            await blocker.execute("lock table conversations in share mode")
            yield
    finally:
        await blocker.close()


async def waiting(owner: Any, count: int, *processes: subprocess.Popen[str]) -> None:
    """Until so many sessions of this database wait for a lock. Imports give up after two seconds and try again."""
    async with asyncio.timeout(60):
        while count > await owner.fetchval(
            "select count(distinct l.pid) from pg_locks l join pg_stat_activity a using (pid) "
            "where not l.granted and a.datname = current_database()"
        ):
            assert all(process.poll() is None for process in processes)
            await asyncio.sleep(0.01)


def _process(operator: Settings, file: Path, org: UUID) -> subprocess.Popen[str]:
    """An import as another process, with the settings that a test has."""
    given = {f"CASEWIRE_{name.upper()}": getattr(operator, name) for name in operator.__struct_fields__}
    environ = {
        name: value.reveal() if hasattr(value, "reveal") else str(value) for name, value in given.items()
    }
    code = (
        "import os, sys; from pathlib import Path; from deploy.dockets import main; "
        "from schemas.settings import Settings; "
        "sys.exit(main(Settings.read(os.environ), [Path(sys.argv[1])], sys.argv[2]))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(file), str(org)],
        env=environ | {"PYTHONPATH": str(Path(__file__).parent.parent.parent), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_a_bad_file_is_named_and_does_not_stop_the_others(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    bad = small("1:24-cv-00666")
    bad["docket_entries"][2]["date_filed"] = 7
    files = [
        write(tmp_path, "bad.json", bad),
        tmp_path / "absent.json",
        tmp_path,
        write(tmp_path, "ok.json", small()),
    ]
    assert await run(operator, files, office) == 1
    said = capfd.readouterr()
    assert "bad.json: $.docket_entries[2].date_filed: Expected `date | null`, got `int`" in said.err
    assert "absent.json: the file: it does not exist" in said.err
    assert f"{tmp_path}: the file: it is a directory" in said.err
    assert "1 imported with 3 entries, 0 already there, 3 refused" in said.out
    found = await held(owner, office)
    assert (found["cases"], found["entries"]) == (1, 3)


async def test_only_staff_import(operator: Settings, owner: Any, office: UUID, tmp_path: Path):
    file = write(tmp_path, "a.json", small())
    for nobody in (f"outside@{office}.test", "unknown@nowhere.test"):
        with pytest.raises(StackError, match="is staff of"):
            await run(operator, [file], office, nobody)
    assert (await held(owner, office))["cases"] == 0
    assert await run(operator, [file], office, f"DESK@{office}.test") == 0
    desk = await owner.fetchval("select id from people where email = $1", f"desk@{office}.test")
    assert await owner.fetchval("select opened_by from cases where org = $1", office) == desk


async def test_an_organisation_that_is_not_there_is_named(operator: Settings, office: UUID, tmp_path: Path):
    with pytest.raises(StackError, match="no organisation 'Nowhere & Sons'"):
        await asyncio.to_thread(
            dockets.main, operator, [write(tmp_path, "a.json", small())], "Nowhere & Sons"
        )


async def test_a_very_long_docket_is_one_transaction(
    operator: Settings, owner: Any, office: UUID, tmp_path: Path
):
    assert await run(operator, [write(tmp_path, "long.json", small(entries=20_000))], office) == 0
    assert (await held(owner, office))["entries"] == 20_000
    assert await owner.fetchval("select count(distinct tx) from events where org = $1", office) == 1


async def test_a_long_import_gets_more_time_and_the_next_transaction_does_not(settings: Settings):
    connection = await asyncpg.connect(settings.postgres)
    try:
        async with connection.transaction():
            await connection.execute(MORE_TIME)
            await connection.execute("select pg_sleep(2.2)")
        assert await connection.fetchval("show transaction_timeout") == "2s"
    finally:
        await connection.close()


def test_newest_first_is_turned_round():
    from schemas.dockets import filed

    given = small(entries=5)
    given["docket_entries"].reverse()
    days = [entry.occurred_on.day for entry in filed(read_docket(msgspec.json.encode(given)))]
    assert days == [1, 2, 3, 4, 5]
