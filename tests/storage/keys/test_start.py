"""Who starts with a wrong root key is told so in one sentence, and does not start by half."""

import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy.embedded.stack import Stack
from deploy.soundness import wrong_root
from deploy.supervisor import child_environment
from hub.context import Hub
from schemas.ids import new_id
from schemas.settings import Secret, Settings, SettingsError

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_S = 60.0


def another() -> str:
    return b64encode(os.urandom(32)).decode()


async def test_a_root_that_did_not_wrap_what_is_there(hub: Hub, settings: Settings) -> None:
    await hub.keys.ensure(hub.database.system, "version", new_id(), new_id(), new_id())
    assert await wrong_root(settings) is None
    said = await wrong_root(replace(settings, root_key=Secret(another())))
    assert said and "wraps the keys of cases and is not the one given" in said and "\n" not in said
    both = f"{another()},{settings.root_key.reveal()}"
    assert await wrong_root(replace(settings, root_key=Secret(both))) is None
    with pytest.raises(SettingsError, match="cannot be sealed without a root key"):
        await wrong_root(replace(settings, root_key=Secret(""), mode="production"))


@pytest.mark.parametrize("process", ["hub", "files"])
async def test_no_process_starts_on_it(hub: Hub, stack: Stack, process: str) -> None:
    await hub.keys.ensure(hub.database.system, "version", new_id(), new_id(), new_id())
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CASEWIRE_")}
    env = kept | stack.settings(process) | {"CASEWIRE_ROOT_KEY": another(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.serve", process],
        env=env, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("casewire: The root key key:") and len(done.stderr.splitlines()) == 1


def test_only_who_opens_what_is_sealed_has_the_root(stack: Stack) -> None:
    held = {name for name in ("hub", "gateway", "files", "relay", "worker", "operator")
            if "CASEWIRE_ROOT_KEY" in stack.settings(name)}  # fmt: skip
    assert held == {"hub", "files", "worker", "operator"}


def test_only_who_opens_what_is_sealed_may_ask_for_it_elsewhere(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"CASEWIRE_ROOT_KMS", "CASEWIRE_ROOT_KMS_REGION", "CASEWIRE_ROOT_FIRST"}
    for name in named:
        monkeypatch.setitem(stack.environ, name, "given")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "given")
    for process in ("hub", "gateway", "files", "relay", "worker"):
        opens = process in ("hub", "files", "worker")
        settings = stack.settings(process)
        assert {name for name in settings if "ROOT" in name} == (named if opens else set())
        assert ("AWS_SECRET_ACCESS_KEY" in child_environment(settings)) == opens
