import { expect, it } from "vitest";

import { mediaType, TYPE_UNKNOWN } from "./upload";

it("names a type the hub takes, whatever the browser says", () => {
  expect(mediaType("application/pdf")).toBe("application/pdf");
  expect(mediaType("")).toBe(TYPE_UNKNOWN);
  expect(mediaType("text/plain;charset=utf-8")).toBe(TYPE_UNKNOWN);
});
