"""What else sends one frame to many sockets, each in a process of its own with a crowd that listens to it.

`c_write` is the floor (`tests/bench/floor.c`): nothing that makes a system call for each delivery is faster. The others
are what people would pick instead. All speak one tongue: see `_peer.py`.
"""

import asyncio
import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from deploy.bench._crowd import NOTHING, crowd
from deploy.bench._native import SOURCES, built
from deploy.bench._rounds import Round, Sender
from deploy.embedded.child import StackError

ROOT = Path(__file__).parents[2]
NODE = SOURCES / "peers"
INSTALL_S = 120
START_S = 30.0
SETTLE_S = 0.3  # after the handshakes: what a server does about them is not what is measured


class Way(NamedTuple):
    """How a peer is started, how a client gets in, and what it is called in a report."""

    title: str
    command: tuple[str, ...]
    path: str = "/"
    hello: str = NOTHING
    ready: str = NOTHING


FLOOR = "c_write"
WAYS = {
    FLOOR: Way("C write()", ("floor",)),
    "plain": Way("Python socket.send", ("python", "plain")),
    "broadcast": Way("websockets.broadcast", ("python", "broadcast")),
    "channels": Way("Litestar channels", ("python", "channels"), "/events"),
    "ws": Way("Node ws", ("node", "ws.mjs")),
    "socketio": Way(
        "Socket.IO", ("node", "socketio.mjs"), "/socket.io/?EIO=4&transport=websocket", "40", "40{"
    ),
}


class Peer:
    """Made by `peer`. Every frame it is told to send arrives at every socket once, or `round` raises."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, sender: Sender) -> None:
        self.name, self._process, self._sender = name, process, sender

    async def round(self, events: int, burst: int, pace_s: float, size: int) -> Round:
        """`events` times a burst of frames of `size` bytes, a burst every `pace_s`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        await self._sender.begin()
        self._process.stdin.write(f"{events} {burst} {int(pace_s * 1e6)} {size}\n".encode())
        async with asyncio.timeout(START_S + events * (pace_s + burst)):
            if await self._process.stdout.readline() != b"done\n":
                raise AssertionError(f"{self.name} ended while it sent")
        taken = await self._sender.end(events * burst)
        if not taken.whole or taken.size != size:
            raise AssertionError(
                f"{self.name}: {taken.lost} lost, {taken.repeated} repeated, {taken.disordered} out of order, "
                f"frames of {taken.size} bytes instead of {size}"
            )
        return taken


@asynccontextmanager
async def peer(name: str, sockets: int) -> AsyncIterator[Peer]:
    """A peer with `sockets` clients. Raises `StackError` when what it needs is not there."""
    way = WAYS[name]
    async with AsyncExitStack() as stack:
        kind, *rest = way.command
        if kind == "floor":
            command = [str(stack.enter_context(built("floor"))), str(sockets)]
        elif kind == "python":
            command = [sys.executable, "-m", "deploy.bench._peer", *rest, str(sockets)]
        else:
            command = [installed(), str(NODE / rest[0])]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        stack.push_async_callback(_end, process)
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            port = int(await process.stdout.readline())
        listening = await stack.enter_async_context(
            crowd(
                port,
                [(NOTHING, NOTHING)] * sockets,
                path=way.path,
                subprotocol=NOTHING,
                hello=way.hello,
                ready=way.ready,
            )
        )
        there = await listening.connect(at_once=sockets)
        if there.ready != sockets:
            raise AssertionError(f"{name} let in {there.ready} of {sockets}: {there.error}")
        await asyncio.sleep(SETTLE_S)
        yield Peer(name, process, Sender(process.pid, listening))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


@asynccontextmanager
async def peers(names: Sequence[str], sockets: int) -> AsyncIterator[tuple[list[Peer], dict[str, str]]]:
    """Those of `names` that can be had, and why the others cannot."""
    there: list[Peer] = []
    missing: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for name in names:
            try:
                there.append(await stack.enter_async_context(peer(name, sockets)))
            except StackError as problem:
                if name == FLOOR:
                    raise
                missing[name] = str(problem)
        yield there, missing


def installed() -> str:
    """Node, when its peers are installed, which this does when they are not. Raises `StackError` where it cannot."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or not NODE.exists():
        raise StackError("Node.js is not there." if node is None else "tests/bench/peers is not there.")
    with (NODE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two benches may begin together
        if not (NODE / "node_modules" / "socket.io").exists():
            if npm is None:
                raise StackError("npm, which installs the peers of Node.js, is not there.")
            done = subprocess.run(
                [npm, "ci"], cwd=NODE, capture_output=True, text=True, timeout=INSTALL_S, check=False
            )
            if done.returncode:
                raise StackError(f"npm could not install the peers of Node.js: {done.stderr.strip()[-300:]}")
    return node


def versions() -> dict[str, str]:
    """Of the packages of Node.js that are installed, by the peer's name."""
    found: dict[str, str] = {}
    for name, package in (("ws", "ws"), ("socketio", "socket.io")):
        file = NODE / "node_modules" / package / "package.json"
        if file.exists():
            found[name] = json.loads(file.read_text())["version"]
    return found
