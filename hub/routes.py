"""Every route, noun by noun."""

from litestar.types import ControllerRouterHandler

from hub.cases.routes import ROUTES as CASES
from hub.conversations.routes import ROUTES as CONVERSATIONS
from hub.entries.routes import ROUTES as ENTRIES
from hub.events.routes import ROUTES as EVENTS
from hub.messages.routes import ROUTES as MESSAGES
from hub.participants.routes import ROUTES as PARTICIPANTS
from hub.parties.routes import ROUTES as PARTIES
from hub.people.routes import ROUTES as PEOPLE
from hub.sessions.routes import ROUTES as SESSIONS

ROUTES: list[ControllerRouterHandler] = [
    *SESSIONS,
    *PEOPLE,
    *CASES,
    *PARTIES,
    *PARTICIPANTS,
    *ENTRIES,
    *CONVERSATIONS,
    *MESSAGES,
    *EVENTS,
]
