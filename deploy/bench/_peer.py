"""Peers in Python: `python -m deploy.bench._peer NAME` prints the port, then does what its standard input says.

Each line "EVENTS BURST PACE_US SIZE" makes it send EVENTS bursts of BURST frames of SIZE bytes to every client, a burst
every PACE_US; it answers "done". Ends with its input.
"""

import asyncio
import contextlib
import resource
import socket
import sys
import time
from collections.abc import Callable

import uvicorn
import uvloop
import websockets
from litestar import Litestar
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from websockets.asyncio.server import ServerConnection, serve

HEAD = 4  # bytes of the frame before the payload
BACKLOG = 4096
HELLO = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def text(size: int) -> str:
    return f'{{"op":"event","body":"t={time.perf_counter_ns()};"'.ljust(size - HEAD - 1) + "}"


async def paced(broadcast: Callable[[int], None]) -> None:
    """Do what the lines of standard input say, until it ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        events, burst, pace_us, size = map(int, line.split())
        begun = loop.time()
        for event in range(events):
            await asyncio.sleep(begun + event * pace_us / 1e6 - loop.time())
            for _ in range(burst):
                broadcast(size)
        print("done", flush=True)


async def broadcasting() -> None:
    """`websockets.broadcast`."""
    clients: set[ServerConnection] = set()

    async def accepted(client: ServerConnection) -> None:
        clients.add(client)
        with contextlib.suppress(websockets.ConnectionClosed):
            await client.wait_closed()
        clients.discard(client)

    async with serve(accepted, "127.0.0.1", 0, compression=None, backlog=BACKLOG) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await paced(lambda size: websockets.broadcast(clients, text(size)))


async def channels() -> None:
    """Litestar channels in memory, with the route handler that they make, under uvicorn."""
    plugin = ChannelsPlugin(MemoryChannelsBackend(), channels=["events"], create_ws_route_handlers=True)
    listening = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    app = Litestar(plugins=[plugin])
    config = uvicorn.Config(
        app, log_level="error", lifespan="on", backlog=BACKLOG, ws_per_message_deflate=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0.01)
    print(listening.getsockname()[1], flush=True)
    await paced(lambda size: plugin.publish(text(size), "events"))
    server.should_exit = server.force_exit = True
    await serving


def plainly(clients: int) -> None:
    """A loop of `socket.send`: what Python costs without an event loop."""
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as server:
        print(server.getsockname()[1], flush=True)
        connections = [server.accept()[0] for _ in range(clients)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.recv(4096)
        connection.send(HELLO)
    for line in sys.stdin:
        events, burst, pace_us, size = map(int, line.split())
        begun = time.perf_counter()
        for event in range(events):
            time.sleep(max(0.0, begun + event * pace_us / 1e6 - time.perf_counter()))
            for _ in range(burst):
                payload = text(size).encode()
                frame = b"\x81\x7e" + len(payload).to_bytes(2) + payload
                for connection in connections:
                    connection.send(frame)
        print("done", flush=True)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if sys.argv[1] == "plain":
        plainly(int(sys.argv[2]))
    else:
        uvloop.run({"broadcast": broadcasting, "channels": channels}[sys.argv[1]]())
