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

/** In place of a long run of steps: how many of them are not shown. */
export interface Fold {
  readonly key: string;
  readonly hidden: number;
}

const RUN_MAX = 4;
const RUN_SHOWN = 2;

/** A long run of steps within Casewire would bury the entries: of each run the first few are shown, unless unfolded. */
export function fold(happenings: readonly Happening[], unfolded: ReadonlySet<string>): (Happening | Fold)[] {
  const lines: (Happening | Fold)[] = [];
  for (let at = 0; at < happenings.length; ) {
    let end = at;
    while (end < happenings.length && happenings[end]!.event !== undefined) end += 1;
    const run = happenings.slice(at, end);
    const key = `run ${run[0]?.key}`;
    if (run.length > RUN_MAX && !unfolded.has(key)) lines.push(...run.slice(0, RUN_SHOWN), { key, hidden: run.length - RUN_SHOWN });
    else lines.push(...run);
    if (end < happenings.length) lines.push(happenings[end]!);
    at = end + 1;
  }
  return lines;
}

/** The day of the line before, looking past what is folded. */
export function dayBefore(lines: readonly (Happening | Fold)[], index: number): string | undefined {
  for (let at = index - 1; at >= 0; at -= 1) {
    const line = lines[at]!;
    if (!("hidden" in line)) return line.on;
  }
  return undefined;
}
