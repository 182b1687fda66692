import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { CaseView } from "../cases/data";
import { audienceTitle } from "../cases/data";
import { caseKey, readPages } from "../live/cases";
import { hold } from "../live/held";
import { looking } from "../views/looking";
import type { Conversation, Marker, Message } from "../wire";

/** How far I have read each conversation of a case, by conversation. */
export function useMarkers(caseId: string): Readonly<Record<string, Marker>> | undefined {
  const query = useQuery({
    enabled: looking()?.caseId !== caseId, // how far another has read is theirs
    queryKey: caseKey(caseId, "marker"),
    queryFn: async ({ signal }) => hold("marker", await readPages<Marker>(`/cases/${caseId}/markers`, signal)),
  });
  return query.data?.items;
}

/** What nobody but others wrote and the marker has not passed. */
export const isUnread = (message: Message, upto: number, me: string): boolean => message.author !== me && message.seq > upto && message.retracted_at === null;

/** Who sees a conversation, in words. */
export function seenBy(view: CaseView, conversation: Conversation, name: (person: string) => string): string {
  return conversation.people.length > 0 ? conversation.people.map(name).join(", ") : audienceTitle(view.type, conversation.audience);
}

export function useSorted(conversations: readonly Conversation[]): readonly Conversation[] {
  return useMemo(() => [...conversations].sort((a, b) => a.opened_at.localeCompare(b.opened_at) || a.id.localeCompare(b.id)), [conversations]);
}
