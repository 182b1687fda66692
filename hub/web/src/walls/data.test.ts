import { expect, test } from "vitest";

import { some } from "./data";

const more = (count: number): string => `${count} others`;

test("a few are named, many are counted", () => {
  expect(some(["Ada"], 2, more)).toBe("Ada");
  expect(some(["Ada", "Ben"], 2, more)).toBe("Ada and Ben");
  expect(some(["Ada", "Ben", "Cy"], 2, more)).toBe("Ada, Ben, and Cy");
  expect(some(["Ada", "Ben", "Cy", "Di"], 2, more)).toBe("Ada, Ben, and 2 others");
});
