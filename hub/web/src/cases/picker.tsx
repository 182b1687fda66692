// Choosing cases by typing a part of their title or their number; the hub looks, since there may be many thousands.
import { Loader, MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, query } from "../http/client";
import { useFolding } from "../ui/folding";
import type { Answer, Case, CaseAnswer, CaseRow, Page } from "../wire";

const FOUND = 20;
const TYPED_MS = 250;

export const caseLabel = (item: Pick<Case, "number" | "title">): string => `${item.number} · ${item.title}`;

/** What cases are called, by id; those that are not open to the reader are missing. */
export function useCaseLabels(ids: readonly string[]): ReadonlyMap<string, string> {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ["case-label", id],
      queryFn: async ({ signal }: { signal: AbortSignal }) => caseLabel((await get<Answer<CaseAnswer>>(`/cases/${id}`, signal)).item.case),
      staleTime: 60_000,
      retry: false,
    })),
    combine: (results) => new Map(results.flatMap((result, at) => (result.data === undefined ? [] : [[ids[at]!, result.data] as const]))),
  });
}

interface Props {
  readonly org: string;
  readonly label: string;
  readonly description?: string;
  readonly value: readonly string[];
  readonly onChange: (cases: string[]) => void;
  readonly max: number;
  readonly error: string | undefined;
  readonly optional?: boolean;
}

export function CasesSelect({ org, value, onChange, max, optional = false, ...field }: Props): ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const folding = useFolding();
  const [sought] = useDebouncedValue(typed.trim(), TYPED_MS);
  const found = useQuery({
    queryKey: ["case-search", sought],
    queryFn: ({ signal }) => get<Page<CaseRow>>(`/cases${query({ q: sought, limit: FOUND })}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const [picked, setPicked] = useState<ReadonlyMap<string, string>>(new Map());
  const missing = useMemo(() => value.filter((id) => !picked.has(id)), [value, picked]);
  const read = useCaseLabels(missing);
  const offered = (found.data?.items ?? []).filter((row) => row.case.org === org).map((row) => ({ value: row.case.id, label: caseLabel(row.case) }));
  const chosen = value.map((id) => ({ value: id, label: picked.get(id) ?? read.get(id) ?? "…" }));
  return (
    <MultiSelect
      {...field}
      {...folding}
      data={[...chosen, ...offered.filter((each) => !value.includes(each.value))]}
      value={[...value]}
      onChange={(ids) => {
        setPicked((before) => new Map([...before, ...offered.filter((each) => ids.includes(each.value)).map((each) => [each.value, each.label] as const)]));
        onChange(ids);
      }}
      searchable
      withAsterisk={!optional}
      hidePickedOptions
      maxValues={max}
      searchValue={typed}
      onSearchChange={setTyped}
      // The hub has looked already.
      filter={({ options }) => options}
      rightSection={found.isFetching ? <Loader size="xs" /> : undefined}
      placeholder={value.length === 0 ? t("cases.search") : undefined}
      nothingFoundMessage={found.isFetching ? undefined : t("cases.none")}
    />
  );
}
