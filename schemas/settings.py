"""Every setting of every process, read once from the environment and then passed by hand."""

import re
from collections.abc import Mapping
from typing import Annotated, get_type_hints
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Meta, Struct, field

from schemas.limits import SESSION_DAYS
from schemas.proxies import networks
from schemas.rates import budgets


class SettingsError(Exception):
    """A setting is wrong; the message says which and what to do."""


class Secret(str):
    """A string that does not show itself: printing or logging it gives three stars."""

    def __repr__(self) -> str:
        return "'***'"

    def reveal(self) -> str:
        return str.__str__(self)

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)


DEFAULT_SECRET = "development-only-secret"
# 32 bytes in base64 that everybody knows.
DEFAULT_AUDIT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1hdWRpdC1rZXktLS0tLS0="


def _doc(text: str) -> Meta:
    return Meta(description=text)


class Settings(Struct, frozen=True, kw_only=True):
    """One frozen value per process. Field `x` is read from `CASEWIRE_X`; the description is the generated table's."""

    mode: Annotated[str, _doc("`development` or `production`. Production refuses defaults that are not secret.")] = (
        "development"
    )
    data: Annotated[str, _doc("The data directory: servers' files, mails, logs. Made if absent.")] = ".data"
    http_host: Annotated[str, _doc("Address the hub, gateway and files origin listen on.")] = "127.0.0.1"
    http_port: Annotated[int, _doc("Port of the hub (HTTP API and web client).")] = 8000
    live_port: Annotated[int, _doc("Port of the gateway (WebSocket).")] = 8001
    files_port: Annotated[int, _doc("Port of the files origin.")] = 8002
    internal_port: Annotated[int, _doc("Loopback port for /health and /metrics of this process; 0 for none.")] = 0
    public_url: Annotated[str, _doc("Where people open Casewire; default `http://localhost:<http_port>`.")] = ""
    live_url: Annotated[str, _doc("Where clients open the socket; default `ws://localhost:<live_port>`.")] = ""
    files_url: Annotated[str, _doc("Origin of document bytes; default `http://localhost:<files_port>`.")] = ""
    secret: Annotated[Secret, _doc("Signs short-lived addresses; long, random, the same in every process.")] = (
        field(default_factory=lambda: Secret(DEFAULT_SECRET))
    )
    seal_key: Annotated[Secret, _doc("Seals second factors in the database; long, random, the same in every hub.")] = (
        field(default_factory=lambda: Secret(DEFAULT_SECRET))
    )
    audit_key: Annotated[
        Secret,
        _doc(
            "Signs the record's checkpoints, exports and certificates: 32 random bytes in base64. The hub, the files "
            "origin, `worker sequence` and `worker retention` have it."
        ),
    ] = field(default_factory=lambda: Secret(DEFAULT_AUDIT_KEY))
    audit_witnesses: Annotated[
        Secret,
        _doc(
            "Who is told of checkpoints, comma separated: `file:<path>`, `s3://<bucket>/<prefix>` (a bucket with "
            "object lock), `s3+https://<key>:<secret>@<host>/<bucket>/<prefix>` (another store), "
            "`https://<address>` (a POST)."
        ),
    ] = field(default_factory=lambda: Secret(""))
    root_key: Annotated[
        Secret,
        _doc("Wraps the keys of cases: 32 bytes in base64. Of several, with commas, the first wraps and all open."),
    ] = field(default_factory=lambda: Secret(""))
    root_key_file: Annotated[str, _doc("File with root keys instead, a line each; the first wraps anew.")] = ""
    root_vault: Annotated[
        str,
        _doc(
            "Transit key of Vault or OpenBao instead, as `https://vault.example:8200/transit/casewire`. Of several, "
            "with commas, the first wraps and all open."
        ),
    ] = ""
    root_vault_token_file: Annotated[str, _doc("File with the token for `root_vault`; read before each question.")] = ""
    root_kms: Annotated[
        str,
        _doc(
            "Key of AWS KMS instead: its ARN, or its id with `root_kms_region`. Of several, with commas, the first "
            "wraps and all open. Needs `casewire[kms]` and AWS credentials as any tool of AWS takes them."
        ),
    ] = ""
    root_kms_region: Annotated[str, _doc("AWS region of a key of `root_kms` that is named by its id alone.")] = ""
    root_kms_endpoint: Annotated[str, _doc("Address of KMS, where it is not the region's own.")] = ""
    root_first: Annotated[
        str,
        _doc("Of roots of several kinds, whose wraps anew: `vault`, `kms`, `file` or `key`. Default: in that order."),
    ] = ""
    password_min: Annotated[int, _doc("Characters a new password has at least; 8 to 64.")] = 12
    session_idle_hours: Annotated[
        int, _doc("Hours after which a browser's session that nobody uses ends; 1 to 336.")
    ] = 72
    trusted_proxies: Annotated[
        str, _doc("Proxies whose `X-Forwarded-For` counts: addresses or networks, comma separated. Empty: none.")
    ] = ""
    provider_networks: Annotated[
        str,
        _doc("Private networks in which identity providers may stand, comma separated. Empty: none."),
    ] = ""
    rates: Annotated[
        str,
        _doc("Calls a minute of an account and of an address, where others are wanted: `all=900/9000,write=600/6000`."),
    ] = ""
    postgres: Annotated[str, _doc("DSN of the `casewire_app` role. Empty: the embedded server.")] = ""
    postgres_owner: Annotated[str, _doc("DSN of the role that migrates; default: `postgres` as `casewire_owner`.")] = ""
    postgres_system: Annotated[str, _doc("DSN of relay and workers; default: `postgres` as `casewire_system`.")] = ""
    postgres_signin: Annotated[str, _doc("DSN of sign-in; default: `postgres` as `casewire_signin`.")] = ""
    postgres_pool: Annotated[int, _doc("Connections per pool and process.")] = 12
    nats: Annotated[str, _doc("NATS URLs, comma separated. Empty: the embedded server.")] = ""
    nats_user: Annotated[str, _doc("This process's NATS user.")] = ""
    nats_password: Annotated[Secret, _doc("This process's NATS password.")] = field(default_factory=lambda: Secret(""))
    nats_issuer: Annotated[
        Secret,
        _doc("Seed of the account key by which the hub lets services in to NATS. Empty: none come in."),
    ] = field(default_factory=lambda: Secret(""))
    s3_url: Annotated[str, _doc("S3 endpoint. Empty: the embedded object store.")] = ""
    s3_public_url: Annotated[str, _doc("S3 endpoint as browsers reach it for uploads; default: `s3_url`.")] = ""
    s3_region: Annotated[str, _doc("S3 region.")] = "us-east-1"
    s3_access_key: Annotated[str, _doc("S3 access key.")] = ""
    s3_secret_key: Annotated[Secret, _doc("S3 secret key.")] = field(default_factory=lambda: Secret(""))
    s3_quarantine: Annotated[str, _doc("Bucket of uploads that nobody has examined.")] = "casewire-quarantine"
    s3_documents: Annotated[str, _doc("Bucket of examined, sealed versions.")] = "casewire-documents"
    smtp: Annotated[str, _doc("`smtp://user:password@host:port`; empty: mails are files under `<data>/mail`.")] = ""
    mail_from: Annotated[str, _doc("Sender of mails.")] = "Casewire <no-reply@casewire.invalid>"
    demo_password: Annotated[str, _doc("Password of the demo's accounts.")] = "correct-horse-battery-2026"
    nudge_after_s: Annotated[int, _doc("Seconds after which an unseen message sends one mail without content.")] = 600

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Read `CASEWIRE_*` from `environ`; raises `SettingsError` with one sentence for a bad or unknown value."""
        hints = get_type_hints(cls)
        known = set(cls.__struct_fields__)
        values: dict[str, object] = {}
        for key, raw in environ.items():
            name = key.removeprefix("CASEWIRE_").lower()
            if not key.startswith("CASEWIRE_") or name not in known or raw == "":
                continue
            if hints[name] is int:
                try:
                    values[name] = int(raw)
                except ValueError:
                    raise SettingsError(f"{key} must be a whole number, not {raw!r}.") from None
            else:
                values[name] = Secret(raw) if name in SECRETS else raw
        settings = cls(**values)  # type: ignore[arg-type]
        return settings._completed()

    def _completed(self) -> "Settings":
        if self.mode not in ("development", "production"):
            raise SettingsError(f"CASEWIRE_MODE must be development or production, not {self.mode!r}.")
        if not 8 <= self.password_min <= 64:
            raise SettingsError(f"CASEWIRE_PASSWORD_MIN must be 8 to 64, not {self.password_min}.")
        if not 1 <= self.session_idle_hours <= 24 * SESSION_DAYS:
            hours = f"1 to {24 * SESSION_DAYS}, not {self.session_idle_hours}"
            raise SettingsError(f"CASEWIRE_SESSION_IDLE_HOURS must be {hours}.")
        try:
            networks(self.trusted_proxies)
        except ValueError as error:
            raise SettingsError(f"CASEWIRE_TRUSTED_PROXIES must hold addresses or networks: {error}.") from None
        try:
            networks(self.provider_networks)
        except ValueError as error:
            raise SettingsError(f"CASEWIRE_PROVIDER_NETWORKS must hold addresses or networks: {error}.") from None
        try:
            budgets(self.rates)
        except ValueError as error:
            raise SettingsError(f"CASEWIRE_RATES: {error}.") from None
        if self.mode == "production":
            if self.secret.reveal() == DEFAULT_SECRET or len(self.secret) < 32:
                raise SettingsError("CASEWIRE_SECRET must be set to at least 32 random characters in production.")
            for name in ("public_url", "live_url", "files_url"):
                value: str = getattr(self, name)
                if not value.startswith(("https://", "wss://")):
                    raise SettingsError(f"CASEWIRE_{name.upper()} must be an https:// or wss:// address in production.")
        filled = {
            "public_url": self.public_url or f"http://localhost:{self.http_port}",
            "live_url": self.live_url or f"ws://localhost:{self.live_port}",
            "files_url": self.files_url or f"http://localhost:{self.files_port}",
            "s3_public_url": self.s3_public_url or self.s3_url,
            "postgres_owner": self.postgres_owner or as_role(self.postgres, "casewire_owner"),
            "postgres_system": self.postgres_system or as_role(self.postgres, "casewire_system"),
            "postgres_signin": self.postgres_signin or as_role(self.postgres, "casewire_signin"),
        }
        return msgspec.structs.replace(self, **filled)

    def __repr__(self) -> str:
        """Every setting but no secret: passwords inside addresses are masked too."""
        shown = (f"{name}={masked(getattr(self, name))!r}" for name in self.__struct_fields__)
        return f"Settings({', '.join(shown)})"

    @property
    def secure(self) -> bool:
        """Whether people reach Casewire over TLS: cookies are then `__Host-` and `Secure`."""
        return self.public_url.startswith("https://")


SECRETS = frozenset(
    {
        "secret", "seal_key", "root_key", "audit_key", "audit_witnesses", "nats_password", "nats_issuer",
        "s3_secret_key",
    }
)  # fmt: skip


PASSWORD_IN_URL = re.compile(r"(://[^/@\s:,]*):[^/@\s]*@")


def masked(value: object) -> object:
    """`value` as it may be printed: without the password of any address in it."""
    if isinstance(value, Secret) or not isinstance(value, str):
        return value
    return PASSWORD_IN_URL.sub(r"\1:***@", value)


def as_role(dsn: str, role: str) -> str:
    """The same DSN with another user; an empty DSN stays empty. The password, if any, is kept."""
    if not dsn:
        return ""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    password = f":{parts.password}" if parts.password else ""
    return urlunsplit(parts._replace(netloc=f"{role}{password}@{host}"))
