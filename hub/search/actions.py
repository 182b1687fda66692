"""Search over what the reader may see."""

from uuid import UUID

from hub.audit.reading import record_read
from hub.context import Hub, Who
from schemas.errors import bad_input
from schemas.search import Found
from storage.search import postgres

KINDS = ("messages", "documents", "cases")
SEARCH_ITEMS_MAX = 100


async def search(
    hub: Hub, who: Who, *, q: str, kinds: str | None, case: UUID | None, limit: int, after: str | None
) -> Found:
    """Best first. Words must all be there; `"…"`, `or` and `-word` mean what they mean elsewhere."""
    wanted = KINDS if kinds is None else tuple(kinds.split(","))
    if unknown := [kind for kind in wanted if kind not in KINDS]:
        raise bad_input("in", f"{unknown[0]!r} is none of {', '.join(KINDS)}")
    if not any(character.isalnum() for character in q):
        raise bad_input("q", "a word to look for is needed")
    if "\0" in q:
        raise bad_input("q", "the character NUL stands in no text")
    async with hub.reading(who) as connection:
        found = await postgres.search(
            connection, q, kinds=wanted, case=case, limit=min(limit, SEARCH_ITEMS_MAX), after=after
        )
    for kind, act in (("message", "conversation.found"), ("document", "document.found")):
        if cases := {hit.case for hit in found.items if hit.kind == kind}:
            await record_read(hub, who, act, cases)
    return found
