"""The clients that mean no good, in a process of their own: `fuzz_attack PORT TOKEN CASE SEED CASES` prints as JSON how
often each was told what, and what went wrong."""

import asyncio
import sys
from typing import Any
from uuid import UUID

import msgspec

from schemas.errors import CLOSES
from schemas.frames import FromGateway
from tests.gateway.fuzz import Case, Maker
from tests.gateway.fuzz_reader import Answer, due

AT_ONCE = 8
PATIENCE_S = 30.0  # only ends a broken run
SHOWN_BYTES = 1500
OWN_CODES = {close.code for close in CLOSES.values()}
_read_frame = msgspec.json.Decoder(FromGateway).decode


class Result(msgspec.Struct):
    """How many cases of each kind there were, what they were told, and which were told wrongly."""

    kinds: dict[str, int] = {}
    told: dict[str, int] = {}
    broken: list[str] = []


async def attack(port: int, case: Case) -> Answer | str:
    """All that came back, or how it ended otherwise."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    came = bytearray()
    answered, welcomed = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        while data := await reader.read(1 << 16):
            came.extend(data)
            answered.set()
            if b'"welcome"' in came:
                welcomed.set()
        answered.set()
        welcomed.set()

    async def write(data: bytes) -> None:
        step = 1 if case.drip else len(data) or 1
        for at in range(0, len(data), step):
            writer.write(data[at : at + step])
            await writer.drain()
            if case.drip:
                await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await write(case.greeting)
            if case.frames is not None:
                await welcomed.wait()
                await write(case.frames)
            elif b"\r\n\r\n" in case.greeting:
                await answered.wait()  # a whole one is answered before we leave
            writer.write_eof()
            await reading
        return Answer(bytes(came))
    except TimeoutError:
        return f"not closed in {PATIENCE_S:g} s; came {bytes(came[:200])!r}"
    except OSError as error:
        return f"{type(error).__name__}; came {bytes(came[:200])!r}"
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        writer.close()


def wrong(case: Case, answer: Answer | str) -> str | None:
    """The promise that was broken, None when none was."""
    if isinstance(answer, str):
        return answer
    if answer.status is None:
        return "it was answered nothing at all"
    if answer.status != 101:
        return None if 400 <= answer.status < 600 else f"answered {answer.data[:200]!r}"
    texts, code, rest = answer.frames()
    if rest:
        return f"no frame: {rest[:100]!r}"
    try:
        frames = [_read_frame(text) for text in texts]
    except msgspec.MsgspecError as error:
        return f"no frame of casewire.v1: {error}"
    if case.frames is None:
        return None if code is None or code in OWN_CODES else f"closed with {code}"
    should = due(case.frames, packed=answer.packed)
    if code not in should.codes:
        return f"closed with {code} in place of {sorted(should.codes, key=str)}"
    pongs = [frame.ref for frame in frames if type(frame).__name__ == "Pong"]
    if should.pongs is not None and pongs != should.pongs:
        return f"answered the pings {pongs} in place of {should.pongs}"
    return None


def shown(case: Case) -> str:
    def short(data: bytes) -> str:
        return repr(data[:SHOWN_BYTES]) + (f" … {len(data)} bytes" if len(data) > SHOWN_BYTES else "")

    return f"FUZZ_SEED={case.seed} ({case.kind}): {short(case.greeting)} then {short(case.frames or b'')}"


async def run(port: int, maker: Maker, first: int, cases: int) -> Result:
    result = Result()
    seeds = iter(range(first, first + cases))

    async def attacker() -> None:
        for seed in seeds:
            case = maker.make(seed)
            answer = await attack(port, case)
            count(result.kinds, case.kind)
            if isinstance(answer, Answer):
                count(result.told, answer.frames()[1] if answer.status == 101 else answer.status)
            if (why := wrong(case, answer)) is not None:
                result.broken.append(f"{why}\n  {shown(case)}")

    await asyncio.gather(*(attacker() for _ in range(AT_ONCE)))
    return result


def count(held: dict[str, int], what: Any) -> None:
    held[str(what)] = held.get(str(what), 0) + 1


def main(port: str, token: str, case: str, first: str, cases: str) -> None:
    result = asyncio.run(run(int(port), Maker(token, UUID(case)), int(first), int(cases)))
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
