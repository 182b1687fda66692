// Reads the part of JSON Schema (2020-12) that case types use for their intake.

export type FieldKind = "text" | "multiline" | "choice" | "boolean" | "date" | "number";

export interface IntakeField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly title: string;
  readonly description: string | undefined;
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly maxLength: number | undefined;
  readonly integer: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

export function readSchema(schema: Schema): readonly IntakeField[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = (schema.required ?? []) as readonly string[];
  const definitions = (schema.$defs ?? {}) as Record<string, Schema>;
  return Object.entries(properties).map(([name, property]) => {
    const own = resolve(property, definitions);
    const choices = ((own.enum ?? []) as readonly unknown[]).filter((choice): choice is string => typeof choice === "string");
    return {
      name,
      kind: kindOf(own, choices),
      title: String(own.title ?? name),
      description: own.description === undefined ? undefined : String(own.description),
      required: required.includes(name),
      choices,
      maxLength: typeof own.maxLength === "number" ? own.maxLength : undefined,
      integer: own.type === "integer",
    };
  });
}

/** The part of a schema that has the properties wanted. */
export function partOf(schema: Schema, wanted: (name: string) => boolean): Schema {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>).filter(([name]) => wanted(name));
  const required = ((schema.required ?? []) as readonly string[]).filter(wanted);
  return { ...schema, properties: Object.fromEntries(properties), required };
}

/** Follows `$ref`, and looks through `anyOf` with null, which is how an optional value is written. */
function resolve(property: Schema, definitions: Record<string, Schema>): Schema {
  if (typeof property.$ref === "string") {
    const name = property.$ref.split("/").pop() ?? "";
    return { ...definitions[name], ...property };
  }
  if (Array.isArray(property.anyOf)) {
    const one = (property.anyOf as Schema[]).find((option) => option.type !== "null");
    if (one) return { ...resolve(one, definitions), ...property };
  }
  return property;
}

function kindOf(property: Schema, choices: readonly string[]): FieldKind {
  if (choices.length > 0) return "choice";
  if (property.type === "boolean") return "boolean";
  if (property.type === "integer" || property.type === "number") return "number";
  if (property.format === "date") return "date";
  if (property.format === "multiline") return "multiline";
  return "text";
}
