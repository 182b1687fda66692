// The socket of this tab: one connection, resumed for ever, every topic subscribed where it stood.
import type { After, EventFrame, FromClient, FromGateway, Reset, Signal, Subscribed, Welcome } from "../wire";
import { HEARTBEAT_S, SUBPROTOCOL } from "../wire";

export const RETRY_FIRST_MS = 500;
export const RETRY_MAX_MS = 20_000;
export const PONG_WAIT_MS = 10_000;
export const CONNECT_WAIT_MS = 15_000;
export const SUBSCRIBE_RETRY_MS = 3_000;
/** After a proof the session has another secret: the socket may come back before the answer that carries the new cookie. */
const RENEWED = 4010;
const UNAUTHENTICATED = 4501;
export const RENEWED_RETRY_MS = 1_000;
export const RENEWED_TRIES = 5;

/** `waiting`: a retry is planned. `stopped`: the gateway said not to come back; `closeCode` says why. */
export type LiveState = "idle" | "connecting" | "live" | "waiting" | "stopped";

/** What a topic does with what arrives. `after` is asked anew at each subscription. */
export interface TopicHandler {
  after(): After | undefined;
  event(frame: EventFrame): void;
  subscribed?(frame: Subscribed, resumed: boolean): void;
  reset(why: Reset["why"]): void;
  ended(code: string): void;
}

export interface SocketLike {
  onopen: ((event: unknown) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface LiveOptions {
  readonly make: () => SocketLike;
  readonly random?: () => number;
}

export const openSocket = (liveUrl: string): SocketLike => {
  return new WebSocket(`${liveUrl.replace(/\/$/, "")}/v1/live`, SUBPROTOCOL) as unknown as SocketLike;
};

/** The wait before attempt `n` (from 0): doubled each time, and anywhere between half and all of it. */
export function backoff(attempt: number, random: () => number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random();
}

/** A gateway that goes away may name the wait in the close reason: `retry_after_ms=1234` or the bare number. */
export function namedDelay(reason: string): number | null {
  const found = /(\d{1,6})/.exec(reason);
  return found?.[1] ? Math.min(Number(found[1]), 60_000) : null;
}

interface Subscription {
  readonly handler: TopicHandler;
  ref: string | null;
  resumed: boolean;
  confirmed: boolean;
}

export class Live {
  state: LiveState = "idle";
  closeCode: number | null = null;
  /** Whether this tab was ever connected: a banner says "lost" only then. */
  everLive = false;
  /** The session that this tab is signed in with, once the gateway has said so. */
  session: string | null = null;
  private readonly topics = new Map<string, Subscription>();
  private readonly listeners = new Set<() => void>();
  private readonly signals = new Set<(signal: Signal) => void>();
  private socket: SocketLike | null = null;
  private attempt = 0;
  private refs = 0;
  private renewing = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private quietTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly random: () => number;
  onFailedConnect: () => void = () => undefined;

  constructor(private readonly options: LiveOptions) {
    this.random = options.random ?? Math.random;
  }

  start(): void {
    if (this.state === "idle" || this.state === "stopped") this.connect();
  }

  /** Leave for good: sign-out or the end of the page. */
  stop(): void {
    clearTimeout(this.retryTimer);
    this.drop(1000);
    this.become("idle");
  }

  /** Try at once instead of when planned: the network came back, or somebody pressed the button. */
  hurry(): void {
    if (this.state !== "waiting") return;
    this.attempt = 0;
    this.connect();
  }

  /** The browser knows that the network is gone; waiting for silence would only delay the banner. */
  lost(): void {
    if (this.state === "live" || this.state === "connecting") this.again(null);
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onSignal(listener: (signal: Signal) => void): () => void {
    this.signals.add(listener);
    return () => this.signals.delete(listener);
  }

  subscribe(topic: string, handler: TopicHandler): void {
    const subscription: Subscription = { handler, ref: null, resumed: false, confirmed: false };
    this.topics.set(topic, subscription);
    if (this.state === "live") this.ask(topic, subscription);
  }

  unsubscribe(topic: string): void {
    if (!this.topics.delete(topic)) return;
    this.send({ op: "unsubscribe", ref: this.nextRef(), topic });
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  /** Send when connected; false when not. Nothing is queued: what must arrive goes over HTTP with a key. */
  send(frame: FromClient): boolean {
    if (this.state !== "live" || !this.socket) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  private nextRef(): string {
    this.refs += 1;
    return String(this.refs);
  }

  private become(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.drop(1000);
    this.become("connecting");
    const socket = this.options.make();
    this.socket = socket;
    let welcomed = false;
    this.quietTimer = setTimeout(() => this.again(null), CONNECT_WAIT_MS);
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heard();
      const frame = parse(event.data);
      if (!frame) return;
      if (frame.op === "welcome") {
        welcomed = true;
        this.welcomed(frame);
      } else {
        this.receive(frame);
      }
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!welcomed && this.renewing === 0) this.onFailedConnect();
      if (event.code === RENEWED) this.renewing = RENEWED_TRIES;
      if (event.code === UNAUTHENTICATED && this.renewing > 0) {
        this.renewing -= 1;
        this.again(RENEWED_RETRY_MS);
      } else if (event.code >= 4500 && event.code <= 4999) {
        this.closeCode = event.code;
        clearTimeout(this.quietTimer);
        this.become("stopped");
      } else {
        this.again(event.code >= 4000 ? namedDelay(event.reason) : null);
      }
    };
    socket.onerror = () => undefined; // a close always follows, and says more
  }

  private welcomed(frame: Welcome): void {
    this.attempt = 0;
    this.renewing = 0;
    this.everLive = true;
    this.session = frame.session;
    this.closeCode = null;
    this.become("live");
    for (const [topic, subscription] of this.topics) this.ask(topic, subscription);
  }

  private ask(topic: string, subscription: Subscription): void {
    const after = subscription.handler.after();
    subscription.ref = this.nextRef();
    subscription.resumed = after !== undefined;
    subscription.confirmed = false;
    this.send({ op: "subscribe", ref: subscription.ref, topic, after: after ?? null });
  }

  private receive(frame: Exclude<FromGateway, Welcome>): void {
    switch (frame.op) {
      case "subscribed": {
        const subscription = this.topics.get(frame.topic);
        if (!subscription || subscription.ref !== frame.ref) return;
        subscription.confirmed = true;
        subscription.handler.subscribed?.(frame, subscription.resumed);
        return;
      }
      case "event":
        this.topics.get(frame.topic)?.handler.event(frame);
        return;
      case "reset":
        this.topics.get(frame.topic)?.handler.reset(frame.why);
        return;
      case "ended": {
        const subscription = this.topics.get(frame.topic);
        this.topics.delete(frame.topic);
        subscription?.handler.ended(frame.code);
        return;
      }
      case "signal":
        for (const listener of this.signals) listener(frame);
        return;
      case "error":
        this.refused(frame.ref, frame.code, frame.retry_after_ms);
        return;
      case "unsubscribed":
      case "ack":
      case "pong":
        return;
    }
  }

  /** A refused subscription: what is not ours ends, what is busy is asked again. */
  private refused(ref: string | null, code: string, retryAfterMs: number | null): void {
    for (const [topic, subscription] of this.topics) {
      if (subscription.ref !== ref || subscription.confirmed) continue;
      if (code === "not_found" || code === "forbidden") {
        this.topics.delete(topic);
        subscription.handler.ended(code);
      } else {
        setTimeout(() => {
          if (this.state === "live" && this.topics.get(topic) === subscription) this.ask(topic, subscription);
        }, retryAfterMs ?? SUBSCRIBE_RETRY_MS);
      }
    }
  }

  /** Anything heard proves that the other side lives; after 25 s of silence we ask. */
  private heard(): void {
    clearTimeout(this.quietTimer);
    this.quietTimer = setTimeout(() => {
      this.send({ op: "ping", ref: this.nextRef() });
      this.quietTimer = setTimeout(() => this.again(null), PONG_WAIT_MS);
    }, HEARTBEAT_S * 1000);
  }

  private again(delay: number | null): void {
    this.drop(1000);
    clearTimeout(this.retryTimer);
    const wait = delay ?? backoff(this.attempt, this.random);
    this.attempt += 1;
    this.become("waiting");
    this.retryTimer = setTimeout(() => this.connect(), wait);
  }

  private drop(code: number): void {
    clearTimeout(this.quietTimer);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close(code);
  }
}

function parse(data: unknown): FromGateway | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as FromGateway;
  } catch {
    return null;
  }
}
