// What a client holds of a list, and how events change it. Pure: state and an event in, state out.
//
// The contract: a list read at `seq`, with the events after `seq` applied, is what a fresh read returns.
import type { EventView, Nouns } from "../wire";
import { EVENTS } from "../wire";

export type Noun = keyof Nouns;

/** Items of one noun as they were at (`epoch`, `seq`); `next` is the cursor to what was not read yet. */
export interface Held<T> {
  readonly epoch: string;
  readonly seq: number;
  readonly items: Readonly<Record<string, T>>;
  readonly next: string | null;
}

export const NOTHING: Held<never> = { epoch: "", seq: 0, items: {}, next: null };

interface Revised {
  readonly revision?: number;
  readonly upto?: number;
}

/** The identity of an item: its id, or for a read marker its conversation. */
export function identity(noun: Noun, item: unknown): string {
  if (noun === "marker") return (item as Nouns["marker"]).conversation;
  return (item as { id: string }).id;
}

/** Whether `item` says nothing newer than what is held. Entries never change: the first one stays. */
function older(held: Revised, item: Revised): boolean {
  if (item.revision !== undefined) return item.revision <= (held.revision ?? 0);
  if (item.upto !== undefined) return item.upto <= (held.upto ?? 0);
  return true;
}

/** Put an item in its place by id; an older revision than the one held changes nothing. */
export function upsert<T>(held: Held<T>, id: string, item: T): Held<T> {
  const present = held.items[id];
  if (present !== undefined && older(present as Revised, item as Revised)) return held;
  return { ...held, items: { ...held.items, [id]: item } };
}

/** The noun of an event, if this client knows the event at all. */
export function nounOf(event: Pick<EventView, "type">): Noun | undefined {
  return (EVENTS as Record<string, Noun | undefined>)[event.type];
}

export type Change = Pick<EventView, "seq" | "type" | "data">;

/** Apply an event to the list of `noun`. What the list already contained when it was read changes nothing. */
export function apply<N extends Noun>(held: Held<Nouns[N]>, noun: N, event: Change, wanted?: (item: Nouns[N]) => boolean): Held<Nouns[N]> {
  if (event.seq <= held.seq) return held;
  const moved = { ...held, seq: event.seq };
  if (nounOf(event) !== noun) return moved;
  const item = (event.data as Record<string, unknown>)[noun] as Nouns[N] | undefined;
  if (item === undefined || (wanted && !wanted(item))) return moved;
  return upsert(moved, identity(noun, item), item);
}

/**
 * Apply an event to the newest part of a conversation, of which older messages may not have been read.
 * A change to a message that lies before what is held is left to the page that will bring it.
 */
export function applyMessage(held: Held<Nouns["message"]>, conversation: string, event: Change): Held<Nouns["message"]> {
  let oldest = Infinity;
  for (const message of Object.values(held.items)) oldest = Math.min(oldest, message.seq);
  return apply(held, "message", event, (message) => {
    if (message.conversation !== conversation) return false;
    return message.id in held.items || held.next === null || message.seq >= oldest;
  });
}

/** A list from its pages: newest knowledge of an item wins, and the earliest page says where it was read. */
export function hold<N extends Noun>(noun: N, pages: readonly { items: readonly Nouns[N][]; next: string | null; as_of: { epoch: string; seq?: number | null } }[]): Held<Nouns[N]> {
  let held: Held<Nouns[N]> = { ...NOTHING, seq: Infinity };
  for (const page of pages) {
    held = { ...held, epoch: page.as_of.epoch, next: page.next, seq: Math.min(held.seq, page.as_of.seq ?? 0) };
    for (const item of page.items) held = upsert(held, identity(noun, item), item);
  }
  return held;
}
