"""What an entry's bytes must be. They are a regular language, so one pattern says it whole: canonical JSON (RFC 8785),
the fields of an entry in their order, and nothing else."""

import re

ENTRY_BYTES_MAX = 64 << 10

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = r"[0-9a-f]{64}"
_NUMBER = r"(?:0|[1-9][0-9]{0,15})"
_NAME = r"[a-z][a-z0-9_.:-]{0,99}"
_AT = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
# A string as RFC 8785 writes it: only what must be escaped is, in its shortest form.
_PLAIN = r'[^"\\\x00-\x1f]*'
_TEXT = rf'{_PLAIN}(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f])){_PLAIN})*'


def _object(*fields: tuple[str, str, bool], optional: str = "") -> str:
    """An object of `(name, pattern, needed)`; its first field is always there, but for an `optional` one before it."""
    parts = [rf'\{{{optional}"{fields[0][0]}":{fields[0][1]}']
    for name, pattern, needed in fields[1:]:
        parts.append(f',"{name}":{pattern}' if needed else f'(?:,"{name}":{pattern})?')
    return "".join(parts) + r"\}"


def _quoted(pattern: str, group: str = "") -> str:
    return f'"(?P<{group}>{pattern})"' if group else f'"{pattern}"'


_SPAN = _object(
    ("data", _quoted(_HASH), True),
    ("first", _NUMBER, True),
    ("last", _NUMBER, True),
    ("stream", _quoted(_UUID), True),
)
_BY = _object(
    ("kind", _quoted(_NAME), True),
    ("person", _quoted(_UUID, "person"), False),
    ("session", _quoted(_UUID), False),
    ("via", _quoted(_UUID), False),
    ("viewing", _quoted(_UUID), False),
)
_OF = _object(
    ("document", _quoted(_UUID), True),
    ("n", _NUMBER, True),
    ("sha256", _quoted(_HASH), True),
    ("version", _quoted(_UUID), True),
)
ENTRY = re.compile(
    _object(
        ("act", _quoted(_NAME, "act"), True),
        ("at", _quoted(_AT, "at"), True),
        ("by", _BY, True),
        ("case", _quoted(_UUID, "case"), False),
        ("from", _quoted(_HASH, "from_"), False),
        ("id", _quoted(_UUID, "id"), True),
        ("log", _quoted(_UUID, "log"), True),
        ("of", _OF, False),
        ("outcome", _quoted("done|refused", "outcome"), True),
        ("rule", _quoted(_TEXT), True),
        ("spans", rf"\[(?P<spans>{_SPAN}(?:,{_SPAN})*)\]", False),
        ("thing", _quoted(_UUID, "thing"), False),
        optional=rf'(?:"about":"{_HASH}",)?',
    ).encode()
)
SPAN = re.compile(
    rf'\{{"data":"({_HASH})","first":({_NUMBER}),"last":({_NUMBER}),"stream":"({_UUID})"\}}'.encode()
)

# What `ENTRY.match(...).group(*PARTS)` gives, as bytes.
PARTS = ("at", "id", "log", "case", "spans")


def parsed(line: bytes) -> "re.Match[bytes] | None":
    """The entry's parts, None when these are not the bytes of an entry."""
    found = ENTRY.fullmatch(line)
    if found is None or len(line) > ENTRY_BYTES_MAX:
        return None
    try:
        line.decode()
    except UnicodeDecodeError:
        return None
    return found


_SELF = tuple(
    re.compile(rf'"{field}": ?"({pattern})"'.encode())
    for field, pattern in (("act", _NAME), ("at", _AT), ("id", _UUID))
)


def named(n: int, line: bytes) -> str:
    """An entry for people: its place, and what it says of itself, as far as that can be read."""
    act, at, id = (found and found[1].decode() for found in (one.search(line) for one in _SELF))
    told = [act or "", f"of {at}" if at else "", f"id {id}" if id else ""]
    return f"Entry {n} ({', '.join(filter(None, told))})" if any(told) else f"Entry {n}"
