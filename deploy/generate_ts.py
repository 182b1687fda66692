"""TypeScript types of everything that crosses the wire, made from the Structs in `schemas/`.

`python -m deploy.generate_ts` writes `hub/web/src/wire.ts`; a tidy test fails when that file is stale.
"""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import msgspec.inspect as look
from msgspec import Struct

from schemas import (
    audit_questions,
    cases,
    conversations,
    deadlines,
    details,
    directories,
    documents,
    entries,
    erasure,
    errors,
    events,
    exports,
    factors,
    frames,
    holds,
    invitations,
    limits,
    links,
    messages,
    notices,
    oauth,
    participants,
    parties,
    people,
    positions,
    providers,
    retention,
    search,
    service_accounts,
    sessions,
    tasks,
    teams,
    views,
    walls,
)
from schemas.casetypes import kernel

TARGET = Path(__file__).parent.parent / "hub" / "web" / "src" / "wire.ts"

MODULES: tuple[ModuleType, ...] = (
    positions,
    errors,
    kernel,
    people,
    invitations,
    sessions,
    factors,
    providers,
    links,
    cases,
    details,
    parties,
    participants,
    teams,
    walls,
    holds,
    retention,
    erasure,
    views,
    service_accounts,
    oauth,
    directories,
    entries,
    conversations,
    messages,
    documents,
    deadlines,
    tasks,
    notices,
    search,
    events,
    exports,
    frames,
    audit_questions,
)

# Structs that never leave the server. `Answer` and `Page` are generic and stand in `render` itself.
LEFT_OUT = {audit_questions.Question, kernel.CaseType, events.Event, events.Access, frames.Up, frames.Down}

LIMITS = (
    "UPLOAD_ONE_REQUEST_BYTES_MAX",
    "VERSION_BYTES_MAX",
    "PAGE_ITEMS_DEFAULT",
    "PAGE_ITEMS_MAX",
    "HEARTBEAT_S",
    "DEAD_PEER_S",
    "SUBSCRIPTIONS_MAX",
    "TOKEN_DAYS_MAX",
    "ERASED_CASES_MAX",
    "KEEP_YEARS_MAX",
    "WALL_CASES_MAX",
    "WALL_PEOPLE_MAX",
    "WALL_TEAMS_MAX",
    "AUDIT_COUNT_MAX",
    "AUDIT_SEEN_MAX",
)


def spell(kind: look.Type) -> str:
    """The TypeScript spelling of a type. Ids, dates and times are text on the wire."""
    match kind:
        case look.Metadata():
            return spell(kind.type)
        case look.StrType() | look.UUIDType() | look.DateTimeType() | look.DateType() | look.BytesType():
            return "string"
        case look.IntType() | look.FloatType():
            return "number"
        case look.BoolType():
            return "boolean"
        case look.NoneType():
            return "null"
        case look.LiteralType():
            return " | ".join(f'"{value}"' for value in sorted(kind.values, key=str))
        case look.EnumType():
            return " | ".join(f'"{member.value}"' for member in kind.cls)
        case look.ListType() | look.VarTupleType() | look.FrozenSetType() | look.SetType():
            item = spell(kind.item_type)
            return f"readonly ({item})[]" if "|" in item else f"readonly {item}[]"
        case look.DictType():
            return f"Readonly<Record<string, {spell(kind.value_type)}>>"
        case look.StructType():
            return kind.cls.__name__
        case look.UnionType():
            return " | ".join(spell(part) for part in kind.types)
        case look.RawType():
            return "EventData"
        case look.AnyType():
            return "unknown"
        case _:
            raise TypeError(f"no TypeScript spelling for {kind!r}")


def interface(struct: type[Struct]) -> list[str]:
    """One `export interface`. A field is optional where a sender may leave it out or the server does."""
    info = cast(look.StructType, look.type_info(struct))
    config: Any = struct.__struct_config__
    sent_by_clients = info.forbid_unknown_fields
    lines = [f"/** {summary(struct)} */"] if summary(struct) else []
    lines.append(f"export interface {struct.__name__} {{")
    if info.tag_field:
        lines.append(f'  readonly {info.tag_field}: "{info.tag}";')
    for field in info.fields:
        optional = not field.required and (sent_by_clients or config.omit_defaults)
        lines.append(f"  readonly {field.encode_name}{'?' if optional else ''}: {spell(field.type)};")
    return [*lines, "}", ""]


def summary(struct: type[Struct]) -> str:
    """The docstring in one line. msgspec gives Structs without one a signature, which says nothing new."""
    text = inspect.cleandoc(struct.__doc__ or "")
    return "" if text.startswith(struct.__name__ + "(") else " ".join(text.split())


def structs() -> list[type[Struct]]:
    """Every Struct of the wire, in the order of its module and of its place there."""
    found: list[type[Struct]] = []
    for module in MODULES:
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Struct)
                and value.__module__ == module.__name__
                and value not in LEFT_OUT
            ):
                found.append(value)
    return found


def render() -> str:
    """The whole of `wire.ts`."""
    lines = [
        "// Made by `python -m deploy.generate_ts` from the Structs in schemas/. Do not edit.",
        "",
        f"export const PROTOCOL_VERSION = {frames.PROTOCOL_VERSION};",
        f'export const SUBPROTOCOL = "{frames.SUBPROTOCOL}";',
        *(f"export const {name} = {getattr(limits, name)};" for name in LIMITS),
        "",
        "/** One thing, as it was at `as_of`. */",
        "export interface Answer<T> {",
        "  readonly item: T;",
        "  readonly as_of: AsOf;",
        "}",
        "",
        "/** A page of a list in its order; `next` is the cursor for `?after=`, or null at the end. */",
        "export interface Page<T> {",
        "  readonly items: readonly T[];",
        "  readonly next: string | null;",
        "  readonly as_of: AsOf;",
        "}",
        "",
    ]
    for struct in structs():
        lines += interface(struct)
    lines += ["/** The noun that an event's `data` holds, by the noun's name. */", "export interface Nouns {"]
    nouns = {declared.noun: declared.struct.__name__ for declared in events.EVENTS.values()}
    lines += [f"  readonly {noun}: {name};" for noun, name in nouns.items()]
    lines += ["}", "", "export type EventData = { readonly [N in keyof Nouns]?: Nouns[N] };", ""]
    lines += ["/** Which noun each event carries. */", "export const EVENTS = {"]
    lines += [f'  "{name}": "{declared.noun}",' for name, declared in events.EVENTS.items()]
    lines += ["} as const;", "", "export type EventName = keyof typeof EVENTS;", ""]
    lines += ["/** What is read and recorded. */", "export const READS = ["]
    lines += [f'  "{name}",' for name in audit_questions.READS]
    lines += ["] as const;", "", "export type ReadName = (typeof READS)[number];", ""]
    lines += ["/** Every error code, and what a client does next. */", "export const ERRORS = {"]
    lines += [f'  {code}: "{kind.retry.value}",' for code, kind in errors.ERRORS.items()]
    lines += ["} as const;", "", "export type ErrorCode = keyof typeof ERRORS;", ""]
    lines += ["/** Close codes of the socket: from 4500 on a client stops. */", "export const CLOSES = {"]
    lines += [f"  {name}: {close.code}," for name, close in errors.CLOSES.items()]
    lines += ["} as const;", ""]
    for name, union in (("FromClient", frames.FromClient), ("FromGateway", frames.FromGateway)):
        members = " | ".join(member.__name__ for member in union.__args__)
        lines += [f"export type {name} = {members};"]
    return "\n".join(lines) + "\n"


def main() -> None:
    TARGET.write_text(render(), encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
