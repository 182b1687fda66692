import { expect, it } from "vitest";

import { readIntake } from "./intake";
import { readSchema } from "./schema";

const schema = {
  type: "object",
  required: ["category", "description"],
  properties: {
    category: { title: "What?", enum: ["road", "waste"] },
    description: { title: "Tell", type: "string", format: "multiline", maxLength: 10 },
    filed_on: { title: "Filed", anyOf: [{ type: "string", format: "date" }, { type: "null" }], default: null },
    urgent: { title: "Urgent", type: "boolean", default: false },
    side: { $ref: "#/$defs/Side" },
    count: { type: "integer" },
  },
  $defs: { Side: { title: "Side", enum: ["left", "right"] } },
};

it("finds the kind of every field", () => {
  expect(readSchema(schema).map((field) => [field.name, field.kind, field.required])).toEqual([
    ["category", "choice", true],
    ["description", "multiline", true],
    ["filed_on", "date", false],
    ["urgent", "boolean", false],
    ["side", "choice", false],
    ["count", "number", false],
  ]);
  expect(readSchema(schema)[4]?.choices).toEqual(["left", "right"]);
});

it("leaves out what is optional and empty, and keeps numbers and truth as what they are", () => {
  const form: Record<string, string> = { "intake.category": "road", "intake.count": "3", "intake.urgent": "true" };
  expect(readIntake(schema, (name) => form[name] ?? "")).toEqual({ category: "road", description: "", urgent: true, count: 3 });
});
