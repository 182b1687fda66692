// What is due to go, what proves that it is gone, and how long things are kept; for administrators.
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";

import { saveFile } from "../exports/save";
import { get, query } from "../http/client";
import type { Certificate, Disposition, Due, Page, Schedule } from "../wire";

export const STATES = ["due", "kept", "approved", "destroyed"] as const satisfies readonly Disposition["state"][];
export type State = (typeof STATES)[number];

const ROWS = 50;
/** What is due, held, asked for and destroyed, no topic of the socket tells; while somebody looks, it is asked for. */
export const KEEP_LOOK = { refetchInterval: 5_000, refetchOnWindowFocus: "always" } as const;
const KEPT = ["dispositions", "holds", "erasures", "certificates", "schedules"];

export function useDue(org: string, state: State): UseInfiniteQueryResult<InfiniteData<Page<Due>>> {
  return useInfiniteQuery({
    queryKey: ["dispositions", org, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Due>>(`/orgs/${org}/dispositions${query({ state, limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    ...KEEP_LOOK,
  });
}

/** An act on one of these pages may change what stands on each other. */
export function useKeptAnew(org: string): () => void {
  const client = useQueryClient();
  return () => {
    for (const what of KEPT) void client.invalidateQueries({ queryKey: [what, org] });
  };
}

export function useCertificates(org: string): UseInfiniteQueryResult<InfiniteData<Page<Certificate>>> {
  return useInfiniteQuery({
    queryKey: ["certificates", org],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<Certificate>>(`/orgs/${org}/certificates${query({ limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    ...KEEP_LOOK,
  });
}

/** What a certificate says, as far as people read it here. */
export interface Certified {
  readonly by: string | null;
  readonly under: string;
  readonly whole: boolean | null;
  readonly counts: readonly (readonly [place: string, count: number])[];
  readonly kept: number;
}

export function certified(one: Certificate): Certified {
  const body = JSON.parse(one.body) as { by?: string | null; under?: string; account?: boolean; what?: Record<string, unknown>; kept?: readonly unknown[] };
  const counts = Object.entries(body.what ?? {}).flatMap(([place, what]) => {
    const count = Array.isArray(what) ? what.length : typeof what === "number" ? what : 0;
    return count > 0 ? [[place, count] as const] : [];
  });
  return { by: body.by ?? null, under: body.under ?? "", whole: body.account ?? null, counts, kept: body.kept?.length ?? 0 };
}

/** As it was issued, byte by byte: its hash is that of the file. */
export const saveCertificate = (one: Certificate): void => saveFile(new Blob([one.note === null ? one.body : `{"certificate":${one.body},"note":${JSON.stringify(one.note)}}\n`], { type: "application/json" }), `certificate-${one.id}.json`);

export function useSchedules(org: string): UseQueryResult<readonly Schedule[]> {
  return useQuery({
    queryKey: ["schedules", org],
    queryFn: async ({ signal }) => (await get<Page<Schedule>>(`/orgs/${org}/schedules`, signal)).items,
    ...KEEP_LOOK,
  });
}
