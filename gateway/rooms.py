"""Who listens to what: live subscriptions by stream, and for `mine` by the scopes that their people hold.

Who of a room may see an event depends on the event's audience alone until somebody comes or goes; so it is worked out
once for an audience and kept until then. Whoever's access changes goes: see `Session.look_again`. On their own stream
they stay, so there it is worked out each time.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol
from uuid import UUID

from gateway.session import Session, Subscription
from schemas.events import Event

KEPT_MAX = 1024  # audiences remembered per room


class Socket(Protocol):
    @property
    def paused(self) -> float: ...
    def deliver(self, data: bytes) -> None: ...


class Readers(NamedTuple):
    """Sockets, by the form in which they take an event: who is written what stands before the writing begins. Of
    `unheard` the record has to say first that they are told of this case."""

    plain: tuple[Socket, ...]
    deflating: tuple[Socket, ...]
    unheard: tuple[tuple[Subscription, Socket], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.plain or self.deflating)


Audience = tuple[object, ...]


class Room:
    """The live subscriptions of one stream (or all of `mine`), each with the socket it is written to."""

    __slots__ = ("_kept", "members", "waiting")

    def __init__(self) -> None:
        self.members: dict[Subscription, Socket] = {}
        # Those that already know more than this process has seen: they come in when it has caught up with them.
        self.waiting: dict[Subscription, Socket] = {}
        self._kept: dict[Audience, Readers] = {}

    def add(self, subscription: Subscription, socket: Socket) -> None:
        self.members[subscription] = socket
        self._kept.clear()

    def remove(self, subscription: Subscription) -> None:
        self.waiting.pop(subscription, None)
        if self.members.pop(subscription, None) is not None:
            self._kept.clear()

    def readers(self, event: Event) -> Readers:
        """The sockets of those who may see `event`, now."""
        if self.waiting:
            self._let_in(event)
        if event.kind == "person":  # a few sockets, which stay when what they may see changes
            return self._work_out(event)
        key: Audience = (event.case_id, *event.audience, *event.people)
        found = self._kept.get(key)
        if found is None:
            found = self._work_out(event)
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[key] = found
        return found

    def _work_out(self, event: Event) -> Readers:
        return _by_form(_told(self.members.items(), event))

    def _let_in(self, event: Event) -> None:
        ready = [s for s in self.waiting if s.seq < event.seq]
        for subscription in ready:
            self.add(subscription, self.waiting.pop(subscription))

    def __bool__(self) -> bool:
        return bool(self.members or self.waiting)


Member = tuple[Subscription, Socket]


def _told(members: Iterable[Member], event: Event) -> list[Member]:
    return [one for one in members if one[0].sees(event)]


def _by_form(told: Iterable[Member], unheard: tuple[Member, ...] = ()) -> Readers:
    plain: list[Socket] = []
    deflating: list[Socket] = []
    for subscription, socket in told:
        (deflating if subscription.session.deflates else plain).append(socket)
    return Readers(tuple(plain), tuple(deflating), unheard)


class Mine(Room):
    """Every subscription to `mine`, found by the scopes held: an event concerns those of its case or organisation."""

    __slots__ = ("_held", "_may_tell", "_scopes")

    def __init__(self, may_tell: Callable[[Session, UUID | None], bool]) -> None:
        super().__init__()
        self._may_tell = may_tell
        self._scopes: dict[UUID, dict[Subscription, Socket]] = {}
        # As they were on entering: when the grants change, the subscription must still be found to be removed.
        self._held: dict[Subscription, frozenset[UUID]] = {}

    def add(self, subscription: Subscription, socket: Socket) -> None:
        super().add(subscription, socket)
        held = self._held[subscription] = frozenset(scope for scope, _ in subscription.session.viewer.grants)
        for scope in held:
            self._scopes.setdefault(scope, {})[subscription] = socket

    def remove(self, subscription: Subscription) -> None:
        super().remove(subscription)
        for scope in self._held.pop(subscription, ()):
            members = self._scopes[scope]
            del members[subscription]
            if not members:
                del self._scopes[scope]

    def _work_out(self, event: Event) -> Readers:
        concerned: dict[Subscription, Socket] = {}
        for scope in (event.case_id, event.org):
            if scope is not None:
                concerned |= self._scopes.get(scope, {})
        told = _told(concerned.items(), event)
        return _by_form(
            told, tuple(one for one in told if not self._may_tell(one[0].session, event.case_id))
        )

    def _let_in(self, event: Event) -> None:
        ready = [s for s in self.waiting if s.position < event.position]
        for subscription in ready:
            self.add(subscription, self.waiting.pop(subscription))


class Rooms:
    """All rooms of this process."""

    def __init__(self, may_tell: Callable[[Session, UUID | None], bool]) -> None:
        self.streams: dict[UUID, Room] = {}
        self.mine = Mine(may_tell)

    def room_of(self, subscription: Subscription) -> Room:
        """Made when it is not there yet; it goes with its last member."""
        if subscription.kind == "mine":
            return self.mine
        return self.streams.setdefault(subscription.id, Room())

    def leave(self, subscription: Subscription) -> None:
        if subscription.kind == "mine":
            self.mine.remove(subscription)
        elif (room := self.streams.get(subscription.id)) is not None:
            room.remove(subscription)
            if not room:
                del self.streams[subscription.id]
