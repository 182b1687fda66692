// Opens the socket of a signed-in tab and lets its events keep every list on the screen true.
import { useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from "react";

import type { After, CaseRow, Me, Nouns, Page, Signal } from "../wire";
import { caseKey, CaseFeeds } from "./cases";
import { upsert, type Held } from "./held";
import { applyRow } from "./rows";
import { Live, openSocket, type LiveState, type TopicHandler } from "./socket";

/** While the socket is away the open lists are read again now and then. */
const POLL_MS = 20_000;
/** Events come in bursts; a list with sums is read again once for each burst. */
const REREAD_MS = 1500;

interface LiveValue {
  readonly live: Live;
  readonly feeds: CaseFeeds;
}

const LiveContext = createContext<LiveValue | null>(null);

export function useLive(): LiveValue {
  const value = use(LiveContext);
  if (!value) throw new Error("useLive needs a LiveProvider above it");
  return value;
}

export function useLiveState(): LiveState {
  const { live } = useLive();
  return useSyncExternalStore(
    (listener) => live.onChange(listener),
    () => live.state,
  );
}

export function useSignal(listener: (signal: Signal) => void): void {
  const { live } = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => live.onSignal((signal) => latest.current(signal)), [live]);
}

interface Props {
  readonly me: Me;
  readonly onSessionEnded: () => void;
  readonly onCaseEnded: (caseId: string) => void;
  readonly children: ReactNode;
}

export function LiveProvider({ me, onSessionEnded, onCaseEnded, children }: Props): ReactNode {
  const client = useQueryClient();
  const value = useMemo(() => {
    const live = new Live({ make: () => openSocket(me.live_url) });
    return { live, feeds: new CaseFeeds(client, live) };
  }, [client, me.live_url]);

  const calls = useRef({ onSessionEnded, onCaseEnded });
  useEffect(() => {
    calls.current = { onSessionEnded, onCaseEnded };
  });

  useEffect(() => {
    const { live, feeds } = value;
    feeds.onEnded = (caseId) => calls.current.onCaseEnded(caseId);
    // A handshake refused for want of a session looks like any broken connection; asking who we are tells them apart.
    live.onFailedConnect = () => void client.invalidateQueries({ queryKey: ["me"] });
    const reread = burst(() => {
      void client.invalidateQueries({ queryKey: ["cases"] });
    });
    live.subscribe("mine", mineTopic(client, live, me.id, reread));
    live.subscribe("me", meTopic(client, live, reread, (ended) => {
      if (ended === live.session) calls.current.onSessionEnded();
    }));
    const unwatch = live.onChange(() => {
      if (live.state === "stopped" && (live.closeCode === 4501 || live.closeCode === 4503)) calls.current.onSessionEnded();
    });
    live.start();

    const online = (): void => live.hurry();
    const offline = (): void => live.lost();
    const shown = (): void => {
      if (document.visibilityState === "visible") live.hurry();
    };
    window.addEventListener("online", online);
    window.addEventListener("offline", offline);
    document.addEventListener("visibilitychange", shown);
    const poll = setInterval(() => {
      if (live.state !== "live" && document.visibilityState === "visible") void client.invalidateQueries({ type: "active" });
    }, POLL_MS);
    return () => {
      window.removeEventListener("online", online);
      window.removeEventListener("offline", offline);
      document.removeEventListener("visibilitychange", shown);
      clearInterval(poll);
      unwatch();
      live.stop();
    };
  }, [value, client, me.id]);

  return <LiveContext value={value}>{children}</LiveContext>;
}

/** Every case I take part in: rows change at once, and the list is read again for its sums. */
function mineTopic(client: QueryClient, live: Live, me: string, reread: () => void): TopicHandler {
  let place: After | undefined;
  const handler: TopicHandler = {
    after: () => place,
    subscribed(frame, resumed) {
      // Without a place of our own we start from now, and what was read before now may lack something.
      if (!resumed) {
        place = { epoch: frame.epoch, pos: frame.pos };
        reread();
      } else if (frame.replay === 0) {
        place = { epoch: frame.epoch, pos: frame.pos };
      }
    },
    event(frame) {
      if (place) place = { ...place, pos: frame.pos };
      client.setQueriesData<InfiniteData<Page<CaseRow>>>({ queryKey: ["cases"] }, (data) => data && {
        ...data,
        pages: data.pages.map((page) => ({ ...page, items: page.items.map((row) => applyRow(row, frame, me)) })),
      });
      reread();
    },
    reset() {
      place = undefined;
      live.subscribe("mine", handler);
    },
    ended: () => undefined,
  };
  return handler;
}

/** My own stream: inbox, read markers, what was given to me and taken from me. */
function meTopic(client: QueryClient, live: Live, reread: () => void, sessionEnded: (id: string) => void): TopicHandler {
  let place: After | undefined;
  const handler: TopicHandler = {
    after: () => place,
    subscribed(frame, resumed) {
      if (!resumed) {
        void client.invalidateQueries({ queryKey: ["inbox"] });
        void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === "case" && queryKey[2] === "marker" });
      }
      if (!resumed || frame.replay === 0) place = { epoch: frame.epoch, seq: frame.seq };
    },
    event(frame) {
      if (place) place = { ...place, seq: frame.seq };
      const data = frame.data as Partial<Nouns>;
      if (data.notice) {
        const { notice } = data;
        client.setQueryData<Held<Nouns["notice"]>>(["inbox"], (held) => held && upsert(held, notice.id, notice));
      }
      if (data.marker) {
        const { marker } = data;
        client.setQueryData<Held<Nouns["marker"]>>(caseKey(marker.case, "marker"), (held) => held && upsert(held, marker.conversation, marker));
        reread();
      }
      if (data.grant) {
        void client.invalidateQueries({ queryKey: ["me"] });
        void client.invalidateQueries({ queryKey: ["inbox"] }); // what it tells of may be closed to me now, or open again
        reread();
      }
      if (data.session) {
        void client.invalidateQueries({ queryKey: ["sessions"] });
        if (frame.type === "session.ended") sessionEnded(data.session.id);
      }
    },
    reset() {
      place = undefined;
      live.subscribe("me", handler);
    },
    ended: () => undefined,
  };
  return handler;
}

function burst(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      act();
    }, REREAD_MS);
  };
}
