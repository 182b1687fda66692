"""The registry of case types. A new type is a file beside this one and a line here; so is a new version of one."""

from schemas.casetypes.kernel import CaseType, TypeView, view
from schemas.casetypes.legal_matter import LEGAL_MATTER, LEGAL_MATTER_1
from schemas.casetypes.service_request import SERVICE_REQUEST, SERVICE_REQUEST_1

_TYPES = (LEGAL_MATTER_1, LEGAL_MATTER, SERVICE_REQUEST_1, SERVICE_REQUEST)

# A case keeps the (type, version) it was opened with; the newest version of a name opens new cases.
CASE_TYPES: dict[tuple[str, int], CaseType] = {(type_.name, type_.version): type_ for type_ in _TYPES}
CURRENT: dict[str, CaseType] = {type_.name: type_ for type_ in sorted(_TYPES, key=lambda t: t.version)}

for _type in _TYPES:
    _type.check()

__all__ = ["CASE_TYPES", "CURRENT", "CaseType", "TypeView", "view"]
