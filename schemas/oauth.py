"""Apps that people and services use Casewire through: clients of OAuth 2 and OpenID Connect, and what they may."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import APP_ADDRESSES_MAX, Title

# A web app keeps a secret on its server; a browser app runs in the page and a native app on a machine, so neither can
# keep one; a service app has no person before it, and acts as a service of the organisation.
AppKind = Literal["web", "browser", "native", "service"]
AppScope = Literal["openid", "profile", "email", "offline_access", "read", "write", "admin", "scim"]
IdTokenAlg = Literal["RS256", "ES256"]
Address = Annotated[str, Meta(min_length=1, max_length=500, description="Compared as it stands.")]
Addresses = Annotated[list[Address], Meta(max_length=APP_ADDRESSES_MAX)]
Scopes = Annotated[list[AppScope], Meta(min_length=1, max_length=8)]
UserCode = Annotated[
    str, Meta(min_length=8, max_length=20, description="As the device shows it, in any case.")
]


class App(Struct, frozen=True):
    """A registered app. `id` is its `client_id`; `scopes` is the most that it may ask for; `logout_uris` are where
    somebody may be sent after signing out. `service` is whom a service app acts as."""

    id: UUID
    org: UUID
    name: str
    kind: AppKind
    redirect_uris: list[str]
    logout_uris: list[str]
    scopes: list[AppScope]
    id_token_alg: IdTokenAlg
    service: UUID | None
    secret_made_at: datetime | None
    added_at: datetime
    added_by: UUID
    ended_at: datetime | None
    revision: int


class RegisterApp(Struct, frozen=True, forbid_unknown_fields=True):
    name: Title
    kind: AppKind
    scopes: Scopes
    redirect_uris: Addresses = []
    logout_uris: Addresses = []
    id_token_alg: IdTokenAlg = "RS256"
    service: UUID | None = None


class ChangeApp(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not given stays. Its kind is what the app is, and never changes."""

    name: Title | None = None
    scopes: Scopes | None = None
    redirect_uris: Addresses | None = None
    logout_uris: Addresses | None = None
    id_token_alg: IdTokenAlg | None = None


class NewSecret(Struct, frozen=True):
    """`secret` is shown this once; null for an app that keeps none, and where a repeat was answered."""

    app: App
    secret: str | None


class Connection(Struct, frozen=True):
    """An app that the asker lets act for them. `sign_ins` counts the places where it does so now, at most 100."""

    app: UUID
    name: str
    organisation: str
    kind: AppKind
    scopes: list[AppScope]
    since: datetime
    used_at: datetime | None
    address: str
    sign_ins: int


class Asking(Struct, frozen=True):
    """What an app asks of the person who is signed in. `to` is the host or scheme that the answer goes to; `known` are
    the scopes that they gave it before."""

    id: UUID
    app: UUID
    name: str
    kind: AppKind
    organisation: str
    scopes: list[AppScope]
    known: list[AppScope]
    to: str
    person: str
    email: str


class AnswerApp(Struct, frozen=True, forbid_unknown_fields=True):
    allow: bool


class Onward(Struct, frozen=True):
    """Where the browser goes next: an address of the app's, with the answer in it."""

    to: str


class TypeCode(Struct, frozen=True, forbid_unknown_fields=True):
    code: UserCode


class AskingDevice(Struct, frozen=True):
    """What a device asks: `address` and `at` say where from and since when, to tell one's own from a stranger's."""

    name: str
    organisation: str
    scopes: list[AppScope]
    address: str
    at: datetime
    person: str
    email: str


class AnswerDevice(Struct, frozen=True, forbid_unknown_fields=True):
    code: UserCode
    allow: bool
