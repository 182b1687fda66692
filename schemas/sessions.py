"""Sessions: opaque secrets, hashed where they are stored. A personal API token is a session of kind `token`."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from schemas.limits import TOKEN_DAYS_MAX, Email, NewPassword, Password, Secret
from schemas.scopes import PersonalScope

# How somebody proves who they are.
Way = Literal["password", "totp", "passkey", "recovery"]
Code = Annotated[
    str, Meta(min_length=6, max_length=10, description="Six digits; spaces between them do no harm.")
]
RecoveryCode = Annotated[str, Meta(min_length=8, max_length=40)]
# What `navigator.credentials` gives, with its bytes as base64url: a PublicKeyCredential's `toJSON()`.
Credential = Annotated[dict[str, Any], Meta(description="A WebAuthn credential as JSON.")]


class Session(Struct, frozen=True):
    """`address` and `used_at` are those of its last use, to some minutes; `here` is the session that asks."""

    id: UUID
    person: UUID
    kind: str  # "browser", "token" (of a person), "service" or "app"
    label: str
    made_at: datetime
    expires_at: datetime
    address: str = ""
    used_at: datetime | None = None
    here: bool = False
    scopes: list[str] = []


class MakeToken(Struct, frozen=True, forbid_unknown_fields=True):
    label: Annotated[str, Meta(min_length=1, max_length=100)]
    days: Annotated[int, Meta(ge=1, le=TOKEN_DAYS_MAX)] = 90
    scopes: Annotated[tuple[PersonalScope, ...], Meta(min_length=1, max_length=10)] = ("read", "write")


class NewToken(Struct, frozen=True):
    """`token` is shown this once."""

    session: Session
    token: str


class MfaNeeded(Struct, frozen=True):
    """The password was right; one of `mfa` is still asked for. `pending` goes back with it and opens nothing else.

    `passkey` holds the options for `navigator.credentials.get` where a passkey is among the ways.
    """

    mfa: list[Way]
    pending: str
    passkey: dict[str, Any] | None = None


class ProveSecond(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of `code`, `recovery` and `passkey`."""

    pending: Secret
    code: Code | None = None
    recovery: RecoveryCode | None = None
    passkey: Credential | None = None


class Asked(Struct, frozen=True):
    """A question to the browser's passkeys: `pending` goes back with the answer to `options`."""

    pending: str
    options: dict[str, Any]


class PasskeySignIn(Struct, frozen=True, forbid_unknown_fields=True):
    pending: Secret
    passkey: Credential


class ProofWays(Struct, frozen=True):
    """How this person can confirm that it is them, before something dangerous."""

    ways: list[Way]
    pending: str
    passkey: dict[str, Any] | None = None


class Prove(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of the four; `passkey` needs the `pending` of its options."""

    password: Password | None = None
    code: Code | None = None
    recovery: RecoveryCode | None = None
    passkey: Credential | None = None
    pending: Secret | None = None


class AskReset(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody has forgotten their password; a mail to this address sets it anew, if it is anybody's."""

    email: Email


class ResetPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the secret of the mail. All sessions and personal tokens end."""

    token: Secret
    password: NewPassword


class ChangePassword(Struct, frozen=True, forbid_unknown_fields=True):
    """All other sessions end, and personal tokens too where `end_tokens` says so. `old` is null where there is none."""

    new: NewPassword
    old: Password | None = None
    end_tokens: bool = False
