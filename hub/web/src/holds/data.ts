// Legal holds: an organisation's for its administrators, a case's for those who staff it.
import { useQueries, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { get, query } from "../http/client";
import { caseKey, readPages } from "../live/cases";
import { usePeople } from "../people/data";
import { KEEP_LOOK } from "../retention/data";
import type { Document, Hold, Page } from "../wire";

export function useHolds(org: string, released: boolean, enabled = true): UseQueryResult<readonly Hold[]> {
  return useQuery({
    queryKey: ["holds", org, released],
    queryFn: async ({ signal }) => (await readPages<Hold>(`/orgs/${org}/holds${query({ released })}`, signal)).flatMap((page) => page.items).filter((hold) => (hold.released_at !== null) === released),
    enabled,
    ...KEEP_LOOK,
  });
}

/** Read anew when an event of the case tells of a hold: `live/cases.ts`. */
export function useCaseHolds(caseId: string, enabled: boolean): UseQueryResult<readonly Hold[]> {
  return useQuery({
    queryKey: caseKey(caseId, "holds"),
    queryFn: async ({ signal }) => (await get<Page<Hold>>(`/cases/${caseId}/holds`, signal)).items,
    enabled,
    staleTime: 30_000,
    retry: false,
  });
}

/** What a hold that was placed or released changes: lists of holds, what is due, and what an erasure would do. */
export function useHoldsAnew(): (hold: Hold) => void {
  const client = useQueryClient();
  return (hold) => {
    for (const what of ["holds", "dispositions", "erasure"]) void client.invalidateQueries({ queryKey: [what, hold.org] });
    if (hold.case_id !== null) void client.invalidateQueries({ queryKey: caseKey(hold.case_id, "holds") });
  };
}

/** What held documents are called, by id; those of cases that are not open to the reader are missing. */
export function useDocumentNames(holds: readonly Hold[]): ReadonlyMap<string, string> {
  const cases = useMemo(() => [...new Set(holds.flatMap((hold) => (hold.kind === "document" && hold.case_id !== null ? [hold.case_id] : [])))], [holds]);
  return useQueries({
    queries: cases.map((id) => ({
      queryKey: ["case-documents", id],
      queryFn: async ({ signal }: { signal: AbortSignal }) => (await readPages<Document>(`/cases/${id}/documents`, signal)).flatMap((page) => page.items),
      staleTime: 60_000,
      retry: false,
    })),
    combine: (results) => new Map(results.flatMap((result) => (result.data ?? []).map((document) => [document.id, document.name] as const))),
  });
}

/** The names of an organisation's people, for its administrators. */
export function useWho(org: string): (person: string | null) => string {
  const { t } = useTranslation();
  const people = usePeople(org);
  return (person) => people.data?.find((card) => card.id === person)?.name ?? t("state.unknownPerson");
}
