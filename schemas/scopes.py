"""What a session or token opens. Pure. A scope only narrows: beyond it a token is worth what its person may."""

from collections.abc import Collection
from typing import Literal

from schemas.errors import Refused

READ = "read"  # what the person may read: records, live events, files
WRITE = "write"  # what the person may write in cases
ADMIN = "admin"  # people, teams, walls, services, apps and rules of an organisation
SCIM = "scim"  # provisioning, and nothing else

# What an app is told of the person who signs in to it (OpenID Connect Core, sections 5.4 and 11).
OPENID, PROFILE, EMAIL, OFFLINE = "openid", "profile", "email", "offline_access"

# For tokens that people make for themselves, and organisations for their services.
PersonalScope = Literal["read", "write", "admin"]
TokenScope = Literal["read", "write", "admin", "scim"]
# A person at a browser does by hand all but provisioning.
OF_BROWSERS = (READ, WRITE, ADMIN)

# What a route may ask for instead of a scope: somebody who signed in at a browser, whose own account it is about; and
# whoever holds any session at all, to end it.
OWN, ANY = "own", "any"

Kind = Literal["browser", "token", "service", "app"]
BROWSER = "browser"


def require(kind: str, scopes: Collection[str], needed: str) -> None:
    """Refuse what a session of this kind with these scopes does not open."""
    if needed == ANY:
        return
    if needed == OWN:
        if kind != BROWSER:
            raise Refused("forbidden", "Sign in to do this; a token is not enough.")
    elif needed not in scopes:
        raise Refused("scope", f"This needs a token of scope {needed}.")
