"""What a round says of its arrivals, and what a bench says of a peer that cannot be had."""

import os
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from deploy.bench._crowd import Arrival, Counts
from deploy.bench._peers import FLOOR, peers
from deploy.bench._rig import cpu_s
from deploy.bench._rounds import Round, cpu_us, latency_ms
from deploy.embedded.child import StackError

NOTHING = dict.fromkeys(Counts.__struct_fields__, 0) | {
    "seconds": 0.0,
    "cpu_s": 0.0,
    "closes": {},
    "error": "",
}
MS = 1_000_000


def taken(arrivals: list[tuple[int, int, int]], cpu: float | None = 1e-3, **heard: int) -> Round:
    """Two sockets, two frames, marked 1 and 2 ms; arrivals are (socket, mark in ms, at in ms)."""
    counts = msgspec.convert(NOTHING | heard, Counts)
    return Round(2, 2, cpu, [Arrival(one, 781, mark * MS, at * MS) for one, mark, at in arrivals], counts)


WHOLE = [(0, 1, 3), (1, 1, 4), (0, 2, 5), (1, 2, 6)]


def test_a_whole_round():
    one = taken(WHOLE, reads=2)
    assert one.whole and (one.lost, one.repeated, one.disordered) == (0, 0, 0)
    assert one.size == 785 and one.frames_per_read == 2.0
    assert one.cpu_us_per_delivery == pytest.approx(250)
    assert one.deliveries_per_s == pytest.approx(4 / 0.003)
    assert one.deliveries_per_s_within_an_event == pytest.approx(2 / 0.001)
    assert latency_ms([one], 0.5) == pytest.approx(3) and latency_ms([one], 0.99) == pytest.approx(4)


@pytest.mark.parametrize(
    ("arrivals", "heard", "trouble"),
    [
        (WHOLE[:3], {}, (1, 0, 0)),
        ([*WHOLE, (1, 2, 7)], {}, (0, 1, 0)),
        ([*WHOLE[:3], (0, 2, 7)], {}, (1, 1, 0)),
        ([(0, 2, 3), (0, 1, 4), *WHOLE[1::2]], {}, (0, 0, 1)),
        (WHOLE, {"gaps": 2}, (2, 0, 0)),
        (WHOLE, {"repeats": 1}, (0, 1, 0)),
        ([], {}, (4, 0, 0)),
    ],
)
def test_what_is_wrong_with_a_round(
    arrivals: list[tuple[int, int, int]], heard: dict[str, int], trouble: tuple[int, int, int]
):
    one = taken(arrivals, **heard)
    assert (one.lost, one.repeated, one.disordered) == trouble and not one.whole


def test_the_cpu_of_another_machine_is_not_known():
    assert cpu_us([taken(WHOLE), taken(WHOLE, None)]) is None
    assert cpu_us([taken(WHOLE), taken(WHOLE, 2e-3), taken(WHOLE, 9e-3)]) == pytest.approx(500)


def test_the_clock_of_a_process_is_that_of_its_work():
    before, own = cpu_s(os.getpid()), time.process_time()
    assert before is not None and abs(before - own) < 1.0
    while time.process_time() - own < 0.05:
        pass
    assert (cpu_s(os.getpid()) or 0.0) - before >= 0.05
    assert cpu_s(None) is None and cpu_s(2**22 - 1) is None


async def test_a_peer_that_cannot_be_had_is_named_with_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(shutil, "which", lambda name: None if name in {"node", "npm"} else f"/usr/bin/{name}")
    async with peers(("broadcast", "ws"), 2) as (there, missing):
        assert [each.name for each in there] == ["broadcast"]
        assert (await there[0].round(2, 3, 0.01, 400)).whole
    assert missing == {"ws": "Node.js is not there."}
    monkeypatch.setattr("deploy.bench._native.SOURCES", tmp_path)
    with pytest.raises(StackError, match=r"floor\.c"):
        async with peers((FLOOR,), 2):
            pass
