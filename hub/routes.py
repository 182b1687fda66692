"""Every route, noun by noun."""

from litestar.types import ControllerRouterHandler

from hub.audit.log_routes import ROUTES as AUDIT_LOG
from hub.audit.routes import ROUTES as AUDIT
from hub.cases.routes import ROUTES as CASES
from hub.conversations.routes import ROUTES as CONVERSATIONS
from hub.deadlines.routes import ROUTES as DEADLINES
from hub.details.routes import ROUTES as DETAILS
from hub.documents.routes import ROUTES as DOCUMENTS
from hub.entries.routes import ROUTES as ENTRIES
from hub.erasure.routes import ROUTES as ERASURE
from hub.events.routes import ROUTES as EVENTS
from hub.exports.routes import ROUTES as EXPORTS
from hub.factors.routes import ROUTES as FACTORS
from hub.holds.routes import ROUTES as HOLDS
from hub.links.routes import ROUTES as LINKS
from hub.messages.routes import ROUTES as MESSAGES
from hub.notices.routes import ROUTES as NOTICES
from hub.oauth.routes import ROUTES as OAUTH
from hub.participants.routes import ROUTES as PARTICIPANTS
from hub.parties.routes import ROUTES as PARTIES
from hub.people.invitation_routes import ROUTES as INVITATIONS
from hub.people.routes import ROUTES as PEOPLE
from hub.providers.routes import ROUTES as PROVIDERS
from hub.retention.routes import ROUTES as RETENTION
from hub.scim.routes import ROUTES as SCIM
from hub.search.routes import ROUTES as SEARCH
from hub.service_accounts.routes import ROUTES as SERVICE_ACCOUNTS
from hub.sessions.routes import ROUTES as SESSIONS
from hub.tasks.routes import ROUTES as TASKS
from hub.teams.routes import ROUTES as TEAMS
from hub.views.routes import ROUTES as VIEWS
from hub.walls.routes import ROUTES as WALLS

ROUTES: list[ControllerRouterHandler] = [
    *SESSIONS,
    *FACTORS,
    *PEOPLE,
    *SERVICE_ACCOUNTS,
    *TEAMS,
    *WALLS,
    *HOLDS,
    *RETENTION,
    *ERASURE,
    *INVITATIONS,
    *PROVIDERS,
    *LINKS,
    *CASES,
    *DETAILS,
    *PARTIES,
    *PARTICIPANTS,
    *ENTRIES,
    *CONVERSATIONS,
    *MESSAGES,
    *DOCUMENTS,
    *SEARCH,
    *SCIM,
    *NOTICES,
    *TASKS,
    *DEADLINES,
    *EVENTS,
    *EXPORTS,
    *OAUTH,
    *VIEWS,
    *AUDIT,
    *AUDIT_LOG,
]
