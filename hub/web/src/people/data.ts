// The directory of an organisation, for its staff.
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { query } from "../http/client";
import { readPages } from "../live/cases";
import type { Card, Invitation } from "../wire";

export const PLACES = ["desk", "admin", "outside"] as const;
export type Place = (typeof PLACES)[number];

export function usePeople(org: string, enabled = true): UseQueryResult<readonly Card[]> {
  return useQuery({
    queryKey: ["people", org],
    queryFn: async ({ signal }) => (await readPages<Card>(`/people${query({ org })}`, signal)).flatMap((page) => page.items),
    enabled,
    staleTime: 30_000,
    retry: false,
    // No topic of the socket tells of an organisation.
    refetchOnWindowFocus: "always",
  });
}

/** Who was asked in, and what became of it; for administrators alone. */
export function useInvitations(org: string, enabled = true): UseQueryResult<readonly Invitation[]> {
  return useQuery({
    queryKey: ["invitations", org],
    queryFn: async ({ signal }) => (await readPages<Invitation>(`/orgs/${org}/invitations`, signal)).flatMap((page) => page.items),
    enabled,
    staleTime: 30_000,
    refetchOnWindowFocus: "always",
  });
}

/** An organisation's place in words; one that this client does not know, as it is called. */
export function usePlace(): (membership: string) => string {
  const { t } = useTranslation();
  return (membership) => {
    const place = PLACES.find((each) => each === membership);
    return place ? t(`people.roles.${place}`) : membership;
  };
}

// What is written with or without accents is the same to who looks for it.
const plain = (text: string): string => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLocaleLowerCase();

/** Whether each word that is sought begins, or stands in, the name or the address. */
export function matches(card: Pick<Card, "name" | "email">, words: string): boolean {
  const text = plain(`${card.name} ${card.email}`);
  return plain(words).split(/\s+/).every((word) => text.includes(word));
}
