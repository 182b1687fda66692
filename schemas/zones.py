"""Time zones by their IANA names."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.errors import bad_input


def zone_named(name: str | None, default: str) -> str:
    """`name`, or `default` when none is given; `bad_input` when there is no such zone."""
    if name is None:
        return default
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise bad_input("$.zone", f"{name!r} is not an IANA time zone such as America/New_York") from None
    return name
