"""Lines of the log: one JSON object each, in UTC, whatever is in them, and never what variables held."""

import json
import subprocess
import sys
from datetime import UTC, datetime

PROGRAM = """
import structlog
from storage.logs import configure
configure("hub")
log = structlog.get_logger()
log.info("a name", name="x\\ny \\u2028 {\\"level\\": \\"critical\\"} \\x1b[31m")
def act(password):
    raise RuntimeError("it broke")
try:
    act("a secret that nobody may read")
except RuntimeError:
    log.exception("request failed")
"""


def lines() -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_is_one_object_with_its_time_in_utc() -> None:
    before = datetime.now(UTC)
    said, broken = (json.loads(line) for line in lines())
    assert said["name"] == 'x\ny \u2028 {"level": "critical"} \x1b[31m'
    assert (said["process"], said["level"], said["event"]) == ("hub", "info", "a name")
    for one in (said, broken):
        at = datetime.fromisoformat(one["timestamp"])
        assert at.utcoffset() is not None and before <= at <= datetime.now(UTC)
    assert broken["level"] == "error" and "it broke" in json.dumps(broken["exception"])


def test_a_traceback_holds_no_values() -> None:
    assert "nobody may read" not in "".join(lines())
