"""What a certificate of a scrub says to all who administer, walled or not."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from hub.retention import rules

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORG = UUID(int=1)


def test_a_scrub_names_what_it_covers_and_not_how_many() -> None:
    few, many = ([sha256(bytes([n])).digest() for n in range(count)] for count in (1, 200))
    said = [json.loads(rules.scrubbed(ORG, covered, at=AT)) for covered in (few, many, many[::-1])]
    assert len({len(json.dumps(one)) for one in said}) == 1
    assert said[0]["covers"] != said[1]["covers"] and said[1] == said[2]
    # Whoever has all of them can say that it is these.
    assert said[1]["covers"] == sha256(b"".join(sorted(many))).hexdigest()
    assert said[0]["kind"] == "scrub" and said[0]["at"] == "2026-03-01T09:00:00.000000Z"
