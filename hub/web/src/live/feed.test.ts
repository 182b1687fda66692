import { expect, it } from "vitest";

import type { EventView } from "../wire";
import { Feed, FEED_EVENTS_MAX } from "./feed";

const event = (seq: number): EventView => ({ seq, pos: `1-${seq}`, type: "task.added", case: "c", at: "", actor: null, data: {} });

it("starts where the first answer was read, and a later answer is whole", () => {
  const feed = new Feed();
  expect(feed.judge({ epoch: "e", seq: 10 })).toBe("whole");
  expect(feed.judge({ epoch: "e", seq: 12 })).toBe("whole");
});

it("asks again for an answer from before the feed began", () => {
  const feed = new Feed();
  feed.judge({ epoch: "e", seq: 10 });
  expect(feed.judge({ epoch: "e", seq: 9 })).toBe("again");
});

it("gives a late answer the events it misses", () => {
  const feed = new Feed();
  feed.judge({ epoch: "e", seq: 10 });
  for (const seq of [11, 13, 14]) feed.take(event(seq));
  expect(feed.after(11).map((each) => each.seq)).toEqual([13, 14]);
});

it("takes no event twice and none before it began", () => {
  const feed = new Feed();
  expect(feed.take(event(1))).toBe(false);
  feed.judge({ epoch: "e", seq: 10 });
  expect([feed.take(event(10)), feed.take(event(11)), feed.take(event(11))]).toEqual([false, true, false]);
});

it("resets on another epoch", () => {
  const feed = new Feed();
  feed.judge({ epoch: "e", seq: 10 });
  expect(feed.judge({ epoch: "f", seq: 3 })).toBe("reset");
  feed.reset();
  expect(feed.judge({ epoch: "f", seq: 3 })).toBe("whole");
});

it("forgets the oldest events and then refuses answers that would need them", () => {
  const feed = new Feed();
  feed.judge({ epoch: "e", seq: 0 });
  for (let seq = 1; seq <= FEED_EVENTS_MAX + 1; seq += 1) feed.take(event(seq));
  expect(feed.judge({ epoch: "e", seq: 5 })).toBe("again");
  expect(feed.judge({ epoch: "e", seq: FEED_EVENTS_MAX - 1 })).toBe("whole");
});
