"""AWS KMS as a root: against moto's server, over HTTP; and its refusals, as AWS documents them, by a server of ours."""

import asyncio
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from deploy.keys import rotate_root
from deploy.soundness import wrong_root
from hub.context import Hub
from schemas.audit import HOUSE, entry_of
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.limits import KMS_TRIES_MAX
from schemas.settings import Secret, Settings, SettingsError
from storage.keys.kms import Kms, context
from storage.keys.roots import roots_of
from storage.keys.wrapping import Broken, about_case
from storage.keys.wrapping import new_key as random_key
from storage.postgres import keys
from tests.app import World
from tests.storage.keys.aws import ENVIRON, REGION, Answers, answering, asking, moto, new_key
from tests.uploads import Hands, cleared

ROOT = Path(__file__).parents[3]
ENDS_WITHIN_S = 60.0
ARN = f"arn:aws:kms:{REGION}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    # A busy machine is not a silent KMS; what tells of one sets its own.
    for name in ("KMS_S", "KMS_CONNECT_S", "KMS_ANSWER_S"):
        monkeypatch.setattr(f"storage.keys.kms.{name}", ENDS_WITHIN_S)


@pytest.fixture
async def kms(address: str) -> AsyncIterator[Kms]:
    root = Kms(new_key(address), endpoint=address)
    yield root
    await root.close()


@pytest.fixture
def answers() -> Iterator[Answers]:
    with answering() as server:
        yield server


@pytest.fixture
async def odd(answers: Answers) -> AsyncIterator[Kms]:
    root = Kms(ARN, endpoint=answers.address)
    yield root
    await root.close()


async def test_a_key_is_wrapped_there_and_comes_back(kms: Kms) -> None:
    key, about = random_key(), about_case(new_id(), new_id())
    wrapped = await kms.wrap(key, about)
    assert key not in wrapped and await kms.unwrap(wrapped, about) == key
    assert await kms.wrap(key, about) != wrapped
    assert kms.id == f"kms:{kms._key.rpartition('/')[2]}"


async def test_it_opens_what_it_wrapped_for_the_same_case_alone(kms: Kms, address: str) -> None:
    org, case = new_id(), new_id()
    wrapped = await kms.wrap(random_key(), about_case(org, case))
    for bad, about in (
        (wrapped, about_case(org, new_id())),
        (wrapped, about_case(new_id(), case)),
        (wrapped, about_case(case, org)),
        (wrapped, b"this"),
        (wrapped[:-4], about_case(org, case)),
        (b"", about_case(org, case)),
    ):
        with pytest.raises(Broken):
            await kms.unwrap(bad, about)
    # KMS itself finds the key by the text, and refuses one that is not the key that was named (AWS says
    # IncorrectKeyException, which is below; moto what AWS says of a key that is another account's).
    other = Kms(new_key(address), endpoint=address)
    with pytest.raises(Refused, match="is refused"):
        await other.unwrap(wrapped, about_case(org, case))
    await other.close()
    proof = await kms.wrap(random_key(), b"this")
    with pytest.raises(Broken):
        await kms.unwrap(proof, b"that")


def test_what_it_is_for_can_be_read_in_its_trail() -> None:
    org, case = new_id(), new_id()
    found = {"casewire": "case key 1", "organisation": str(org), "case": str(case)}
    assert context(about_case(org, case)) == found
    assert context(b"this") == {"casewire": b"this".hex()}
    assert context(about_case(org, case) + b"\0") == {"casewire": (about_case(org, case) + b"\0").hex()}


async def test_a_key_by_its_id_in_its_region(address: str) -> None:
    arn = new_key(address)
    by_arn, by_id = Kms(arn, endpoint=address), Kms(arn.rpartition("/")[2], REGION, address)
    assert by_arn.id == by_id.id and by_arn._region == by_id._region == REGION
    key = random_key()
    assert await by_id.unwrap(await by_arn.wrap(key, b"this"), b"this") == key
    await by_arn.close()
    await by_id.close()


async def test_a_key_that_is_not_there(address: str) -> None:
    root = Kms(ARN, endpoint=address)
    with pytest.raises(Refused, match="does not exist in that account and region") as refused:
        await root.wrap(random_key(), b"this")
    assert refused.value.code == "unavailable" and "\n" not in str(refused.value.detail)
    await root.close()


async def test_what_the_key_did_not_wrap_so(odd: Kms, answers: Answers) -> None:
    for code in ("InvalidCiphertextException", "IncorrectKeyException"):
        answers.refuse(code)
        with pytest.raises(Broken):
            await odd.unwrap(b"wrapped", b"this")
        with pytest.raises(Refused, match="unavailable"):
            await odd.wrap(random_key(), b"this")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("DisabledException", "is disabled; enable it in KMS"),
        ("InvalidKeyUsageException", "it must be symmetric"),
        ("KMSInvalidStateException", "is to be deleted or not ready"),
        ("AccessDeniedException", "need kms:Encrypt and kms:Decrypt"),
        ("UnrecognizedClientException", "does not know these AWS credentials"),
        ("ExpiredTokenException", "have expired"),
        ("ThrottlingException", "asked too often"),
        ("NobodyForesawException", "NobodyForesawException"),
        ("no code at all", "without a reason"),
    ],
)
async def test_a_refusal_is_one_sentence_and_passes(odd: Kms, answers: Answers, code: str, says: str) -> None:
    answers.refuse(code)
    for asked in (odd.wrap(random_key(), b"this"), odd.unwrap(b"wrapped", b"this")):
        with pytest.raises(Refused, match=says) as refused:
            await asked
        assert refused.value.code == "unavailable" and refused.value.retry_after_ms
        assert refused.value.detail and "\n" not in refused.value.detail
        assert "words of KMS" not in refused.value.detail
    answers.answer = 200, b'{"Plaintext": "%s"}' % b64encode(b"k" * 32)
    assert await odd.unwrap(b"wrapped", b"this") == b"k" * 32


async def test_it_is_asked_again_within_a_bound(odd: Kms, answers: Answers) -> None:
    for code, status, tries in (
        ("ThrottlingException", 400, KMS_TRIES_MAX),
        ("KMSInternalException", 500, KMS_TRIES_MAX),
        ("DisabledException", 400, 1),
    ):
        answers.refuse(code, status)
        answers.asked = 0
        with pytest.raises(Refused, match="unavailable"):
            await odd.wrap(random_key(), b"this")
        assert answers.asked == tries


async def test_answers_that_are_none(odd: Kms, answers: Answers) -> None:
    for content in (b"<html>", b"{}", b"[1]", b'{"CiphertextBlob": ""}'):
        answers.answer = 200, content
        with pytest.raises(Refused, match="unavailable"):
            await odd.wrap(random_key(), b"this")
    for content in (b"{}", b'{"Plaintext": ""}', b'{"Plaintext": "%s"}' % b64encode(b"short")):
        answers.answer = 200, content
        with pytest.raises(Broken):
            await odd.unwrap(b"wrapped", b"this")


async def test_a_kms_that_is_away_or_says_nothing(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Kms(ARN, endpoint="http://127.0.0.1:1")
    with pytest.raises(Refused, match="does not answer"):
        await away.wrap(random_key(), b"this")
    await away.close()
    monkeypatch.setattr("storage.keys.kms.KMS_ANSWER_S", 0.05)
    monkeypatch.setattr("storage.keys.kms.KMS_TRIES_MAX", 1)
    monkeypatch.setattr("storage.keys.kms.KMS_S", 600.0)  # its thread gives up by itself
    silent = Kms(ARN, endpoint=answers.address)
    with pytest.raises(Refused, match="does not answer"):
        await silent.wrap(random_key(), b"this")
    # The whole of it has a bound too, whatever the threads do, and they do not grow.
    monkeypatch.setattr("storage.keys.kms.KMS_S", 0.0)
    found = await asyncio.gather(
        *(silent.wrap(random_key(), b"this") for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(one, Refused) for one in found)
    await silent.close()


async def test_it_is_asked_in_threads_of_its_own(kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[threading.Thread] = set()
    call = Kms._call

    def seen(self: Kms, what: str, asked: Any) -> Any:
        threads.add(threading.current_thread())
        return call(self, what, asked)

    monkeypatch.setattr(Kms, "_call", seen)
    await kms.unwrap(await kms.wrap(random_key(), b"this"), b"this")
    assert threads and all(thread.name.startswith("kms") for thread in threads)


async def test_without_credentials(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    root = Kms(ARN, endpoint=address)
    with pytest.raises(Refused, match=r"no usable AWS credentials \(NoCredentialsError\)"):
        await root.wrap(random_key(), b"this")
    await root.close()


async def test_the_environment_names_no_other_place(
    kms: Kms, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, answers.address)
    answers.refuse("DisabledException")
    key = random_key()
    assert await kms.unwrap(await kms.wrap(key, b"this"), b"this") == key and answers.asked == 0
    regular = Kms(ARN)
    assert regular._made().meta.endpoint_url == f"https://kms.{REGION}.amazonaws.com"
    await regular.close()


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"root_kms": ARN.replace("key/", "alias/")}, "an alias is none"),
        ({"root_kms": "1234abcd-12ab-34cd-56ef-1234567890ab"}, "CASEWIRE_ROOT_KMS_REGION"),
        ({"root_kms": "alias/casewire", "root_kms_region": REGION}, "an alias is none"),
        ({"root_kms": ARN, "root_kms_endpoint": "kms.example"}, "must be an address"),
        ({"root_kms": ARN, "root_kms_endpoint": "https://u:p@kms.example"}, "must be an address"),
        ({"root_kms": f"{ARN},{ARN}"}, "two roots that go by one name"),
        ({"root_kms": ARN, "root_kms_endpoint": "http://kms.example", "mode": "production"}, "https"),
        ({"root_kms": ARN, "root_first": "vault"}, "CASEWIRE_ROOT_FIRST"),
        ({"root_kms": ARN, "root_first": "moon"}, "CASEWIRE_ROOT_FIRST"),
    ],
)
def test_what_is_no_key_is_refused_in_one_sentence(named: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        roots_of(Settings(**named))  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_who_lacks_the_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"install casewire\[kms\]"):
        roots_of(Settings(root_kms=ARN))


async def test_of_several_kinds_one_wraps_anew_and_all_open(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token")
    settings = Settings(
        root_key=Secret(b64encode(os.urandom(32)).decode()),
        root_kms=f"{ARN}, {ARN.replace('1234abcd', 'mrk-1234')}",
        root_vault="https://vault.test/transit/a,https://vault.test/transit/b",
        root_vault_token_file=str(tmp_path / "token"),
    )
    for first, kind in (("", "vault:"), ("vault", "vault:"), ("kms", "kms:1234abcd"), ("key", "key:")):
        roots = roots_of(replace(settings, root_first=first))
        assert roots.current.id.startswith(kind) and len(roots.known) == 5
        for root in roots.known.values():
            await root.close()


async def test_rotation_to_kms_and_from_one_key_of_it_to_another(
    world: World, hands: Hands, hub: Hub, settings: Settings, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office = await world.office()
    await cleared(hands, office.lead, office.case, b"The lessee pays.\n")
    one, other = new_key(address), new_key(address)
    with_kms = replace(settings, root_kms=one, root_kms_endpoint=address)
    both = replace(with_kms, root_kms=f"{other},{one}")
    row = "select wrapped, root from case_keys where case_id = $1"
    was = await world.pool.fetchrow(row, office.case)
    opened = await _case_key(settings, was, office)
    try:
        for given in (with_kms, both):
            await asyncio.to_thread(rotate_root, given)
            found = await world.pool.fetchrow(row, office.case)
            assert found["root"] == roots_of(given).current.id and found["wrapped"] != was["wrapped"]
            assert await _case_key(given, found, office) == opened
            assert "keys of cases are wrapped anew, by kms:" in capsys.readouterr().out
        only = replace(both, root_kms=other, root_key=Secret(""), mode="production")
        only = replace(only, root_kms_endpoint="")  # nothing is asked of it: the name says enough
        # Who starts with another key of KMS is told so, in one sentence that names both.
        wrong = replace(only, root_kms=one)
        said = await wrong_root(wrong)
        assert (
            said and "\n" not in said and said.startswith(f"The root key {roots_of(both).current.id} wraps")
        )
        assert f"the one given ({roots_of(wrong).current.id}); put it into CASEWIRE_ROOT_KMS" in said
        env = {key: value for key, value in os.environ.items() if not key.startswith("CASEWIRE_")}
        env |= {"PYTHONPATH": str(ROOT), "CASEWIRE_POSTGRES": settings.postgres, "CASEWIRE_ROOT_KMS": one}
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "deploy.serve", "hub"],
            env=env, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, f"casewire: {said}\n")
        # Whose rights at it were taken is waited for: what is there may be read as soon as they are back.
        with asking(address) as client:
            client.disable_key(KeyId=other.rpartition("/")[2])
        assert await wrong_root(both) is None
    finally:
        with asking(address) as client:
            client.enable_key(KeyId=other.rpartition("/")[2])
        await asyncio.to_thread(rotate_root, replace(both, root_first="key"))
    said = capsys.readouterr().out
    assert f"kms:{other.rpartition('/')[2]} wraps nothing any more" in said
    entries = [entry_of(row["entry"]) for row in await world.pool.fetch(
        "select entry from audit_entries where case_id = $1 or log = $2", office.case, HOUSE)]  # fmt: skip
    rewrapped = [one for one in entries if one.act == "key.rewrapped"]
    assert len(rewrapped) == 3 and all(one.by.kind == one.rule == "operator" for one in rewrapped)
    assert {"key.root_made", "key.root_forgotten"} <= {one.act for one in entries}
    assert await world.pool.fetchval(keys.KNOWN_ROOT, roots_of(settings).current.id)


async def _case_key(settings: Settings, row: Any, office: Any) -> bytes:
    roots = roots_of(settings)
    try:
        return await roots.of(row["root"]).unwrap(row["wrapped"], about_case(office.org, office.case))
    finally:
        for root in roots.known.values():
            await root.close()
