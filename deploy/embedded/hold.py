"""Holds one PostgreSQL and one object store for a run of tests, until the run is over however it ends.

`python -m deploy.embedded.hold PLACE` starts them under PLACE, migrates a template database, and writes `ready` (how
to reach them) or `failed` (why not). Whoever needs them holds a shared lock on `PLACE/users`; once this process gets
the exclusive one nobody is left, since the kernel gives a dead process's locks free, and it stops and removes all.
"""

import asyncio
import fcntl
import json
import shutil
import sys
from pathlib import Path

from deploy.embedded.child import StackError
from deploy.embedded.stack import Stack
from storage.migrations import MigrationError, migrate

USERS = "users"
READY = "ready"
FAILED = "failed"
TEMPLATE = "casewire_template"


def read_shared(place: Path) -> dict[str, str]:
    return json.loads((place / READY).read_text())


def main() -> None:
    place = Path(sys.argv[1])
    (place / "holder").touch()
    stack = Stack(place / "shared", environ={}, embed=("postgres", "objects"))
    try:
        stack.start()
        assert stack.postgres is not None and stack.objects is not None
        stack.postgres.make_database(TEMPLATE)
        asyncio.run(migrate(stack.postgres.dsn("casewire_owner", TEMPLATE)))
        shared = {
            "postgres_home": str(stack.postgres.home),
            "socket_dir": str(stack.postgres.socket_dir),
            "s3_url": stack.objects.url,
            "s3_access_key": stack.objects.access_key,
            "s3_secret_key": stack.objects.secret_key,
        }
        fresh = place / (READY + ".new")
        fresh.write_text(json.dumps(shared))
        fresh.replace(place / READY)
        with (place / USERS).open("r+") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
    except (StackError, MigrationError) as problem:
        (place / FAILED).write_text(str(problem))
    finally:
        stack.stop()
        if not (place / FAILED).exists():
            shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
