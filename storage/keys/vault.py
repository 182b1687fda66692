"""HashiCorp Vault's transit engine (and OpenBao's, which speaks the same) as a root: the root key never leaves it.

`POST /v1/<mount>/encrypt/<key>` and `.../decrypt/<key>`, as its HTTP API documents them. What is wrapped is bound by
`associated_data`, and by `context` where the key is one from which Vault derives others; of any other it is ignored.
"""

import asyncio
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import Struct

from schemas.errors import Refused
from schemas.limits import VAULT_ANSWER_BYTES_MAX, VAULT_S
from schemas.settings import SettingsError
from storage.keys.wrapping import KEY_BYTES, Broken

AGAIN_MS = 1000
# Whoever runs Casewire has to do something; what else there is passes.
SAYS = {
    400: "Vault cannot {what} with the key {name}; it must exist and take associated data, as aes256-gcm96 does.",
    403: "Vault refuses the token of CASEWIRE_ROOT_VAULT_TOKEN_FILE; it must be valid and may {what} with {name}.",
    404: "Vault has no transit engine at {mount}; see CASEWIRE_ROOT_VAULT.",
    503: "Vault is sealed or not ready.",
}


class _Data(Struct):
    ciphertext: str = ""
    plaintext: str = ""


class _Answer(Struct):
    data: _Data


class Vault:
    """The transit key that `address` names, as `https://vault.example:8200/transit/casewire`: mount, then key.

    The token is read from its file before each question: whoever renews it (Vault's agent) writes it there.
    """

    def __init__(self, address: str, token_file: Path, mode: str = "development") -> None:
        parts = urlsplit(address)
        mount, _, name = parts.path.strip("/").rpartition("/")
        if parts.scheme not in ("http", "https") or not parts.hostname or not mount or not name:
            raise SettingsError(
                "CASEWIRE_ROOT_VAULT must be an address with mount and key, as https://vault.example:8200/transit/casewire."
            )
        if parts.username or parts.query or parts.fragment:
            raise SettingsError(
                "CASEWIRE_ROOT_VAULT takes no user, query or fragment; the token stands in its file."
            )
        if mode == "production" and parts.scheme != "https":
            raise SettingsError("CASEWIRE_ROOT_VAULT must be an https:// address in production.")
        self.id = f"vault:{mount}/{name}"
        self._base, self._mount, self._name = f"{parts.scheme}://{parts.netloc}/v1", mount, name
        self._token_file = token_file
        self._client: httpx.AsyncClient | None = None

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        answer = await self._ask("encrypt", {"plaintext": _b64(key)}, about)
        if not answer.ciphertext:
            raise Refused("unavailable", "Vault answers without a ciphertext.", retry_after_ms=AGAIN_MS)
        return answer.ciphertext.encode()

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        answer = await self._ask("decrypt", {"ciphertext": wrapped.decode("utf-8", "replace")}, about)
        try:
            key = b64decode(answer.plaintext, validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise Broken("Vault answers with no key")
        return key

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, what: str, body: dict[str, str], about: bytes) -> _Data:
        body |= {"associated_data": _b64(about), "context": _b64(about)}
        if self._client is None:
            # One place, the one that is named: no redirects, no proxy of the environment.
            self._client = await asyncio.to_thread(
                lambda: httpx.AsyncClient(timeout=VAULT_S, follow_redirects=False, trust_env=False)
            )
        try:
            token = (await asyncio.to_thread(self._token_file.read_text)).strip()
        except (OSError, UnicodeDecodeError):
            raise Refused("unavailable", "The file with Vault's token cannot be read.") from None
        try:
            async with asyncio.timeout(VAULT_S):
                status, content = await self._post(
                    self._client, f"{self._base}/{self._mount}/{what}/{self._name}", token, body
                )
        except (httpx.HTTPError, TimeoutError):
            raise Refused("unavailable", "Vault does not answer.", retry_after_ms=AGAIN_MS) from None
        if status == 400 and what == "decrypt":
            raise Broken("Vault did not wrap this so")
        if status != 200:
            said = SAYS.get(status, f"Vault refuses to {what} with status {status}.")
            detail = said.format(what=what, name=self._name, mount=self._mount)
            raise Refused("unavailable", detail, retry_after_ms=AGAIN_MS)
        try:
            return msgspec.json.decode(content, type=_Answer).data
        except msgspec.MsgspecError:
            raise Refused(
                "unavailable", "Vault's answer is not one of transit.", retry_after_ms=AGAIN_MS
            ) from None

    async def _post(self, client: httpx.AsyncClient, url: str, token: str, body: Any) -> tuple[int, bytes]:
        async with client.stream("POST", url, json=body, headers={"x-vault-token": token}) as answer:
            content = b""
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > VAULT_ANSWER_BYTES_MAX:
                    raise httpx.DecodingError("too long")
            return answer.status_code, content


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
