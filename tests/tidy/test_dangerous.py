"""What must not stand in the code that serves people: evaluated text, shells, unsafe decoding."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("schemas", "storage", "hub", "gateway", "workers")

CALLS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "telnetlib", "ftplib"}
ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("hashlib", "md5"),
    ("hashlib", "sha1"),
    ("ssl", "_create_unverified_context"),
}
# Where chance decides nothing that anybody could want to guess, and why.
CHANCE = {"gateway/connection.py": "when who was sent away comes back, so that not all do at once"}


def dangers(source: str, *, chance: bool = False) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield f"{node.lineno}: {name}()"
            case ast.Import(names=names):
                found = {alias.name.partition(".")[0] for alias in names}
                yield from (f"{node.lineno}: import {name}" for name in found & _modules(chance))
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in _modules(chance):
                yield f"{node.lineno}: from {module}"
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in ATTRIBUTES:
                yield f"{node.lineno}: {owner}.{name}"
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield f"{node.value.lineno}: shell=True"
            case ast.keyword(arg="verify", value=ast.Constant(value=False)):
                yield f"{node.value.lineno}: verify=False"
            case _:
                pass


def _modules(chance: bool) -> set[str]:
    return MODULES if chance else MODULES | {"random"}


def test_nothing_dangerous_stands_in_the_code() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{what}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in path.parts
        for what in dangers(path.read_text(), chance=str(path.relative_to(ROOT)) in CHANCE)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)", "exec(text)", "import pickle", "from yaml import load", "import os\nos.system(text)",
        "subprocess.run(text, shell=True)", "import hashlib\nhashlib.md5(b'')", "import random",
        "from random import choice", "httpx.get(url, verify=False)",
    ],
)  # fmt: skip
def test_it_would_be_seen(source: str) -> None:
    assert list(dangers(source))
