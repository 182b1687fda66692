"""What was found, told as it is found, and how far the work has come."""

import sys
import time
from collections import Counter
from collections.abc import Callable

SAID_MAX = 20  # sentences; the others are counted
SAID_OF_A_KIND_MAX = 3
PROGRESS_S = 2.0


class Unreadable(Exception):
    """There is nothing here to verify; the message says why, and what to give instead. Exit code 2."""


def plain(sentence: str) -> str:
    """As one line of text, whatever names stand in it: what a terminal obeys, and ends of lines, are spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in sentence)


def _print(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def _note(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


class Report:
    """Collects sentences. `findings` are what is wrong; `facts` is what was checked, for the last line."""

    def __init__(self, tell: Callable[[str], None] = _print, progress: Callable[[str], None] = _note) -> None:
        self.findings: list[str] = []
        self.wrong = 0
        self.followed = 0  # what does not fit because of something that is wrong
        self.facts: list[str] = []
        self.mistrusted = False  # whether it brings another key than the one that is trusted, which was said
        self.named = True  # whether somebody named the key by whose signatures it was verified
        self._kinds: Counter[str] = Counter()
        self._tell, self._progress, self._next = tell, progress, time.monotonic() + PROGRESS_S

    def say(self, sentence: str, kind: str = "") -> None:
        """Something is wrong. Of one `kind` a few are said, and all are counted."""
        self.wrong += 1
        sentence = plain(sentence)
        if kind:
            self._kinds[kind] += 1
        if len(self.findings) < SAID_MAX and self._kinds[kind] <= SAID_OF_A_KIND_MAX:
            self.findings.append(sentence)
            self._tell("WRONG  " + sentence)

    def follows(self, sentence: str, count: int = 1) -> None:
        """Something does not fit, as it cannot after what was said already: it is counted. Where nothing was said,
        this is what is wrong."""
        if not self.wrong:
            self.say(sentence)
            count -= 1
        self.followed += count

    def more(self, count: int) -> None:
        self.wrong += count

    def fact(self, sentence: str) -> None:
        """Something was checked, or could not be."""
        sentence = plain(sentence)
        self.facts.append(sentence)
        self._tell("       " + sentence)

    def progress(self, sentence: Callable[[], str]) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_S
            self._progress(sentence())

    def finish(self) -> int:
        """The last line, and the exit code."""
        if not self.wrong:
            brought = " since it was signed with the key that it brings; whose that is, it cannot say"
            self._tell(f"GOOD   Nothing was changed{'' if self.named else brought}.")
            return 0
        if self.wrong > len(self.findings):
            self._tell(f"       … and {self.wrong - len(self.findings):,} more of these kinds.")
        if self.followed:
            few = "thing does" if self.followed == 1 else "things do"
            self._tell(f"       {self.followed:,} more {few} not fit, as follows from that: checkpoints or hashes.")
        self._tell(f"WRONG  {self.wrong:,} found: this record cannot be trusted as it is.")
        return 1
