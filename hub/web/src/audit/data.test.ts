import { describe, expect, it } from "vitest";

import type { Recorded } from "../wire";
import { address, alike } from "./data";

const entry = (n: number, act: string, person = "p", thing = "t"): Recorded => ({
  log: "l", n, hash: "", entry: `e${n}`, at: "2026-11-22T08:00:00Z", act, outcome: "done", rule: "role: staff",
  by: { kind: "browser", person, session: `s${n}`, via: null, viewing: null }, case: "c", thing, of: null, address: null, proof: null,
});
const numbers = (items: readonly Recorded[]): number[][] => alike(items).map((same) => same.map((item) => item.n));

describe("the same look again and again", () => {
  it("is one line between two changes, whatever was looked at in between", () => {
    expect(numbers([entry(5, "audit.read"), entry(4, "conversation.heard"), entry(3, "audit.read"), entry(2, "task.added"), entry(1, "audit.read")])).toEqual([[5, 3], [4], [2], [1]]);
  });

  it("is another one of somebody else, and on something else", () => {
    expect(numbers([entry(3, "audit.read", "p"), entry(2, "audit.read", "q"), entry(1, "audit.read", "p", "u")])).toEqual([[3], [2], [1]]);
  });

  it("tells what Casewire does to uploads in one line, and nothing else that changes", () => {
    const routine = (n: number, act: string, kind = "worker"): Recorded => ({ ...entry(n, act, undefined, `v${n}`), by: { ...entry(n, act).by, kind, person: null } });
    const items = [routine(6, "version.indexed"), entry(5, "audit.read"), routine(4, "version.cleared"), routine(3, "version.quarantined"), routine(2, "version.cleared"), routine(1, "version.cleared", "operator")];
    expect(numbers(items)).toEqual([[6, 4], [5], [3], [2], [1]]);
  });

  it("joins no changes, however alike", () => {
    expect(numbers([entry(2, "message.posted"), entry(1, "message.posted")])).toEqual([[2], [1]]);
  });
});

describe("a question", () => {
  it("leaves reading out, until it is asked for", () => {
    expect(address("/audit", {}, "UTC")).toBe("/audit?changes=true");
    expect(address("/audit", { all: true }, "UTC")).toBe("/audit");
    expect(address("/audit", { act: "audit.read" }, "UTC")).toBe("/audit?act=audit.read");
  });
});
