// Joins the pure parts to the query cache: what is read of a case, and what its events do to it.
import type { QueryClient } from "@tanstack/react-query";

import { get, withQuery } from "../http/client";
import type { AsOf, Case, CaseAnswer, EventFrame, EventView, Nouns, Page } from "../wire";
import { PAGE_ITEMS_MAX } from "../wire";
import { Feed } from "./feed";
import { apply, applyMessage, hold, identity, upsert, type Held, type Noun } from "./held";
import type { Live } from "./socket";

export const PAGES_MAX = 40;
const AGAIN_MAX = 5;

/** A case and the reader's roles, as they were at (`epoch`, `seq`). */
export interface HeldCase {
  readonly epoch: string;
  readonly seq: number;
  readonly case: Case;
  readonly roles: readonly string[];
}

/** The lists of a case, by noun, and the path each is read from. */
export const LISTS = {
  party: "parties",
  participant: "participants",
  team_case: "teams",
  entry: "entries",
  conversation: "conversations",
  document: "documents",
  version: "versions",
  deadline: "deadlines",
  task: "tasks",
  detail: "details",
  marker: "markers",
} as const;

export type ListNoun = keyof typeof LISTS;

/** Read markers belong to the reader's own stream, so events of the case say nothing about them. */
export type CaseNoun = Exclude<ListNoun, "marker">;

export const caseKey = (id: string, noun: ListNoun | "case" | "people" | "activity" | "message" | "holds", more?: string): readonly string[] =>
  more === undefined ? ["case", id, noun] : ["case", id, noun, more];

interface Stood {
  readonly epoch: string;
  readonly seq: number;
}

export class CaseFeeds {
  private readonly feeds = new Map<string, { feed: Feed; users: number }>();
  private resting: string | null = null;
  onEnded: (caseId: string) => void = () => undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly live: Live,
  ) {}

  /** Somebody looks at this case; the returned function says that they left. What is held stays, to be resumed. */
  watch(caseId: string): () => void {
    const entry = this.entry(caseId);
    entry.users += 1;
    this.subscribe(caseId);
    return () => {
      entry.users -= 1;
      if (entry.users === 0) this.live.unsubscribe(`case:${caseId}`);
    };
  }

  /** Read something of a case and bring it up to the present; too old answers are read again. */
  async read<S extends Stood>(caseId: string, fetch: () => Promise<S>, catchUp: (state: S, event: EventView) => S): Promise<S> {
    const { feed } = this.entry(caseId);
    for (let round = 0; ; round += 1) {
      const state = await fetch();
      const judgement = feed.judge(state);
      if (judgement === "reset") {
        this.forget(caseId);
        feed.judge(state);
      } else if (judgement === "again" && round < AGAIN_MAX) {
        continue;
      }
      this.subscribe(caseId);
      return feed.after(state.seq).reduce(catchUp, state);
    }
  }

  readList<N extends CaseNoun>(caseId: string, noun: N, signal: AbortSignal): Promise<Held<Nouns[N]>> {
    return this.read(
      caseId,
      async () => hold(noun, await readPages<Nouns[N]>(`/cases/${caseId}/${LISTS[noun]}`, signal)),
      (held, event) => apply(held, noun, event),
    );
  }

  /** An item that this tab has just written: the answer of the write is as good as its event. */
  put<N extends ListNoun>(caseId: string, noun: N, item: Nouns[N]): void {
    this.client.setQueryData<Held<Nouns[N]>>(caseKey(caseId, noun), (held) => held && upsert(held, identity(noun, item), item));
  }

  putMessage(message: Nouns["message"]): void {
    this.client.setQueryData<Held<Nouns["message"]>>(caseKey(message.case, "message", message.conversation), (held) =>
      held && upsert(held, message.id, message),
    );
  }

  putCase(item: Case): void {
    this.client.setQueryData<HeldCase>(caseKey(item.id, "case"), (held) =>
      held && item.revision > held.case.revision ? { ...held, case: item } : held,
    );
  }

  /** Events are one's own. While somebody looks at a case as somebody else they rest; what is shown is read anew. */
  rest(caseId: string, resting: boolean): void {
    this.resting = resting ? caseId : null;
    this.live.unsubscribe(`case:${caseId}`);
    this.entry(caseId).feed.reset();
    void this.client.resetQueries({ queryKey: ["case", caseId] });
  }

  private entry(caseId: string): { feed: Feed; users: number } {
    let entry = this.feeds.get(caseId);
    if (!entry) this.feeds.set(caseId, (entry = { feed: new Feed(), users: 0 }));
    return entry;
  }

  private subscribe(caseId: string): void {
    const { feed, users } = this.entry(caseId);
    const topic = `case:${caseId}`;
    if (users === 0 || this.resting === caseId || !feed.started || this.live.has(topic)) return;
    this.live.subscribe(topic, {
      after: () => (feed.started ? { epoch: feed.epoch, seq: feed.seq } : undefined),
      event: (frame) => this.event(caseId, feed, frame),
      reset: (why) => {
        this.live.unsubscribe(topic);
        this.forget(caseId);
        // After a change of access nothing that was shown may stay on the screen while it is read again.
        if (why === "access") void this.client.resetQueries({ queryKey: ["case", caseId] });
        else void this.client.invalidateQueries({ queryKey: ["case", caseId] });
      },
      ended: () => {
        feed.reset();
        this.client.removeQueries({ queryKey: ["case", caseId] });
        void this.client.invalidateQueries({ queryKey: ["cases"] });
        this.onEnded(caseId);
      },
    });
  }

  private forget(caseId: string): void {
    this.entry(caseId).feed.reset();
    this.client.removeQueries({ queryKey: ["case", caseId], type: "inactive" });
  }

  private event(caseId: string, feed: Feed, frame: EventFrame): void {
    const event: EventView = { seq: frame.seq, pos: frame.pos, type: frame.type, case: frame.case, at: frame.at, actor: frame.actor, data: frame.data as EventView["data"] };
    if (!feed.take(event)) return;
    for (const cached of this.client.getQueryCache().findAll({ queryKey: ["case", caseId] })) {
      if (cached.state.data === undefined) continue;
      const [, , noun, more] = cached.queryKey as string[];
      this.client.setQueryData(cached.queryKey, (state: unknown) => applyTo(noun ?? "", more, state, event));
    }
    if (frame.type.startsWith("participant.")) void this.client.invalidateQueries({ queryKey: caseKey(caseId, "people") });
    if (frame.type.startsWith("hold.")) void this.client.invalidateQueries({ queryKey: caseKey(caseId, "holds") });
  }
}

/** What an event does to one cached answer of its case. */
function applyTo(noun: string, more: string | undefined, state: unknown, event: EventView): unknown {
  if (noun === "case") return applyCase(state as HeldCase, event);
  if (noun === "message") return applyMessage(state as Held<Nouns["message"]>, more ?? "", event);
  if (noun === "activity") return applyActivity(state as HeldActivity, event);
  if (noun in LISTS && noun !== "marker") return apply(state as Held<Nouns[Noun]>, noun as Noun, event);
  return state;
}

export function applyCase(held: HeldCase, event: EventView): HeldCase {
  if (event.seq <= held.seq) return held;
  const item = event.data.case as Case | undefined;
  return { ...held, seq: event.seq, case: item && item.revision > held.case.revision ? item : held.case };
}

/** The history of a case: what happened, without the entries, which the timeline reads as themselves. */
export interface HeldActivity extends Stood {
  readonly events: readonly EventView[];
}

export function applyActivity(held: HeldActivity, event: EventView): HeldActivity {
  if (event.seq <= held.seq) return held;
  return { ...held, seq: event.seq, events: event.type === "entry.added" ? held.events : [...held.events, event] };
}

/** All pages of a list, from its beginning. */
export async function readPages<T>(path: string, signal?: AbortSignal): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await get<Page<T>>(withQuery(path, { limit: PAGE_ITEMS_MAX, after }), signal);
    pages.push(page);
    after = page.next;
  } while (after !== null && pages.length < PAGES_MAX);
  return pages;
}

export const stood = (asOf: AsOf): Stood => ({ epoch: asOf.epoch, seq: asOf.seq ?? 0 });

export const holdCase = (answer: { item: CaseAnswer; as_of: AsOf }): HeldCase => ({ ...stood(answer.as_of), case: answer.item.case, roles: answer.item.roles });
