"""Vault's transit engine as a root, against a Vault or OpenBao that runs: `CASEWIRE_TEST_VAULT=/usr/bin/bao pytest
tests/storage/keys`. Without that it is not collected (conftest.py): its server is no part of us."""

import asyncio
import json
import os
import socket
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from deploy.embedded.child import Child
from deploy.keys import rotate_root
from deploy.soundness import wrong_root
from hub.context import Hub
from schemas.errors import Refused
from schemas.ids import new_id
from schemas.settings import Settings
from storage.keys.roots import roots_of
from storage.keys.vault import Vault
from storage.keys.wrapping import Broken, about_case, new_key
from storage.postgres import keys
from tests.app import World
from tests.uploads import Hands, cleared, opened_whole

BINARY = os.environ.get("CASEWIRE_TEST_VAULT", "")
WITHIN_S = 60.0
ABOUT = about_case(new_id(), new_id())
MAY_USE = """path "transit/encrypt/KEY" { capabilities = ["update"] }
path "transit/decrypt/KEY" { capabilities = ["update"] }"""


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


class Served:
    """A server of its own, unsealed, with transit. Its storage is its memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        config = folder / "config.json"
        listener = {"tcp": {"address": self.address.removeprefix("http://"), "tls_disable": True}}
        config.write_text(json.dumps(
            {"storage": {"inmem": {}}, "listener": listener, "disable_mlock": True, "api_addr": self.address}
        ))  # fmt: skip
        self.child = Child(
            name="vault", argv=[BINARY, "server", f"-config={config}"], log=folder / "vault.log",
            env={"HOME": str(folder), "PATH": os.environ["PATH"]}, cwd=folder,
        )  # fmt: skip
        self.child.start()
        self.client = httpx.Client(base_url=f"{self.address}/v1", trust_env=False, timeout=WITHIN_S)
        until(self._answers, "the server does not answer")
        made = self.ask("PUT", "sys/init", secret_shares=1, secret_threshold=1)
        self.unseal_key, self.root_token = made["keys"][0], made["root_token"]
        self.client.headers["x-vault-token"] = self.root_token
        self.unseal()
        self.ask("POST", "sys/mounts/transit", type="transit")

    def _answers(self) -> bool:
        assert self.child.running, (self.folder / "vault.log").read_text()
        try:
            return self.client.get("sys/seal-status").status_code == 200
        except httpx.HTTPError:
            return False

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self.client.request(method, path, json=body if method != "GET" else None)
        assert answer.status_code in (200, 204), (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def unseal(self) -> None:
        self.ask("PUT", "sys/unseal", key=self.unseal_key)
        until(lambda: self.client.get("sys/health").status_code == 200, "it is not unsealed")

    def key(self, **made: Any) -> str:
        """The address of a new key."""
        name = f"k{new_id().hex}"
        self.ask("POST", f"transit/keys/{name}", **made)
        return f"{self.address}/transit/{name}"

    def token(self, key: str, ttl: str = "1h") -> str:
        """One that may do what Casewire asks of `key`, and nothing else."""
        name = key.rpartition("/")[2]
        self.ask("PUT", f"sys/policies/acl/{name}", policy=MAY_USE.replace("KEY", name))
        made = self.ask("POST", "auth/token/create", policies=[name], ttl=ttl, no_default_policy=True)
        return made["auth"]["client_token"]

    def close(self) -> None:
        self.client.close()
        self.child.stop()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("vault"))
    yield server
    server.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not a silent Vault."""
    monkeypatch.setattr("storage.keys.vault.VAULT_S", WITHIN_S)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return tmp_path / "token"


@pytest.fixture
async def vault(served: Served, token_file: Path) -> AsyncIterator[Vault]:
    address = served.key()
    token_file.write_text(served.token(address))
    vault = Vault(address, token_file)
    yield vault
    await vault.close()


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"type": "aes128-gcm96"},
        {"type": "chacha20-poly1305"},
        {"derived": True},
        {"derived": True, "convergent_encryption": True},
    ],
    ids=lambda made: "-".join(map(str, made.values())) or "plain",
)
async def test_each_kind_of_key_wraps_for_one_purpose(
    served: Served, token_file: Path, made: dict[str, Any]
) -> None:
    address = served.key(**made)
    token_file.write_text(served.token(address))
    vault = Vault(address, token_file)
    key = new_key()
    wrapped = await vault.wrap(key, ABOUT)
    assert wrapped.startswith(b"vault:v1:") and await vault.unwrap(wrapped, ABOUT) == key
    for bad, about in (
        (wrapped, about_case(new_id(), new_id())),
        (wrapped[:-8] + b"AAAAAAA=", ABOUT),
        (b"vault:v1:AAAA", ABOUT),
        (b"vault:v9:" + wrapped[9:], ABOUT),
        (b"nothing", ABOUT),
        (b"", ABOUT),
        (b"\xff", ABOUT),
    ):
        with pytest.raises(Broken):
            await vault.unwrap(bad, about)
    await vault.close()


async def test_versions_of_its_key(vault: Vault, served: Served) -> None:
    path = f"transit/keys/{vault._name}"
    key = new_key()
    first = await vault.wrap(key, ABOUT)
    served.ask("POST", f"{path}/rotate")
    second = await vault.wrap(key, ABOUT)
    assert second.startswith(b"vault:v2:") and await vault.unwrap(first, ABOUT) == key
    served.ask("POST", f"{path}/config", min_decryption_version=2)
    assert await vault.unwrap(second, ABOUT) == key
    with pytest.raises(Broken):
        await vault.unwrap(first, ABOUT)


async def test_what_was_wrapped_before_a_context_was_given_still_opens(vault: Vault, served: Served) -> None:
    """Casewire gave none until keys were allowed from which others are derived."""
    key = new_key()
    plain, about = (b64encode(data).decode() for data in (key, ABOUT))
    answer = served.ask("POST", f"transit/encrypt/{vault._name}", plaintext=plain, associated_data=about)
    assert await vault.unwrap(answer["data"]["ciphertext"].encode(), ABOUT) == key


async def test_a_place_that_is_none(served: Served, token_file: Path) -> None:
    token_file.write_text(served.root_token)
    for address, says in (
        (f"{served.address}/nowhere/casewire", "no transit engine at nowhere"),
        (f"{served.address}/sys/casewire", "no transit engine at sys"),
        (served.key(type="rsa-2048"), "must exist and take associated data"),
        (served.key(type="ed25519"), "must exist and take associated data"),
    ):
        vault = Vault(address, token_file)
        with pytest.raises(Refused, match=says):
            await vault.wrap(new_key(), ABOUT)
        await vault.close()


async def test_a_name_that_is_none_makes_no_key(vault: Vault, served: Served, token_file: Path) -> None:
    """With the rights that the README gives; with those to create, Vault makes a key of any name it is asked for."""
    typed = f"{served.address}/transit/mistyped"
    token_file.write_text(served.token(typed))
    wrong = Vault(typed, token_file)
    with pytest.raises(Refused, match="refuses the token"):
        await wrong.wrap(new_key(), ABOUT)
    await wrong.close()
    assert served.client.get("transit/keys/mistyped").status_code == 404


async def test_a_token_without_rights_revoked_and_expired(
    vault: Vault, served: Served, token_file: Path
) -> None:
    address = f"{served.address}/transit/{vault._name}"
    good = token_file.read_text()
    wrapped = await vault.wrap(new_key(), ABOUT)

    async def refused() -> None:
        for asked in (vault.wrap(new_key(), ABOUT), vault.unwrap(wrapped, ABOUT)):
            with pytest.raises(Refused, match="refuses the token") as error:
                await asked
            assert error.value.code == "unavailable" and good not in str(error.value)

    token_file.write_text(served.token(served.key()))  # for another key
    await refused()
    token_file.write_text("s.nobodys")
    await refused()
    short = served.token(address, ttl="1s")
    token_file.write_text(short)
    until(lambda: over(served, short), "it does not expire")
    await refused()
    token_file.write_text(good)
    assert await vault.unwrap(wrapped, ABOUT)
    served.ask("POST", "auth/token/revoke", token=good)
    await refused()


def over(served: Served, token: str) -> bool:
    return served.client.post("auth/token/lookup", json={"token": token}).status_code in (403, 404)


async def test_an_agent_renews_the_token_by_an_approle(
    vault: Vault, served: Served, token_file: Path, tmp_path: Path
) -> None:
    """What the README tells: Vault's own agent signs in by a role and writes each new token into the file."""
    if "approle/" not in served.ask("GET", "sys/auth")["data"]:
        served.ask("POST", "sys/auth/approle", type="approle")
    served.ask(
        "POST", "auth/approle/role/casewire",
        token_policies=[vault._name], token_ttl="2s", token_max_ttl="3s", token_no_default_policy=True,
    )  # fmt: skip
    role = served.ask("GET", "auth/approle/role/casewire/role-id")["data"]["role_id"]
    secret = served.ask("POST", "auth/approle/role/casewire/secret-id")["data"]["secret_id"]
    (tmp_path / "role").write_text(role)
    (tmp_path / "secret").write_text(secret)
    (tmp_path / "agent.hcl").write_text(f"""
        vault {{ address = "{served.address}" }}
        auto_auth {{
            method "approle" {{ config = {{ role_id_file_path = "{tmp_path}/role",
                secret_id_file_path = "{tmp_path}/secret", remove_secret_id_file_after_reading = false }} }}
            sink "file" {{ config = {{ path = "{token_file}" }} }}
        }}""")
    token_file.unlink()
    agent = Child(
        name="agent", argv=[BINARY, "agent", f"-config={tmp_path}/agent.hcl"], log=tmp_path / "agent.log",
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]}, cwd=tmp_path,
    )  # fmt: skip
    agent.start()
    try:
        key, tokens = new_key(), list[str]()
        wrapped = b""
        deadline = time.monotonic() + WITHIN_S
        # Three tokens, one after the other: whoever held on to the first would be refused by then.
        while len(tokens) < 3:
            assert agent.running and time.monotonic() < deadline, (tmp_path / "agent.log").read_text()
            if token_file.exists() and (token := token_file.read_text()) and token not in tokens:
                try:
                    wrapped = wrapped or await vault.wrap(key, ABOUT)
                    assert await vault.unwrap(wrapped, ABOUT) == key
                except Refused:  # it was over before it could be used, on a machine that is busy
                    continue
                tokens.append(token)
            await asyncio.sleep(0.1)
        until(lambda: over(served, tokens[0]), "the first does not expire")
    finally:
        agent.stop()


async def test_a_vault_that_is_sealed_or_away(vault: Vault, served: Served, token_file: Path) -> None:
    wrapped = await vault.wrap(new_key(), ABOUT)
    served.ask("PUT", "sys/seal")
    try:
        for asked in (vault.wrap(new_key(), ABOUT), vault.unwrap(wrapped, ABOUT)):
            with pytest.raises(Refused, match="is sealed or not ready") as refused:
                await asked
            assert refused.value.retry_after_ms
    finally:
        served.unseal()
    assert await vault.unwrap(wrapped, ABOUT)


async def test_casewire_works_on_it_and_rotates(
    world: World, hands: Hands, hub: Hub, settings: Settings, served: Served, token_file: Path
) -> None:
    office = await world.office()
    version = await cleared(hands, office.lead, office.case, b"The lessee pays.\n")
    one, other = served.key(), served.key(derived=True)
    token_file.write_text(served.root_token)
    with_vault = replace(settings, root_vault=one, root_vault_token_file=str(token_file))
    both = replace(with_vault, root_vault=f"{other},{one}")
    row = "select wrapped, root from case_keys where case_id = $1"

    async def opened(given: Settings) -> bytes:
        found = await world.pool.fetchrow(row, office.case)
        roots = roots_of(given)
        try:
            return await roots.of(found["root"]).unwrap(found["wrapped"], about_case(office.org, office.case))
        finally:
            for root in roots.known.values():
                await root.close()

    was = await opened(settings)
    try:
        await asyncio.to_thread(rotate_root, with_vault)
        assert await opened(with_vault) == was and await wrong_root(with_vault) is None
        # Vault has rotated its key, and what the first version wrapped shall open no longer.
        name = one.rpartition("/")[2]
        served.ask("POST", f"transit/keys/{name}/rotate")
        await asyncio.to_thread(rotate_root, with_vault, again=True)
        served.ask("POST", f"transit/keys/{name}/config", min_decryption_version=2)
        assert (await world.pool.fetchrow(row, office.case))["wrapped"].startswith(b"vault:v2:")
        assert await opened(with_vault) == was and await wrong_root(with_vault) is None
        await asyncio.to_thread(rotate_root, both)
        assert (await world.pool.fetchrow(row, office.case))["root"] == roots_of(both).current.id
        assert await opened(both) == was and await wrong_root(both) is None
        # One of the same name that is not the same key is told from it at the start.
        served.ask("POST", f"transit/keys/{other.rpartition('/')[2]}/rotate")
        await _made_anew(served, other, both)
    finally:
        await asyncio.to_thread(rotate_root, replace(both, root_first="key"))
    assert await opened(settings) == was
    assert await world.pool.fetchval(keys.KNOWN_ROOT, roots_of(settings).current.id)
    assert await opened_whole(hub, await hands.row(version)) == b"The lessee pays.\n"


async def _made_anew(served: Served, address: str, settings: Settings) -> None:
    """Its versions up to the second are closed, as if somebody had made the key anew; then it is put back."""
    name = address.rpartition("/")[2]
    served.ask("POST", f"transit/keys/{name}/config", min_decryption_version=2)
    said = await wrong_root(settings)
    served.ask("POST", f"transit/keys/{name}/config", min_decryption_version=1)
    assert (
        said == f"The root vault:transit/{name} does not open what it wrapped before; give the one that did."
    )
