import { describe, expect, it } from "vitest";

import { bytesOf, textOf, toMake, toShow } from "./passkeys";

describe("passkeys", () => {
  it("carries bytes as base64url, there and back", () => {
    for (const bytes of [[], [0], [251, 255, 254], Array.from({ length: 256 }, (_, n) => n)]) {
      const text = textOf(new Uint8Array(bytes).buffer);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect([...bytesOf(text)]).toEqual(bytes);
    }
  });

  it("turns the hub's questions into the browser's", () => {
    const made = toMake({ challenge: "AQID", user: { id: "BAU", name: "a", displayName: "b" }, rp: { name: "Casewire" }, excludeCredentials: [{ id: "Bg", type: "public-key" }] });
    expect([...(made.challenge as Uint8Array)]).toEqual([1, 2, 3]);
    expect([...(made.user.id as Uint8Array)]).toEqual([4, 5]);
    expect(made.excludeCredentials?.map((each) => [...(each.id as Uint8Array)])).toEqual([[6]]);
    expect(made.rp.name).toBe("Casewire");
    expect(toShow({ challenge: "AQID" }).allowCredentials).toEqual([]);
  });
});
