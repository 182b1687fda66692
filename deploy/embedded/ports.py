"""Loopback ports for servers that nobody outside needs to find."""

import errno
import random
import socket
from pathlib import Path

PORT_MIN = 10_240
TRIES_MAX = 1000
# Where Linux begins by default; other systems begin higher.
EPHEMERAL_LOWEST = 32_768


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something listens on `port`, or the system refuses it to us."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections on `port`."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def free(count: int) -> list[int]:
    """`count` different free loopback ports, from below those that the system gives to outgoing connections: one of
    these could take a port between its choice and the start of its server."""
    lowest = min(EPHEMERAL_LOWEST, _ephemeral_lowest())
    found: list[int] = []
    for port in random.SystemRandom().sample(range(PORT_MIN, lowest), TRIES_MAX):
        if len(found) == count:
            return found
        if not taken(port):
            found.append(port)
    raise OSError(errno.EADDRINUSE, "no free ports")


def _ephemeral_lowest() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return EPHEMERAL_LOWEST
