import type { Entry, EventView } from "../wire";

/** One line of the timeline: an entry of the world outside, or something done in Casewire. */
export type Happening =
  | { readonly key: string; readonly on: string; readonly seq: number; readonly entry: Entry; readonly event?: undefined }
  | { readonly key: string; readonly on: string; readonly seq: number; readonly entry?: undefined; readonly event: EventView };

/** Sorted by the day it happened, then by the order in which Casewire learned of it. */
export function mergeTimeline(entries: readonly Entry[], events: readonly EventView[], dayOf: (instant: string) => string, newestFirst: boolean): Happening[] {
  const all: Happening[] = [
    ...entries.map((entry): Happening => ({ key: entry.id, on: entry.occurred_on, seq: entry.seq, entry })),
    ...events.map((event): Happening => ({ key: `event ${event.seq}`, on: dayOf(event.at), seq: event.seq, event })),
  ];
  const sign = newestFirst ? -1 : 1;
  return all.sort((a, b) => sign * (a.on === b.on ? a.seq - b.seq : a.on < b.on ? -1 : 1));
}
