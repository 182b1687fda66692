"""Users and groups on the wire of SCIM 2.0 (RFC 7643, RFC 7644): what is kept of each, and what the service can do.

These are models of scim2-models and no Structs: the protocol's rules of paths, patches, filters and of what is returned
come with them. Lengths are limited in `hub/scim/rules.py`, since a SCIM schema has no words for a length.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import scim2_models as scim
from pydantic import Field
from scim2_models import URN as Urn
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    EnterpriseUser,
    ETag,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from schemas.limits import SCIM_PAGE_ITEMS_MAX

MEDIA_TYPE = "application/scim+json"


class Name(ComplexAttribute):
    """The parts of a name, as the directory has them."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class Email(ComplexAttribute):
    """The primary one, or else the first, is where the person is written to."""

    value: Annotated[str | None, Required.true] = None
    type: str | None = Field(None, examples=["work", "home", "other"])
    primary: bool | None = None


class Role(ComplexAttribute):
    """The place in the organisation; one alone, and without one the organisation's own rule says which."""

    value: str | None = Field(None, examples=["outside", "desk", "admin"])


class GroupMembership(ComplexAttribute):
    """A team to which the person belongs."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[Any]):
    """Somebody of the organisation."""

    __schema__ = Urn("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    active: bool | None = None
    emails: Annotated[list[Email] | None, Required.true] = None
    roles: list[Role] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None


class GroupMember(ComplexAttribute):
    """A person of a team."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])


class Group(Resource[Any]):
    """A team."""

    __schema__ = Urn("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    members: list[GroupMember] | None = None


class StandardUser(scim.User[EnterpriseUser]):
    """Every attribute that RFC 7643 gives a user. What of it is not kept is passed over; what is not even in it is a
    mistake that must not be passed over in silence: `actve: false` deactivates nobody."""

    emails: list[Email] | None = None  # pyright: ignore[reportIncompatibleVariableOverride]


class StandardGroup(scim.Group):
    """The same for a group."""


# What directories in use send: attributes beyond those kept, a value with `remove`, an address of a type not yet there.
TOLERANT = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
STRICT = ScimPolicy(
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

PROVIDER = ScimProvider(
    models=[User, Group],
    policy=TOLERANT,
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=SCIM_PAGE_ITEMS_MAX),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=True),
        pagination=Pagination(
            cursor=False,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=SCIM_PAGE_ITEMS_MAX,
            max_page_size=SCIM_PAGE_ITEMS_MAX,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Service token",
                description="A token of a service of the organisation, with the scope `scim`.",
                primary=True,
            )
        ],
    ),
)


class Team(msgspec.Struct, frozen=True):
    """A team of a person."""

    id: UUID
    name: str


class Entry(msgspec.Struct, frozen=True):
    """A person of an organisation as its directory has them: what it said, and what is so.

    `seat` is their place, None while they have none. `kept` is false for who was made here and never named by the
    directory; `user_name` and what follows are then made up of the person. `silent`: it says nothing of their place.
    """

    person: UUID
    address: str
    person_name: str
    seat: str | None
    kept: bool
    user_name: str
    external_id: str | None
    display_name: str | None
    name: dict[str, str]
    emails: list[dict[str, Any]]
    role: str | None
    silent: bool
    made_at: datetime
    changed_at: datetime
    teams: list[Team] = []


class Standing(msgspec.Struct, frozen=True):
    """`ours`: they have or had a place here and no other organisation knows them; `fresh`: nobody signed in as them."""

    ours: bool
    fresh: bool
