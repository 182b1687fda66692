"""Passkeys (WebAuthn level 2): what browsers are asked and what their answers prove, by py_webauthn.

A passkey belongs to the host of `public_url`, is discoverable (no name has to be typed) and verifies its user (by a
finger, a face or a PIN), so it is enough by itself.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from schemas.credentials import allowed_origins
from schemas.errors import Refused, bad_input
from schemas.limits import CREDENTIAL_BYTES_MAX, PENDING_MINUTES
from schemas.settings import Settings

TIMEOUT_MS = PENDING_MINUTES * 60_000
CREDENTIAL_ID_BYTES_MAX = 1023  # WebAuthn level 2, section 4
TRANSPORTS = frozenset(one.value for one in AuthenticatorTransport)


class Known(NamedTuple):
    """A passkey as it is kept."""

    credential: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


def _descriptors(known: Iterable[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            one.credential, transports=[AuthenticatorTransport(t) for t in one.transports]
        )
        for one in known
    ]


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_url).hostname or "localhost"


def ask_to_make(
    settings: Settings, challenge: bytes, person: UUID, email: str, name: str, known: Iterable[Known]
) -> dict[str, Any]:
    """Options for `navigator.credentials.create`, as JSON with bytes in base64url."""
    return options_to_json_dict(
        generate_registration_options(
            rp_id=_host(settings),
            rp_name="Casewire",
            user_id=person.bytes,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(known),
        )
    )


def ask_to_show(settings: Settings, challenge: bytes, known: Iterable[Known] = ()) -> dict[str, Any]:
    """Options for `navigator.credentials.get`: one of `known`, or whichever the browser has for this host."""
    return options_to_json_dict(
        generate_authentication_options(
            rp_id=_host(settings),
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=_descriptors(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def made(settings: Settings, challenge: bytes, credential: dict[str, Any]) -> Known:
    """The passkey that a browser has made; `bad_input` when its answer does not hold."""
    _bounded(credential)
    try:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=sorted(allowed_origins(settings.public_url)),
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise bad_input("$.passkey", "the browser's answer does not hold; start again") from error
    said = credential.get("response", {}).get("transports")
    transports = [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
    if len(found.credential_id) > CREDENTIAL_ID_BYTES_MAX:
        raise bad_input("$.passkey", "its id is too long")
    return Known(
        found.credential_id,
        found.credential_public_key,
        found.sign_count,
        tuple(sorted(TRANSPORTS & set(transports))),
    )


def id_of(credential: dict[str, Any]) -> bytes:
    """The id that a browser's answer names; `bad_input` when there is none."""
    _bounded(credential)
    try:
        return base64url_to_bytes(credential["id"])
    except _UNREADABLE as error:
        raise bad_input("$.passkey", "an id is missing") from error


def owner_of(credential: dict[str, Any]) -> UUID | None:
    """The person for whom the browser says it was made, if it says so."""
    handle = credential.get("response", {}).get("userHandle")
    try:
        return UUID(bytes=base64url_to_bytes(handle)) if handle else None
    except _UNREADABLE:
        return None


def shown(settings: Settings, challenge: bytes, credential: dict[str, Any], known: Known) -> int:
    """The new count of signatures when the browser's answer proves that it holds `known`; `bad_credentials` else."""
    _bounded(credential)
    try:
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_host(settings),
            expected_origin=sorted(allowed_origins(settings.public_url)),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        ).new_sign_count
    except _UNREADABLE as error:
        raise Refused("bad_credentials", "This passkey was not accepted.") from error


# What the library raises, and what it lets through of its parsers, for an answer that no browser gives.
_UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)


def _bounded(credential: dict[str, Any]) -> None:
    if len(msgspec.json.encode(credential)) > CREDENTIAL_BYTES_MAX:
        raise bad_input("$.passkey", f"more than {CREDENTIAL_BYTES_MAX >> 10} KiB")
    if not isinstance(credential.get("response", {}), dict):
        raise bad_input("$.passkey", "`response` is an object")
