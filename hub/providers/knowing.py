"""What a provider says of itself (OpenID Connect Discovery) and its keys: kept for a while, asked for again within
limits."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct, field

from hub.providers import outside
from hub.providers.outside import Unreachable
from schemas.limits import (
    PROVIDER_FAILED_S,
    PROVIDER_KEYS_AGAIN_S,
    PROVIDER_KEYS_MAX,
    PROVIDER_KNOWN_S,
    PROVIDERS_KNOWN_MAX,
)
from schemas.settings import Settings

WELL_KNOWN = "/.well-known/openid-configuration"


class Endpoints(Struct, frozen=True):
    """What is used of a discovery document. `promises_iss`: it says who it is in each answer (RFC 9207)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False

    @property
    def promises_iss(self) -> bool:
        return self.authorization_response_iss_parameter_supported


class Known(Struct):
    endpoints: Endpoints
    keys: list[dict[str, Any]]
    said_at: datetime
    keys_at: datetime


class Knowledge:
    """Of the providers that were asked lately, by issuer."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._failed: OrderedDict[str, tuple[datetime, str]] = OrderedDict()

    async def of(self, settings: Settings, issuer: str, now: datetime) -> Known:
        """`Unreachable` where it does not say what is needed; asked again after some seconds alone."""
        known = self._known.get(issuer)
        if known is not None and now - known.said_at < timedelta(seconds=PROVIDER_KNOWN_S):
            return known
        failed = self._failed.get(issuer)
        if failed is not None and now - failed[0] < timedelta(seconds=PROVIDER_FAILED_S):
            raise Unreachable(failed[1])
        try:
            known = await learn(settings, issuer, now)
        except Unreachable as error:
            _put(self._failed, issuer, (now, str(error)))
            raise
        _put(self._known, issuer, known)
        return known

    async def key(
        self, settings: Settings, issuer: str, now: datetime, chosen: Callable[[list[dict[str, Any]]], Any]
    ) -> Any:
        """What `chosen` picks of the provider's keys. Where it picks none they are asked for again, at most every
        minute: a key may be new, and a made-up one must not make us ask each time."""
        known = await self.of(settings, issuer, now)
        found = chosen(known.keys)
        if found is None and now - known.keys_at >= timedelta(seconds=PROVIDER_KEYS_AGAIN_S):
            known.keys_at = now
            known.keys = await _keys(settings, known.endpoints.jwks_uri)
            found = chosen(known.keys)
        return found


def _put(held: OrderedDict[str, Any], key: str, value: Any) -> None:
    held[key] = value
    held.move_to_end(key)
    if len(held) > PROVIDERS_KNOWN_MAX:
        held.popitem(last=False)


async def learn(settings: Settings, issuer: str, now: datetime) -> Known:
    """Ask a provider who it is. It must be the very one that was named (OpenID Connect Discovery, section 4.3)."""
    outside.checked(settings, issuer)
    if "?" in issuer:
        raise Unreachable("an issuer with a query")
    said = await outside.ask(settings, issuer.rstrip("/") + WELL_KNOWN)
    try:
        endpoints = msgspec.convert(said, Endpoints)
    except msgspec.ValidationError as error:
        raise Unreachable(f"a description that does not fit ({error})") from None
    if endpoints.issuer != issuer:
        raise Unreachable("it says that it is another issuer")
    for url in (endpoints.authorization_endpoint, endpoints.token_endpoint, endpoints.jwks_uri):
        outside.checked(settings, url)
    if endpoints.userinfo_endpoint is not None:
        outside.checked(settings, endpoints.userinfo_endpoint)
    return Known(endpoints, await _keys(settings, endpoints.jwks_uri), now, now)


async def _keys(settings: Settings, url: str) -> list[dict[str, Any]]:
    keys = (await outside.ask(settings, url)).get("keys")
    if not isinstance(keys, list) or len(keys) > PROVIDER_KEYS_MAX:  # pyright: ignore[reportUnknownArgumentType]
        raise Unreachable("keys that are no key set")
    return [one for one in keys if isinstance(one, dict)]  # pyright: ignore[reportUnknownVariableType]
