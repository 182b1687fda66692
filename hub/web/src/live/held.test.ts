import { describe, expect, it } from "vitest";

import type { Deadline, EventView, Message } from "../wire";
import { apply, applyMessage, hold, type Held } from "./held";

const deadline = (id: string, revision: number, title = `r${revision}`): Deadline => ({
  id, revision, title, case: "c", note: "", due_on: "2026-12-01", due_at: null, zone: "UTC", status: "open", plan: [],
  assignee: null, escalate_to: null, escalate_after_h: 24, audience: [], set_at: "", set_by: "p", done_at: null,
});

const message = (id: string, seq: number, revision = 1, body: string | null = id, conversation = "v"): Message => ({
  id, seq, revision, body, conversation, case: "c", author: "p", attachments: [], posted_at: "", edited_at: null, retracted_at: null,
});

const event = (seq: number, type: string, data: EventView["data"]): EventView => ({
  seq, type, data, pos: `1-${seq}`, case: "c", at: "", actor: "p",
});

const page = <T>(items: readonly T[], seq: number, next: string | null = null) => ({ items, next, as_of: { epoch: "e", seq } });

describe("apply", () => {
  it("adds what is new and remembers where it stands", () => {
    const held = apply(hold("deadline", [page([deadline("a", 1)], 5)]), "deadline", event(6, "deadline.set", { deadline: deadline("b", 1) }));
    expect(Object.keys(held.items)).toEqual(["a", "b"]);
    expect(held.seq).toBe(6);
  });

  it("ignores an event that the list was read after", () => {
    const held = hold("deadline", [page([deadline("a", 3)], 5)]);
    expect(apply(held, "deadline", event(5, "deadline.changed", { deadline: deadline("a", 9) }))).toBe(held);
  });

  it("ignores an older revision", () => {
    const held = apply(hold("deadline", [page([deadline("a", 3)], 5)]), "deadline", event(6, "deadline.changed", { deadline: deadline("a", 2) }));
    expect(held.items.a?.revision).toBe(3);
  });

  it("passes over other nouns and over events it does not know", () => {
    const held = hold("deadline", [page([deadline("a", 1)], 5)]);
    expect(apply(held, "deadline", event(6, "message.posted", { message: message("m", 6) })).items).toBe(held.items);
    expect(apply(held, "deadline", event(7, "invoice.sent", {})).items).toBe(held.items);
  });

  it("keeps the newest of an item that two pages bring, and stands at the earlier page", () => {
    const held = hold("deadline", [page([deadline("a", 1)], 5, "x"), page([deadline("a", 2), deadline("b", 1)], 7)]);
    expect(held.items.a?.revision).toBe(2);
    expect([held.seq, held.next]).toEqual([5, null]);
  });
});

describe("applyMessage", () => {
  const newest = hold("message", [page([message("m9", 9), message("m8", 8)], 9, "older")]);

  it("takes what is posted in its own conversation alone", () => {
    const mine = applyMessage(newest, "v", event(10, "message.posted", { message: message("m10", 10) }));
    expect(Object.keys(mine.items)).toContain("m10");
    const other = applyMessage(newest, "v", event(10, "message.posted", { message: message("m10", 10, 1, "x", "w") }));
    expect(Object.keys(other.items)).not.toContain("m10");
  });

  it("drops the body of what is retracted", () => {
    const held = applyMessage(newest, "v", event(10, "message.retracted", { message: message("m8", 8, 2, null) }));
    expect(held.items.m8?.body).toBeNull();
  });

  it("leaves an edited message that lies before what is held to its own page", () => {
    const held = applyMessage(newest, "v", event(10, "message.edited", { message: message("m2", 2, 2, "edited") }));
    expect(held.items.m2).toBeUndefined();
  });
});

describe("state + events == fresh state", () => {
  it("holds for any history, read at any moment, with events repeated and late", () => {
    let seed = 20261122;
    const random = (): number => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let run = 0; run < 200; run += 1) {
      const truth: Record<string, Message> = {};
      const history: EventView[] = [];
      const snapshots: { seq: number; items: Message[] }[] = [{ seq: 0, items: [] }];
      for (let seq = 1; seq <= 30; seq += 1) {
        const ids = Object.keys(truth);
        const chosen = truth[ids[Math.floor(random() * ids.length)] ?? ""];
        let changed: Message;
        let type = "message.posted";
        if (chosen && random() < 0.5) {
          const retracts = random() < 0.3 || chosen.body === null;
          changed = { ...chosen, revision: chosen.revision + 1, body: retracts ? null : `edit ${seq}` };
          type = retracts ? "message.retracted" : "message.edited";
        } else {
          changed = message(`m${seq}`, seq);
        }
        truth[changed.id] = changed;
        history.push(event(seq, type, { message: changed }));
        snapshots.push({ seq, items: Object.values(truth) });
      }
      const read = snapshots[Math.floor(random() * snapshots.length)]!;
      let held: Held<Message> = hold("message", [page(read.items, read.seq)]);
      const from = Math.floor(random() * (read.seq + 1));
      for (const past of history.slice(from)) {
        held = applyMessage(held, "v", past);
        if (random() < 0.2) held = applyMessage(held, "v", past);
      }
      expect(held.items).toEqual(truth);
      expect(held.seq).toBe(30);
    }
  });
});
