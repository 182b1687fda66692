import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";

import { get, query } from "../http/client";
import { caseKey } from "../live/cases";
import { applyMessage, hold, type Held } from "../live/held";
import { useLive } from "../live/provider";
import type { Message, Page } from "../wire";

const PAGE = 50;

export interface Messages {
  readonly query: { data: Held<Message> | undefined; error: unknown; refetch: () => unknown };
  /** Oldest first. */
  readonly items: readonly Message[];
  readonly more: boolean;
  readonly reading: boolean;
  readonly readOlder: () => Promise<void>;
}

/** The newest part of a conversation, and older parts on demand. Events keep what is held true. */
export function useMessages(caseId: string, conversation: string): Messages {
  const { feeds } = useLive();
  const client = useQueryClient();
  const [reading, setReading] = useState(false);
  const path = `/conversations/${conversation}/messages`;
  const key = caseKey(caseId, "message", conversation);
  const held = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      feeds.read(
        caseId,
        async () => hold("message", [await get<Page<Message>>(`${path}${query({ limit: PAGE })}`, signal)]),
        (state, event) => applyMessage(state, conversation, event),
      ),
  });
  const next = held.data?.next ?? null;

  const readOlder = useCallback(async () => {
    if (next === null || reading) return;
    setReading(true);
    try {
      const page = await get<Page<Message>>(`${path}${query({ limit: PAGE, after: next })}`);
      const older = hold("message", [page]);
      // Pages of the past only fill in: what is held already is at least as new.
      client.setQueryData<Held<Message>>(key, (now) => now && { ...now, next: older.next, items: { ...older.items, ...now.items } });
    } finally {
      setReading(false);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, next, path, reading]);

  const items = useMemo(() => Object.values(held.data?.items ?? {}).sort((a, b) => a.seq - b.seq), [held.data?.items]);
  return { query: held, items, more: next !== null, reading, readOlder };
}
