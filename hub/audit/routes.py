"""Questions over the record, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream

from hub.audit import actions, exports, rules
from hub.context import Hub, Who
from hub.http.auth import OF_ADMIN
from hub.http.inputs import After, Limit
from schemas.audit_questions import DocumentRecord, Format, Question, RecordPage
from schemas.limits import BIGINT_MAX

Person = Annotated[UUID | None, QueryParameter(name="person", default=None, description="Who acted.")]
Case = Annotated[UUID | None, QueryParameter(name="case", default=None)]
Thing = Annotated[
    UUID | None,
    QueryParameter(name="thing", default=None, description="On what: the id of a document, a version ..."),
]
Act = Annotated[
    list[str] | None,
    QueryParameter(
        name="act", default=None, description="Any of these: event types, or names of what was read."
    ),
]
Outcome = Annotated[
    str | None, QueryParameter(name="outcome", default=None, description="`done` or `refused`.")
]
From = Annotated[
    datetime | None, QueryParameter(name="from", default=None, description="From this moment on.")
]
Until = Annotated[
    datetime | None, QueryParameter(name="until", default=None, description="Before this moment.")
]
Since = Annotated[
    int | None,
    QueryParameter(
        name="since",
        default=None,
        ge=-1,
        le=BIGINT_MAX,
        description="What came after this `head` of an answer.",
    ),
]
Changes = Annotated[
    bool,
    QueryParameter(
        name="changes",
        default=False,
        description="What was changed or refused alone, without what was only looked at.",
    ),
]


def read_question(
    person: Person = None,
    case: Case = None,
    thing: Thing = None,
    act: Act = None,
    outcome: Outcome = None,
    from_: From = None,
    until: Until = None,
    since: Since = None,
    changes: Changes = False,
) -> Question:
    return rules.question(
        person=person,
        case=case,
        thing=thing,
        act=act or (),
        outcome=outcome,
        from_=from_,
        until=until,
        since=since,
        changes=changes,
    )


def read_question_of_case(
    person: Person = None,
    thing: Thing = None,
    act: Act = None,
    outcome: Outcome = None,
    from_: From = None,
    until: Until = None,
    since: Since = None,
    changes: Changes = False,
) -> Question:
    """Without `case`, which the path names."""
    return read_question(person, None, thing, act, outcome, from_, until, since, changes)


Asked = NamedDependency[Question]
OF_ALL = {"question": Provide(read_question, sync_to_thread=False)}
OF_CASE = {"question": Provide(read_question_of_case, sync_to_thread=False)}


@get("/v1/orgs/{org:uuid}/audit", opt=OF_ADMIN, dependencies=OF_ALL)
async def ask_org(hub: Hub, who: Who, org: UUID, question: Asked, limit: Limit, after: After) -> RecordPage:
    """Who did and saw what in an organisation, newest first; for its administrators, but for cases that a wall keeps
    them out of. To ask leaves an entry."""
    return await actions.ask_org(hub, who, org, question, limit, after)


@get("/v1/cases/{case:uuid}/audit", dependencies=OF_CASE)
async def ask_case(hub: Hub, who: Who, case: UUID, question: Asked, limit: Limit, after: After) -> RecordPage:
    """Who did and saw what in a case, newest first; for its staff and for administrators. To ask leaves an entry."""
    return await actions.ask_case(hub, who, case, question, limit, after)


@get("/v1/documents/{document:uuid}/audit", dependencies=OF_CASE)
async def ask_document(
    hub: Hub, who: Who, document: UUID, question: Asked, limit: Limit, after: After
) -> DocumentRecord:
    """Who has seen a document: whom, which version, when first and last and how often. To ask leaves an entry."""
    return await actions.ask_document(hub, who, document, question, limit, after)


@get("/v1/me/audit", dependencies=OF_CASE)
async def ask_own(hub: Hub, who: Who, question: Asked, limit: Limit, after: After) -> RecordPage:
    """What was done in the asker's name, newest first. To ask leaves an entry."""
    return await actions.ask_own(hub, who, question, limit, after)


@get("/v1/orgs/{org:uuid}/audit/export", opt=OF_ADMIN, dependencies=OF_ALL)
async def export_org(hub: Hub, who: Who, org: UUID, question: Asked, format: Format = "json") -> Stream:
    """All that a question finds, as JSON signed with the record's key or as CSV. To ask leaves an entry."""
    return exports.download(await exports.of_org(hub, who, org, question, format), format)


@get("/v1/cases/{case:uuid}/audit/export", dependencies=OF_CASE)
async def export_case_record(
    hub: Hub, who: Who, case: UUID, question: Asked, format: Format = "json"
) -> Stream:
    """All that a question finds in a case, as JSON signed with the record's key or as CSV. To ask leaves an entry."""
    return exports.download(await exports.of_case(hub, who, case, question, format), format)


ROUTES = [ask_org, ask_case, ask_document, ask_own, export_org, export_case_record]
