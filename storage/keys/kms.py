"""A key of AWS KMS as a root: it never leaves there. `Encrypt` and `Decrypt` of 32 bytes, with an encryption context
that binds organisation and case, names them in CloudTrail, and may be asked for by a policy of the key.

botocore is not asynchronous, and so runs in threads of its own: a KMS that is silent takes no thread that others need.
"""

import asyncio
import importlib.util
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from schemas.errors import Refused
from schemas.limits import KMS_ANSWER_S, KMS_AT_ONCE_MAX, KMS_CONNECT_S, KMS_S, KMS_TRIES_MAX
from schemas.settings import SettingsError
from storage.keys.wrapping import KEY_BYTES, Broken, case_of

AGAIN_MS = 1000
ARN = re.compile(r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/(?P<id>[A-Za-z0-9-]{1,64})")
ID = re.compile(r"(?P<id>[A-Za-z0-9-]{1,64})")

# What `Decrypt` answers for a text that this key did not encrypt with this context.
NOT_SO = {"InvalidCiphertextException", "IncorrectKeyException"}
BUSY = {
    "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "LimitExceededException",
    "TooManyRequestsException", "SlowDown",
}  # fmt: skip
# Whoever runs Casewire has to do something. The rest passes: what KMS says of itself, and what nobody foresaw.
SAYS = {
    "DisabledException": "is disabled; enable it in KMS",
    "KMSInvalidStateException": "is to be deleted or not ready; see its state in KMS",
    "KeyUnavailableException": "is not available to KMS; see its state there",
    "NotFoundException": "does not exist in that account and region; see CASEWIRE_ROOT_KMS",
    "InvalidKeyUsageException": "is of another kind; it must be symmetric, for encryption and decryption",
    "ValidationException": "is of another kind; it must be symmetric, for encryption and decryption",
    "AccessDeniedException": "is refused to these AWS credentials; they need kms:Encrypt and kms:Decrypt on it",
    "UnrecognizedClientException": "is refused: KMS does not know these AWS credentials",
    "InvalidSignatureException": "is refused: KMS does not take the signature of these AWS credentials",
    "InvalidClientTokenId": "is refused: KMS does not know these AWS credentials",
    "ExpiredTokenException": "is refused: these AWS credentials have expired",
}


class Kms:
    """The key that `key` names: its ARN, or its id with `region`. AWS credentials come as with any tool of AWS:
    environment, shared files, the role of a container or machine. `endpoint` is another address of KMS."""

    def __init__(self, key: str, region: str = "", endpoint: str = "", mode: str = "development") -> None:
        found = ARN.fullmatch(key) or (ID.fullmatch(key) if region else None)
        if found is None:
            # An alias may come to name another key, and then opens nothing of what it wrapped.
            raise SettingsError(
                "CASEWIRE_ROOT_KMS must be the ARN of a key, as arn:aws:kms:eu-central-1:111122223333:key/…, or its id "
                "with CASEWIRE_ROOT_KMS_REGION; an alias is none."
            )
        if endpoint:
            parts = urlsplit(endpoint)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
                raise SettingsError("CASEWIRE_ROOT_KMS_ENDPOINT must be an address, as https://kms.example.")
            if mode == "production" and parts.scheme != "https":
                raise SettingsError("CASEWIRE_ROOT_KMS_ENDPOINT must be an https:// address in production.")
        if importlib.util.find_spec("botocore") is None:
            raise SettingsError("CASEWIRE_ROOT_KMS needs botocore; install casewire[kms].")
        self._key, self._region = key, found.groupdict().get("region") or region
        self._endpoint = endpoint or None
        # One name for the copies of a key in several regions, which open each other's.
        self.id = f"kms:{found['id']}"
        self._threads = ThreadPoolExecutor(KMS_AT_ONCE_MAX, "kms")
        self._making = Lock()
        self._client: Any = None

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        answer = await self._ask("encrypt", Plaintext=key, EncryptionContext=context(about))
        wrapped = answer.get("CiphertextBlob")
        if not isinstance(wrapped, bytes) or not wrapped:
            raise Refused("unavailable", "KMS answers without a ciphertext.", retry_after_ms=AGAIN_MS)
        return wrapped

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        if not wrapped:
            raise Broken("nothing that was wrapped")
        answer = await self._ask("decrypt", CiphertextBlob=wrapped, EncryptionContext=context(about))
        key = answer.get("Plaintext")
        if not isinstance(key, bytes) or len(key) != KEY_BYTES:
            raise Broken("KMS answers with no key")
        return key

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()

    async def _ask(self, what: str, **asked: Any) -> Mapping[str, Any]:
        from botocore import exceptions as aws
        from botocore.parsers import ResponseParserError

        try:
            async with asyncio.timeout(KMS_S):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, self._call, what, asked)
        except aws.ClientError as error:
            raise self._refused(what, str(error.response.get("Error", {}).get("Code", ""))) from None
        except (TimeoutError, aws.ConnectionError, aws.HTTPClientError):
            detail = "KMS does not answer."
        except aws.BotoCoreError as error:
            # Which of them, not what they say: that may quote what was read.
            detail = f"KMS cannot be asked: there are no usable AWS credentials ({type(error).__name__})."
        except (ResponseParserError, AttributeError, TypeError, ValueError):  # JSON of another shape
            detail = "KMS's answer is not one of KMS."
        raise Refused("unavailable", detail, retry_after_ms=AGAIN_MS)

    def _call(self, what: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._making:
            if self._client is None:
                self._client = self._made()
        return getattr(self._client, what)(KeyId=self._key, **asked)

    def _made(self) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        # The place that is named, as with Vault: no proxy and no endpoint of the environment.
        config = Config(
            connect_timeout=KMS_CONNECT_S,
            read_timeout=KMS_ANSWER_S,
            retries={"mode": "standard", "total_max_attempts": KMS_TRIES_MAX},
            max_pool_connections=KMS_AT_ONCE_MAX,
            proxies={},
            ignore_configured_endpoint_urls=True,
        )
        return Session().create_client(
            "kms", region_name=self._region, endpoint_url=self._endpoint, config=config
        )

    def _refused(self, what: str, code: str) -> Exception:
        if what == "decrypt" and code in NOT_SO:
            return Broken("KMS did not wrap this so")
        if code in BUSY:
            detail = "KMS is asked too often just now."
        elif code in SAYS:
            detail = f"The key {self.id} {SAYS[code]}."
        else:
            detail = f"KMS refuses to {what}: {code if code.isidentifier() else 'without a reason'}."
        return Refused("unavailable", detail, retry_after_ms=AGAIN_MS)


def context(about: bytes) -> dict[str, str]:
    """What a key is for, as an encryption context: readable where it is a case's."""
    if (found := case_of(about)) is not None:
        return {"casewire": "case key 1", "organisation": str(found[0]), "case": str(found[1])}
    return {"casewire": about.hex()}
