"""A child that does wrong is a clear answer, and the next file is examined as if nothing had been."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.samples import pdf
from tests.workers.text import made
from workers.sandbox import confine, run
from workers.sandbox.results import Ended, Examined, Failure, Job, Limits
from workers.sandbox.run import Sandbox, examine, judged

confined = pytest.mark.skipif(bool(confine.confinable()), reason=confine.confinable() or "confined")


@pytest_asyncio.fixture(scope="module")
async def hostile() -> AsyncIterator[Sandbox]:
    async with Sandbox("tests.workers.sandbox.hostile") as sandbox:
        yield sandbox


@pytest_asyncio.fixture(scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


async def does(hostile: Sandbox, place: Path, what: str, **limits: float) -> Examined:
    """What comes of a child that does `what`; afterwards the same sandbox must still do honest work."""
    file = place / "wrong"
    file.write_text(what)
    bounds = Limits(**{"seconds": 20, **limits})  # type: ignore[arg-type]
    result = await hostile.examine(file, declared_media_type="text/plain", filename="wrong", limits=bounds)
    assert isinstance(result, Examined), result
    assert result.sha256 == hashlib.sha256(what.encode()).hexdigest()
    file.write_text("then-who")
    after = await hostile.examine(
        file, declared_media_type="text/plain", filename="wrong", limits=Limits(seconds=20)
    )
    assert isinstance(after, Examined) and after.text_status == "ok", after
    return result


@pytest.mark.parametrize(
    ("what", "detail"),
    [
        ("crash", "the reader crashed: ended by SIGSEGV"),
        ("exit", "the reader crashed: ended with code 7"),
        ("allocate", "the reader crashed: ended with code 4"),
        ("garbage", "the reader printed nonsense"),
        ("silence", "the reader printed nonsense"),
        ("lies", "the reader printed nonsense"),
    ],
)
async def test_child_that_does_wrong_before_it_says_what_the_file_is(
    hostile: Sandbox, tmp_path: Path, what: str, detail: str
) -> None:
    result = await does(hostile, tmp_path, what)
    assert (result.verdict, result.text_status, result.detail) == ("refused", "failed", detail)
    assert result.why == f"could not be identified: {detail}"
    assert result.pages == []


@pytest.mark.parametrize("what", ["crash", "exit", "allocate", "garbage", "silence", "lies"])
async def test_child_that_does_wrong_while_it_reads(hostile: Sandbox, tmp_path: Path, what: str) -> None:
    result = await does(hostile, tmp_path, f"then-{what}")
    assert (result.verdict, result.found_media_type, result.text_status) == ("clean", "text/plain", "failed")
    assert result.pages == []


@pytest.mark.parametrize("what", ["sleep", "linger"])
async def test_child_that_never_ends_is_killed(hostile: Sandbox, tmp_path: Path, what: str) -> None:
    result = await does(hostile, tmp_path, f"then-{what}", seconds=1)
    assert (result.verdict, result.text_status) == ("clean", "failed")
    assert result.detail.startswith("the reader took too long: ")


async def test_child_that_computes_too_long_is_killed_by_the_kernel(hostile: Sandbox, tmp_path: Path) -> None:
    result = await does(hostile, tmp_path, "then-loop", cpu_seconds=1)
    assert result.detail == "the reader took too long: used up its processor time"


async def test_child_that_prints_without_end_is_killed(hostile: Sandbox, tmp_path: Path) -> None:
    result = await does(hostile, tmp_path, "then-flood", text_chars_max=1_000)
    assert (result.text_status, result.detail) == ("failed", "the reader printed too much")


@confined
@pytest.mark.parametrize(
    "what",
    ["socket", "unix", "fork", "exec", "open /etc/hostname", "create /tmp/casewire-sandbox", "remove /etc/hostname",
     "list /", "kill"],
)  # fmt: skip
async def test_child_may_do_nothing_but_read_and_answer(hostile: Sandbox, tmp_path: Path, what: str) -> None:
    result = await does(hostile, tmp_path, f"then-{what}")
    assert result.pages == ["PermissionError 1"]


async def test_child_sees_no_secret(
    hostile: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWIRE_SECRET", "do-not-tell")
    async with Sandbox("tests.workers.sandbox.hostile") as fresh:
        seen = (await does(fresh, tmp_path, "then-environment")).pages[0]
    assert "LANG" in seen
    assert "CASEWIRE" not in seen


async def test_child_holds_nothing_open_but_its_answer(hostile: Sandbox, tmp_path: Path) -> None:
    # 0 to 2 are /dev/null, 3 is the answer's pipe, and the file is mapped.
    assert (await does(hostile, tmp_path, "then-descriptors")).pages == ["[0, 1, 2, 3]"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
async def test_child_of_root_is_nobody(hostile: Sandbox, tmp_path: Path) -> None:
    assert (await does(hostile, tmp_path, "then-who")).pages == ["65534"]


async def test_sandbox_whose_warm_process_was_killed_starts_another(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "order.pdf"
    file.write_bytes(pdf("Order", ["So ordered."]))
    for _ in range(2):
        result = await sandbox.examine(file, declared_media_type="application/pdf", filename=file.name)
        assert isinstance(result, Examined) and result.text_status == "ok"
        assert sandbox.pid is not None
        os.kill(sandbox.pid, signal.SIGKILL)


async def test_children_die_with_the_warm_process(hostile: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "wrong"
    file.write_text("then-sleep")
    task = asyncio.create_task(
        hostile.examine(file, declared_media_type="", filename="wrong", limits=Limits(seconds=60))
    )
    children: list[int] = []
    while not children:
        await asyncio.sleep(0.02)
        children = _children(hostile.pid) if hostile.pid else []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while any(_alive(child) for child in children):  # the kernel kills them soon, not at once
        await asyncio.sleep(0.02)
    assert hostile.pid is None
    # What was given up does not answer in the place of the next.
    assert (await does(hostile, tmp_path, "then-who")).text_status == "ok"


async def test_sandbox_that_cannot_start_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("text")
    async with Sandbox("no.such.module") as broken:
        result = await broken.examine(file, declared_media_type="text/plain", filename="a.txt")
    assert result == Failure("the sandbox has died")


async def test_file_that_is_gone_is_a_failure(sandbox: Sandbox, tmp_path: Path) -> None:
    result = await sandbox.examine(tmp_path / "gone", declared_media_type="text/plain", filename="gone")
    assert result == Failure("cannot open the file: No such file or directory")


async def test_one_file_in_a_sandbox_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "order.pdf"
    file.write_bytes(data := pdf("Order", ["So ordered."]))
    result = await examine(file, declared_media_type="application/pdf", filename="order.pdf", limits=Limits())
    assert isinstance(result, Examined)
    assert (result.sha256, result.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (result.verdict, result.text_status, result.page_count) == ("clean", "ok", 1)
    assert "So ordered." in result.pages[0]


async def test_many_at_once_each_get_their_own_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(12)]
    for file in files:
        file.write_text(f"words of {file.stem}")
    results = await asyncio.gather(
        *(sandbox.examine(file, declared_media_type="text/plain", filename=file.name) for file in files)
    )
    assert [r.pages if isinstance(r, Examined) else r for r in results] == [
        [f"words of {f.stem}"] for f in files
    ]


async def test_hash_is_of_the_whole_file_also_when_it_is_too_large(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    file.write_bytes(data := b"words and words\n" * 100_000)
    limits = Limits(bytes_max=1_000)
    result = await sandbox.examine(file, declared_media_type="text/plain", filename="big.txt", limits=limits)
    assert isinstance(result, Examined)
    assert (result.sha256, result.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (result.verdict, result.text_status) == ("clean", "too_large")


async def test_pdf_of_10000_pages_ends(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "long.pdf"
    file.write_bytes(made.pdf_of_pages(10_000))
    result = await sandbox.examine(file, declared_media_type="application/pdf", filename="long.pdf")
    assert isinstance(result, Examined)
    assert (result.page_count, result.text_status, result.truncated) == (10_000, "no_text", True)


async def test_zip_bomb_is_bounded_by_default(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "bomb.docx"
    file.write_bytes(made.docx(made.p("x" * 9_000_000) * 40))
    assert file.stat().st_size < 2_000_000
    result = await sandbox.examine(file, declared_media_type=made.DOCX, filename="bomb.docx")
    assert isinstance(result, Examined)
    assert result.verdict == "clean"
    assert (result.text_status == "corrupt" and "unpacks to more" in result.detail) or result.truncated


async def test_refused_file_is_not_read(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "order.pdf"
    file.write_bytes(b"\x7fELF" + bytes(100))
    result = await sandbox.examine(file, declared_media_type="application/pdf", filename="order.pdf")
    assert isinstance(result, Examined)
    assert (result.verdict, result.why, result.pages) == ("refused", "a Linux program", [])


def test_answer_is_believed_only_in_its_own_shape() -> None:
    job = Job("/x", "text/plain", "x", Limits())
    honest = b'{"found_media_type":"text/plain","verdict":"clean","why":"","mismatch":false}\n'
    for line in (b"", b"{}", b"[]", b'{"text_status":"great"}', b'{"text_status":"ok","pages":[1]}',
                 b'{"text_status":"ok","page_count":-1}', b"\xff"):  # fmt: skip
        result = judged(job, Ended("exited", "00", 1), honest + line)
        assert isinstance(result, Examined)
        assert (result.verdict, result.text_status, result.detail) == (
            "clean",
            "failed",
            "the reader printed nonsense",
        )
    result = judged(
        job, Ended("exited", "00", 1), honest + b'{"text_status":"ok","pages":["a"],"page_count":1}'
    )
    assert isinstance(result, Examined) and result.pages == ["a"]
    assert run.judged(job, Ended("unreadable", detail="gone"), b"") == Failure("gone")


def _children(process: int) -> list[int]:
    with open(f"/proc/{process}/task/{process}/children") as file:
        return [int(child) for child in file.read().split()]


def _alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
