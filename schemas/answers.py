"""The shapes that every answer has: one item, or a page of them, and where it was read."""

from typing import Generic, TypeVar

from msgspec import Struct

from schemas.positions import AsOf

T = TypeVar("T")


class Answer(Struct, Generic[T], frozen=True):
    """One thing, as it was at `as_of`."""

    item: T
    as_of: AsOf


class Page(Struct, Generic[T], frozen=True):
    """A page of a list in its order; `next` is the cursor for `?after=`, or null at the end."""

    items: list[T]
    next: str | None
    as_of: AsOf
