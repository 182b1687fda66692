// The form that a case type declares, from its JSON Schema.
import { Checkbox, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Said } from "../ui/forms";
import { readSchema, type IntakeField } from "./schema";

interface Props {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly at: (path: string) => string | undefined;
  readonly values?: Readonly<Record<string, unknown>>;
}

export function IntakeFields({ schema, at, values = {} }: Props): ReactNode {
  return (
    <Stack gap="md">
      {readSchema(schema).map((field) => (
        <Field key={field.name} field={field} error={at(`$.intake.${field.name}`)} value={values[field.name]} />
      ))}
    </Stack>
  );
}

/** `in_progress` as people write it, for choices that have no title of their own. */
export const words = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1).replaceAll("_", " ");

function Field({ field, error, value }: { readonly field: IntakeField; readonly error: string | undefined; readonly value: unknown }): ReactNode {
  const { t } = useTranslation();
  const shared = { name: `intake.${field.name}`, label: field.title, description: field.description, error, required: field.required };
  const given = value === null || value === undefined ? "" : String(value);
  switch (field.kind) {
    case "boolean":
      return <Checkbox {...shared} required={false} value="true" defaultChecked={value === true} />;
    case "choice":
      return (
        <NativeSelect
          {...shared}
          defaultValue={given}
          data={[{ value: "", label: t("form.choose"), disabled: field.required }, ...field.choices.map((choice) => ({ value: choice, label: words(choice) }))]}
        />
      );
    case "multiline":
      return <Textarea {...shared} defaultValue={given} autosize minRows={4} maxRows={14} maxLength={field.maxLength} dir="auto" />;
    case "date":
      return <TextInput {...shared} type="date" defaultValue={given} />;
    case "number":
      return <TextInput {...shared} type="number" step={field.integer ? 1 : "any"} defaultValue={given} />;
    case "text":
      return <TextInput {...shared} defaultValue={given} maxLength={field.maxLength} dir="auto" />;
  }
}

/** What the form says, in the shape the hub expects: empty optional fields are left out. */
export function readIntake(schema: Readonly<Record<string, unknown>>, said: Said): Record<string, unknown> {
  const intake: Record<string, unknown> = {};
  for (const field of readSchema(schema)) {
    const text = said(`intake.${field.name}`);
    if (field.kind === "boolean") intake[field.name] = text === "true";
    else if (text === "") {
      if (field.required) intake[field.name] = "";
    } else intake[field.name] = field.kind === "number" ? Number(text) : text;
  }
  return intake;
}
