import { expect, it } from "vitest";

import type { CaseRow, EventFrame } from "../wire";
import { applyRow } from "./rows";

const row = { case: { id: "c", title: "old", revision: 1 }, roles: [], unread: 1, next_deadline: null, last_at: "2026-01-01T00:00:00Z", seq: 5 } as unknown as CaseRow;
const frame = (seq: number, type: string, data: unknown, id = "c"): EventFrame =>
  ({ op: "event", topic: "mine", case: id, seq, pos: "1-1", type, at: "2026-01-02T00:00:00Z", actor: "p", data }) as EventFrame;

it("counts a message of somebody else, once", () => {
  const posted = frame(6, "message.posted", { message: { author: "p" } });
  const counted = applyRow(row, posted, "me");
  expect([counted.unread, counted.last_at]).toEqual([2, "2026-01-02T00:00:00Z"]);
  expect(applyRow(counted, posted, "me")).toBe(counted);
});

it("does not count my own message", () => {
  expect(applyRow(row, frame(6, "message.posted", { message: { author: "me" } }), "me").unread).toBe(1);
});

it("takes a newer case and leaves other cases alone", () => {
  expect(applyRow(row, frame(6, "case.updated", { case: { id: "c", title: "new", revision: 2 } }), "me").case.title).toBe("new");
  expect(applyRow(row, frame(6, "case.updated", { case: { id: "d" } }, "d"), "me")).toBe(row);
});
