// Legal holds: an organisation's for its administrators, a case's for those who staff it.
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { get, query } from "../http/client";
import { caseKey, readPages } from "../live/cases";
import { usePeople } from "../people/data";
import type { Hold, Page } from "../wire";

export function useHolds(org: string, released: boolean, enabled = true): UseQueryResult<readonly Hold[]> {
  return useQuery({
    queryKey: ["holds", org, released],
    queryFn: async ({ signal }) => (await readPages<Hold>(`/orgs/${org}/holds${query({ released })}`, signal)).flatMap((page) => page.items).filter((hold) => (hold.released_at !== null) === released),
    enabled,
    staleTime: 30_000,
    refetchOnWindowFocus: "always",
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

/** The names of an organisation's people, for its administrators. */
export function useWho(org: string): (person: string | null) => string {
  const { t } = useTranslation();
  const people = usePeople(org);
  return (person) => people.data?.find((card) => card.id === person)?.name ?? t("state.unknownPerson");
}
