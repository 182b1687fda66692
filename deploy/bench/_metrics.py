"""What a process says of itself on its internal port."""

import asyncio
import urllib.request
from collections.abc import Mapping

from deploy.bench._rig import Rig
from schemas.settings import Settings

ANSWER_S = 5.0


async def metrics(rig: Rig, process: str) -> Mapping[str, float]:
    """By name, labels included as they stand there; empty where nothing is known of the process."""
    environ = rig.environs.get(process)
    if environ is None:
        return {}
    address = f"http://127.0.0.1:{Settings.read(environ).internal_port}/metrics"
    text = await asyncio.to_thread(_read, address)
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:
        return answer.read().decode()
