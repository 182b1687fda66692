import { expect, it } from "vitest";

import { pieces } from "./marks";

it("finds what matched and keeps markup as the text it is", () => {
  expect(pieces("a \uE000motion\uE001 to <b>dismiss</b>")).toEqual([
    { text: "a ", hit: false },
    { text: "motion", hit: true },
    { text: " to <b>dismiss</b>", hit: false },
  ]);
  expect(pieces("\uE000never closed")).toEqual([{ text: "never closed", hit: true }]);
  expect(pieces("")).toEqual([]);
});
