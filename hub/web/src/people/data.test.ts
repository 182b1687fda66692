import { expect, test } from "vitest";

import { matches } from "./data";

const card = { name: "Şebnem Ångström-García", email: "s.garcia@firm.test" };

test("each word counts, in any order, with and without accents", () => {
  for (const words of ["", "garcia seb", "ÅNGSTRÖM", "angstrom firm", "  sebnem  "]) expect(matches(card, words)).toBe(true);
  for (const words of ["garcia tom", "sebnemx"]) expect(matches(card, words)).toBe(false);
});
