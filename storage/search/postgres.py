"""Search by PostgreSQL's full text, through the one function that repeats the wall (`search_all`)."""

import re
from typing import Any, NamedTuple
from uuid import UUID

from schemas.search import Found, Hit
from storage.postgres.rows import cursor, read_cursor

SEARCH = "select * from search_all($1, $2, $3, $4, $5, $6, $7, $8, $9)"

# Trigrams say nothing about one or two characters.
LIKE_CHARS_MIN = 3
_LAST_WORD = re.compile(r"(?:^|\s)(?![-+])\S*?(\w+)$")


class Words(NamedTuple):
    """What was typed, in the forms that the function wants."""

    text: str
    head: str | None
    last: str | None
    like: str | None


def words_of(q: str) -> Words:
    """People expect hits while they type the last word; inside quotes, after `-` or a space it is complete."""
    text = " ".join(q.split())
    head = last = None
    if q == q.rstrip() and text.count('"') % 2 == 0 and (match := _LAST_WORD.search(text)):
        head, last = text[: match.start(1)].strip(), match[1]
    like = text.replace("\\", " ").replace("%", " ").strip(' "')
    return Words(text, head, last, like if len(like) >= LIKE_CHARS_MIN else None)


async def search(
    on: Any, q: str, *, kinds: tuple[str, ...], case: UUID | None, limit: int, after: str | None
) -> Found:
    """`on` is a connection of the app role that says who asks."""
    place = read_cursor(after, float, UUID)
    words = words_of(q)
    rows = await on.fetch(SEARCH, list(kinds), case, *words, *(place or (None, None)), limit + 1)
    hits = [
        Hit(
            kind=row["kind"],
            id=row["id"],
            version=row["version"],
            case=row["case_id"],
            case_title=row["case_title"],
            title=row["title"],
            snippet=row["snippet"],
            page=row["page"],
            rank=row["rank"],
        )
        for row in rows[:limit]
    ]
    more = cursor(rows[limit - 1]["rank"], str(rows[limit - 1]["id"])) if len(rows) > limit else None
    return Found(hits, more)
