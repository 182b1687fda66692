"""Each bench runs in a tiny size, loses nothing, and answers in the shape that is promised: on a stack that runs
already, or on one of its own where it ends processes, is set in its own way or needs no more than a part.

No figure is asserted: how fast a machine is today is for the person who runs the bench.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import uvloop

from deploy.bench._rig import percentile
from deploy.bench._socket import frame_end, masked
from deploy.supervisor import Stopped
from tests.house import House

ROOT = Path(__file__).parent.parent.parent

EXPECTED = {
    "post": (
        {
            f"{arm}_{figure}"
            for arm in ("socket", "http")
            for figure in (
                "rate_per_s",
                "ratio_to_bare",
                "p50_ms",
                "p99_ms",
                "paced_p50_ms",
                "paced_p99_ms",
                "hub_cpu_us_per_post",
                "postgres_cpu_us_per_post",
            )
        }
        | {"failed", "lost", "repeated"},
        {"bare_statements_per_s"},
    ),
    "deliver": (
        {
            "rate_per_s",
            "sockets",
            "deliveries",
            "commit_to_subscriber_p50_ms",
            "commit_to_subscriber_p99_ms",
            "ratio_to_floors",
            "request_to_subscriber_p50_ms",
            "request_to_subscriber_p99_ms",
            "lost",
            "repeated",
        },
        {f"{step}_p50_ms" for step in ("wake", "read", "publish_and_ack", "hop", "socket_write")}
        | {"sum_of_p50_ms"},
    ),
    "relay": (
        {
            "events",
            "events_per_s",
            "ratio_to_awaited",
            "relay_cpu_us_per_event",
            "postgres_cpu_us_per_event",
            "nats_cpu_us_per_event",
            "killed_and_on_again_s",
            "lost",
            "repeated",
            "disordered",
            "broken_chains",
        },
        {"ready_events_per_s"},
    ),
    "fanout": (
        {
            "sockets",
            "deliveries",
            "deliveries_per_s_within_an_event",
            "gateway_cpu_us_per_delivery",
            "ratio_to_c_write",
            "ratio_to_broadcast",
            "p50_ms",
            "p99_ms",
            "lost",
            "repeated",
            "disordered",
            "cut",
        },
        {"c_write_cpu_us_per_delivery", "c_write_p50_ms", "c_write_deliveries_per_s_within_an_event"},
    ),
    "burst": (
        {
            "sockets",
            "deliveries",
            "deliveries_per_s",
            "frames_per_read",
            "ratio_to_c_write",
            "gateway_cpu_us_per_delivery",
            "commit_to_last_p50_ms",
            "lost",
            "repeated",
            "disordered",
            "cut",
        },
        {"c_write_deliveries_per_s", "c_write_frames_per_read", "c_write_cpu_us_per_delivery"},
    ),
    "slow": (
        {
            "sockets",
            "stalled",
            "p50_ratio",
            "p99_ratio",
            "held_kib_for_each",
            "resident_growth_kib_for_each",
            "closed_too_slow",
            "told_4008",
            "cut_1006",
            "lost",
            "repeated",
            "disordered",
            "missing",
        },
        {"without_p50_ms", "without_p99_ms"},
    ),
    "revoke": (
        {
            "races",
            "gateways",
            "p50_ms",
            "p99_ms",
            "revoked_p99_ms",
            "signed_out_p99_ms",
            "removed_p99_ms",
            "events_given_after_it",
            "frames_after_the_end",
            "not_ended",
            "events_after_it",
            "unproven",
        },
        {"event_p50_ms"},
    ),
    "seal": (
        {
            "seal_mb_per_s",
            "open_mb_per_s",
            "seal_ratio_to_bare",
            "open_ratio_to_bare",
            "small_read_p50_ms",
            "small_read_added_ms",
            "first_read_added_ms",
            "message_seal_us",
            "message_open_us",
            "message_grows_bytes",
        },
        {"bare_seal_mb_per_s", "bare_open_mb_per_s", "small_read_without_p50_ms"},
    ),
    "audit": (
        {"write_p50_ms", "write_audit_share", "hub_cpu_us_per_write", "entries_per_write"},
        {"write_without_p50_ms", "hub_cpu_without_us_per_write"},
    ),
    "wall": (
        {
            "read_p50_ms",
            "read_wall_share",
            "write_p50_ms",
            "write_wall_share",
            "search_p50_ms",
            "search_ratio",
        },
        {"read_without_p50_ms", "write_without_p50_ms", "search_without_p50_ms"},
    ),
    "verify": (
        {"entries", "entries_per_s", "mb_per_s", "one_process_entries_per_s", "processes", "growth_mib", "found"},
        {"sha256_alone_mb_per_s", "sha256_alone_entries_per_s"},
    ),
    "proof": (
        {
            "entries",
            "placed_per_s",
            "inclusion_p50_ms",
            "inclusion_p99_ms",
            "consistency_p50_ms",
            "consistency_p99_ms",
            "failed",
        },
        {"hashed_per_s", "tiles_alone_p50_ms"},
    ),
    "import": ({"entries_per_s", "entries", "refused"}, {"statements_alone_entries_per_s"}),
    "storm": (
        {
            "sockets",
            "gateway_cpu_us_per_return",
            "ratio_to_bare",
            "session_queries",
            "replay_queries",
            "replayed_from_ring",
            "replayed_from_postgres",
            "flood_sent_away",
            "flood_seconds",
            "lost",
            "repeated",
        },
        {"bare_cpu_us_per_handshake"},
    ),
    "idle": (
        {"sockets", "resident_bytes_each", "kernel_bytes_each", "gateway_cpu_percent", "lost", "repeated"},
        {"bare_protocol_resident_bytes_each"},
    ),
    "signin": (
        {
            "read_p50_ms",
            "read_p99_ms",
            "post_p50_ms",
            "post_p99_ms",
            "requests",
            "signed_in_per_s",
            "refused_guesses_per_s",
            "sent_away_per_s",
            "loop_looks",
            "loop_stalls_over_20_ms",
            "loop_stalls_over_50_ms",
            "loop_held_over_20_ms",
            "loop_without_processor_ms",
            "failed",
        },
        {"read_alone_p99_ms", "post_alone_p99_ms"},
    ),
    "replay": (
        {
            "events_per_s",
            "gateway_cpu_us_per_event",
            "gateway_growth_bytes",
            "ratio_to_bare",
            "lost",
            "repeated",
        },
        {"bare_events_per_s"},
    ),
    "restore": (
        {"restore_s", "backup_s", "backup_again_s", "gib", "objects", "lost", "ratio_to_copying"},
        {"copying_and_hashing_s"},
    ),
}

SENDERS = ("plain", "broadcast", "channels", "ws", "socketio")
PEERS = {
    "fanout": {f"{name}_cpu_us_per_delivery" for name in SENDERS},
    "burst": {f"{name}_deliveries_per_s" for name in SENDERS if name != "plain"},
    "relay": {"awaited_publish_per_s", "nats_py_publish_async_per_s"},
}
ON_ITS_OWN = {"post", "proof", "relay", "revoke", "signin", "verify", "restore"}
NODE = ("ws", "socketio")  # not everywhere; a report says so


def casewire(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("benched") / "data")
    house.start()
    yield house
    house.stop()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_bench_answers_in_its_shape(name: str, house: House):
    on = [] if name in ON_ITS_OWN else ["--data", str(house.data)]
    done = casewire("bench", name, "--quick", "--json", *on)
    assert done.returncode in (0, 1) and done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert set(report) == {"bench", "figures", "floors", "peers", "pass", "verdict", "machine"}
    assert report["bench"] == name and report["pass"] is (done.returncode == 0)
    figures, floors = EXPECTED[name]
    assert figures <= set(report["figures"]) and floors <= set(report["floors"])
    assert all(
        isinstance(value, int | float) for value in (*report["figures"].values(), *report["floors"].values())
    )
    assert PEERS.get(name, set()) <= set(report["peers"])
    for peer, value in report["peers"].items():
        said = peer.startswith(NODE) and "is not measured: " in report["verdict"]
        assert isinstance(value, int | float | str) or said, peer
    assert report["verdict"] and report["machine"]["cores"] >= 1
    assert not report["figures"].get("lost") and not report["figures"].get("repeated")
    assert not report["figures"].get("failed") and not report["figures"].get("refused")


def test_who_measures_can_be_stopped():
    """The signal's handler raises in an event loop, which swallows most exceptions there."""

    def asked(number: int, frame: FrameType | None) -> None:
        raise Stopped

    before = signal.signal(signal.SIGUSR1, asked)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(Stopped):
            uvloop.run(asyncio.sleep(20))
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_an_unknown_bench_names_the_known_ones():
    done = casewire("bench", "nothing")
    assert done.returncode == 2 and all(name in done.stderr for name in EXPECTED)


def test_a_named_data_directory_without_a_stack_is_said(tmp_path: Path):
    done = casewire("bench", "post", "--data", str(tmp_path))
    assert done.returncode == 2 and "No Casewire runs" in done.stderr


def test_percentiles_are_of_the_nearest_rank():
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.99)) == (51.0, 100.0, 0.0)


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
def test_frames_are_cut_where_they_end(size: int):
    head = (
        bytes([0x81, size])
        if size < 126
        else b"\x81\x7e" + size.to_bytes(2)
        if size < 65536
        else b"\x81\x7f" + size.to_bytes(8)
    )
    whole = head + b"." * size
    assert frame_end(b"xx" + whole + b"next", 2) == 2 + len(whole)
    assert frame_end(whole[:-1], 0) is None
    assert masked(b"abc") == b"\x81\x83\0\0\0\0abc"
