"""AWS KMS for tests: moto's server as a process on loopback, and one that gives the answers that moto has not."""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from botocore.session import Session

from deploy.embedded.child import Child

REGION = "eu-central-1"
STARTS_WITHIN_S = 60.0
# None of them says who we are. Nothing may be asked of the machine's own place for credentials: it is not on loopback.
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """The address of a KMS of its own."""
    log = folder / "moto.log"
    child = Child(
        name="moto",
        argv=[sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        log=log,
        env=ENVIRON,
        cwd=folder,
    )
    child.start()
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            assert child.running and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield found[1]
    finally:
        child.stop()


@contextmanager
def asking(address: str) -> Iterator[Any]:
    """A client of AWS's own, for what whoever keeps the keys does."""
    client = Session().create_client(
        "kms", region_name=REGION, endpoint_url=address,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    try:
        yield client
    finally:
        client.close()


def new_key(address: str) -> str:
    """The ARN of a new key."""
    with asking(address) as client:
        return client.create_key()["KeyMetadata"]["Arn"]


class Answers(ThreadingHTTPServer):
    """A KMS that gives one answer, or none until `speak`; `asked` counts the questions."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.answer: tuple[int, bytes] | None = None
        self.asked = 0
        self.speak = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def refuse(self, code: str, status: int = 400) -> None:
        self.answer = status, json.dumps({"__type": code, "message": "words of KMS"}).encode()


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(Answers, self.server)
        self.rfile.read(int(self.headers["content-length"]))
        server.asked += 1
        if server.answer is None:
            server.speak.wait(600)
            return
        status, content = server.answer
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def answering() -> Iterator[Answers]:
    server = Answers()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.speak.set()
        server.shutdown()
        thread.join()
        server.server_close()
