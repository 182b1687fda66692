"""What a message of OAuth must look like, by Authlib: its grants read and check it, before anything is used up.

Authlib is synchronous, so what it looks up is fetched beforehand and handed over. It decides who the client is, which
parameters are there, whether the verifier belongs to the challenge and the address to the code; it stores and makes
nothing: that is `consents.py` and `tokens.py`, each in one atomic statement.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    TokenMixin,
    UnsupportedGrantTypeError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization, scope_to_list
from authlib.oauth2.rfc7636 import CodeChallenge
from msgspec import Struct

from hub.oauth import rules
from hub.oauth.rules import METHODS, SECRET_METHODS
from schemas.credentials import token_hash
from schemas.limits import OAUTH_FIELDS_MAX, OAUTH_TEXT_CHARS_MAX
from schemas.oauth import AppKind, IdTokenAlg

FORM = "application/x-www-form-urlencoded"


class Client(Struct, frozen=True):
    """A registered app as the endpoints know it."""

    id: UUID
    org: UUID
    name: str
    kind: AppKind
    redirect_uris: list[str]
    logout_uris: list[str]
    scopes: list[str]
    id_token_alg: IdTokenAlg
    service: UUID | None
    secret_hash: bytes | None


class Code(Struct, frozen=True):
    """A code as it was given; `used` has the family that its first use made."""

    app: UUID
    person: UUID
    redirect_uri: str
    scopes: list[str]
    nonce: str
    challenge: str
    family: UUID | None
    used: bool
    expires_at: datetime


class Refresh(Struct, frozen=True):
    app: UUID
    person: UUID
    family: UUID
    scopes: list[str]
    used: bool
    over: bool


class _Client(ClientMixin):
    def __init__(self, app: Client) -> None:
        self.app = app
        self.client_metadata = {"post_logout_redirect_uris": app.logout_uris}

    def get_client_id(self) -> str:
        return str(self.app.id)

    def get_default_redirect_uri(self) -> str:
        return ""  # an app says each time where its answer goes

    def get_allowed_scope(self, scope: Any) -> Any:
        """None where the app asks for more than it may: Authlib refuses that."""
        asked = scope_to_list(scope) or []
        return " ".join(dict.fromkeys(asked)) if asked and set(asked) <= set(self.app.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return rules.fits(self.app.kind, self.app.redirect_uris, redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(token_hash(client_secret), self.app.secret_hash or b"")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") is (self.app.secret_hash is None)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and rules.CODE in rules.GRANTS[self.app.kind]

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in rules.GRANTS[self.app.kind]


class _Code(AuthorizationCodeMixin):
    code_challenge_method = "S256"

    def __init__(self, code: Code) -> None:
        self.code = code
        self.code_challenge = code.challenge

    def get_redirect_uri(self) -> str:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.code.scopes)


class _Refresh(TokenMixin):
    def __init__(self, refresh: Refresh) -> None:
        self.refresh = refresh

    def check_client(self, client: Any) -> bool:
        return client.app.id == self.refresh.app

    def get_scope(self) -> str:
        return " ".join(self.refresh.scopes)


class _Request(OAuth2Request):
    def __init__(self, method: str, uri: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__(method, uri, headers=_basic(headers))
        self.fields = dict(fields)
        self.payload = BasicOAuth2Payload(self.fields)

    @property
    def form(self) -> dict[str, str]:
        return self.fields


class _Server(AuthorizationServer):
    """Knows the one client that the message is about."""

    def __init__(self, app: Client | None) -> None:
        super().__init__()
        self.app = app

    def query_client(self, client_id: str) -> Any:
        return _Client(self.app) if self.app is not None and client_id == str(self.app.id) else None

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass


class _Challenge(CodeChallenge):
    """S256 alone, and of every app (RFC 9700, section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        fields = grant.request.payload.data
        if not fields.get("code_challenge") or fields.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is needed: send code_challenge with code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def __init__(self, request: Any, server: Any, code: Code | None = None) -> None:
        super().__init__(request, server)
        self.found = code
        _Challenge(required=True)(self)

    def query_authorization_code(self, code: str, client: Any) -> Any:
        return _Code(self.found) if self.found is not None and self.found.app == client.app.id else None


class _RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def __init__(self, request: Any, server: Any, refresh: Refresh | None) -> None:
        super().__init__(request, server)
        self.found = refresh

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        return _Refresh(self.found) if self.found is not None else None


class _ClientGrant(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = SECRET_METHODS


def server(app: Client | None) -> AuthorizationServer:
    """For endpoints of Authlib's that stand by themselves."""
    return _Server(app)


def request(uri: str, fields: Mapping[str, str]) -> OAuth2Request:
    return _Request("GET", uri, fields, {})


def fields_of(text: str) -> dict[str, str]:
    """The parameters of a query or form. RFC 6749, section 3.1: each at most once; an empty one is none."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=OAUTH_FIELDS_MAX)
    except ValueError:
        raise InvalidRequestError("The parameters cannot be read.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidRequestError("A parameter was given more than once.")
    if any("\0" in value for value in fields.values()):
        raise InvalidRequestError("A parameter holds the character NUL.")
    return {name: value for name, value in fields.items() if value}


def client_id_of(fields: Mapping[str, str], headers: Mapping[str, str]) -> UUID | None:
    """Which app a message says that it is from; None where it says none that could be."""
    try:
        named = extract_basic_authorization(_basic(headers))[0] or fields.get("client_id") or ""
        return UUID(named) if str(UUID(named)) == named else None
    except ValueError:
        return None


def _basic(headers: Mapping[str, str]) -> dict[str, str]:
    """The one header that is looked at, under the name by which Authlib looks for it."""
    return {"Authorization": headers["authorization"]} if "authorization" in headers else {}


class Asked(Struct, frozen=True):
    """A question that may be put to a person, with the address that its answer goes to."""

    app: Client
    redirect_uri: str
    scopes: list[str]
    state: str
    nonce: str
    challenge: str
    prompt: frozenset[str]
    max_age_s: int | None


def asked(uri: str, fields: Mapping[str, str], app: Client | None) -> Asked:
    """What is asked at the authorization endpoint. Raises `OAuth2Error`; only one with a `redirect_uri` may be told to
    the app, since only then is it known whom it is told."""
    redirect_uri = fields.get("redirect_uri", "")
    if app is None:
        raise InvalidClientError(description="There is no such app.")
    if not rules.fits(app.kind, app.redirect_uris, redirect_uri):
        raise InvalidRequestError("That redirect_uri is not one of the app's.")
    try:
        return _asked(uri, fields, app, redirect_uri)
    except OAuth2Error as error:
        error.redirect_uri = redirect_uri
        error.state = fields.get("state")
        raise


def _asked(uri: str, fields: Mapping[str, str], app: Client, redirect_uri: str) -> Asked:
    for name in ("request", "request_uri", "registration"):
        if name in fields:
            raise OAuth2Error(error=f"{name}_not_supported", description=f"{name} is not supported.")
    if fields.get("response_type") != "code":
        if "response_type" not in fields:
            raise InvalidRequestError("response_type is missing.")
        raise OAuth2Error(
            error=UnsupportedResponseTypeError.error, description="Only response_type=code is supported."
        )
    if fields.get("response_mode", "query") != "query":
        raise InvalidRequestError("Only response_mode=query is supported.")
    if any(len(fields.get(name, "")) > OAUTH_TEXT_CHARS_MAX for name in ("state", "nonce")):
        raise InvalidRequestError(f"state and nonce have {OAUTH_TEXT_CHARS_MAX} characters at most.")
    question = request(uri, fields)
    _CodeGrant(question, _Server(app)).validate_authorization_request()
    prompt = frozenset(fields.get("prompt", "").split())
    if ("none" in prompt and len(prompt) > 1) or not prompt <= set(rules.PROMPTS):
        raise InvalidRequestError(f"That prompt is not one of {', '.join(rules.PROMPTS)}.")
    return Asked(
        app,
        redirect_uri,
        scope_to_list(question.scope) or [],
        fields.get("state", ""),
        fields.get("nonce", ""),
        fields["code_challenge"],
        prompt,
        _seconds(fields.get("max_age")),
    )


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidRequestError("max_age is a number of seconds.")
    return int(text)


def authenticated(
    uri: str,
    fields: Mapping[str, str],
    headers: Mapping[str, str],
    app: Client | None,
    methods: list[str] = METHODS,
) -> Client:
    """The app that sent a message to one of the endpoints for apps; raises `invalid_client`."""
    _one_way(fields, headers)
    try:
        client: Any = _Server(app).authenticate_client(_Request("POST", uri, fields, headers), methods)
        return client.app
    except (
        InvalidClientError,
        ValueError,
    ):  # what is no base64 or no UTF-8 comes through from the library's parser
        raise _no_client(headers) from None


def _one_way(fields: Mapping[str, str], headers: Mapping[str, str]) -> None:
    if "authorization" in headers and "client_secret" in fields:
        raise InvalidRequestError("A client authenticates in one way at a time.")


def _no_client(headers: Mapping[str, str]) -> InvalidClientError:
    """One answer for an unknown app, a wrong secret and a missing one: 401 where the header was tried."""
    return InvalidClientError(
        description="The client could not be authenticated.",
        status_code=401 if "authorization" in headers else 400,
    )


def code_shown(
    uri: str,
    fields: Mapping[str, str],
    headers: Mapping[str, str],
    app: Client,
    code: Code | None,
    now: datetime,
) -> Code:
    """The code of a token request, which may be used now. One that was used already is answered too: see there."""
    _CodeGrant(_Request("POST", uri, fields, headers), _Server(app), code).validate_token_request()
    if code is None or code.expires_at <= now:
        raise InvalidGrantError("That code is over.")
    return code


def refresh_shown(
    uri: str, fields: Mapping[str, str], headers: Mapping[str, str], app: Client, refresh: Refresh | None
) -> tuple[Refresh, list[str]]:
    """The refresh token of a request, and the scopes it asks for: those of the beginning, or fewer."""
    grant = _RefreshGrant(_Request("POST", uri, fields, headers), _Server(app), refresh)
    grant.validate_token_request()
    if refresh is None:
        raise InvalidGrantError("That refresh token is not known.")
    return refresh, scope_to_list(fields.get("scope")) or refresh.scopes


def service_shown(uri: str, fields: Mapping[str, str], headers: Mapping[str, str], app: Client) -> list[str]:
    """The scopes that a service app asks for; all of its own where it names none."""
    _ClientGrant(_Request("POST", uri, fields, headers), _Server(app)).validate_token_request()
    return scopes_within(app, fields.get("scope") or " ".join(app.scopes))


def scopes_within(app: Client, scope: str | None) -> list[str]:
    allowed = _Client(app).get_allowed_scope(scope or "")
    if allowed is None:
        raise InvalidScopeError()
    return allowed.split()


def may_come(app: Client, grant_type: str) -> None:
    """Raises `unsupported_grant_type` or `unauthorized_client`."""
    if grant_type not in (rules.CODE, rules.REFRESH, rules.CLIENT, rules.DEVICE):
        raise OAuth2Error(
            error=UnsupportedGrantTypeError.error, description="That grant_type is not supported."
        )
    if grant_type not in rules.GRANTS[app.kind]:
        raise OAuth2Error(error="unauthorized_client", description="The app may not use this grant_type.")
