"""scim2-tester, a client that nobody here wrote, against a running hub: all of its checks."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from scim2_client import BaseSyncSCIMClient
from scim2_tester import Status, check_server

from tests.app import World
from tests.hub.scim.conftest import directory_of


class Client(BaseSyncSCIMClient):
    """The tester's client on the HTTP client that we have."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.http = http

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        return self.http.request(method, url, **kwargs)


@pytest.fixture
async def address(app: Litestar) -> AsyncIterator[str]:
    """Where the hub listens, on a socket of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_scim2_tester_finds_nothing(address: str, world: World) -> None:
    # A token that may make administrators: the tester takes any of the roles that the schema names.
    directory = await directory_of(world, "scim", "admin")
    # It fills groups with users to whom it gives no role, and only staff are in teams.
    await world.pool.execute("update organisations set scim_role = 'desk' where id = $1", directory.org)

    def run() -> Any:
        headers = {"authorization": f"Bearer {directory.service.token}"}
        base = f"{address}/scim/v2/{directory.org}"
        with httpx.Client(base_url=base, headers=headers, timeout=30) as http:
            return check_server(Client(http))

    results = await asyncio.to_thread(run)
    wrong = [
        f"{one.title} {one.resource_type}: {one.reason}" for one in results if one.status != Status.SUCCESS
    ]
    assert "\n".join(wrong) == ""
    assert len(results) >= 60
    assert {one.resource_type for one in results} >= {"User", "Group"}
