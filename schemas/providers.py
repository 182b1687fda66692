"""Outside identity providers of an organisation (OpenID Connect), and who somebody is there."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import (
    PROVIDER_ADDRESS_CHARS_MAX,
    PROVIDER_CODE_CHARS_MAX,
    PROVIDER_DOMAINS_MAX,
    PROVIDER_SECRET_CHARS_MAX,
    PROVIDER_VALUES_MAX,
    Secret,
)

ProviderName = Annotated[
    str, Meta(min_length=1, max_length=100, description="What its button says: Continue with …")
]
Issuer = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=PROVIDER_ADDRESS_CHARS_MAX,
        description="Its address, exactly as it names itself.",
    ),
]
ClientId = Annotated[str, Meta(min_length=1, max_length=PROVIDER_ADDRESS_CHARS_MAX)]
ClientSecret = Annotated[str, Meta(min_length=1, max_length=PROVIDER_SECRET_CHARS_MAX)]
Domain = Annotated[str, Meta(max_length=253, pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
Domains = Annotated[list[Domain], Meta(max_length=PROVIDER_DOMAINS_MAX)]
Values = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=PROVIDER_VALUES_MAX)
]
Brings = Literal["desk", "outside"]


class Provider(Struct, frozen=True):
    """As administrators see it; its secret is shown to nobody. `domains` are those of addresses for which its word is
    taken when somebody comes for the first time; `brings` is the place of a new person, null where only known people
    come in; `mfa_amr` and `mfa_acr` are values of `amr` and `acr` that count as a second factor proved there.
    `redirect_uri` is what the provider has to be told of us."""

    id: UUID
    org: UUID
    name: str
    issuer: str
    client_id: str
    domains: list[str]
    brings: Brings | None
    mfa_amr: list[str]
    mfa_acr: list[str]
    redirect_uri: str
    made_at: datetime
    revision: int


class NewProvider(Struct, frozen=True, forbid_unknown_fields=True):
    name: ProviderName
    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret
    domains: Domains = []
    brings: Brings | None = None
    mfa_amr: Values = []
    mfa_acr: Values = []


class EditProvider(Struct, frozen=True, forbid_unknown_fields=True):
    """All but issuer and client, which make it the one it is. Without `client_secret` the secret stays."""

    name: ProviderName
    domains: Domains
    brings: Brings | None
    mfa_amr: Values
    mfa_acr: Values
    client_secret: ClientSecret | None = None


class WayIn(Struct, frozen=True):
    """A button of the sign-in page."""

    id: UUID
    name: str


class WaysIn(Struct, frozen=True):
    items: list[WayIn]


class Departure(Struct, frozen=True):
    """Where the browser goes now; it comes back to `redirect_uri` of the provider."""

    url: str


class Return(Struct, frozen=True, forbid_unknown_fields=True):
    """What the provider gave the browser to take back, from the query of the address that it came to."""

    provider: UUID
    state: Secret
    code: Annotated[str, Meta(max_length=PROVIDER_CODE_CHARS_MAX)] = ""
    iss: Annotated[str, Meta(max_length=PROVIDER_ADDRESS_CHARS_MAX)] | None = None
    error: Annotated[str, Meta(max_length=200)] = ""


class Identity(Struct, frozen=True):
    """Who one is at a provider: `email` is what it said there, for reading alone."""

    id: UUID
    provider: UUID
    issuer: str
    email: str
    made_at: datetime
    used_at: datetime | None


class Identities(Struct, frozen=True):
    items: list[Identity]


class Linked(Struct, frozen=True):
    """An identity that signs its person in from now on."""

    linked: Identity
