"""The table of OWASP ASVS 5.0: every requirement of levels 1 and 2 once, and whatever it names is there."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from deploy.generate_asvs import PAGE, Chapter, Requirement, chapters, page

ROOT = Path(__file__).parents[2]

# What the standard has at these levels, section by section. In brackets: those of level 1.
SECTIONS = """
1.1: 1 2
1.2: [1] [2] [3] [4] [5] 6 7 8 9
1.3: [1] [2] 3 4 5 6 7 8 9 10 11
1.4: 1 2 3
1.5: [1] 2
2.1: [1] 2 3
2.2: [1] [2] 3
2.3: [1] 2 3 4
2.4: 1
3.2: [1] [2]
3.3: [1] 2 3 4
3.4: [1] [2] 3 4 5 6
3.5: [1] [2] [3] 4 5
3.7: 1 2
4.1: [1] 2 3
4.2: 1
4.3: 1 2
4.4: [1] 2 3 4
5.1: 1
5.2: [1] [2] 3
5.3: [1] [2]
5.4: 1 2 3
6.1: [1] 2 3
6.2: [1] [2] [3] [4] [5] [6] [7] [8] 9 10 11 12
6.3: [1] [2] 3 4
6.4: [1] [2] 3 4
6.5: 1 2 3 4 5
6.6: 1 2 3
6.8: 1 2 3 4
7.1: 1 2 3
7.2: [1] [2] [3] [4]
7.3: 1 2
7.4: [1] [2] 3 4 5
7.5: 1 2
7.6: 1 2
8.1: [1] 2
8.2: [1] [2] 3
8.3: [1]
8.4: 1
9.1: [1] [2] [3]
9.2: [1] 2 3 4
10.1: 1 2
10.2: 1 2
10.3: 1 2 3 4
10.4: [1] [2] [3] [4] [5] 6 7 8 9 10 11
10.5: 1 2 3 4 5
10.6: 1 2
10.7: 1 2 3
11.1: 1 2
11.2: 1 2 3
11.3: [1] [2] 3
11.4: [1] 2 3 4
11.5: 1
11.6: 1
12.1: [1] 2 3
12.2: [1] [2]
12.3: 1 2 3 4
13.1: 1
13.2: 1 2 3 4 5
13.3: 1 2
13.4: [1] 2 3 4 5
14.1: 1 2
14.2: [1] 2 3 4
14.3: [1] 2 3
15.1: [1] 2 3
15.2: [1] 2 3
15.3: [1] 2 3 4 5 6 7
16.1: 1
16.2: 1 2 3 4 5
16.3: 1 2 3 4
16.4: 1 2 3
16.5: 1 2 3
17.1: 1
17.2: 1 2 3 4
17.3: 1 2
"""


def expected() -> dict[str, int]:
    """Id → level."""
    found: dict[str, int] = {}
    for line in SECTIONS.split("\n"):
        section, _, numbers = line.strip().partition(": ")
        for number in numbers.split():
            found[f"{section}.{number.strip('[]')}"] = 1 if number.startswith("[") else 2
    return found


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not path.startswith("tests/") or not file.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def wrong(id: str, one: Requirement) -> Iterator[str]:
    for node in one.tests:
        path, _, name = node.partition("::")
        if name not in names_in(path):
            yield f"{id}: no test {node}"
    for path in one.sources:
        if not (ROOT / path).is_file():
            yield f"{id}: no file {path}"
    if one.status == "met" and not one.tests and not one.sources:
        yield f"{id}: met, and nothing shows it"
    if one.status != "met" and not one.why:
        yield f"{id}: {one.status}, and nobody says why"
    if not one.words or "|" in one.words + one.why:
        yield f"{id}: cannot be a row"


def test_every_requirement_is_here_once() -> None:
    wanted = expected()
    assert (len(wanted), list(wanted.values()).count(1)) == (253, 70)
    found = [(id, one.level) for chapter in chapters() for id, one in chapter.requirements.items()]
    assert len(found) == len(dict(found))
    assert dict(found) == wanted
    for chapter in chapters():
        assert {f"V{id.partition('.')[0]}" for id in chapter.requirements} == {chapter.name}


def test_what_they_name_is_there() -> None:
    rows = ((id, one) for chapter in chapters() for id, one in chapter.requirements.items())
    assert [problem for id, one in rows for problem in wrong(id, one)] == []


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(chapters()), "run: python -m deploy.generate"


THIS = "tests/deploy/test_asvs.py::test_the_page_is_fresh"


@pytest.mark.parametrize(
    "one",
    [
        Requirement(1, "x", "met"),
        Requirement(1, "x", "met", ["tests/deploy/test_asvs.py::test_that_is_none"]),
        Requirement(1, "x", "met", ["tests/deploy/test_that_is_none.py::test_x"]),
        Requirement(1, "x", "met", ["tests/deploy/test_asvs.py::wrong"]),
        Requirement(1, "x", "met", [THIS], ["hub/none.py"]),
        Requirement(2, "x", "partly", [THIS]),
        Requirement(2, "x", "not met"),
        Requirement(2, "a|b", "met", [THIS]),
        Requirement(2, "", "met", [THIS]),
    ],
    ids=str,
)
def test_a_bad_row_is_seen(one: Requirement) -> None:
    assert list(wrong("1.1.1", one))
    assert not list(wrong("1.1.1", Requirement(1, "x", "met", [THIS])))


def test_a_row_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v01.toml").write_text('title = "x"\n["1.1.1"]\nlevel = 3\nwords = "x"\nstatus = "met"\n')
    with pytest.raises(msgspec.ValidationError):
        chapters(tmp_path)
    assert page([Chapter("V1", "x", {"1.1.1": Requirement(1, "x", "met", [THIS])})]).count("| 1.1.1 |") == 1
