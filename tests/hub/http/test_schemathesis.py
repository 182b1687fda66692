"""The whole API as it describes itself, against requests made from that description: nothing breaks, and each answer is
one that the description promises. `SCHEMATHESIS_CASES=200` for long, `SCHEMATHESIS_SEED=7` for others."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn

from hub.app import make_app
from hub.context import Hub
from storage.http import Impatient
from tests.app import Office, Person, World
from tests.browsers import proved

CASES = int(os.environ.get("SCHEMATHESIS_CASES", "2"))  # of each operation, made at random
# Long, every edge of every parameter as well: some 20,000 requests, ten minutes.
PHASES = "coverage,fuzzing" if "SCHEMATHESIS_CASES" in os.environ else "fuzzing"
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method"
)
# They end the session by which all else is asked; tests of sessions ask them.
LEFT_OUT = ("sign_out", "end_session", "end_others")


@pytest.fixture
async def port(hub: Hub) -> AsyncIterator[int]:
    """The hub behind the server that it has in production."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = cast(Any, make_app(hub))
    config = uvicorn.Config(app, http=Impatient, ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve([listening]))
    yield listening.getsockname()[1]
    server.should_exit = True
    await running


async def asked(port: int, place: Path, person: Person | None, parameters: dict[str, Any]) -> None:
    """Ask everything; fails with what was found."""
    fixed = "\n".join(f'"path.{name}" = "{value}"' for name, value in parameters.items())
    config = place / "schemathesis.toml"
    config.write_text(f"[parameters]\n{fixed}\n")
    more = ["-H", f"Authorization: Bearer {person.token}"] if person else []
    for operation in LEFT_OUT:
        more += ["--exclude-operation-id", operation]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
        f"http://127.0.0.1:{port}/openapi.json", "--phases", PHASES, "--checks", CHECKS,
        "--max-examples", str(CASES), "--seed", SEED, "--no-shrink", "--no-color", "--continue-on-failure",
        "--suppress-health-check", "all", "--warnings", "off", *more,
        cwd=place, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-20_000:]


@pytest.mark.timeout(240 if PHASES == "fuzzing" else 3600)
async def test_everything_as_an_administrator(port: int, tmp_path: Path, office: Office, world: World) -> None:
    """With the ids of things that are there."""
    await proved(world, office.admin)
    await asked(port, tmp_path, office.admin, {"org": office.org, "case": office.case})


@pytest.mark.timeout(240 if PHASES == "fuzzing" else 3600)
async def test_everything_as_nobody(port: int, tmp_path: Path) -> None:
    await asked(port, tmp_path, None, {})
