"""Every way by which something leaves: a route without a row here fails the build.

A row says what is sent. Ids in the path are taken by the names of its parameters; `{kind}` in a query or a body is an
id of that kind of thing, `{word}` one of the planted words, cut by its last letters so that an echo of it is no leak.
"""

from typing import Any, NamedTuple


class Exit(NamedTuple):
    """`queries` and `bodies` are tried in turn. `own`: it answers about the asker alone, or the same to everybody.
    `kinds` says what a parameter of the path stands for where its name does not."""

    queries: tuple[dict[str, Any], ...] = ({},)
    bodies: tuple[Any, ...] = (None,)
    own: bool = False
    kinds: dict[str, str] = {}


# As oneself, and as somebody else would see it.
READ = Exit(queries=({}, {"as": "{person}"}))
PAGED = Exit(queries=({}, {"limit": 1}, {"limit": 500}, {"after": "WyJ4Il0"}, {"as": "{person}"}))
RECORD = Exit(
    queries=({}, {"limit": 500}, {"person": "{person}"}, {"case": "{case}"}, {"thing": "{document}"}, {"since": -1})
)
PUBLISHED = Exit(own=True, kinds={"org": "office"})
DELETE = Exit()
OWN = Exit(own=True)


def sends(*bodies: Any) -> Exit:
    return Exit(bodies=bodies)


USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{name}" for name in ("User", "Group"))
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM_KINDS = (("Users", "person"), ("Groups", "team"))

EXITS: dict[tuple[str, str], Exit] = {
    # Cases and what is in them
    ("GET", "/v1/cases"): Exit(
        queries=({}, {"q": "{word}"}, {"org": "{org}"}, {"mine": "true"}, {"type": "legal_matter"}), own=True
    ),
    ("POST", "/v1/cases"): sends({"org": "{org}", "type": "legal_matter", "title": "Mine", "intake": {}}),
    ("GET", "/v1/cases/{case:uuid}"): READ,
    ("PATCH", "/v1/cases/{case:uuid}"): sends({"title": "Changed"}),
    ("POST", "/v1/cases/{case:uuid}/transitions"): sends({"name": "hold"}, {"name": "nowhere"}),
    ("GET", "/v1/cases/{case:uuid}/conversations"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/conversations"): sends(
        {"title": "Talk", "audience": "staff"}, {"title": "Talk", "people": ["{person}", "{person}"]}
    ),
    ("GET", "/v1/cases/{case:uuid}/deadlines"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/deadlines"): sends(
        {"title": "Due", "due_on": "2040-01-01"},
        {"title": "Due", "due_on": "2040-01-01", "assignee": "{person}"},
    ),
    ("GET", "/v1/cases/{case:uuid}/documents"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/documents"): sends(
        {"name": "Paper"}, {"name": "Paper", "audience": "staff"}
    ),
    ("GET", "/v1/cases/{case:uuid}/entries"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/entries"): sends({"text": "Seen", "occurred_on": "2026-01-01"}),
    ("GET", "/v1/cases/{case:uuid}/events"): Exit(queries=({}, {"after": 0, "limit": 500}, {"after": 5})),
    ("POST", "/v1/cases/{case:uuid}/exports"): sends(None),
    ("GET", "/v1/exports/{export:uuid}/address"): Exit(),
    ("GET", "/v1/cases/{case:uuid}/markers"): READ,
    ("GET", "/v1/cases/{case:uuid}/participants"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/participants"): sends(
        {"role": "client", "person": "{person}"},
        {"role": "staff", "person": "{me}"},
        {"role": "client", "email": "x@mail.test"},
    ),
    ("DELETE", "/v1/cases/{case:uuid}/participants/{participant:uuid}"): DELETE,
    ("GET", "/v1/cases/{case:uuid}/parties"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/parties"): sends({"name": "Doe", "role": "other"}),
    ("PATCH", "/v1/parties/{party:uuid}"): sends({"name": "Changed"}),
    ("DELETE", "/v1/parties/{party:uuid}"): DELETE,
    ("GET", "/v1/cases/{case:uuid}/people"): READ,
    ("GET", "/v1/cases/{case:uuid}/tasks"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/tasks"): sends({"title": "Do"}, {"title": "Do", "assignee": "{person}"}),
    ("GET", "/v1/cases/{case:uuid}/versions"): PAGED,
    ("GET", "/v1/case-types"): OWN,
    # The record of who did and saw what
    ("GET", "/v1/orgs/{org:uuid}/audit"): RECORD,
    ("GET", "/v1/orgs/{org:uuid}/audit/export"): Exit(
        queries=({}, {"format": "csv"}, {"format": "csv", "case": "{case}"})
    ),
    ("GET", "/v1/cases/{case:uuid}/audit"): RECORD,
    ("GET", "/v1/cases/{case:uuid}/audit/export"): Exit(queries=({}, {"format": "csv"})),
    ("GET", "/v1/documents/{document:uuid}/audit"): RECORD,
    ("GET", "/v1/me/audit"): Exit(queries=({}, {"person": "{person}"}, {"thing": "{case}"}), own=True),
    # How a case looks to others
    ("GET", "/v1/cases/{case:uuid}/details"): PAGED,
    ("PATCH", "/v1/details/{detail:uuid}"): sends({"fields": {}}),
    ("GET", "/v1/cases/{case:uuid}/access"): PAGED,
    ("GET", "/v1/cases/{case:uuid}/access/{person:uuid}"): Exit(
        queries=({}, {"thing": "{conversation}"}, {"thing": "{version}"})
    ),
    ("GET", "/v1/public/{org:uuid}"): PUBLISHED,
    ("GET", "/v1/public/{org:uuid}/cases"): Exit(
        queries=({}, {"limit": 500}, {"category": "road"}), own=True, kinds={"org": "office"}
    ),
    ("GET", "/v1/public/{org:uuid}/cases/{number:str}"): PUBLISHED,
    ("GET", "/v1/orgs/{org:uuid}/publication"): READ,
    ("POST", "/v1/orgs/{org:uuid}/publication"): sends({"types": []}, {"types": ["service_request"]}),
    # Conversations and messages
    ("GET", "/v1/conversations/{conversation:uuid}/messages"): Exit(
        queries=({}, {"limit": 1}, {"limit": 500})
    ),
    ("POST", "/v1/conversations/{conversation:uuid}/messages"): sends(
        {"body": "Hello"}, {"body": "Hello", "attachments": ["{version}"]}
    ),
    ("POST", "/v1/conversations/{conversation:uuid}/read"): sends({"upto": 1}, {"upto": 2**40}),
    ("PATCH", "/v1/messages/{message:uuid}"): sends({"body": "Changed"}),
    ("DELETE", "/v1/messages/{message:uuid}"): DELETE,
    # Documents
    ("PATCH", "/v1/documents/{document:uuid}"): sends({"name": "Changed"}),
    ("POST", "/v1/documents/{document:uuid}/versions"): sends(
        {"file_name": "a.txt", "media_type": "text/plain", "size": 1, "sha256": "0" * 64}
    ),
    ("PUT", "/v1/documents/{document:uuid}/content"): Exit(
        queries=({"file_name": "a.txt", "media_type": "text/plain"},), bodies=(b"x",)
    ),
    ("POST", "/v1/versions/{version:uuid}/complete"): sends({}),
    ("GET", "/v1/versions/{version:uuid}/content"): Exit(queries=({}, {"inline": "true"})),
    ("GET", "/v1/versions/{version:uuid}/text"): Exit(queries=({}, {"page": 1})),
    # Deadlines and tasks
    ("PATCH", "/v1/deadlines/{deadline:uuid}"): sends(
        {"title": "Changed"}, {"status": "met"}, {"assignee": "{person}"}
    ),
    ("PATCH", "/v1/tasks/{task:uuid}"): sends({"title": "Changed"}, {"done": True}, {"assignee": "{person}"}),
    # Search: the words themselves, their beginnings, and what everything has
    ("GET", "/v1/search"): Exit(
        queries=(
            {"q": "{word}"},
            {"q": "{word}", "case": "{case}"},
            {"q": "number"},
            {"q": "page says"},
            {"q": "Roe"},
            {"q": "{word}", "in": "messages"},
            {"q": "{word}", "in": "documents"},
            {"q": "{word}", "in": "cases"},
        ),
        own=True,
    ),
    # What is one's own
    ("GET", "/v1/inbox"): Exit(queries=({}, {"unacked": "true"}), own=True),
    ("POST", "/v1/inbox/{notice:uuid}/ack"): sends(None),
    ("GET", "/v1/me"): OWN,
    ("GET", "/v1/sessions"): OWN,
    ("DELETE", "/v1/sessions/{session:uuid}"): DELETE,
    ("GET", "/v1/factors"): OWN,
    ("DELETE", "/v1/factors/{factor:uuid}"): DELETE,
    ("POST", "/v1/factors/totp"): sends({"label": "x"}),
    ("POST", "/v1/factors/totp/{factor:uuid}/confirm"): sends({"code": "123456"}),
    ("POST", "/v1/factors/passkeys/options"): sends(None),
    ("POST", "/v1/factors/passkeys"): sends({"label": "x", "pending": "x" * 43, "passkey": {}}),
    ("POST", "/v1/factors/recovery"): sends(None),
    ("POST", "/v1/session/proof/options"): sends(None),
    ("POST", "/v1/session/proof"): sends({"password": "not-this-one-2026"}),
    ("DELETE", "/v1/password"): OWN,
    ("PUT", "/v1/password"): sends({"old": "not-this-one-2026", "new": "correct-horse-battery-2026"}),
    ("POST", "/v1/tokens"): sends({"label": "x"}),
    # Proofs over the record: hashes and sizes
    ("GET", "/v1/orgs/{org:uuid}/audit/checkpoint"): READ,
    ("GET", "/v1/orgs/{org:uuid}/audit/key"): READ,
    ("GET", "/v1/orgs/{org:uuid}/audit/proof"): Exit(queries=({"n": 0}, {"n": 1}, {"entry": "{document}"}, {})),
    ("GET", "/v1/orgs/{org:uuid}/audit/consistency"): Exit(queries=({"from": 0}, {"from": 1, "to": 2})),
    # An organisation's people and rules
    ("GET", "/v1/people"): Exit(queries=({"org": "{org}"}, {"org": "{org}", "limit": 500})),
    ("POST", "/v1/people"): sends(
        {"org": "{org}", "email": "somebody@mail.test", "name": "Somebody"},
        {"org": "{org}", "email": "{email}", "name": "Somebody", "role": "desk"},
    ),
    ("DELETE", "/v1/orgs/{org:uuid}/people/{person:uuid}"): DELETE,
    ("GET", "/v1/orgs/{org:uuid}/mfa"): READ,
    ("PUT", "/v1/orgs/{org:uuid}/mfa"): sends({"roles": []}, {"roles": ["desk"]}),
    # An organisation's teams, walls, invitations and apps
    ("GET", "/v1/orgs/{org:uuid}/teams"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/teams"): sends({"name": "A team"}),
    ("GET", "/v1/orgs/{org:uuid}/teams/{team:uuid}"): READ,
    ("GET", "/v1/orgs/{org:uuid}/teams/{team:uuid}/cases"): PAGED,
    ("PATCH", "/v1/orgs/{org:uuid}/teams/{team:uuid}"): sends({"name": "Changed"}),
    ("DELETE", "/v1/orgs/{org:uuid}/teams/{team:uuid}"): DELETE,
    ("POST", "/v1/orgs/{org:uuid}/teams/{team:uuid}/members"): sends(
        {"person": "{person}"}, {"person": "{me}"}
    ),
    ("DELETE", "/v1/orgs/{org:uuid}/teams/{team:uuid}/members/{person:uuid}"): DELETE,
    ("GET", "/v1/cases/{case:uuid}/teams"): PAGED,
    ("POST", "/v1/cases/{case:uuid}/teams"): sends({"team": "{team}"}),
    ("DELETE", "/v1/cases/{case:uuid}/teams/{id:uuid}"): Exit(kinds={"id": "team_case"}),
    ("GET", "/v1/orgs/{org:uuid}/walls"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/walls"): sends(
        {"title": "W", "reason": "R", "cases": ["{case}"], "people": ["{person}"]},
        {"title": "W", "reason": "R", "cases": ["{case}"], "teams": ["{team}"]},
    ),
    ("GET", "/v1/orgs/{org:uuid}/walls/{wall:uuid}"): READ,
    ("PATCH", "/v1/orgs/{org:uuid}/walls/{wall:uuid}"): sends({"title": "Changed"}, {"people": ["{person}"]}),
    ("POST", "/v1/orgs/{org:uuid}/walls/{wall:uuid}/lift"): sends({"reason": "Over"}),
    # Keeping and erasing
    ("GET", "/v1/orgs/{org:uuid}/holds"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/holds"): sends(
        {"kind": "case", "thing": "{case}", "reason": "R"},
        {"kind": "document", "thing": "{document}", "reason": "R"},
        {"kind": "person", "thing": "{person}", "reason": "R"},
    ),
    ("GET", "/v1/cases/{case:uuid}/holds"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/holds/{hold:uuid}/release"): sends({"reason": "Over"}),
    ("GET", "/v1/orgs/{org:uuid}/people/{person:uuid}/erasure"): READ,
    ("POST", "/v1/orgs/{org:uuid}/people/{person:uuid}/erasure"): sends(
        {"reason": "R"}, {"reason": "R", "cases": ["{case}"]}
    ),
    ("GET", "/v1/orgs/{org:uuid}/erasures"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/erasures/{erasure:uuid}/refuse"): sends({"reason": "R"}),
    ("GET", "/v1/erasures"): OWN,
    ("POST", "/v1/erasures"): sends({"org": "{org}"}),
    ("PATCH", "/v1/me"): sends({"name": "", "zone": "UTC"}),
    ("POST", "/v1/me/export"): OWN,
    ("POST", "/v1/orgs/{org:uuid}/people/{person:uuid}/export"): sends(None),
    ("GET", "/v1/orgs/{org:uuid}/schedules"): READ,
    ("POST", "/v1/orgs/{org:uuid}/schedules"): sends({"type": "legal_matter", "years": 3, "reason": "R"}),
    ("GET", "/v1/orgs/{org:uuid}/dispositions"): Exit(queries=({}, {"limit": 500}, {"state": "due"})),
    ("POST", "/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/keep"): sends(
        {"until": "2090-01-01", "reason": "R"}
    ),
    ("POST", "/v1/orgs/{org:uuid}/dispositions/{disposition:uuid}/approve"): sends({"reason": "R"}),
    ("GET", "/v1/orgs/{org:uuid}/certificates"): PAGED,
    ("GET", "/v1/orgs/{org:uuid}/certificates/{certificate:uuid}"): READ,
    ("GET", "/v1/invitations"): OWN,
    ("POST", "/v1/invitations/{invitation:uuid}/answer"): sends({"accept": True}, {"accept": False}),
    ("GET", "/v1/orgs/{org:uuid}/invitations"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/invitations/{invitation:uuid}/resend"): sends(None),
    ("DELETE", "/v1/orgs/{org:uuid}/invitations/{invitation:uuid}"): DELETE,
    ("GET", "/v1/orgs/{org:uuid}/apps"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/apps"): sends(
        {"name": "A", "kind": "native", "scopes": ["read"], "redirect_uris": ["http://127.0.0.1/"]}
    ),
    ("PATCH", "/v1/orgs/{org:uuid}/apps/{app:uuid}"): sends({"name": "Changed"}),
    ("POST", "/v1/orgs/{org:uuid}/apps/{app:uuid}/secret"): sends(None),
    ("DELETE", "/v1/orgs/{org:uuid}/apps/{app:uuid}"): DELETE,
    ("GET", "/v1/apps"): OWN,
    ("DELETE", "/v1/apps/{app:uuid}"): DELETE,
    ("GET", "/v1/apps/requests/{request_id:uuid}"): READ,
    ("POST", "/v1/apps/requests/{request_id:uuid}"): sends({"allow": True}),
    ("POST", "/v1/apps/devices"): sends({"code": "BCDF-GHJK"}),
    ("POST", "/v1/apps/devices/answer"): sends({"code": "BCDF-GHJK", "allow": True}),
    # Apps that sign in: told of what they hold secrets of
    ("GET", "/.well-known/oauth-authorization-server"): OWN,
    ("GET", "/.well-known/openid-configuration"): OWN,
    ("GET", "/oauth/jwks"): OWN,
    ("GET", "/oauth/authorize"): Exit(
        queries=({"client_id": "{app}", "response_type": "code", "redirect_uri": "http://127.0.0.1/back"},),
        own=True,
    ),
    ("POST", "/oauth/authorize"): OWN,
    ("GET", "/oauth/userinfo"): OWN,
    ("POST", "/oauth/userinfo"): OWN,
    ("GET", "/oauth/logout"): Exit(queries=({}, {"client_id": "{app}"}), own=True),
    ("POST", "/oauth/logout"): OWN,
    ("POST", "/oauth/token"): OWN,
    ("POST", "/oauth/device_authorization"): OWN,
    ("POST", "/oauth/introspect"): OWN,
    ("POST", "/oauth/revoke"): OWN,
    # Provisioning
    ("GET", "/v1/orgs/{org:uuid}/scim"): READ,
    ("POST", "/v1/orgs/{org:uuid}/scim"): sends({}),
    **{
        ("GET", f"/scim/v2/{{org:uuid}}/{what}"): Exit(own=True)
        for what in (
            "ServiceProviderConfig",
            "Schemas",
            "ResourceTypes",
            "Schemas/{id:str}",
            "ResourceTypes/{id:str}",
        )
    },
    **{
        ("GET", f"/scim/v2/{{org:uuid}}/{what}"): Exit(queries=({}, {"filter": 'userName co "cnry"'}))
        for what in ("Users", "Groups")
    },
    **{
        ("POST", f"/scim/v2/{{org:uuid}}/{what}.search"): sends({"count": 100})
        for what in ("", "Users/", "Groups/")
    },
    ("POST", "/scim/v2/{org:uuid}/Users"): sends({"schemas": [USER], "userName": "new@mail.test"}),
    ("POST", "/scim/v2/{org:uuid}/Groups"): sends(
        {"schemas": [GROUP], "displayName": "A", "members": [{"value": "{person}"}]}
    ),
    **{
        ("GET", f"/scim/v2/{{org:uuid}}/{what}/{{id:uuid}}"): Exit(kinds={"id": kind})
        for what, kind in SCIM_KINDS
    },
    **{
        ("PUT", f"/scim/v2/{{org:uuid}}/{what}/{{id:uuid}}"): Exit(
            bodies=({"schemas": [USER], "userName": "x@mail.test"},), kinds={"id": kind}
        )
        for what, kind in SCIM_KINDS
    },
    **{
        ("PATCH", f"/scim/v2/{{org:uuid}}/{what}/{{id:uuid}}"): Exit(
            bodies=(
                {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]},
            ),
            kinds={"id": kind},
        )
        for what, kind in SCIM_KINDS
    },
    **{
        ("DELETE", f"/scim/v2/{{org:uuid}}/{what}/{{id:uuid}}"): Exit(kinds={"id": kind})
        for what, kind in SCIM_KINDS
    },
    # Services and their tokens, outside identity providers, links
    ("GET", "/v1/orgs/{org:uuid}/services"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/services"): sends({"name": "Robot"}),
    ("PATCH", "/v1/orgs/{org:uuid}/services/{service:uuid}"): sends({"name": "Changed"}),
    ("GET", "/v1/orgs/{org:uuid}/services/{service:uuid}/tokens"): PAGED,
    ("POST", "/v1/orgs/{org:uuid}/services/{service:uuid}/tokens"): sends({"label": "x", "scopes": ["read"]}),
    ("DELETE", "/v1/orgs/{org:uuid}/services/{service:uuid}/tokens/{token:uuid}"): Exit(
        kinds={"token": "session"}
    ),
    ("GET", "/v1/orgs/{org:uuid}/providers"): READ,
    ("POST", "/v1/orgs/{org:uuid}/providers"): sends(
        {"name": "P", "issuer": "https://id.mail.test", "client_id": "c", "client_secret": "s"}
    ),
    ("PATCH", "/v1/orgs/{org:uuid}/providers/{provider:uuid}"): sends(
        {"name": "P", "domains": [], "brings": None, "mfa_amr": [], "mfa_acr": []}
    ),
    ("DELETE", "/v1/orgs/{org:uuid}/providers/{provider:uuid}"): DELETE,
    ("GET", "/v1/orgs/{org:uuid}/links"): READ,
    ("POST", "/v1/orgs/{org:uuid}/people/{person:uuid}/link"): sends(None),
    ("DELETE", "/v1/orgs/{org:uuid}/people/{person:uuid}/link"): DELETE,
    ("GET", "/v1/identities"): OWN,
    ("DELETE", "/v1/identities/{identity:uuid}"): DELETE,
    ("POST", "/v1/identities/{provider:uuid}/start"): Exit(own=True),  # throttled after some
    # The names of ways to sign in stand on a page that everybody sees.
    ("GET", "/v1/session/providers"): OWN,
    ("POST", "/v1/session/providers/{provider:uuid}/start"): Exit(own=True),
    ("POST", "/v1/session/providers/return"): sends(
        {"provider": "{provider}", "state": "x" * 43, "code": "c"}
    ),
    ("POST", "/v1/session/link/ask"): sends({"email": "{email}"}),
    ("POST", "/v1/session/link"): sends({"token": "x" * 43}),
    ("POST", "/v1/password/ask"): sends({"email": "{email}"}),
    ("POST", "/v1/password/reset"): sends({"token": "x" * 43, "password": "correct-horse-battery-2026"}),
    # Signing in: told nothing of anybody
    ("POST", "/v1/session"): sends({"email": "{email}", "password": "not-this-one-2026"}),
    ("POST", "/v1/session/mfa"): sends({"pending": "x" * 43, "code": "123456"}),
    ("POST", "/v1/session/passkey/options"): sends(None),
    ("POST", "/v1/session/passkey"): sends({"pending": "x" * 43, "passkey": {}}),
    ("POST", "/v1/invitations/accept"): sends(
        {"token": "x" * 43, "name": "X", "password": "correct-horse-battery-2026"}
    ),
    ("GET", "/v1/setup"): OWN,
    ("POST", "/v1/setup"): sends(
        {"organisation": "X", "name": "X", "email": "x@mail.test", "password": "correct-horse-battery-2026"}
    ),
    # The API's description, the web client and health: the same for everybody
    ("GET", "/docs"): OWN,
    ("GET", "/docs/{file_path:path}"): OWN,
    ("GET", "/openapi.json"): OWN,
    ("GET", "/openapi"): OWN,
    ("GET", "/openapi/openapi.json"): OWN,
    ("GET", "/openapi/{path:str}"): OWN,
    ("GET", "/assets/{file_path:path}"): OWN,
    ("GET", "/health/live"): OWN,
    ("GET", "/health/ready"): OWN,
    ("GET", "/"): OWN,
    ("GET", "/{path:path}"): OWN,
}

# What would end the asker itself: seen by its own tests, and sent by nobody here.
ENDS = {("DELETE", "/v1/session"), ("DELETE", "/v1/sessions")}
