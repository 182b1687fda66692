import { expect, test } from "vitest";

import { asAnother } from "./looking";

const at = { caseId: "c1", person: "p1" };

test("every read of the case asks as the other", () => {
  expect(asAnother(at, "GET", "/cases/c1")).toBe("/cases/c1?as=p1");
  expect(asAnother(at, "GET", "/cases/c1/parties?limit=5")).toBe("/cases/c1/parties?limit=5&as=p1");
  expect(asAnother(at, "GET", "/conversations/v/messages?limit=5")).toBe("/conversations/v/messages?limit=5&as=p1");
  expect(asAnother(at, "GET", "/versions/v/content")).toBe("/versions/v/content?as=p1");
});

test("what is one's own, or of another case, is asked for as before", () => {
  for (const path of ["/me", "/inbox", "/cases?limit=5", "/cases/c2/parties", "/cases/c11", "/cases/c1/markers", "/cases/c1/access/p1", "/case-types?all=true"]) {
    expect(asAnother(at, "GET", path)).toBe(path);
  }
});

test("nothing is written meanwhile", () => {
  for (const method of ["POST", "PATCH", "PUT", "DELETE"] as const) {
    expect(() => asAnother(at, method, "/cases/c1/tasks")).toThrow();
  }
  expect(asAnother(at, "DELETE", "/session")).toBe("/session");
});
