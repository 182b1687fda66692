"""`casewire import docket`: each file becomes a case of the organisation, or says why it does not."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.embedded.child import StackError
from hub.context import Hub, Who
from hub.dockets.actions import Imported, import_docket
from hub.serve import opened
from schemas.audit import Doing
from schemas.casetypes import CURRENT
from schemas.dockets import DOCKET_BYTES_MAX, Docket, read_docket
from schemas.errors import Refused, bad_input
from schemas.settings import Settings
from storage.postgres import operator
from storage.postgres.pool import PASSING, Database

ATTEMPTS_MAX = 4
ATTEMPT_PAUSE_S = 1.0


class Outcome(Struct, frozen=True):
    """What became of one file: the case, or why there is none."""

    file: Path
    made: Imported | None = None
    why: str = ""


def main(
    settings: Settings, files: Sequence[Path], org: str | None = None, as_email: str | None = None
) -> int:
    """Import dockets; 0 when every file is a case now, 1 when one is not. Raises `StackError` when none can be.

    `org`: the organisation's name or id; needed only where several take dockets. `as_email`: who imports and staffs
    the cases, by default the organisation's first administrator.
    """
    if not files:
        raise StackError("Name at least one docket file.")
    try:
        outcomes = asyncio.run(_run(settings, files, org, as_email))
    except PASSING as problem:
        raise StackError(
            f"A server does not answer ({type(problem).__name__}); `casewire doctor` says which."
        ) from None
    except Refused as refused:
        raise StackError(refused.detail or refused.kind.title) from None
    _show(outcomes)
    return 1 if any(outcome.made is None for outcome in outcomes) else 0


async def _run(
    settings: Settings, files: Sequence[Path], org: str | None, as_email: str | None
) -> list[Outcome]:
    async with opened(settings) as hub:
        who, organisation = await acting_as(hub.database, org, as_email)
        return await import_files(hub, who, organisation, files)


async def import_files(hub: Hub, who: Who, org: UUID, files: Sequence[Path]) -> list[Outcome]:
    """Import one file after the other; what is wrong with one does not stop the others."""
    outcomes: list[Outcome] = []
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[entries]:,} entries"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("", total=len(files), entries=0)
        entries = 0
        for file in files:
            bar.update(task, description=file.name)
            try:
                made = await _patiently(hub, who, org, read_file(file))
                entries += made.entries if made.new else 0
                outcomes.append(Outcome(file, made))
            except Refused as refused:
                outcomes.append(Outcome(file, why=refused.detail or refused.kind.title))
            bar.update(task, advance=1, entries=entries)
    return outcomes


async def _patiently(hub: Hub, who: Who, org: UUID, docket: Docket) -> Imported:
    """Import, again where the database was away or so busy that the transaction took too long; a repeat is free."""
    for _ in range(ATTEMPTS_MAX - 1):
        try:
            return await import_docket(hub, who, org, docket)
        except Refused as refused:
            if refused.code != "unavailable":
                raise
        await asyncio.sleep(ATTEMPT_PAUSE_S)
    return await import_docket(hub, who, org, docket)


def read_file(file: Path) -> Docket:
    """A docket from disk; every way in which that fails is a `Refused` with a sentence."""
    try:
        if file.is_dir():
            raise bad_input("the file", "it is a directory")
        if not file.exists():
            raise bad_input("the file", "it does not exist")
        if not file.is_file():
            raise bad_input("the file", "it is not a regular file")
        with file.open("rb") as opened:
            raw = opened.read(DOCKET_BYTES_MAX + 1)
    except OSError as problem:
        raise bad_input("the file", problem.strerror or type(problem).__name__) from None
    if len(raw) > DOCKET_BYTES_MAX:
        raise bad_input("the file", f"it has more than {DOCKET_BYTES_MAX >> 20} MiB, the most that is read")
    return read_docket(raw)


async def acting_as(database: Database, org: str | None, email: str | None) -> tuple[Who, UUID]:
    """The member of staff who imports, and the organisation; `StackError` says what to name where it is not plain."""
    organisation = _chosen(await database.system.fetch(operator.ORGANISATIONS), org)
    person = await database.system.fetchrow(operator.STAFF_OF, organisation["id"], email)
    if person is None:
        raise StackError(
            f"{email or 'Nobody'} is staff of {organisation['name']}; name someone who is with --as."
        )
    return who_is(person["id"]), organisation["id"]


def who_is(person: UUID) -> Who:
    """Somebody as the hub's actions know those who signed in; the person at the machine needs no session."""
    return Who(person, None, "operator", doing=Doing("import"))


def _chosen(rows: Sequence[Any], wanted: str | None) -> Any:
    if not rows:
        raise StackError("There is no organisation yet; make one with `casewire init`.")
    if wanted is not None:
        found = [
            row for row in rows if wanted == str(row["id"]) or wanted.casefold() == row["name"].casefold()
        ]
        if not found:
            raise StackError(f"There is no organisation {wanted!r}; there are {_names(rows)}.")
    else:
        found = [
            row
            for row in rows
            if any("docket" in CURRENT[t].imports for t in row["case_types"] if t in CURRENT)
        ]
        if not found:
            raise StackError(f"No organisation has a case type that dockets become: {_names(rows)}.")
    if len(found) > 1:
        raise StackError(
            "Several organisations could take them; name one with --org: "
            + ", ".join(f"{row['name']} ({row['id']})" for row in found)
        )
    return found[0]


def _names(rows: Sequence[Any]) -> str:
    return ", ".join(row["name"] for row in rows)


def _show(outcomes: list[Outcome]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("file", "case", "title"):
        table.add_column(heading, overflow="fold")
    for heading in ("parties", "entries"):
        table.add_column(heading, justify="right")
    table.add_column("", overflow="fold")
    for outcome in outcomes:
        if (made := outcome.made) is not None:
            said = "imported" if made.new else f"already there: {made.number}"
            table.add_row(
                outcome.file.name, made.number, made.title, str(made.parties), str(made.entries), said
            )
    if table.row_count:
        Console(width=None if sys.stdout.isatty() else 160).print(table)
    for outcome in outcomes:
        if outcome.made is None:
            print(f"{outcome.file}: {outcome.why}", file=sys.stderr)
    new = [outcome.made for outcome in outcomes if outcome.made and outcome.made.new]
    there = sum(outcome.made is not None and not outcome.made.new for outcome in outcomes)
    bad = sum(outcome.made is None for outcome in outcomes)
    print(
        f"{len(new)} imported with {sum(made.entries for made in new)} entries, {there} already there, {bad} refused"
    )
