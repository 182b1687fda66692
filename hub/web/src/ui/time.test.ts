import { describe, expect, it } from "vitest";

import { bytes, dayIn, daysBetween, instantOf, localOf, urgency } from "./time";
import { VERSION_BYTES_MAX } from "../wire";

describe("a deadline is judged in its own zone", () => {
  const now = new Date("2026-11-22T02:00:00Z"); // still the 21st in New York
  it("is not overdue before its day ends there", () => {
    expect(urgency({ due_on: "2026-11-21", due_at: null, zone: "America/New_York" }, now)).toEqual({ days: 0, urgency: "soon" });
    expect(urgency({ due_on: "2026-11-21", due_at: null, zone: "Europe/Berlin" }, now)).toEqual({ days: -1, urgency: "overdue" });
  });
  it("is overdue to the minute when it is an instant", () => {
    expect(urgency({ due_on: null, due_at: "2026-11-22T01:59:00Z", zone: "UTC" }, now).urgency).toBe("overdue");
    expect(urgency({ due_on: null, due_at: "2026-11-22T02:01:00Z", zone: "UTC" }, now).urgency).toBe("soon");
  });
});

it("finds the day of an instant in a zone", () => {
  expect(dayIn("Asia/Tokyo", new Date("2026-11-21T16:00:00Z"))).toBe("2026-11-22");
  expect(daysBetween("2026-02-27", "2026-03-01")).toBe(2);
});

it("turns a wall clock into an instant and back, across summer time", () => {
  for (const local of ["2026-01-15T09:30", "2026-07-15T09:30", "2026-03-29T03:30", "2026-11-01T00:30"]) {
    for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]) {
      expect(localOf(instantOf(local, zone), zone)).toBe(local);
    }
  }
  expect(instantOf("2026-07-15T09:30", "Europe/Berlin")).toBe("2026-07-15T07:30:00.000Z");
});

it("writes sizes for people", () => {
  expect(bytes(512)).toMatch(/512/);
  expect(bytes(2_400_000)).toMatch(/2\.3/);
  expect(bytes(VERSION_BYTES_MAX)).toMatch(/^200\s?MB$/);
});
