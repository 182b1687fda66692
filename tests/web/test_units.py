"""The web client's own tests: its reducer, socket, uploads and forms, run by vitest."""

import os
import subprocess

import pytest

from deploy.__main__ import WEB, find_npm


@pytest.mark.timeout(300)
def test_the_web_client_passes_its_own_tests() -> None:
    folder, npm = find_npm()
    environ = dict(os.environ, PATH=folder + os.pathsep + os.environ["PATH"], CI="true")
    done = subprocess.run(
        [*npm, "test"], cwd=WEB, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
