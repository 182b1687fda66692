import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Refused } from "../http/client";
import type { Message } from "../wire";
import { ATTEMPTS_MAX, Outbox, standing, unseen, type Outgoing } from "./outbox";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const written = { case: "c", conversation: "v", body: "hello", attachments: [], afterSeq: 4 };
const posted = { id: "m", body: "hello", author: "me", seq: 5 } as unknown as Message;
const offline = new Refused("offline", 0, "No answer");

it("keeps its key through every attempt and leaves when it was posted", async () => {
  const keys: string[] = [];
  const outbox = new Outbox((outgoing: Outgoing) => {
    keys.push(outgoing.key);
    return keys.length < 3 ? Promise.reject(offline) : Promise.resolve(posted);
  });
  const arrived = vi.fn();
  outbox.onPosted = arrived;
  const sending = outbox.add(written);
  await vi.runAllTimersAsync();
  await sending;
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(outbox.snapshot()).toEqual([]);
  expect(arrived).toHaveBeenCalledWith(posted);
});

it("gives up after a while, and sends again under the same key when the connection is back", async () => {
  const keys: string[] = [];
  let up = false;
  const outbox = new Outbox((outgoing) => {
    keys.push(outgoing.key);
    return up ? Promise.resolve(posted) : Promise.reject(offline);
  });
  void outbox.add(written);
  await vi.runAllTimersAsync();
  expect(outbox.snapshot()).toMatchObject([{ state: "failed" }]);
  expect(keys).toHaveLength(ATTEMPTS_MAX);
  up = true;
  outbox.retryPassing();
  await vi.runAllTimersAsync();
  expect(outbox.snapshot()).toEqual([]);
  expect(new Set(keys).size).toBe(1);
});

it("does not repeat what the hub refused", async () => {
  const send = vi.fn(() => Promise.reject(new Refused("case_closed", 409, "The case is closed")));
  const outbox = new Outbox(send);
  void outbox.add(written);
  await vi.runAllTimersAsync();
  outbox.retryPassing();
  expect(send).toHaveBeenCalledOnce();
  expect(outbox.snapshot()[0]?.refused?.code).toBe("case_closed");
});

it("does not send what was discarded between two attempts", async () => {
  const send = vi.fn(() => Promise.reject(offline));
  const outbox = new Outbox(send);
  void outbox.add(written);
  await vi.advanceTimersByTimeAsync(0);
  outbox.clear();
  await vi.runAllTimersAsync();
  expect(send).toHaveBeenCalledOnce();
});

it("waits for the connection while it is lost, and has failed only when it will not go out by itself", () => {
  const closed = new Refused("case_closed", 409, "The case is closed");
  expect(standing({ state: "sending", refused: null }, "waiting")).toBe("sending");
  expect(standing({ state: "sending", refused: offline }, "waiting")).toBe("waiting");
  expect(standing({ state: "failed", refused: offline }, "connecting")).toBe("waiting");
  expect(standing({ state: "failed", refused: offline }, "live")).toBe("failed");
  expect(standing({ state: "failed", refused: offline }, "stopped")).toBe("failed");
  expect(standing({ state: "failed", refused: closed }, "waiting")).toBe("failed");
});

it("is not shown beside the message that its event already brought", () => {
  const mine: Outgoing = { ...written, key: "k", writtenAt: new Date().toISOString(), state: "sending", refused: null };
  expect(unseen([mine], [posted], "me")).toEqual([]);
  expect(unseen([mine, { ...mine, key: "k2" }], [posted], "me").map((each) => each.key)).toEqual(["k2"]);
  expect(unseen([{ ...mine, state: "failed" }], [posted], "me")).toHaveLength(1);
  expect(unseen([mine], [{ ...posted, author: "other" }], "me")).toHaveLength(1);
  expect(unseen([mine], [{ ...posted, seq: 4 }], "me")).toHaveLength(1);
});
