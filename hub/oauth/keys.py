"""Keys that sign identity tokens: kept sealed in the database, changed on schedule, published while anything that they
signed is good. Two hubs agree: of those who make a key at the same time, one does."""

import asyncio
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, get_args
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from msgspec import Struct

from hub.context import Hub
from hub.factors import sealing
from schemas.audit import NOTHING, WORKER, Actor
from schemas.ids import new_id
from schemas.limits import SIGNING_KEY_DAYS, SIGNING_KEY_KEPT_DAYS
from schemas.oauth import IdTokenAlg
from storage.postgres import oauth
from storage.postgres.pool import translated
from storage.postgres.rows import read

ALGS: tuple[IdTokenAlg, ...] = get_args(IdTokenAlg)
RSA_BITS = 2048
NOBODY = UUID(int=0)  # a signing key is sealed for no person


class Kept(Struct, frozen=True):
    id: UUID
    alg: IdTokenAlg
    public: str
    sealed: bytes
    made_at: datetime
    retired_at: datetime | None


async def published(hub: Hub) -> dict[str, Any]:
    """The JSON Web Key Set (RFC 7517): what signs, and what signed until lately."""
    now = hub.clock()
    kept = [await _signing(hub, alg) for alg in ALGS]
    since = now - timedelta(days=SIGNING_KEY_KEPT_DAYS)
    old = [one for one in await _kept(hub) if one.retired_at is not None and one.retired_at > since]
    return dict(KeySet([_public(one) for one in (*kept, *old)]).as_dict(private=False))


async def sign(hub: Hub, alg: IdTokenAlg, claims: dict[str, Any], typ: str = "JWT") -> str:
    """A JWT of these claims, by the newest key of `alg`."""
    one = await _signing(hub, alg)
    key = _opened(one.id, one.alg, sealing.unseal(hub.settings, one.sealed, one.id, NOBODY))
    return jwt.encode({"alg": alg, "kid": str(one.id), "typ": typ}, claims, key, algorithms=[alg])


async def rotate(hub: Hub, by: Actor = WORKER, *, distrust: bool = False) -> None:
    """New keys of every algorithm. With `distrust` the old ones are published no longer: for a key that got out. `by`
    asks for it."""
    for alg in ALGS:
        await _make(hub, alg, hub.clock() + timedelta(days=1), by, forget=distrust)


async def _kept(hub: Hub) -> list[Kept]:
    async with translated():
        return [read(row, Kept) for row in await hub.database.signin.fetch(oauth.KEYS)]


async def _signing(hub: Hub, alg: IdTokenAlg) -> Kept:
    """The newest key of `alg`; made where there is none, or where it has served long enough."""
    since = hub.clock() - timedelta(days=SIGNING_KEY_DAYS)
    for _ in range(2):
        for one in await _kept(hub):
            if one.alg == alg and one.retired_at is None and one.made_at > since:
                return one
        await _make(hub, alg, since)
    raise RuntimeError(f"no key for {alg} could be made")


async def _make(
    hub: Hub, alg: IdTokenAlg, since: datetime, by: Actor = WORKER, *, forget: bool = False
) -> None:
    id = new_id()
    parameters: Any = {"kid": str(id), "use": "sig", "alg": alg}
    made = await asyncio.to_thread(
        lambda: (
            RSAKey.generate_key(RSA_BITS, parameters)
            if alg == "RS256"
            else ECKey.generate_key("P-256", parameters)
        )
    )
    sealed = sealing.seal(hub.settings, made.as_pem(private=True), id, NOBODY)
    public = made.as_pem(private=False).decode()
    async with hub.signing(by, NOTHING, "oauth_key.made", thing=id, rule=by.kind) as unit:
        await unit.connection.fetchval(oauth.KEEP_KEY, id, alg, public, sealed, unit.now, since, forget)


def _public(one: Kept) -> Any:
    parameters: Any = {"kid": str(one.id), "use": "sig", "alg": one.alg}
    kind = RSAKey if one.alg == "RS256" else ECKey
    return kind.import_key(one.public, parameters)


@lru_cache(maxsize=16)
def _opened(id: UUID, alg: IdTokenAlg, pem: bytes) -> Any:
    """A private key to sign with; to read one costs more than to sign."""
    parameters: Any = {"kid": str(id), "use": "sig", "alg": alg}
    return (RSAKey if alg == "RS256" else ECKey).import_key(pem, parameters)
