import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { AT_ONCE, Queue } from "./queue";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const FILES = ["a", "b", "c", "d", "e", "f", "g"];

it("begins a few at a time, in their order, and comes to the end of them", async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const queue = new Queue((id) => {
    begun.push(id);
    return new Promise((resolve) => ends.push(() => resolve(null)));
  });
  for (const id of FILES) queue.add(id);
  expect(begun).toEqual(FILES.slice(0, AT_ONCE));
  ends.shift()!();
  await vi.runAllTimersAsync();
  expect(begun).toEqual(FILES.slice(0, AT_ONCE + 1));
  while (ends.length > 0) {
    ends.shift()!();
    await vi.runAllTimersAsync();
  }
  expect(begun).toEqual(FILES);
});

it("begins nothing while too many are open, and goes on with the one that was sent back", async () => {
  const begun: string[] = [];
  let full = true;
  const queue = new Queue((id) => {
    begun.push(id);
    return Promise.resolve(full && id === "a" ? 5000 : null);
  });
  queue.add("a");
  await vi.advanceTimersByTimeAsync(0);
  queue.add("b");
  await vi.advanceTimersByTimeAsync(4999);
  expect(begun).toEqual(["a"]);
  full = false;
  await vi.advanceTimersByTimeAsync(1);
  expect(begun).toEqual(["a", "a", "b"]);
});
