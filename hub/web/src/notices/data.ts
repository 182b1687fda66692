import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { post } from "../http/client";
import { readPages } from "../live/cases";
import { hold, type Held } from "../live/held";
import type { Answer, Notice } from "../wire";

interface Inbox {
  readonly query: { data: Held<Notice> | undefined; error: unknown; refetch: () => unknown };
  readonly all: readonly Notice[];
  readonly waiting: readonly Notice[];
}

/** My notices, the newest first. The topic `me` keeps them true. */
export function useInbox(): Inbox {
  const query = useQuery({
    queryKey: ["inbox"],
    queryFn: async ({ signal }) => hold("notice", await readPages<Notice>("/inbox", signal)),
  });
  const all = useMemo(() => Object.values(query.data?.items ?? {}).sort((a, b) => b.at.localeCompare(a.at)), [query.data]);
  const waiting = useMemo(() => all.filter((notice) => notice.acked_at === null), [all]);
  return { query, all, waiting };
}

export const acknowledge = (notice: Notice): Promise<Answer<Notice>> => post(`/inbox/${notice.id}/ack`, {});
