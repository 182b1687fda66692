"""Nothing is written but in a transaction that leaves its entry, save what is named here with its reason.

`Database.writing`, `writing_as_system` and `signing` commit only together with an entry (tests/hub/audit/test_writes.py
shows it), so what remains is to find every statement that is run in another way: on a connection that no unit holds.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub.app import make_app
from tests.routes import description_hub

ROOT = Path(__file__).parents[3]
RUNS = {"execute", "executemany", "fetch", "fetchval", "fetchrow"}
WRITES = re.compile(r"\b(insert into|update \w+ (\w+ )?set|delete from|truncate)\b", re.IGNORECASE)
CALLED = re.compile(r"\b([a-z_]+)\(")

IN_A_UNIT = "on the connection of its caller's unit"
COUNTER = "counts, by keys that are hashes"
PENDING = "a question that waits for its answer, which opens nothing by itself"
OVER = "removes what is over"
USED = "notes that something is in use; whoever came in by it has an entry"
TOLD = "a mail about an act that has its entry"
WORK = "what a worker has done of work whose cause has its entry"
RECORD = "the record itself"
RESTORED = "the restore's: `backup.restored` in the house's record says what was taken away"

EXEMPT: dict[str, str] = {
    # What a process does for a unit or for the record
    "audit.PREPARE_SIGNIN": RECORD, "audit_log.INTRODUCE": RECORD, "audit_log.SEQUENCE": RECORD,
    "audit_log.SIGN": RECORD, "audit_log.TOLD": RECORD, "unit.APPEND": IN_A_UNIT, "oauth.CODE": IN_A_UNIT,
    "erasure.ERASE": IN_A_UNIT, "erasure.WORDS": IN_A_UNIT,
    # Coming in: what leads to an act, and is nothing by itself
    "sessions.THROTTLE": COUNTER, "sessions.FORGIVE": COUNTER, "rates.SPEND": COUNTER, "sessions.TRY": COUNTER,
    "oauth.POLL": COUNTER, "sessions.CHALLENGE": PENDING, "sessions.TAKE": PENDING, "providers.DEPART": PENDING,
    "providers.RETURN": PENDING, "sessions.TOUCH": USED, "factors.USE_PASSKEY": USED, "factors.USE_STEP": USED,
    "providers.IDENTITY": USED, "sessions.TELL": TOLD,
    # Keys leave an entry by the recorder (`key.made`), since nothing is sealed before they are there
    "keys.MAKE_CASE": RECORD, "keys.MAKE_ROOT": RECORD, "keys.MAKE_THING": RECORD,
    # A restore
    "authority.KEEP_OUT": RESTORED, "authority.SETTLE": RESTORED,
    # Workers
    "expired.CHALLENGES": OVER, "expired.DEVICES": OVER, "expired.EXPORTS": OVER, "expired.FACTORS": OVER,
    "expired.INVITATIONS": OVER, "expired.JOURNEYS": OVER, "expired.LINKS": OVER, "expired.OAUTH_CODES": OVER,
    "expired.OAUTH_DEVICES": OVER, "expired.OAUTH_FAMILIES": OVER, "expired.OAUTH_REFRESHES": OVER,
    "expired.OAUTH_REQUESTS": OVER, "expired.RATES": OVER, "expired.SESSIONS": OVER, "expired.THROTTLES": OVER,
    "versions.ABANDON": OVER, "versions.SWEPT": OVER, "mails.CLAIM": WORK, "mails.CLOSED": WORK, "mails.FAILED": WORK,
    "mails.SENT": WORK, "notices.NUDGE": WORK, "texts.CLEAN": WORK, "texts.PUT": WORK, "texts.PUT_LARGE": WORK,
    "versions.BEGIN_TRY": WORK, "versions.TRY_AGAIN": WORK, "versions.SEAL_QUARANTINE": WORK, "holds.LOCKED": WORK,
    "holds.UNLOCKED": WORK, "retention.AGAIN": WORK, "retention.CLOSED_AGAIN": WORK, "retention.REMOVED": WORK,
    "retention.REOPENED": WORK, "retention.FORGET_NAMES": OVER,
}  # fmt: skip


def calls() -> Iterator[tuple[str, str]]:
    """The statements that are run on something else than a unit's connection, with their place."""
    for folder in ("hub", "gateway", "workers", "storage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" in path.parts or "migrations" in path.parts:
                continue
            own = f"{path.stem}." if path.parent.name in ("postgres", "search") else ""
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                if node.func.attr not in RUNS or ast.unparse(node.func.value).endswith("unit.connection"):
                    continue
                said = ast.unparse(node.args[0])
                if re.fullmatch(r"[A-Z_]+", said):
                    said = own + said
                if re.fullmatch(r"\w+\.[A-Z_]+", said):
                    yield said, f"{path.relative_to(ROOT)}:{node.lineno}"


def text_of(name: str) -> str:
    module, _, constant = name.partition(".")
    for place in (f"storage.postgres.{ALIASES.get(module, module)}", f"storage.search.{module}"):
        try:
            return str(getattr(importlib.import_module(place), constant))
        except (ModuleNotFoundError, AttributeError):
            continue
    return ""


ALIASES = {"wrapped": "keys", "asking": "audit_questions"}


async def test_what_writes_without_an_entry_is_named(owner: Any) -> None:
    volatile = {
        row["proname"]
        for row in await owner.fetch(
            "select proname from pg_proc where pronamespace = 'public'::regnamespace and provolatile = 'v'"
        )
    }
    found: dict[str, str] = {}
    for name, place in calls():
        text = text_of(name)
        if WRITES.search(text) or set(CALLED.findall(text)) & volatile:
            found.setdefault(name, place)
    missing = {name: place for name, place in found.items() if name not in EXEMPT}
    assert missing == {}, "run it in a unit, or say here why it leaves no entry"
    assert set(EXEMPT) - set(found) == set(), "nobody runs these any more"
    assert all(EXEMPT.values())


def test_every_operation_has_a_name_of_its_own() -> None:
    """An entry of what makes no event, and of what is refused, is named after its route."""
    found: dict[str, set[str]] = {}
    for route in make_app(description_hub()).routes:
        for handler in getattr(route, "route_handlers", []):
            if handler.http_methods - {"GET", "HEAD", "OPTIONS"}:
                found.setdefault(handler.handler_name, set()).add(handler.fn.__module__)
    assert found and "" not in found
    assert {name for name, modules in found.items() if len(modules) > 1} == set()
