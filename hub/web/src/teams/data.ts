// The teams of an organisation, for its staff.
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";

import { readPages } from "../live/cases";
import type { Team } from "../wire";

export const teamsKey = (org: string): readonly string[] => ["teams", org];

export function useTeams(org: string, enabled = true): UseQueryResult<readonly Team[]> {
  return useQuery({
    queryKey: teamsKey(org),
    queryFn: async ({ signal }) => (await readPages<Team>(`/orgs/${org}/teams`, signal)).flatMap((page) => page.items),
    enabled,
    staleTime: 30_000,
    retry: false,
    // No topic of the socket tells of an organisation.
    refetchOnWindowFocus: "always",
  });
}

/** Puts what the hub answered to a change in the place of what is held. */
export function usePutTeam(org: string): (team: Team) => void {
  const client = useQueryClient();
  return (team) =>
    client.setQueryData<readonly Team[]>(teamsKey(org), (teams) => {
      if (!teams) return teams;
      return teams.some((each) => each.id === team.id) ? teams.map((each) => (each.id === team.id ? team : each)) : [...teams, team];
    });
}
