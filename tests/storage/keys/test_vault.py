"""Vault's transit engine as a root, against a server that speaks its documented API and nothing more."""

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import Refused
from schemas.limits import VAULT_ANSWER_BYTES_MAX
from schemas.settings import Settings
from storage.keys.roots import roots_of
from storage.keys.vault import Vault
from storage.keys.wrapping import Broken, new_key

TOKEN = "hvs.of-a-test"


class Transit(ThreadingHTTPServer):
    """`POST /v1/transit/{encrypt,decrypt}/casewire`: a key with versions. `odd` is an answer to give instead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.versions = [os.urandom(32)]
        self.odd: tuple[int, bytes, dict[str, str]] | None = None
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/transit/casewire"

    def answer(self, what: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        about = b64decode(body["associated_data"])
        if what == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + AESGCM(self.versions[-1]).encrypt(nonce, b64decode(body["plaintext"]), about)
            found = f"vault:v{len(self.versions)}:{b64encode(sealed).decode()}"
            return 200, {"data": {"ciphertext": found, "key_version": len(self.versions)}}
        try:
            _, version, text = body["ciphertext"].split(":")
            sealed = b64decode(text)
            plain = AESGCM(self.versions[int(version[1:]) - 1]).decrypt(sealed[:12], sealed[12:], about)
        except (ValueError, IndexError, InvalidTag):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": b64encode(plain).decode()}}


class Asked(BaseHTTPRequestHandler):
    @property
    def transit(self) -> Transit:
        return cast(Transit, self.server)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.transit.asked.append(self.path)
        more: dict[str, str] = {}
        if self.transit.odd is not None:
            status, content, more = self.transit.odd
        elif self.headers["x-vault-token"] != TOKEN:
            status, content = 403, b'{"errors":["permission denied"]}'
        else:
            _, _, mount, what, name = self.path.split("/")
            known = (mount, name) == ("transit", "casewire")
            status, answer = self.transit.answer(what, body) if known else (404, {"errors": []})
            content = json.dumps(answer).encode()
        self.send_response(status)
        for key, value in {"content-length": str(len(content)), **more}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def transit() -> Iterator[Transit]:
    server = Transit()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not a silent Vault; what tells of one sets its own."""
    monkeypatch.setattr("storage.keys.vault.VAULT_S", 60.0)


@pytest.fixture
async def vault(transit: Transit, tmp_path: Path) -> Any:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    vault = Vault(transit.address, tmp_path / "token")
    yield vault
    await vault.close()


async def test_a_key_is_wrapped_there_and_comes_back(vault: Vault, transit: Transit) -> None:
    key = new_key()
    wrapped = await vault.wrap(key, b"this")
    assert wrapped.startswith(b"vault:v1:") and key not in b64decode(wrapped.split(b":")[2])
    assert await vault.unwrap(wrapped, b"this") == key
    transit.versions.append(os.urandom(32))  # `vault write -f transit/keys/casewire/rotate`
    assert await vault.unwrap(wrapped, b"this") == key
    assert (await vault.wrap(key, b"this")).startswith(b"vault:v2:")
    assert transit.asked[0] == "/v1/transit/encrypt/casewire"


async def test_it_opens_what_it_wrapped_for_the_same_purpose_alone(vault: Vault, transit: Transit) -> None:
    wrapped = await vault.wrap(new_key(), b"this")
    for bad, about in (
        (wrapped, b"that"),
        (wrapped[:-4], b"this"),
        (b"vault:v9:AAAA", b"this"),
        (b"\xff", b"this"),
    ):
        with pytest.raises(Broken):
            await vault.unwrap(bad, about)
    transit.versions[0] = os.urandom(32)  # somebody made the key anew
    with pytest.raises(Broken):
        await vault.unwrap(wrapped, b"this")


@pytest.mark.parametrize(
    ("status", "content", "more"),
    [
        (503, b'{"errors":["Vault is sealed"]}', {}),
        (500, b"", {}),
        (429, b"{}", {}),
        (404, b'{"errors":[]}', {}),
        (307, b"", {"location": "http://127.0.0.1:1/v1/transit/decrypt/casewire"}),
        (200, b"<html>", {}),
        (200, b'{"data": 1}', {}),
        (200, b" " * (VAULT_ANSWER_BYTES_MAX + 1), {}),
    ],
)
async def test_an_answer_that_is_none_is_unavailable(
    vault: Vault, transit: Transit, status: int, content: bytes, more: dict[str, str]
) -> None:
    wrapped = await vault.wrap(new_key(), b"this")
    transit.odd = status, content, more
    with pytest.raises(Refused, match="unavailable"):
        await vault.unwrap(wrapped, b"this")
    with pytest.raises(Refused, match="unavailable"):
        await vault.wrap(new_key(), b"this")
    transit.odd = None
    assert await vault.unwrap(wrapped, b"this")


async def test_answers_without_what_was_asked_for(vault: Vault, transit: Transit) -> None:
    wrapped = await vault.wrap(new_key(), b"this")
    transit.odd = 200, b'{"data": {"plaintext": "%%%"}}', {}
    with pytest.raises(Broken):
        await vault.unwrap(wrapped, b"this")
    with pytest.raises(Refused, match="unavailable"):
        await vault.wrap(new_key(), b"this")


async def test_a_server_that_is_away_or_says_nothing(
    transit: Transit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    away = Vault("http://127.0.0.1:1/transit/casewire", tmp_path / "token")
    with pytest.raises(Refused, match="unavailable"):
        await away.wrap(new_key(), b"this")
    await away.close()
    monkeypatch.setattr("storage.keys.vault.VAULT_S", 0.05)
    silence = threading.Event()
    monkeypatch.setattr(Asked, "do_POST", lambda _: silence.wait(30))
    silent = Vault(transit.address, tmp_path / "token")
    try:
        with pytest.raises(Refused, match="unavailable"):
            await silent.wrap(new_key(), b"this")
    finally:
        silence.set()
        await silent.close()


async def test_the_token_is_read_each_time(vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another")
    with pytest.raises(Refused, match="refuses the token"):
        await vault.wrap(new_key(), b"this")
    (tmp_path / "token").unlink()
    with pytest.raises(Refused, match="cannot be read"):
        await vault.wrap(new_key(), b"this")
    (tmp_path / "token").write_text(TOKEN)
    assert await vault.wrap(new_key(), b"this")


async def test_it_is_the_root_that_the_settings_name(transit: Transit, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    settings = Settings(root_vault=transit.address, root_vault_token_file=str(tmp_path / "token"))
    roots = roots_of(settings)
    assert roots.current.id == "vault:transit/casewire" and TOKEN not in repr(settings)
    assert await roots.current.unwrap(await roots.current.wrap(b"k" * 32, b"a"), b"a") == b"k" * 32
    await roots.current.close()
