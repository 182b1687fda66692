"""Second factors and the rule that asks for them, over HTTP. Secrets are made anew each time, without a key."""

from uuid import UUID

from litestar import delete, get, post, put

from hub.context import Hub, Who
from hub.factors import actions
from hub.http.auth import OF_ADMIN, OF_OWN
from schemas.factors import AddPasskey, ConfirmTotp, Enrolled, Factors, MfaRule, NewTotp, Recovery
from schemas.sessions import Asked


@get("/v1/factors", opt=OF_OWN)
async def list_factors(hub: Hub, who: Who) -> Factors:
    """One's own second factors. This and what follows is open before a required factor is set up."""
    return await actions.list_factors(hub, who)


@post("/v1/factors/totp", opt=OF_OWN)
async def begin_totp(hub: Hub, who: Who) -> NewTotp:
    """A secret for an authenticator app, as QR code and for typing. It counts after `confirm`."""
    return await actions.begin_totp(hub, who)


@post("/v1/factors/totp/{factor:uuid}/confirm", status_code=200, opt=OF_OWN)
async def confirm_totp(hub: Hub, who: Who, factor: UUID, data: ConfirmTotp) -> Enrolled:
    """The app's first code; the factor counts from here on. The first factor of all brings recovery codes."""
    return await actions.confirm_totp(hub, who, factor, data.code)


@post("/v1/factors/passkeys/options", status_code=200, opt=OF_OWN)
async def ask_new_passkey(hub: Hub, who: Who) -> Asked:
    """What to ask the browser, to make a passkey."""
    return await actions.ask_new_passkey(hub, who)


@post("/v1/factors/passkeys", opt=OF_OWN)
async def add_passkey(hub: Hub, who: Who, data: AddPasskey) -> Enrolled:
    """Keep a passkey that the browser has made."""
    return await actions.add_passkey(hub, who, data)


@post("/v1/factors/recovery", opt=OF_OWN)
async def new_recovery(hub: Hub, who: Who) -> Recovery:
    """Ten recovery codes in the place of the old ones."""
    return await actions.new_recovery(hub, who)


@delete("/v1/factors/{factor:uuid}", opt=OF_OWN)
async def remove_factor(hub: Hub, who: Who, factor: UUID) -> None:
    """Remove one of one's own factors."""
    await actions.remove_factor(hub, who, factor)


@get("/v1/orgs/{org:uuid}/mfa")
async def read_mfa_rule(hub: Hub, who: Who, org: UUID) -> MfaRule:
    """Who of an organisation needs a second factor."""
    return await actions.read_rule(hub, who, org)


@put("/v1/orgs/{org:uuid}/mfa", opt=OF_ADMIN)
async def set_mfa_rule(hub: Hub, who: Who, org: UUID, data: MfaRule) -> MfaRule:
    """Say who needs a second factor. Sessions without one end at once."""
    return await actions.set_rule(hub, who, org, data)


ROUTES = [
    list_factors, begin_totp, confirm_totp, ask_new_passkey, add_passkey, new_recovery, remove_factor, read_mfa_rule,
    set_mfa_rule,
]  # fmt: skip
