"""What the wall costs: a case page read over HTTP, a message posted, a search; each with it and without, in turns.

Two hubs of the bench's own answer the same requests of the same person over one connection each, one request at a time,
taking turns: one is the product, the other connects as a role that no policy binds and leaves out what its statements
ask of grants (`_hub_apart.py`). A case page is the case, its conversations, the newest page of one, its documents and
its details; the cost is what it takes longer, as a part of the whole. The person holds grants in hundreds of cases and
is kept out of some. Search is the one function that searches, beside a copy of it in which every question to the wall
is answered yes, for words that many and few messages hold.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import msgspec

from deploy.bench._http import Client, Post, connect
from deploy.bench._rig import Rig, run
from deploy.bench._scene import Scene, scene
from deploy.embedded import ports
from storage.search.postgres import words_of

CASES, GRANTED, KEPT_OUT, MESSAGES = 2_000, 600, 40, 40_000
QUICK_CASES, QUICK_GRANTED, QUICK_KEPT_OUT, QUICK_MESSAGES = 60, 30, 5, 600
ROUNDS, QUICK_ROUNDS = 400, 12
WARM = 30
SEARCH_ROUNDS = 40
WORDS = (
    "gravel",
    "street",
    "request 17",
    "gravel or mortar",
)  # in a hundredth of the messages, in half, in a few
HTTP_SHARE_MAX, SEARCH_RATIO_MAX = 0.25, 1.5
HUB_WAIT_S = 30.0
OPEN_SEARCH = "bench_search_without_wall"

# What stands for a part of a statement, by what it opens with: a bracket that closes where it should.
ASKED = re.compile(r"(?=\(offices -> )|exists\s*\(\s*select 1 from grants g\b")


class Apart(NamedTuple):
    """A hub of the bench's own."""

    port: int
    pid: int


class Arm(NamedTuple):
    """A hub and the connection that asks it."""

    client: Client
    port: int


async def measure(rig: Rig) -> tuple[dict[str, Any], dict[str, Any], bool, str]:
    async with AsyncExitStack() as stack:
        set_up = await stack.enter_async_context(scene(rig.settings, people=3, cases=3))
        owner = await asyncpg.connect(rig.settings.postgres_owner)
        stack.push_async_callback(owner.close)
        await _town(owner, set_up, quick=rig.quick)
        hubs = [
            await stack.enter_async_context(hub_apart(rig, without=without)) for without in ("", "--open")
        ]
        # Both are up: a connection on which nothing is asked for a while is closed.
        arms = [Arm(await connect(hub.port), hub.port) for hub in hubs]
        for arm in arms:
            stack.callback(arm.client.close)
        rounds = QUICK_ROUNDS if rig.quick else ROUNDS
        reads = await _reads(set_up, arms, rounds)
        writes = await posts_in_turns(set_up, arms, rounds)
        await _copy_search(owner)
        try:
            searches = await _searches(rig, owner, set_up, 3 if rig.quick else SEARCH_ROUNDS)
        finally:
            await owner.execute(f"drop function {OPEN_SEARCH}{_ARGUMENTS}")
    figures: dict[str, Any] = {}
    for name, (with_, without) in (("read", reads), ("write", writes)):
        figures |= {f"{name}_p50_ms": with_ * 1e3, f"{name}_wall_share": max(0.0, (with_ - without) / with_)}
    worst = max(ratio for _, _, ratio in searches)
    figures |= {"search_p50_ms": max(took for took, _, _ in searches) * 1e3, "search_ratio": worst}
    figures |= {f"search_{n}_ratio": ratio for n, (_, _, ratio) in enumerate(searches, 1)}
    floors = {
        "read_without_p50_ms": reads[1] * 1e3,
        "write_without_p50_ms": writes[1] * 1e3,
        "search_without_p50_ms": max(took for _, took, _ in searches) * 1e3,
    }
    share = max(figures["read_wall_share"], figures["write_wall_share"])
    passed = share <= HTTP_SHARE_MAX and worst <= SEARCH_RATIO_MAX
    verdict = (
        f"the wall and row-level security together take {figures['read_wall_share']:.0%} of a case page over HTTP and "
        f"{figures['write_wall_share']:.0%} of a post (at most {HTTP_SHARE_MAX:.0%}); search takes {worst:.2f} x what "
        f"it takes without (at most {SEARCH_RATIO_MAX})"
    )
    return figures, floors, passed, verdict


def main(data: Path | None, *, json: bool = False, quick: bool = False) -> int:
    return run("wall", measure, data, json=json, quick=quick)


async def _town(owner: Any, set_up: Scene, *, quick: bool) -> None:
    """Cases of the same office around those of the scene, most of them not the asker's, with messages to be found."""
    cases, granted, kept_out, messages = (
        (QUICK_CASES, QUICK_GRANTED, QUICK_KEPT_OUT, QUICK_MESSAGES)
        if quick
        else (CASES, GRANTED, KEPT_OUT, MESSAGES)
    )
    person, of = set_up.people[1].who.person, set_up.rooms[0][0]
    ids = [uuid4() for _ in range(cases)]
    await owner.execute(
        """insert into cases (id, org, type, type_version, number, title, status, is_open, intake, zone, opened_at,
            opened_by, audience)
        select n.id, c.org, c.type, c.type_version, 'B-' || n.place, 'A case of the town', c.status, true, '{}', 'UTC',
            now(), c.opened_by, '{staff,resident,admin}'
        from cases c, unnest($2::uuid[]) with ordinality as n(id, place)
        where c.id = $1""",
        of, ids,
    )  # fmt: skip
    await owner.execute(
        """insert into conversations (id, case_id, org, title, audience, people, opened_at, opened_by)
        select gen_random_uuid(), id, org, 'Talk', '{staff,admin}', '{}', now(), opened_by from cases
        where id = any ($1::uuid[])""",
        ids,
    )
    await owner.execute(
        """insert into messages (id, case_id, org, conversation, author, body, attachments, posted_at, seq, audience,
            people)
        select gen_random_uuid(), v.case_id, v.org, v.id, v.opened_by, 'request ' || n || ' of this street'
            || case n % 100 when 0 then ' needs gravel' when 50 then ' needs mortar' else '' end
            || case when n % 2 = 0 then ' and a neighbour' else '' end,
            '[]', now(), n, v.audience, '{}'
        from conversations v, generate_series(1, $2::int) as n where v.case_id = any ($1::uuid[])""",
        ids, messages // cases,
    )  # fmt: skip
    give = """insert into grants (person, scope, role, org, since)
        select $1, s, $2, $3, now() from unnest($4::uuid[]) as s"""
    await owner.execute(give, person, "staff", set_up.org, ids[:granted])
    await owner.execute(give, person, "walled", set_up.org, ids[:kept_out])
    case, conversation = set_up.rooms[0]
    await owner.execute(
        """insert into messages (id, case_id, org, conversation, author, body, attachments, posted_at, seq, audience,
            people)
        select gen_random_uuid(), v.case_id, v.org, v.id, v.opened_by, repeat('word ', 40), '[]', now(), n + 1000,
            v.audience, '{}' from conversations v, generate_series(1, 200) as n where v.id = $1""",
        conversation,
    )
    await owner.execute(
        """insert into documents (id, case_id, org, name, kind, audience, added_at, added_by)
        select gen_random_uuid(), id, org, 'Document ' || n, 'other', audience, now(), opened_by
        from cases, generate_series(1, 40) as n where id = $1""",
        case,
    )
    for table in ("grants", "cases", "conversations", "messages", "documents"):
        await owner.execute(f"analyze {table}")


@asynccontextmanager
async def hub_apart(rig: Rig, *, without: str = "") -> AsyncIterator[Apart]:
    """A hub of the bench's own, until it is left. `without` is the option that says what it leaves out."""
    (port,) = ports.free(1)
    settings = rig.settings
    environ = dict(rig.environs["hub"]) if "hub" in rig.environs else _environ(settings)
    environ |= {
        "CASEWIRE_HTTP_PORT": str(port),
        "CASEWIRE_INTERNAL_PORT": "0",
        "CASEWIRE_RATES": "all=9000000/9000000",
        "CASEWIRE_POSTGRES": settings.postgres_system if without == "--open" else settings.postgres,
        "CASEWIRE_POSTGRES_OWNER": settings.postgres_owner,
        "CASEWIRE_POSTGRES_SYSTEM": settings.postgres_system,
        "CASEWIRE_POSTGRES_SIGNIN": settings.postgres_signin,
    }
    command = [sys.executable, "-m", "deploy.bench._hub_apart", *([without] if without else [])]
    nothing = asyncio.subprocess.DEVNULL
    hub = await asyncio.create_subprocess_exec(
        *command, env=environ, stdin=nothing, stdout=nothing, stderr=nothing
    )
    try:
        await _up(hub, port)
        yield Apart(port, hub.pid)
    finally:
        if hub.returncode is None:
            hub.terminate()
        await hub.wait()


def _environ(settings: Any) -> dict[str, str]:
    """The environment of a process with these settings."""
    found = msgspec.structs.asdict(settings)
    return {
        f"CASEWIRE_{name.upper()}": value.reveal() if hasattr(value, "reveal") else str(value)
        for name, value in found.items()
    }


async def _up(hub: asyncio.subprocess.Process, port: int) -> None:
    until = time.monotonic() + HUB_WAIT_S
    while True:
        try:
            (await connect(port)).close()
            return
        except OSError:
            if hub.returncode is not None or time.monotonic() > until:
                raise RuntimeError("deploy.bench._hub_apart does not start") from None
            await asyncio.sleep(0.05)


async def _in_turns(arms: list[Arm], rounds: int, do: Callable[[Arm], Any]) -> tuple[float, float]:
    """The median seconds of each arm: both do the same, one after the other, each first as often as the other."""
    took: list[list[float]] = [[], []]
    for n in range(WARM + rounds):
        for which in (0, 1) if n % 2 else (1, 0):
            begun = time.perf_counter()
            await do(arms[which])
            if n >= WARM:
                took[which].append(time.perf_counter() - begun)
    return median(took[0]), median(took[1])


async def _reads(set_up: Scene, arms: list[Arm], rounds: int) -> tuple[float, float]:
    case, conversation = set_up.rooms[0]
    paths = [
        f"/v1/cases/{case}",
        f"/v1/cases/{case}/conversations",
        f"/v1/conversations/{conversation}/messages",
        f"/v1/cases/{case}/documents",
        f"/v1/cases/{case}/details",
    ]
    token = set_up.people[1].token
    answers: dict[int, list[int]] = {}

    async def page(arm: Arm) -> None:
        sizes: list[int] = []
        for path in paths:
            head = (
                f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{arm.port}\r\nauthorization: Bearer {token}\r\n\r\n"
            )
            status, _ = await arm.client.send(head.encode())
            if status != 200:
                raise RuntimeError(f"{path} is answered with {status}")
            sizes.append(len(arm.client.answered.partition(b"\r\n\r\n")[2]))
        answers[arm.port] = sizes

    found = await _in_turns(arms, rounds, page)
    if len({tuple(sizes) for sizes in answers.values()}) != 1:
        raise RuntimeError(f"the two arms do not answer the same: {answers}")
    return found


async def posts_in_turns(set_up: Scene, arms: list[Arm], rounds: int) -> tuple[float, float]:
    """The median seconds of a post at each hub."""
    # In rooms of their own, which grow alike.
    posts = {
        arm.port: Post(arm.port, set_up.people[1].token, set_up.rooms[1 + n][1]) for n, arm in enumerate(arms)
    }

    async def post(arm: Arm) -> None:
        status, _ = await arm.client.send(posts[arm.port].request())
        if status != 201:
            raise RuntimeError(f"a post is answered with {status}")

    return await _in_turns(arms, rounds, post)


_ARGUMENTS = "(text[], uuid, text, text, text, text, float8, uuid, integer)"


async def _copy_search(owner: Any) -> None:
    """The function that searches, with every question to the wall answered yes."""
    text = await owner.fetchval(f"select pg_get_functiondef('search_all{_ARGUMENTS}'::regprocedure)")
    text = text.replace("search_all(", f"{OPEN_SEARCH}(", 1)
    text, walls = re.subn(r"<> all \(walls\)", "is not null", text)
    asked = 0
    while found := ASKED.search(text):
        text = text[: found.start()] + "true" + text[_closed(text, found.start()) :]
        asked += 1
    if not asked or not walls:
        raise RuntimeError("search does not ask the wall in the way that this bench knows")
    await owner.execute(text)
    await owner.execute(f"grant execute on function {OPEN_SEARCH}{_ARGUMENTS} to casewire_app")


def _closed(text: str, start: int) -> int:
    """Where the bracket that opens after `start` is closed."""
    depth = 0
    for at in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    raise ValueError("a bracket is not closed")


async def _searches(rig: Rig, owner: Any, set_up: Scene, rounds: int) -> list[tuple[float, float, float]]:
    """For each of the words the median seconds with the wall and without, and their ratio."""
    on = await asyncpg.connect(rig.settings.postgres)
    try:
        found: list[tuple[float, float, float]] = []
        for q in WORDS:
            took: list[list[float]] = [[], []]
            for n in range(rounds + 3):
                for which in (0, 1) if n % 2 else (1, 0):
                    name = ("search_all", OPEN_SEARCH)[which]
                    begun = time.perf_counter()
                    await _search(on, name, set_up.people[1].who.person, q)
                    if n >= 3:
                        took[which].append(time.perf_counter() - begun)
            with_, without = median(took[0]), median(took[1])
            found.append((with_, without, with_ / without))
        return found
    finally:
        await on.close()


async def _search(on: Any, name: str, person: UUID, q: str) -> None:
    async with on.transaction(readonly=True):
        await on.execute(f"select set_config('casewire.person', '{person}', true)")
        words = words_of(q)
        kinds = ["messages", "documents", "cases"]
        await on.fetch(
            f"select * from {name}($1, $2, $3, $4, $5, $6, $7, $8, $9)", kinds, None, *words, None, None, 51
        )
