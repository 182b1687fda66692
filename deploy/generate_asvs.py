"""The table of OWASP ASVS 5.0, levels 1 and 2: `deploy/asvs/README.md`, made of the chapters beside it.

Each requirement says what is so: `met` by tests or by a source that shows it, `partly`, `not met` or `not applicable`,
and why. Ids are the standard's (CC BY-SA 4.0); the words are ours and shorter: what counts is the text behind the id.
"""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

FOLDER = Path(__file__).parent / "asvs"
PAGE = FOLDER / "README.md"
STATUSES = ("met", "partly", "not met", "not applicable")
HEAD = """# OWASP ASVS 5.0, levels 1 and 2

Made by `python -m deploy.generate` of the chapters beside this page; to change a row, change its chapter. Ids are those
of the [standard](https://github.com/OWASP/ASVS) (CC BY-SA 4.0), the words are ours and shorter. *Met* names tests that
show it, or the source where it can be seen; all else says why. `tests/deploy/test_asvs.py` sees that every requirement
is here once and that every test and source exists.
"""


class Requirement(Struct, frozen=True, forbid_unknown_fields=True):
    """`tests` are node ids of pytest, `sources` files of the repository."""

    level: Literal[1, 2]
    words: str
    status: Literal["met", "partly", "not met", "not applicable"]
    tests: list[str] = field(default_factory=list[str])
    sources: list[str] = field(default_factory=list[str])
    why: str = ""


class Chapter(Struct, frozen=True):
    name: str
    title: str
    requirements: dict[str, Requirement]


def chapters(folder: Path = FOLDER) -> list[Chapter]:
    """In their order. Raises `msgspec.ValidationError` for a row that is none."""
    found: list[Chapter] = []
    for path in sorted(folder.glob("v*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        title = str(raw.pop("title"))
        rows = msgspec.convert(raw, dict[str, Requirement])
        found.append(Chapter(f"V{int(path.stem[1:])}", title, rows))
    return found


def page(found: list[Chapter]) -> str:
    parts = [HEAD, _counts(found)]
    for chapter in found:
        rows = [
            f"## {chapter.name} {chapter.title}",
            "",
            "| id | level | | | by |",
            "| --- | --- | --- | --- | --- |",
        ]
        rows += [
            f"| {id} | {one.level} | {one.words} | {one.status} | {_by(one)} |"
            for id, one in chapter.requirements.items()
        ]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _counts(found: list[Chapter]) -> str:
    count = Counter((one.level, one.status) for chapter in found for one in chapter.requirements.values())
    rows = ["| level | " + " | ".join(STATUSES) + " |", "| --- |" + " --- |" * len(STATUSES)]
    for level in (1, 2):
        rows.append(f"| {level} | " + " | ".join(str(count[level, status]) for status in STATUSES) + " |")
    return "\n".join(rows) + "\n"


def _by(one: Requirement) -> str:
    """Why, then where to look."""
    said = [one.why] if one.why else []
    for node in one.tests:
        path, _, name = node.partition("::")
        said.append(f"[{name.removeprefix('test_')}](../../{path})")
    said += [f"[{path}](../../{path})" for path in one.sources]
    return " · ".join(said)


def main() -> None:
    PAGE.write_text(page(chapters()), encoding="utf-8")


if __name__ == "__main__":
    main()
