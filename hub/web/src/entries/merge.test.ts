import { expect, it } from "vitest";

import type { Entry, EventView } from "../wire";
import { fold, mergeTimeline } from "./merge";

const entry = (id: string, occurred_on: string, seq: number): Entry => ({ id, occurred_on, seq }) as Entry;
const event = (seq: number, at: string): EventView => ({ seq, at, type: "case.moved" }) as EventView;

it("sorts by the day it happened, then by seq, in both directions", () => {
  const entries = [entry("late", "2026-01-01", 9), entry("old", "2020-05-05", 10)];
  const events = [event(3, "2026-01-01T10:00:00Z"), event(12, "2026-02-01T00:00:00Z")];
  const keys = (newest: boolean): string[] => mergeTimeline(entries, events, (at) => at.slice(0, 10), newest).map((each) => each.key);
  expect(keys(false)).toEqual(["old", "event 3", "late", "event 12"]);
  expect(keys(true)).toEqual(["event 12", "late", "event 3", "old"]);
});

it("folds a long run of steps and keeps every entry", () => {
  const events = [1, 2, 3, 4, 5, 6].map((seq) => event(seq, "2026-01-01T10:00:00Z"));
  const lines = mergeTimeline([entry("a", "2025-01-01", 7), entry("b", "2027-01-01", 8)], events, (at) => at.slice(0, 10), false);
  const folded = fold(lines, new Set());
  expect(folded.map((each) => each.key)).toEqual(["a", "event 1", "event 2", "run event 1", "b"]);
  expect(folded[3]).toMatchObject({ hidden: 4 });
  expect(fold(lines, new Set(["run event 1"]))).toEqual(lines);
});
