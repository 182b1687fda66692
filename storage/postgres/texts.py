"""The text of cleared versions, a row per page or chunk, each with the audience of its version."""

from typing import Any

import asyncpg

CLEAN = "delete from version_texts where version = $1"

PUT = """insert into version_texts (version, page, case_id, org, audience, people, text, tsv)
    select $1, p.page, $2, $3, $4, '{}', p.text, search_vector(p.text)
        from unnest($5::integer[], $6::text[]) as p(page, text)"""

# For a page whose words exceed what PostgreSQL holds in one vector (1 MiB): its words as they stand, and if even
# those are too many, of its beginning.
PUT_LARGE = """insert into version_texts (version, page, case_id, org, audience, people, text, tsv)
    values ($1, $5, $2, $3, $4, '{}', $6, to_tsvector('simple', left($6, $7)))"""
LARGE_CHARS = (200_000, 20_000, 0)

# As many pages as stay under a bound, at least one. $2 is the page to go on after, $4 the bytes.
PAGE = """select stream_head(v.case_id) as f_head, v.case_id as f_case, v.org as f_org, v.document as f_document,
        v.n as f_n, v.sha256 as f_sha256, v.status, v.text_status, t.page, t.text
    from versions v left join lateral (
        select page, text from (
            select page, text, sum(octet_length(text)) over (order by page) - octet_length(text) as before from (
                select page, text from version_texts where version = v.id and page > $2 order by page limit $3) p) q
        where before < $4) t on true
    where v.id = $1 order by t.page"""


async def put_pages(on: Any, version: Any, first: int, pages: list[str]) -> None:
    """Write pages `first`, `first` + 1 ... of a version's row."""
    place = version["id"], version["case_id"], version["org"], version["audience"]
    try:
        async with on.transaction():
            await on.execute(PUT, *place, list(range(first, first + len(pages))), pages)
        return
    except asyncpg.ProgramLimitExceededError:
        if len(pages) > 1:
            for n, page in enumerate(pages):
                await put_pages(on, version, first + n, [page])
            return
    for chars in LARGE_CHARS:
        try:
            async with on.transaction():
                await on.execute(PUT_LARGE, *place, first, pages[0], chars)
            return
        except asyncpg.ProgramLimitExceededError:
            continue
