"""Values that fit a declaration: the smallest intake of a case type, made from its Struct alone."""

from typing import Any

import msgspec
import msgspec.inspect as look

from schemas.casetypes import CaseType


def intake_of(type_: CaseType) -> dict[str, Any]:
    """The required fields of a case type's intake, each with a value that its declaration accepts."""
    info = look.type_info(type_.intake)
    assert isinstance(info, look.StructType)
    return {field.encode_name: value_of(field.type) for field in info.fields if field.required}


def value_of(type_: look.Type) -> Any:
    match type_:
        case look.Metadata():
            return value_of(type_.type)
        case look.LiteralType():
            return type_.values[0]
        case look.StrType():
            return "x" * max(type_.min_length or 0, 1)
        case look.BoolType():
            return False
        case look.IntType():
            return type_.ge if type_.ge is not None else 0
        case look.DateType():
            return "2026-01-05"
        case look.ListType():
            return []
        case look.UnionType():
            return None if type_.includes_none else value_of(type_.types[0])
        case _:
            raise TypeError(
                f"no sample of {msgspec.structs.asdict(type_)}"
            )  # a new kind of field: add it here
