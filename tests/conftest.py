"""Real servers for every test: a PostgreSQL, an object store and a nats-server for each process that runs them."""

import fcntl
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from deploy.embedded.hold import FAILED, READY, TEMPLATE, USERS, read_shared
from deploy.embedded.postgres import Postgres
from deploy.embedded.stack import Stack
from schemas.settings import Settings

SHARED = "CASEWIRE_TEST_SHARED"
# What one machine asks here in a second, many people ask in an hour. How budgets hold is tested apart, with small ones.
NO_LIMIT = "all=10000000/10000000"
SHARED_READY_WAIT_S = 120.0
SHARED_STOP_WAIT_S = 15.0

_users: IO[str] | None = None


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run names the place of its servers; they live until it is gone. Workers of xdist have
    servers of their own: what is open in a PostgreSQL holds back whoever reads its events or its record in order."""
    global _users
    if SHARED in os.environ and not hasattr(config, "workerinput"):
        return
    place = tempfile.mkdtemp(prefix="casewire-tests-", dir="/tmp")
    os.environ[SHARED] = place
    _users = (Path(place) / USERS).open("w")
    fcntl.flock(_users, fcntl.LOCK_SH)


def pytest_collection_finish() -> None:
    """To look through all tests for garbage again and again took a tenth of their time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    global _users
    if _users is None:
        return
    place = Path(os.environ.pop(SHARED))
    _users.close()
    _users = None
    deadline = time.monotonic() + SHARED_STOP_WAIT_S
    while (place / "holder").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True)
class Database:
    """This worker's own migrated database: its name and the DSN of each role."""

    name: str
    app: str
    owner: str
    system: str
    signin: str
    superuser: str


@pytest.fixture(scope="session")
def shared() -> dict[str, str]:
    """Where the run's PostgreSQL socket and object store are; started by whichever worker asks first."""
    place = Path(os.environ[SHARED])
    with (place / "start").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (place / READY).exists() and not (place / FAILED).exists():
            _start_holder(place)
    if (place / FAILED).exists():
        pytest.exit(f"The servers for tests do not start: {(place / FAILED).read_text()}", returncode=3)
    return read_shared(place)


def _start_holder(place: Path) -> None:
    # posix_spawn and not subprocess: nobody here waits for it, it outlives the worker that starts it.
    log = os.open(place / "holder.log", os.O_WRONLY | os.O_CREAT)
    try:
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "deploy.embedded.hold", str(place)],
            os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
            file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)],
            setsid=True,
        )
    finally:
        os.close(log)
    deadline = time.monotonic() + SHARED_READY_WAIT_S
    while not (place / READY).exists() and not (place / FAILED).exists():
        if time.monotonic() > deadline:
            (place / FAILED).write_text(
                f"not ready after {SHARED_READY_WAIT_S:g} s; see {place / 'holder.log'}"
            )
        time.sleep(0.02)


@pytest.fixture(scope="session")
def worker(worker_id: str) -> str:
    """The xdist worker's name (`gw0`), `main` without xdist: what is named after it belongs to this process alone."""
    return "main" if worker_id == "master" else worker_id


@pytest.fixture(scope="session")
def database(shared: dict[str, str], worker: str) -> Iterator[Database]:
    """A database of this worker's, copied from a template that was migrated once a run."""
    place = Path(os.environ[SHARED])
    postgres = Postgres(Path(shared["postgres_home"]), place / "unused.log", Path(shared["socket_dir"]))
    name = f"casewire_{worker}"
    with (place / "template").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # a template is copied by one at a time
        postgres.make_database(name, template=TEMPLATE)
    yield Database(
        name=name,
        app=postgres.dsn("casewire_app", name),
        owner=postgres.dsn("casewire_owner", name),
        system=postgres.dsn("casewire_system", name),
        signin=postgres.dsn("casewire_signin", name),
        superuser=postgres.dsn("postgres", name),
    )
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def stack(shared: dict[str, str], database: Database, worker: str) -> Iterator[Stack]:
    """A running `Stack` of this worker's: its own nats-server, its own buckets and database on the shared servers."""
    place = Path(os.environ[SHARED]) / worker
    environ = {
        "CASEWIRE_POSTGRES": database.app,
        "CASEWIRE_S3_URL": shared["s3_url"],
        "CASEWIRE_S3_ACCESS_KEY": shared["s3_access_key"],
        "CASEWIRE_S3_SECRET_KEY": shared["s3_secret_key"],
        "CASEWIRE_S3_QUARANTINE": f"{worker}-quarantine",
        "CASEWIRE_S3_DOCUMENTS": f"{worker}-documents",
        "CASEWIRE_RATES": NO_LIMIT,
    }
    running = Stack(place, environ=environ)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def settings(stack: Stack) -> Settings:
    """The hub's settings for this worker. Another process's: `Settings.read(stack.settings("relay"))`."""
    return Settings.read(stack.settings("hub"))
