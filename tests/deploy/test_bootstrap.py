"""`python3 -m deploy`: what it says on a machine that cannot run it, and when it works anew."""

import builtins
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house import ROOT

bootstrap: Any = importlib.import_module("deploy.__main__")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A web client of two files whose npm writes down what it was asked to do."""
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/main.tsx"):
        (folder / name).write_text("{}")
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\necho "$1 $2" >> ../asked\nmkdir -p node_modules dist\n')
    npm.chmod(0o755)
    monkeypatch.setattr(bootstrap, "WEB", str(folder))
    monkeypatch.setattr(bootstrap, "find_npm", lambda: (str(tmp_path), [str(npm)]))
    return folder


def asked(web: Path) -> list[str]:
    path = web.parent / "asked"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def test_an_old_python_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON_MIN", (99, 0))
    assert bootstrap.main(["up"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Python 3.11" in said


def test_a_python_without_venv_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert bootstrap.main(["up"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "python3-venv" in said


def test_the_bootstrap_needs_the_standard_library_alone() -> None:
    """-I -S: no installed package can be found."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import deploy.__main__"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_web_client_is_built_once_and_again_when_a_file_changed(web: Path) -> None:
    bootstrap.prepare_web(packages=False)
    assert asked(web) == ["ci --no-progress", "run build"]
    bootstrap.prepare_web(packages=True)
    assert asked(web) == []
    (web / "src" / "main.tsx").write_text("changed")
    bootstrap.prepare_web(packages=False)
    assert asked(web) == ["run build"]
    (web / "package-lock.json").write_text('{"changed": true}')
    bootstrap.prepare_web(packages=False)
    assert asked(web) == ["ci --no-progress", "run build"]


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v18.20.0", False),
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.12.0", True),
        ("odd", False),
    ],
)
def test_a_node_that_does_not_fit_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folder, npm = bootstrap.find_npm()
    assert (folder == str(tmp_path)) == fits
    assert Path(npm[0]).exists()


def test_a_step_that_fails_shows_its_last_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(bootstrap.SetupError, match=r"^Making tea failed with code 3"):
        bootstrap.run(["sh", "-c", "echo the kettle is missing; exit 3"], "making tea", cwd="/")
    assert "the kettle is missing" in capsys.readouterr().err
    with pytest.raises(bootstrap.SetupError, match=r"is full\.$"):
        bootstrap.run(["sh", "-c", "echo 'No space left on device'; exit 1"], "making tea", cwd="/")
