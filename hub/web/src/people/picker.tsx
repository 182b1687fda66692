// Choosing people of an organisation by typing a part of their name or address.
import { MultiSelect, Select, type ComboboxItem, type OptionsFilter } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Card } from "../wire";
import { useFolding } from "../ui/folding";
import { matches } from "./data";

/** As many as can be looked through; who is not among them is found by typing more. */
const OPTIONS_SHOWN = 30;

const OTHER = "other";

const choice = (card: Card): ComboboxItem => ({ value: card.id, label: card.email ? `${card.name} · ${card.email}` : card.name });

const found: OptionsFilter = ({ options, search, limit }) =>
  options.filter((option) => "value" in option && (option.value === OTHER || matches({ name: option.label, email: "" }, search))).slice(0, limit);

interface Common {
  readonly label: string;
  readonly description?: string;
  readonly people: readonly Card[];
  readonly error: string | undefined;
  readonly focused?: boolean;
}

interface OneProps extends Common {
  /** "" for nobody yet, or for `other`. */
  readonly value: string;
  readonly onChange: (person: string) => void;
  /** What to choose when it is none of them. */
  readonly other?: string;
}

export function PersonSelect({ people, value, onChange, other, focused, ...field }: OneProps): ReactNode {
  const { t } = useTranslation();
  const data = useMemo(() => [...(other ? [{ value: OTHER, label: other }] : []), ...people.map(choice)], [people, other]);
  return (
    <Select
      {...field}
      data={data}
      value={value || (other ? OTHER : null)}
      onChange={(chosen) => onChange(chosen === null || chosen === OTHER ? "" : chosen)}
      // What is typed takes the place of who was chosen, and is not added to the name.
      onFocus={(event) => event.currentTarget.select()}
      searchable
      required
      allowDeselect={false}
      limit={OPTIONS_SHOWN}
      filter={found}
      placeholder={t("people.type")}
      nothingFoundMessage={t("people.noMatch")}
      data-autofocus={focused}
    />
  );
}

interface ManyProps extends Common {
  readonly value: readonly string[];
  readonly onChange: (people: string[]) => void;
  readonly max: number;
}

export function PeopleSelect({ people, value, onChange, max, focused, ...field }: ManyProps): ReactNode {
  const { t } = useTranslation();
  const data = useMemo(() => people.map(choice), [people]);
  const folding = useFolding();
  return (
    <MultiSelect
      {...field}
      {...folding}
      data={data}
      value={[...value]}
      onChange={onChange}
      searchable
      hidePickedOptions
      limit={OPTIONS_SHOWN}
      maxValues={max}
      filter={found}
      placeholder={value.length === 0 ? t("people.type") : undefined}
      nothingFoundMessage={t("people.noMatch")}
      data-autofocus={focused}
    />
  );
}
