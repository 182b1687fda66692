"""oidc-provider (npm) in a process of its own: an identity provider that nobody here wrote."""

import asyncio
import fcntl
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

PLACE = Path(__file__).parent / "oidc"
INSTALL_S = 120
START_S = 30.0


class Elsewhere:
    def __init__(self, issuer: str, process: asyncio.subprocess.Process) -> None:
        self.issuer, self._process = issuer, process

    async def serve(self, client_id: str, client_secret: str, redirect_uri: str) -> None:
        """From now on it knows this client, and no other."""
        client = {"client_id": client_id, "client_secret": client_secret, "redirect_uris": [redirect_uri]}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(client).encode() + b"\n")
        async with asyncio.timeout(START_S):
            while (
                line := await self._process.stdout.readline()
            ) != b"ready\n":  # it warns of what is for tests alone
                assert line, "the provider ended"


def installed() -> str:
    """Node, with the provider installed, which this does when it is not. Skips where there is no Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node.js on this machine (apt-get install nodejs npm)")
    with (PLACE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (PLACE / "node_modules" / "oidc-provider").exists():
            subprocess.run([npm, "ci"], cwd=PLACE, capture_output=True, timeout=INSTALL_S, check=True)
    return node


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    process = await asyncio.create_subprocess_exec(
        installed(), str(PLACE / "provider.mjs"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            issuer = (await process.stdout.readline()).decode().strip()
        yield Elsewhere(issuer, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
