"""One socket's conversation, sans I/O: a frame or a change of facts in, effects out. Knows no loop and no storage."""

from collections import deque
from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from gateway.framing import framed
from schemas.access import Guarded, Viewer, sees
from schemas.audit import Actor
from schemas.events import Event
from schemas.frames import (
    After,
    Down,
    Ended,
    ErrorFrame,
    FromClient,
    Ping,
    Pong,
    Post,
    Read,
    Reset,
    Subscribe,
    Typing,
    Unsubscribe,
    Unsubscribed,
)
from schemas.limits import SUBSCRIPTIONS_MAX
from schemas.positions import START, Position
from schemas.scopes import WRITE

CALLS_MAX = 16  # posts and reads that the hub has not answered yet
TYPING_EVERY_S = 2.0
FRAMES_PER_S = 50.0
FRAMES_BURST = 200.0
FRAMES_DEBT = -400.0  # refused frames that are answered before the socket is closed

Kind = Literal["case", "mine", "me"]
Why = Literal["access", "epoch", "history"]

_decode = msgspec.json.Decoder(FromClient).decode


class Subscription:
    """A topic that a session listens to. `gone` is final; a new subscription of the same topic is another object.

    `seq` (of one stream) or `position` (of `mine`) is the last place handed over while it is not yet live.
    """

    __slots__ = ("after", "gone", "id", "kind", "position", "ref", "seq", "session", "thing", "topic")

    def __init__(
        self, session: "Session", topic: str, kind: Kind, id: UUID, ref: str, after: After | None
    ) -> None:
        self.session, self.topic, self.kind, self.id, self.ref, self.after = (
            session,
            topic,
            kind,
            id,
            ref,
            after,
        )
        self.thing: Guarded | None = None
        self.seq = 0
        self.position = START
        self.gone = False

    def sees(self, event: Event) -> bool:
        """May the holder see this event on this topic, now? On their own stream too, what is about a case asks the
        wall."""
        viewer = self.session.viewer
        if event.kind == "case":
            return self.kind != "me" and sees(viewer, event)  # type: ignore[arg-type]
        if self.kind != "me" or event.kind != "person" or event.stream != viewer.person:
            return False
        return event.case_id is None or sees(viewer, event)  # type: ignore[arg-type]


class Send(NamedTuple):
    frame: bytes


class Join(NamedTuple):
    subscription: Subscription


class Leave(NamedTuple):
    subscription: Subscription


class Call(NamedTuple):
    """Ask the hub; hand its answer over as the frame that `Session.answered` or `Session.refused` makes."""

    frame: Post | Read


class Signal(NamedTuple):
    conversation: UUID


class Close(NamedTuple):
    """`code` is a name of `schemas.errors.CLOSES`."""

    code: str
    reason: str


Effect = Send | Join | Leave | Call | Signal | Close


class Session:
    """What one socket holds: who is there, what they listen to, and how much they may still ask."""

    __slots__ = (
        "_allowance",
        "_asked",
        "_typed",
        "address",
        "by",
        "calls",
        "deflates",
        "expires_at",
        "heard",
        "id",
        "scopes",
        "subscriptions",
        "token",
        "viewer",
    )

    def __init__(
        self,
        id: UUID,
        viewer: Viewer,
        by: Actor,
        expires_at: datetime,
        scopes: Collection[str],
        token: str,
        address: str,
        now: float,
    ) -> None:
        self.id, self.viewer, self.expires_at, self.scopes, self.token = id, viewer, expires_at, scopes, token
        self.by, self.address = by, address
        # Cases whose privileged content is in the record as told to this socket.
        self.heard: set[UUID] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.calls = 0
        self.deflates = False  # whether the socket negotiated compression
        self._allowance, self._asked = FRAMES_BURST, now
        self._typed: deque[tuple[UUID, float]] = deque(maxlen=8)

    def receive(self, payload: bytes, now: float) -> list[Effect]:
        """What follows from a text frame. `now` is a monotonic time in seconds."""
        try:
            frame = _decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return [Close("protocol", "not a frame of casewire.v1")]
        if self._spend(now) < 0:
            if self._allowance < FRAMES_DEBT:
                return [Close("protocol", "too many frames")]
            return [_error(getattr(frame, "ref", None), "too_many", retry_after_ms=1000)]
        if isinstance(frame, Ping):
            return [_send(Pong(frame.ref))]
        if isinstance(frame, Subscribe):
            return self._subscribe(frame)
        if isinstance(frame, Unsubscribe):
            return self._unsubscribe(frame)
        if WRITE not in self.scopes:
            return [_error(getattr(frame, "ref", None), "scope", f"This needs a token of scope {WRITE}.")]
        if isinstance(frame, Typing):
            return self._typing(frame, now)
        if self.calls >= CALLS_MAX:
            return [_error(getattr(frame, "ref", None), "too_many", retry_after_ms=1000)]
        self.calls += 1
        return [Call(frame)]

    def control(self, now: float) -> list[Effect]:
        """What follows from a ping or pong of the protocol itself, answered already: it costs as much as any frame."""
        return [Close("protocol", "too many frames")] if self._spend(now) < FRAMES_DEBT else []

    def _spend(self, now: float) -> float:
        """Take one frame from the allowance; what is left of it."""
        self._allowance = min(FRAMES_BURST, self._allowance + (now - self._asked) * FRAMES_PER_S)
        self._asked = now
        self._allowance -= 1
        return self._allowance

    def _subscribe(self, frame: Subscribe) -> list[Effect]:
        kind, _, text = frame.topic.partition(":")
        try:
            named = UUID(text) if text else self.viewer.person
        except ValueError:
            return [_error(frame.ref, "not_found")]
        after = frame.after
        if after is not None and (after.pos is None if kind == "mine" else after.seq is None):
            return [_error(frame.ref, "bad_input", f"after.{'pos' if kind == 'mine' else 'seq'} is needed")]
        effects: list[Effect] = []
        if (old := self.subscriptions.get(frame.topic)) is not None:
            effects.append(self._drop(old))
        elif len(self.subscriptions) >= SUBSCRIPTIONS_MAX:
            return [_error(frame.ref, "too_many", f"a socket holds at most {SUBSCRIPTIONS_MAX} topics")]
        fresh = Subscription(self, frame.topic, kind, named, frame.ref, after)  # type: ignore[arg-type]
        if kind == "mine" and after is not None and after.pos is not None:
            try:
                fresh.position = Position.parse(after.pos)
            except ValueError:
                return [*effects, _error(frame.ref, "bad_input", "after.pos is not a position")]
        self.subscriptions[frame.topic] = fresh
        return [*effects, Join(fresh)]

    def _unsubscribe(self, frame: Unsubscribe) -> list[Effect]:
        old = self.subscriptions.get(frame.topic)
        said = _send(Unsubscribed(frame.ref, frame.topic))
        return [said] if old is None else [self._drop(old), said]

    def _typing(self, frame: Typing, now: float) -> list[Effect]:
        """One signal per conversation every `TYPING_EVERY_S`; more are dropped without a word, nobody misses them."""
        if any(one == frame.conversation and now - at < TYPING_EVERY_S for one, at in self._typed):
            return []
        if len(self._typed) == self._typed.maxlen and now - self._typed[0][1] < TYPING_EVERY_S:
            return []
        self._typed.append((frame.conversation, now))
        return [Signal(frame.conversation)]

    def _drop(self, subscription: Subscription) -> Leave:
        subscription.gone = True
        if self.subscriptions.get(subscription.topic) is subscription:
            del self.subscriptions[subscription.topic]
        return Leave(subscription)

    def refuse(self, subscription: Subscription, code: str, detail: str = "") -> list[Effect]:
        """The subscription cannot be: an absent case and a hidden one are told alike."""
        return [self._drop(subscription), _error(subscription.ref, code, detail)]

    def reset(self, subscription: Subscription, why: Why) -> list[Effect]:
        """What the client holds of this topic may be wrong: it reads again and subscribes again."""
        return [self._drop(subscription), _send(Reset(subscription.topic, why))]

    def end(self, subscription: Subscription) -> list[Effect]:
        return [self._drop(subscription), _send(Ended(subscription.topic, "forbidden"))]

    def look_again(self, viewer: Viewer) -> list[Effect]:
        """The person's grants are now those of `viewer`: end what is closed to them, reset what looks different."""
        before, self.viewer = self.viewer, viewer
        if before.grants == viewer.grants:
            return []
        effects: list[Effect] = []
        for subscription in list(self.subscriptions.values()):
            if subscription.kind == "mine":
                effects += self.reset(subscription, "access")
            elif subscription.kind == "case" and (thing := subscription.thing) is not None:
                if not sees(viewer, thing):
                    effects += self.end(subscription)
                elif _held(before, thing) != _held(viewer, thing):
                    effects += self.reset(subscription, "access")
        return effects

    def all_gone(self) -> list[Leave]:
        """The socket is closed."""
        return [self._drop(subscription) for subscription in list(self.subscriptions.values())]


def _held(viewer: Viewer, thing: Guarded) -> set[tuple[UUID, str]]:
    return {grant for grant in viewer.grants if grant[0] == thing.case_id or grant[0] == thing.org}


def _send(message: Down) -> Send:
    return Send(framed(message))


def _error(ref: str | None, code: str, detail: str = "", *, retry_after_ms: int | None = None) -> Send:
    return _send(ErrorFrame(ref, code, detail, retry_after_ms))
