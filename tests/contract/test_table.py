"""The table of `hub/walls/README.md`, which people read, says of every combination what `schemas.access.sees` says."""

from itertools import product
from pathlib import Path

import pytest

from schemas.access import ADMIN, DESK, WALLED, Viewer, sees
from schemas.ids import new_id
from storage.postgres.access import Thing

README = Path(__file__).parents[2] / "hub" / "walls" / "README.md"
FACTS = (
    "a wall keeps them out of the case", "they hold a role of the thing, in the case or in its organisation",
    "they are named in it", "and they take part in the case", "and they administer the organisation",
)  # fmt: skip


def table() -> list[list[str]]:
    _, _, rest = README.read_text().partition("<!-- the table:")
    lines = [
        line for line in rest.partition("<!-- end of the table -->")[0].splitlines() if line.startswith("|")
    ]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(rows[0]) == (*FACTS, "they see it")
    return rows[2:]


def said(facts: tuple[bool, ...]) -> bool:
    """What the first line that fits says."""
    for row in table():
        if all(cell in ("any", "yes" if fact else "no") for cell, fact in zip(row, facts, strict=False)):
            return {"yes": True, "no": False}[row[-1]]
    raise AssertionError(f"no line fits {facts}")


@pytest.mark.parametrize("facts", list(product((False, True), repeat=len(FACTS))))
def test_the_table_is_the_predicate(facts: tuple[bool, ...]) -> None:
    walled, role, named, part, admin = facts
    person, case, org = new_id(), new_id(), new_id()
    grants = {(new_id(), "client"), (new_id(), WALLED)}  # what is held elsewhere is of no use and no harm
    if walled:
        grants.add((case, WALLED))
    if part:
        grants.add((case, "observer"))
    if admin:
        grants.add((org, ADMIN))
    # A role in the case is to take part in it; without that it is one of the organisation.
    audience = ["client", DESK]
    if role:
        grants.add((case, "client") if part else (org, DESK))
    thing = Thing(case, org, audience, [person] if named else [])
    assert sees(Viewer(person, frozenset(grants)), thing) is said(facts)


def test_every_line_is_needed() -> None:
    """None is covered by those before it."""
    rows = table()
    for number, row in enumerate(rows):
        fitting = [
            facts
            for facts in product((False, True), repeat=len(FACTS))
            if all(cell in ("any", "yes" if fact else "no") for cell, fact in zip(row, facts, strict=False))
        ]
        before = rows[:number]
        assert any(
            not any(
                all(cell in ("any", "yes" if fact else "no") for cell, fact in zip(one, facts, strict=False))
                for one in before
            )
            for facts in fitting
        ), row
