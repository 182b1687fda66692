// Messages on their way. Each has its key from the first attempt on, so that sending again can never post it twice.
import { asRefused, newKey, post, type Refused } from "../http/client";
import type { LiveState } from "../live/socket";
import type { Answer, Attachment, Message } from "../wire";

export const ATTEMPTS_MAX = 4;
export const RETRY_MS = 1200;

export interface Outgoing {
  readonly key: string;
  readonly case: string;
  readonly conversation: string;
  readonly body: string;
  readonly attachments: readonly Attachment[];
  readonly writtenAt: string;
  /** The newest message that was on the screen when this was written: its own event comes after. */
  readonly afterSeq: number;
  readonly state: "sending" | "failed";
  /** Why the latest attempt failed, also while there are others to come. */
  readonly refused: Refused | null;
}

type Send = (outgoing: Outgoing) => Promise<Message>;

const overHttp: Send = async ({ conversation, body, attachments, key }) => {
  const answer = await post<Answer<Message>>(`/conversations/${conversation}/messages`, { body, attachments: attachments.map((each) => each.version) }, key);
  return answer.item;
};

export class Outbox {
  private items: readonly Outgoing[] = [];
  private readonly listeners = new Set<() => void>();
  onPosted: (message: Message) => void = () => undefined;

  constructor(private readonly send: Send = overHttp) {}

  snapshot = (): readonly Outgoing[] => this.items;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(what: Pick<Outgoing, "case" | "conversation" | "body" | "attachments" | "afterSeq">): Promise<void> {
    const outgoing: Outgoing = { ...what, key: newKey(), writtenAt: new Date().toISOString(), state: "sending", refused: null };
    this.change([...this.items, outgoing]);
    return this.deliver(outgoing);
  }

  /** Send again what failed, under the key it had. */
  retry(key: string): Promise<void> {
    const found = this.items.find((each) => each.key === key && each.state === "failed");
    if (!found) return Promise.resolve();
    const again: Outgoing = { ...found, state: "sending", refused: null };
    this.replace(again);
    return this.deliver(again);
  }

  /** The connection is back: what failed for want of it goes out by itself. */
  retryPassing(): void {
    for (const each of this.items) if (each.state === "failed" && each.refused?.passing) void this.retry(each.key);
  }

  discard(key: string): void {
    this.change(this.items.filter((each) => each.key !== key));
  }

  clear(): void {
    this.change([]);
  }

  private async deliver(outgoing: Outgoing): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const message = await this.send(outgoing);
        this.onPosted(message);
        this.discard(outgoing.key);
        return;
      } catch (error) {
        const refused = asRefused(error);
        if (refused.passing && attempt < ATTEMPTS_MAX) {
          this.replace({ ...outgoing, refused });
          await new Promise((resolve) => setTimeout(resolve, refused.retryAfterMs ?? RETRY_MS * attempt));
          if (!this.items.some((each) => each.key === outgoing.key)) return; // discarded, or somebody else signed in
          continue;
        }
        this.replace({ ...outgoing, state: "failed", refused });
        return;
      }
    }
  }

  private replace(outgoing: Outgoing): void {
    this.change(this.items.map((each) => (each.key === outgoing.key ? outgoing : each)));
  }

  private change(items: readonly Outgoing[]): void {
    this.items = items;
    for (const listener of this.listeners) listener();
  }
}

export const outbox = new Outbox();

/** What to say of a message on its way: `waiting` goes out by itself as soon as the lost connection is back. */
export function standing(outgoing: Pick<Outgoing, "state" | "refused">, live: LiveState): "sending" | "waiting" | "failed" {
  const coming = live === "waiting" || live === "connecting";
  return coming && outgoing.refused?.passing ? "waiting" : outgoing.state;
}

/**
 * What of the outbox still has to be shown beside the messages held: the event of a message may arrive before the
 * answer of its sending, and then it must not stand there twice.
 */
export function unseen(outgoing: readonly Outgoing[], held: readonly Message[], me: string): readonly Outgoing[] {
  const used = new Set<string>();
  return outgoing.filter((mine) => {
    const match = held.find((message) => message.author === me && message.seq > mine.afterSeq && message.body === mine.body && !used.has(message.id));
    if (mine.state === "sending" && match) {
      used.add(match.id);
      return false;
    }
    return true;
  });
}
