"""The architecture as tests: names, sizes, arrows, and what must not stand in any file."""

import re
import subprocess
from pathlib import Path

import pytest

from schemas.casetypes import CURRENT
from schemas.events import EVENTS

ROOT = Path(__file__).parents[2]
LINES_MAX = 600
GENERATED = {
    "hub/web/src/wire.ts",
    "hub/web/package-lock.json",
    "requirements.lock",
    "storage/schema.sql",
    "LICENSE",
}
FOLDERS = ("deploy", "gateway", "hub", "schemas", "storage", "tests", "workers")


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no git checkout: which files are ours is not known")
    return [
        ROOT / name.decode() for name in done.stdout.split(b"\0") if name and (ROOT / name.decode()).is_file()
    ]


def texts() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in tracked():
        raw = path.read_bytes()
        if b"\0" not in raw:
            found[str(path.relative_to(ROOT))] = raw.decode("utf-8")
    return found


def test_no_file_is_too_long() -> None:
    long = {
        name: text.count("\n")
        for name, text in texts().items()
        if name.endswith((".py", ".ts", ".tsx", ".md"))
        and name not in GENERATED
        and text.count("\n") > LINES_MAX
    }
    assert long == {}


def test_each_top_folder_says_what_it_is() -> None:
    for folder in FOLDERS:
        readme = (ROOT / folder / "README.md").read_text()
        assert readme.startswith("# ") and len(readme.splitlines()) >= 8, folder


def test_top_level_is_fixed() -> None:
    allowed = {*FOLDERS, "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "requirements.lock"}
    tops = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {top for top in tops if not top.startswith(".")} <= allowed


def test_no_registry_and_no_machine_is_named() -> None:
    """Where packages come from is the machine's business; paths of one machine are nobody's."""
    hosts = "|".join(
        ("py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js.org", "registry.yarn" + "pkg.com")
    )
    paths = "|".join(("/" + "work/", "/" + "root/", "/" + "farm"))
    bad = re.compile(rf"{hosts}|(?<![\w/.]){paths}")
    assert [name for name, text in texts().items() if bad.search(text)] == []


def test_a_case_type_is_named_in_its_own_file_alone() -> None:
    """Code that asks for a type by its name is a branch that the next type does not get."""
    for name in CURRENT:
        quoted = re.compile(rf"""["'`]{name}["'`]""")
        allowed = (
            f"schemas/casetypes/{name}.py",
            "tests/",
            "deploy/seed/",
            "deploy/samples.py",
            "deploy/bench/",
        )
        found = [
            path
            for path, text in texts().items()
            if path.endswith((".py", ".ts", ".tsx", ".sql")) and quoted.search(text)
            and not path.startswith(allowed) and ".test." not in path
        ]  # fmt: skip
        assert found == [], name


def test_every_event_is_appended_somewhere() -> None:
    code = "\n".join(
        text
        for path, text in texts().items()
        if path.startswith(("hub/", "workers/")) and path.endswith(".py")
    )
    dynamic = {"deadline.met", "deadline.cancelled"}  # f"deadline.{status}"
    assert [name for name in EVENTS if f'"{name}"' not in code and name not in dynamic] == []


@pytest.mark.parametrize("folder", ["schemas", "storage", "hub", "gateway", "workers", "deploy"])
def test_every_module_opens_with_what_it_is(folder: str) -> None:
    ours = {name: text.strip() for name, text in texts().items() if name.startswith(f"{folder}/")}
    bare = [name for name, text in ours.items() if name.endswith(".py") and text and not text.startswith(('"""', "#!"))]
    assert bare == []
