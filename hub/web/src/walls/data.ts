// The walls of an organisation, for those of its administrators whom they do not keep out.
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";

import { query } from "../http/client";
import { readPages } from "../live/cases";
import type { Wall } from "../wire";

const key = (org: string, lifted: boolean): readonly unknown[] => ["walls", org, lifted];

export function useWalls(org: string, lifted: boolean, enabled = true): UseQueryResult<readonly Wall[]> {
  return useQuery({
    queryKey: key(org, lifted),
    queryFn: async ({ signal }) => (await readPages<Wall>(`/orgs/${org}/walls${query({ lifted })}`, signal)).flatMap((page) => page.items),
    enabled,
    staleTime: 30_000,
    refetchOnWindowFocus: "always",
  });
}

/** Puts a wall that was raised, changed or lifted where it belongs now. */
export function usePutWall(org: string): (wall: Wall) => void {
  const client = useQueryClient();
  return (wall) => {
    for (const lifted of [false, true]) {
      client.setQueryData<readonly Wall[]>(key(org, lifted), (walls) => {
        if (!walls) return walls;
        if ((wall.lifted_at !== null) !== lifted) return walls.filter((each) => each.id !== wall.id);
        return walls.some((each) => each.id === wall.id) ? walls.map((each) => (each.id === wall.id ? wall : each)) : [wall, ...walls];
      });
    }
  };
}

/** "Ada, Ben and 3 others", in the reader's order of words. `more` says how many are not named. */
export function some(names: readonly string[], shown: number, more: (count: number) => string): string {
  const named = names.length > shown + 1 ? [...names.slice(0, shown), more(names.length - shown)] : names;
  return new Intl.ListFormat("en", { type: "conjunction" }).format(named);
}
