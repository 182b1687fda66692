"""An archive, and a person's copy, call what was done as the pages of Casewire do."""

import re
from pathlib import Path

from schemas.audit_words import ACTS, said

ROOT = Path(__file__).parents[2]


def test_words_are_those_of_the_pages() -> None:
    source = (ROOT / "hub/web/src/i18n/en/audit.ts").read_text()
    block = re.search(r"\n  acts: \{\n(.*?)\n  \},", source, re.DOTALL)
    assert block is not None
    shown = dict(re.findall(r'(\w+): "([^"]*)"', block[1]))
    assert {name: shown.get(name) for name in ACTS} == ACTS
    # All that events of cases are called has words; what else happens is called as its operation where it has none.
    of_cases = {f"{noun}_" for noun in ("case", "party", "message", "document", "version", "deadline", "task", "entry")}
    assert {name for name in shown if name.startswith(tuple(of_cases))} <= set(ACTS)


def test_what_was_refused_was_tried() -> None:
    assert said("message.posted", refused=False) == "posted a message"
    assert said("post_message", refused=True) == "tried: post message"
