"""What is gone from the events because somebody decided that: destroyed cases and documents, people who were erased and
the words they wrote. Whoever holds the database could say so of anything, so the certificate counts that the record's
key signed; what is decided and not done yet has none."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from deploy.verify.notes import Bad, Key, open_note

STONES = """select t.kind, t.thing::text, t.within::text, t.done_at is null as open, c.id::text as certificate,
        c.org::text, c.body, c.note
    from tombstones t left join certificates c on c.thing = t.thing and c.kind = t.kind order by t.thing"""
ERASURES = """select 'person' as kind, x.person::text as thing, x.cases::text[] as cases, c.id::text as certificate,
        c.org::text, c.body, c.note
    from erasures x left join certificates c on c.id = x.certificate and c.thing = x.person and c.org = x.org
    where x.state = 'done' order by x.id"""


class Destroyed:
    """`streams` are those whose events are gone, `places` the cases in which a document is, `open` how many of these no
    certificate tells of yet."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = keys
        self.open = 0
        self.streams: set[str] = set()
        self.places: set[str] = set()
        self.offices: set[str] = set()
        self._words: set[tuple[str, str]] = set()

    def read(self, stones: Iterable[Any], erasures: Iterable[Any]) -> "Destroyed":
        """`stones` and `erasures` are rows of the statements above."""
        for row in stones:
            self.open += row["open"]
            if row["open"] or self._signed(row):
                if row["kind"] == "document":
                    self.places.add(row["within"])
                else:
                    self.streams.add(row["thing"])
        for row in erasures:
            if self._signed(row):
                self.offices.add(row["org"])
                self._words |= {(row["thing"], case) for case in row["cases"]}
        return self

    def tells(self, row: Mapping[str, Any]) -> bool:
        """Whether what an event lost is told of: words of a message by another event or an erasure, names by what they
        named."""
        stream, noun = row["stream"], row["type"].partition(".")[0]
        if stream in self.streams:
            return True
        if row["wordless"] and not row["retracted"] and (row["actor"], stream) not in self._words:
            return False
        if not row["nameless"]:
            return True
        return row["org"] in self.offices if noun == "invitation" else stream in self.places

    def _signed(self, row: Mapping[str, Any]) -> bool:
        """The certificate's own bytes say whose it is: its row beside them is not signed."""
        named = [f'"kind":"{row["kind"]}"', f'"thing":"{row["thing"]}"']
        if row["kind"] == "document":
            named.append(f'"within":"{row["within"]}"')
        if row["note"] is None or not all(one in row["body"] for one in named):
            return False
        try:
            said = open_note(row["note"], self._keys).split("\n")
        except Bad:
            return False
        digest = b64encode(sha256(row["body"].encode()).digest()).decode()
        names = {f"{key.name}/certificate/{row['org']}" for key in self._keys}
        return len(said) == 5 and said[0] in names and said[1:3] == [row["certificate"], digest]
