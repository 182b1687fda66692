"""What the service says of itself: /ServiceProviderConfig, /ResourceTypes, /Schemas (RFC 7644, section 4). Pure."""

from typing import Any

from scim2_models import Context, Meta, Resource, ResourceType, Schema

from hub.scim.resources import page_of
from schemas.errors import Refused
from schemas.scim import PROVIDER


def config(base: str) -> dict[str, Any]:
    assert PROVIDER.config is not None
    return _located(PROVIDER.config, "ServiceProviderConfig", f"{base}/ServiceProviderConfig")


def resource_types(base: str) -> dict[str, Any]:
    return page_of(_all(PROVIDER.resource_types, base), len(PROVIDER.resource_types), 1, ResourceType, None)


def resource_type(base: str, id: str) -> dict[str, Any]:
    return _shown(_one(_all(PROVIDER.resource_types, base), id))


def schemas(base: str) -> dict[str, Any]:
    return page_of(_all(PROVIDER.schemas, base), len(PROVIDER.schemas), 1, Schema, None)


def schema(base: str, id: str) -> dict[str, Any]:
    return _shown(_one(_all(PROVIDER.schemas, base), id))


def _all(resources: Any, base: str) -> list[Any]:
    return [_with_location(one, base) for one in resources]


def _with_location(one: Any, base: str) -> Any:
    kind = type(one).__name__
    located = one.model_copy(deep=True)
    located.meta = Meta(resource_type=kind, location=f"{base}/{kind}s/{one.id}")
    return located


def _one(resources: list[Any], id: str) -> Any:
    for one in resources:
        if str(one.id) == id:
            return one
    raise Refused("not_found")


def _located(one: "Resource[Any]", kind: str, location: str) -> dict[str, Any]:
    located = one.model_copy(deep=True)
    located.meta = Meta(resource_type=kind, location=location)
    return _shown(located)


def _shown(one: "Resource[Any]") -> dict[str, Any]:
    return one.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
