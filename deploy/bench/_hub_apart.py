"""A hub of a bench's own: `python -m deploy.bench._hub_apart [--open|--unrecorded]`, settings from the environment.

Without the wall is: connected as a role whose one policy is `true`, so that PostgreSQL checks nothing, and with what
the statements ask of the asker's grants left out. Unrecorded is: a write commits without its entry in the record, and
makes none. All else is the product.
"""

import os
import re
import sys

from hub.app import make_app
from hub.serve import opened
from schemas.settings import Settings
from storage.asgi import run, serve_asgi
from storage.logs import configure
from storage.postgres import cases, conversations, documents, messages
from storage.postgres.unit import Unit

# What a statement asks of the asker's grants, and what stands for it: the answer of somebody who is staff everywhere.
GRANTS = re.compile(
    r"\(select array_agg\(g\.role\) from grants g where g\.person = \(select me\(\)\) and g\.scope = c\.(\w+)\)"
)
READ_AND_POST = (cases, conversations, documents, messages)


def without_grants(sql: str) -> str:
    return GRANTS.sub(lambda found: "array['staff']" if found[1] == "id" else "null::text[]", sql)


def leave_out() -> int:
    """Take the grants out of the statements of a case page and of a post; how many had any."""
    changed = 0
    for module in READ_AND_POST:
        for name, value in list(vars(module).items()):
            if isinstance(value, str) and name.isupper() and (without := without_grants(value)) != value:
                setattr(module, name, without)
                changed += 1
    return changed


async def nothing(_: Unit) -> str:
    """What stands for the statement that writes a unit's entry."""
    return "select"


async def serve(settings: Settings) -> None:
    async with opened(settings) as hub:
        await serve_asgi(make_app(hub), settings.http_host, settings.http_port, lifespan=True)


def main() -> None:
    settings = Settings.read(os.environ)
    if "--open" in sys.argv[1:] and not leave_out():
        raise SystemExit("no statement asks for grants in the way that this bench knows")
    if "--unrecorded" in sys.argv[1:]:
        Unit.said = nothing  # type: ignore[method-assign]
    configure("hub")
    run(lambda: serve(settings))


if __name__ == "__main__":
    main()
