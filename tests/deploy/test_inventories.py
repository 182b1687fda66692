"""The inventories for auditors say what the code does."""

import ast
import re
from pathlib import Path

from deploy.embedded.child import LOG_KEPT_BYTES_MAX
from deploy.supervisor import PROCESSES
from schemas import limits
from schemas.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "deploy/asvs/inventories.md").read_text()
SOURCES = ("hub", "gateway", "workers", "schemas", "storage", "deploy")
CRYPTOGRAPHY = {"cryptography", "argon2", "joserfc", "hmac", "nkeys", "webauthn", "ssl"}


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below a heading."""
    rows = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| ")][2:]


def test_every_process_that_logs_is_named() -> None:
    named = {row[0].strip("`") for row in table("What is logged where") if "`" in row[0]}
    assert named == set(PROCESSES) | {"postgres", "nats", "objects"}
    assert f"{LOG_KEPT_BYTES_MAX >> 20} MiB" in PAGE


def test_sessions_last_as_long_as_they_say() -> None:
    said = {
        name: int(value)
        for row in table("How long somebody stays signed in")
        for name, value in re.findall(r"`(\w+)` = (\d+)", row[1])
    }
    assert len(said) == 9
    idle = said.pop("session_idle_hours")
    assert idle == Settings().session_idle_hours
    assert said == {name: getattr(limits, name) for name in said}


def test_keys_of_tokens_live_as_long_as_they_say() -> None:
    (row,) = (row for row in table("Keys") if row[0] == "signing keys of tokens")
    days = [int(number) for number in re.findall(r"\d+", row[3])]
    assert days == [limits.SIGNING_KEY_DAYS, limits.SIGNING_KEY_KEPT_DAYS]


def test_every_module_with_cryptography_is_named() -> None:
    named = {row[0].strip("`") for row in table("Algorithms")}
    assert named == {
        str(path.relative_to(ROOT))
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts and "bench" not in path.parts and imported(path) & CRYPTOGRAPHY
    }


def test_the_terms_for_libraries_are_looked_after() -> None:
    """Every lock that the page names is there, and the audit reads them all."""
    terms = [row[1] for row in table("Libraries")]
    assert terms[:3] == ["3 days", "30 days", "90 days"]
    audit = (ROOT / ".ci/audit").read_text()
    for lock, asked in (("requirements.lock", "pip_audit"), ("hub/web/package-lock.json", '"npm", "audit"')):
        assert lock in PAGE and (ROOT / lock).is_file() and asked in audit
    assert '"--outdated"' in audit and '"npm", "outdated"' in audit


def imported(path: Path) -> set[str]:
    """The packages that a module imports, its own and those for types alone apart."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
