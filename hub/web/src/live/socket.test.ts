import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { After, FromGateway } from "../wire";
import { backoff, Live, namedDelay, PONG_WAIT_MS, RETRY_MAX_MS, type SocketLike, type TopicHandler } from "./socket";

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onclose: SocketLike["onclose"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onerror: SocketLike["onerror"] = null;
  sent: Record<string, unknown>[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.closed = true;
  }
  hear(frame: Partial<FromGateway> & { op: string }): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  die(code: number, reason = ""): void {
    this.onclose?.({ code, reason });
  }
}

const sockets: FakeSocket[] = [];
const last = (): FakeSocket => sockets[sockets.length - 1]!;
const make = (): FakeSocket => {
  sockets.push(new FakeSocket());
  return last();
};
const topic = (after?: After) => ({
  after: () => after,
  event: vi.fn<TopicHandler["event"]>(),
  reset: vi.fn<TopicHandler["reset"]>(),
  ended: vi.fn<TopicHandler["ended"]>(),
});

let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  sockets.length = 0;
  live = new Live({ make, random: () => 1 });
  live.start();
});
afterEach(() => vi.useRealTimers());

const welcome = (): void => last().hear({ op: "welcome" });

describe("a lost connection", () => {
  it("comes back and subscribes again where it stood", () => {
    let seq = 41;
    live.subscribe("case:c", { ...topic(), after: () => ({ epoch: "e", seq }) });
    welcome();
    expect(last().sent).toMatchObject([{ op: "subscribe", topic: "case:c", after: { epoch: "e", seq: 41 } }]);
    seq = 44;
    last().die(1006);
    expect(live.state).toBe("waiting");
    vi.advanceTimersToNextTimer();
    welcome();
    expect(sockets).toHaveLength(2);
    expect(last().sent).toMatchObject([{ op: "subscribe", topic: "case:c", after: { epoch: "e", seq: 44 } }]);
  });

  it("waits longer each time and starts afresh after a welcome", () => {
    expect([0, 1, 2, 20].map((n) => backoff(n, () => 1))).toEqual([500, 1000, 2000, RETRY_MAX_MS]);
    expect(backoff(3, () => 0)).toBe(2000);
    for (let n = 0; n < 3; n += 1) {
      last().die(1006);
      vi.advanceTimersToNextTimer();
    }
    welcome();
    last().die(1006);
    vi.advanceTimersByTime(499);
    expect(sockets).toHaveLength(4);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(5);
  });

  it("waits as long as a gateway that goes away says", () => {
    expect(namedDelay("retry_after_ms=3000")).toBe(3000);
    expect(namedDelay("")).toBeNull();
    welcome();
    last().die(4000, "3000");
    vi.advanceTimersByTime(2999);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
  });

  it("is tried at once when the network comes back", () => {
    welcome();
    live.lost();
    expect([live.state, last().closed]).toEqual(["waiting", true]);
    live.hurry();
    expect(sockets).toHaveLength(2);
  });
});

it.each([4501, 4503, 4508, 4509])("stops for good on close code %i", (code) => {
  welcome();
  last().die(code);
  vi.advanceTimersByTime(10 * RETRY_MAX_MS);
  expect([live.state, live.closeCode, sockets.length]).toEqual(["stopped", code, 1]);
});

it("comes back with the cookie that a proof renewed, also where the gateway is quicker than the answer", () => {
  const failed = vi.fn();
  live.onFailedConnect = failed;
  welcome();
  last().die(4010);
  expect(live.state).toBe("waiting");
  vi.advanceTimersToNextTimer();
  last().die(4501);
  expect([live.state, failed.mock.calls.length]).toEqual(["waiting", 0]);
  vi.advanceTimersToNextTimer();
  welcome();
  expect([live.state, sockets.length]).toEqual(["live", 3]);
  last().die(4501);
  expect(live.state).toBe("stopped");
});

it("stops where the session is really over after a renewal", () => {
  welcome();
  last().die(4010);
  for (let n = 0; n < 10; n += 1) {
    vi.advanceTimersToNextTimer();
    last().die(4501);
  }
  expect([live.state, live.closeCode]).toEqual(["stopped", 4501]);
});

it("asks after 25 s of silence and gives up a peer that does not answer", () => {
  welcome();
  vi.advanceTimersByTime(25_000);
  expect(last().sent).toMatchObject([{ op: "ping" }]);
  last().hear({ op: "pong", ref: "1" });
  vi.advanceTimersByTime(25_000 + PONG_WAIT_MS);
  expect(live.state).toBe("waiting");
});

it("hands events to their own topic only", () => {
  const one = topic();
  const two = topic();
  live.subscribe("case:1", one);
  live.subscribe("case:2", two);
  welcome();
  last().hear({ op: "event", topic: "case:2", seq: 1 });
  expect(one.event).not.toHaveBeenCalled();
  expect(two.event).toHaveBeenCalledOnce();
});

it("ends a topic that was taken away and does not ask for it again", () => {
  const one = topic();
  live.subscribe("case:1", one);
  welcome();
  last().hear({ op: "ended", topic: "case:1", code: "forbidden" });
  expect(one.ended).toHaveBeenCalledWith("forbidden");
  last().die(1006);
  vi.advanceTimersToNextTimer();
  welcome();
  expect(sockets).toHaveLength(2);
  expect(last().sent).toEqual([]);
});

it("asks again for a topic that the gateway was too busy for", () => {
  live.subscribe("mine", topic());
  welcome();
  const ref = last().sent[0]?.ref as string;
  last().hear({ op: "error", ref, code: "unavailable", detail: "", retry_after_ms: 700 });
  vi.advanceTimersByTime(700);
  expect(last().sent.filter((frame) => frame.op === "subscribe")).toHaveLength(2);
});

it("hears nothing from a socket that it has left", () => {
  const one = topic();
  live.subscribe("case:1", one);
  welcome();
  const old = last();
  live.lost();
  live.hurry();
  old.hear({ op: "event", topic: "case:1", seq: 1 });
  expect(one.event).not.toHaveBeenCalled();
});
