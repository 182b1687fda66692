import { afterEach, expect, it, vi } from "vitest";

import { post, query, Refused, request } from "./client";

const answer = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();
vi.stubGlobal("fetch", fetched);
const keyOf = (call: number): string => (fetched.mock.calls[call]![1].headers as Record<string, string>)["Idempotency-Key"]!;

afterEach(() => fetched.mockReset());

it("sends the same key again after an unknown outcome, and a new one after an answer", async () => {
  fetched.mockRejectedValueOnce(new TypeError("network"));
  await expect(post("/cases", { title: "a" })).rejects.toMatchObject({ code: "offline", passing: true });
  fetched.mockImplementation(() => Promise.resolve(answer(201, { item: {} })));
  await post("/cases", { title: "a" });
  await post("/cases", { title: "a" });
  expect(keyOf(1)).toBe(keyOf(0));
  expect(keyOf(2)).not.toBe(keyOf(0));
});

it("reads a problem and says what is wrong with each field", async () => {
  fetched.mockResolvedValueOnce(
    answer(400, { type: "urn:casewire:problem:bad_input", title: "The request is not valid", status: 400, code: "bad_input", fields: [{ at: "$.intake.location", why: "Expected `str`" }] }),
  );
  const refused = await request("POST", "/cases", { body: {} }).catch((error: unknown) => error as Refused);
  expect(refused).toBeInstanceOf(Refused);
  expect((refused as Refused).at("$.intake.location")).toBe("Expected `str`");
  expect((refused as Refused).passing).toBe(false);
});

it("survives an answer that is not JSON", async () => {
  fetched.mockResolvedValueOnce(new Response("<html>Bad gateway</html>", { status: 502 }));
  await expect(request("GET", "/me")).rejects.toMatchObject({ code: "internal", passing: true });
});

it("quotes the revision as an entity tag", async () => {
  fetched.mockResolvedValueOnce(answer(200, {}));
  await request("PATCH", "/tasks/1", { body: { done: true }, revision: 7 });
  expect((fetched.mock.calls[0]![1].headers as Record<string, string>)["If-Match"]).toBe('"7"');
});

it("leaves out of a query what is not set", () => {
  expect(query({ q: "a b", status: "", type: undefined, limit: 50 })).toBe("?q=a+b&limit=50");
});
