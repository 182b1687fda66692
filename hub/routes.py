"""Every route, noun by noun."""

from litestar.types import ControllerRouterHandler

from hub.cases.routes import ROUTES as CASES
from hub.conversations.routes import ROUTES as CONVERSATIONS
from hub.messages.routes import ROUTES as MESSAGES
from hub.sessions.routes import ROUTES as SESSIONS

ROUTES: list[ControllerRouterHandler] = [*SESSIONS, *CASES, *CONVERSATIONS, *MESSAGES]
