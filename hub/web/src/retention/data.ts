// What is due to go, what proves that it is gone, and how long things are kept; for administrators.
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";

import { saveFile } from "../exports/save";
import { get, query } from "../http/client";
import type { Certificate, Disposition, Due, Page, Schedule } from "../wire";

export const STATES = ["due", "kept", "approved", "destroyed"] as const satisfies readonly Disposition["state"][];
export type State = (typeof STATES)[number];

const ROWS = 50;
const REFRESH_MS = 60_000; // what is due, and what is destroyed meanwhile, no topic of the socket tells

export function useDue(org: string, state: State): UseInfiniteQueryResult<InfiniteData<Page<Due>>> {
  return useInfiniteQuery({
    queryKey: ["dispositions", org, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Due>>(`/orgs/${org}/dispositions${query({ state, limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: "always",
  });
}

export function useDueAnew(org: string): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ["dispositions", org] });
}

export function useCertificates(org: string): UseInfiniteQueryResult<InfiniteData<Page<Certificate>>> {
  return useInfiniteQuery({
    queryKey: ["certificates", org],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Certificate>>(`/orgs/${org}/certificates${query({ limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    refetchInterval: REFRESH_MS,
    refetchOnWindowFocus: "always",
  });
}

/** As it was issued, byte by byte: its hash is that of the file. */
export const saveCertificate = (one: Certificate): void => saveFile(new Blob([one.body], { type: "application/json" }), `certificate-${one.id}.json`);

export function useSchedules(org: string): UseQueryResult<readonly Schedule[]> {
  return useQuery({
    queryKey: ["schedules", org],
    queryFn: async ({ signal }) => (await get<Page<Schedule>>(`/orgs/${org}/schedules`, signal)).items,
    staleTime: 30_000,
    refetchOnWindowFocus: "always",
  });
}
