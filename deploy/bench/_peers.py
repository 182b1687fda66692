"""What else sends one frame to many sockets: `websockets.broadcast`, and a plain loop of `socket.send`.

`python -m deploy.bench._peers broadcast|loop SOCKETS EVENTS PAUSE_S` prints the port, waits for SOCKETS connections,
sends EVENTS frames to each, and prints the CPU seconds that the sending took, on a line of its own.
"""

import asyncio
import contextlib
import socket
import sys
import time
from pathlib import Path
from uuid import UUID

import websockets
from websockets.asyncio.server import ServerConnection, serve

from deploy.bench._socket import Listener, until

ROOT = Path(__file__).parents[2]
SIZE = 700  # bytes of an event's frame here, as the product sends it


def frame(mark: int) -> str:
    return f'{{"op":"event","body":"t={mark};"'.ljust(SIZE - 1, " ") + "}"


async def broadcast(sockets: int, events: int, pause_s: float) -> None:
    connections: set[ServerConnection] = set()
    everybody = asyncio.Event()

    async def accepted(connection: ServerConnection) -> None:
        connections.add(connection)
        if len(connections) == sockets:
            everybody.set()
        with contextlib.suppress(websockets.ConnectionClosed):
            await connection.wait_closed()

    async with serve(accepted, "127.0.0.1", 0, compression=None, backlog=2048, max_queue=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await everybody.wait()
        await asyncio.sleep(0.2)
        before = time.process_time()
        for mark in range(events):
            websockets.broadcast(connections, frame(mark))
            await asyncio.sleep(pause_s)
        print(time.process_time() - before, flush=True)
        await asyncio.to_thread(sys.stdin.read)


def loop(sockets: int, events: int, pause_s: float) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as server:
        print(server.getsockname()[1], flush=True)
        connections = [server.accept()[0] for _ in range(sockets)]
        for connection in connections:
            connection.recv(4096)
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        time.sleep(0.2)
        before = time.process_time()
        for mark in range(events):
            payload = frame(mark).encode()
            ready = b"\x81\x7e" + len(payload).to_bytes(2) + payload
            for connection in connections:
                connection.send(ready)
            time.sleep(pause_s)
        print(time.process_time() - before, flush=True)
        sys.stdin.read()
        for connection in connections:
            connection.close()


class Plain(Listener):
    """A listener of a peer, which knows no topics: it is ready when the handshake is done."""

    def _upgrade(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        self._upgraded = True
        self._buffer = self._buffer[end + 4 :]
        self.subscribed.set_result(None)
        return True


async def cpu_us_per_delivery(kind: str, sockets: int, events: int, pause_s: float) -> float:
    """Run a peer in a process of its own, listen to it here, and see that nothing is missing."""
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.bench._peers", kind, str(sockets), str(events), str(pause_s),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert peer.stdout is not None and peer.stdin is not None
    heard = 0
    listeners: list[Plain] = []

    def count(mark: int, at: float) -> None:
        nonlocal heard
        heard += 1

    try:
        async with asyncio.timeout(60 + events * (pause_s + 0.2)):
            port = int(await peer.stdout.readline())
            for _ in range(sockets):
                listener = Plain(f"127.0.0.1:{port}", "none", UUID(int=0), count)
                await asyncio.get_running_loop().create_connection(lambda it=listener: it, "127.0.0.1", port)
                listeners.append(listener)
            cpu = float(await peer.stdout.readline())
        await until(lambda: heard >= sockets * events, 5.0)
    finally:
        for listener in listeners:
            listener.close()
        peer.stdin.close()
        if peer.returncode is None:
            peer.terminate()
        await peer.wait()
    if heard != sockets * events:
        raise AssertionError(f"{kind} delivered {heard} of {sockets * events}")
    return cpu / heard * 1e6


if __name__ == "__main__":
    _kind, _sockets, _events, _pause = sys.argv[1:]
    if _kind == "broadcast":
        asyncio.run(broadcast(int(_sockets), int(_events), float(_pause)))
    else:
        loop(int(_sockets), int(_events), float(_pause))
