// Erasing people, and handing out what is held of them.
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";

import { saveFile } from "../exports/save";
import { get, request } from "../http/client";
import { readPages } from "../live/cases";
import { KEEP_LOOK } from "../retention/data";
import type { Answer, Erasure, Page, Preview } from "../wire";

/** Never a stored one: what an erasure would do is asked whenever somebody is about to. */
export function usePreview(org: string, person: string): UseQueryResult<Preview> {
  return useQuery({
    queryKey: ["erasure", org, person],
    queryFn: async ({ signal }) => (await get<Answer<Preview>>(`/orgs/${org}/people/${person}/erasure`, signal)).item,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
}

export function useErasures(org: string): UseQueryResult<readonly Erasure[]> {
  return useQuery({
    queryKey: ["erasures", org],
    queryFn: async ({ signal }) => (await readPages<Erasure>(`/orgs/${org}/erasures`, signal)).flatMap((page) => page.items),
    ...KEEP_LOOK,
  });
}

export function useMyErasures(): UseQueryResult<readonly Erasure[]> {
  return useQuery({
    queryKey: ["erasures"],
    queryFn: async ({ signal }) => (await get<Page<Erasure>>("/erasures", signal)).items,
    ...KEEP_LOOK,
  });
}

/** What somebody's erasure changes: who is there, what was asked, and what proves it. */
export function useErasedAnew(org: string): () => void {
  const client = useQueryClient();
  return () => {
    for (const what of ["erasures", "people", "certificates", "teams", "invitations"]) void client.invalidateQueries({ queryKey: [what, org] });
  };
}

/** A copy of what is held: of somebody by an organisation, else of oneself by all. */
export async function saveCopy(path: string, name: string): Promise<void> {
  saveFile(await request<Blob>("POST", path, { file: true }), name);
}
