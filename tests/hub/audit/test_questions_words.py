"""The web client has words for every act that is an event or a reading."""

import re
from pathlib import Path

from schemas.audit_questions import READS
from schemas.events import EVENTS

WORDS = Path(__file__).parents[3] / "hub" / "web" / "src" / "i18n" / "en" / "audit.ts"


def test_every_event_and_every_reading_has_words() -> None:
    said = set(re.findall(r"^    ([a-z_]+): \"", WORDS.read_text(), re.MULTILINE))
    acts = {act.replace(".", "_") for act in (*EVENTS, *READS)}
    assert acts - said == set(), f"say in {WORDS.name}, under `acts`, what these are called"
