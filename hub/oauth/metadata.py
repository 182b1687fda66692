"""What the provider says of itself. Pure."""

from typing import Any, get_args

from hub.oauth import rules
from schemas.oauth import IdTokenAlg


def metadata(issuer: str) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, section 3, and RFC 8414, section 2."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "end_session_endpoint": f"{issuer}/oauth/logout",
        "scopes_supported": sorted(rules.OF_PEOPLE | rules.OF_SERVICES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [rules.CODE, rules.REFRESH, rules.CLIENT, rules.DEVICE],
        "token_endpoint_auth_methods_supported": rules.METHODS,
        "revocation_endpoint_auth_methods_supported": rules.METHODS,
        "introspection_endpoint_auth_methods_supported": rules.SECRET_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(get_args(IdTokenAlg)),
        "claims_supported": [
            "iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr", "at_hash", "name", "zoneinfo",
            "email", "email_verified",
        ],
        "acr_values_supported": [rules.SINGLE, rules.MFA],
        "prompt_values_supported": list(rules.PROMPTS),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip
