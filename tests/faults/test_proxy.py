"""The line of the fault tests does to a connection what it says; else those tests would show nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from tests.faults.proxy import Address, Line, Told

SILENT_S = 0.3  # so long nothing came, though it would have come within a millisecond
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Ends]]


class Echo:
    """Says everything twice, and counts those who are there."""

    def __init__(self) -> None:
        self.there = 0
        self.served: asyncio.Server | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.there += 1
        with suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece * 2)
        self.there -= 1
        writer.close()

    async def gone(self) -> None:
        async with asyncio.timeout(10):
            while self.there:
                await asyncio.sleep(0.01)

    @property
    def address(self) -> Address:
        assert self.served is not None
        return self.served.sockets[0].getsockname()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    echo.served = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    yield echo
    echo.served.close()


@pytest.fixture
async def line(echo: Echo) -> AsyncIterator[Line]:
    line = await Line(lambda: echo.address).start()
    yield line
    await line.stop()


@pytest.fixture
async def dial(line: Line) -> AsyncIterator[Callable[[], Awaitable[Ends]]]:
    """Opens connections through the line; all are closed at the end."""
    opened: list[Ends] = []

    async def open() -> Ends:
        opened.append(await asyncio.open_connection("127.0.0.1", line.port))
        return opened[-1]

    yield open
    for _, writer in opened:
        writer.transport.abort()


async def said(ends: Ends, text: bytes) -> bytes:
    """What came back, twice as long; empty when nothing did for `SILENT_S`."""
    ends[1].write(text)
    try:
        async with asyncio.timeout(SILENT_S if text == b"lost" else 10):
            return await ends[0].readexactly(2 * len(text))
    except TimeoutError:
        return b""


async def test_everything_passes(line: Line, dial: Dial) -> None:
    ends = await dial()
    assert await said(ends, b"here") == b"herehere"
    line.delay_s = 0.01
    assert await said(ends, b"late") == b"latelate"
    large = b"x" * 3_000_000
    assert await said(ends, large) == large * 2
    ends[1].close()


async def test_a_cut_ends_every_connection_and_the_next_one_works(line: Line, echo: Echo, dial: Dial) -> None:
    ends = await dial()
    assert await said(ends, b"here") == b"herehere"
    line.cut()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await said(ends, b"away")
    await echo.gone()
    assert await said(await dial(), b"here") == b"herehere"


async def test_a_truncated_piece_comes_by_half_and_then_the_end(line: Line, echo: Echo, dial: Dial) -> None:
    ends = await dial()
    assert await said(ends, b"here") == b"herehere"
    line.truncate()
    ends[1].write(b"abcd")
    async with asyncio.timeout(10):
        assert await ends[0].read() == b""  # the server got `ab` and then the end; its answer found nobody
    await echo.gone()
    assert await said(await dial(), b"here") == b"herehere"


async def test_a_hole_tells_nobody_and_gives_back_what_it_swallowed(
    line: Line, echo: Echo, dial: Dial
) -> None:
    ends = await dial()
    assert await said(ends, b"here") == b"herehere"
    line.hole()
    fresh = await dial()
    assert await said(ends, b"lost") == b"" == await said(fresh, b"lost")
    assert echo.there == 1
    line.heal()
    async with asyncio.timeout(10):
        assert await ends[0].readexactly(8) == b"lostlost" == await fresh[0].readexactly(8)


@pytest.mark.parametrize("told", ["client", "server", "nobody"])
async def test_a_half_open_connection_is_gone_for_those_who_are_told_alone(
    line: Line, echo: Echo, dial: Dial, told: Told
) -> None:
    ends = await dial()
    assert await said(ends, b"here") == b"herehere"
    line.half_open(told)
    if told == "client":
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await said(ends, b"away")
    else:
        assert await said(ends, b"lost") == b""
    if told == "server":
        await echo.gone()
    else:
        assert echo.there == 1
    assert await said(await dial(), b"here") == b"herehere"
