// Questions over the record. A list of it is read page by page; what comes later is asked for while somebody looks.
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { saveFile } from "../exports/save";
import { asRefused, get, request } from "../http/client";
import { audit } from "../i18n/en/audit";
import { dayIn, instantOf } from "../ui/time";
import { READS, EVENTS, type DocumentRecord, type Names, type Recorded, type RecordPage } from "../wire";
import { changesOnly, type Question } from "./question";

export const ANY_READING = "read";
const ROWS = 50;
// As often as the leaves of a busy log are worth a look; a question that finds nothing leaves no entry.
const LOOK_EVERY_MS = 5_000;

/** The address of a question. Days become the moments at which they begin and end where the reader is. */
export function address(path: string, question: Question, zone: string, more: Record<string, string | number | null | undefined> = {}): string {
  const search = new URLSearchParams();
  const set = (name: string, value: string | number | null | undefined): void => {
    if (value !== undefined && value !== null && value !== "") search.append(name, String(value));
  };
  set("person", question.person);
  set("case", question.case);
  for (const act of question.act === ANY_READING ? READS : [question.act]) set("act", act);
  set("outcome", question.outcome);
  if (question.from) set("from", instantOf(`${question.from}T00:00`, zone));
  if (question.until) set("until", instantOf(`${dayAfter(question.until)}T00:00`, zone));
  if (changesOnly(question)) set("changes", "true");
  for (const [name, value] of Object.entries(more)) set(name, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

export type Pages = InfiniteData<RecordPage, string | null>;

export function useRecord(path: string, question: Question, zone: string): UseInfiniteQueryResult<Pages> {
  return useInfiniteQuery({
    queryKey: ["record", path, question, zone],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<RecordPage>(address(path, question, zone, { limit: ROWS, after: pageParam }), signal),
    getNextPageParam: (page) => page.next,
    // To read it again would leave another entry; what is new is asked for by itself.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export interface Live {
  readonly on: boolean;
  /** How many came since the list was opened. */
  readonly fresh: number;
  readonly lost: boolean;
}

/** Puts what is new on top of the list. It rests while the page is hidden, or where an end of the time is asked for. */
export function useNewEntries(path: string, question: Question, zone: string, pages: Pages | undefined): Live {
  const client = useQueryClient();
  const head = Math.max(-1, ...(pages?.pages.map((page) => page.head) ?? []));
  const [fresh, setFresh] = useState(0);
  const key = useMemo(() => ["record", path, question, zone], [path, question, zone]);
  useEffect(() => setFresh(0), [key]);
  const on = pages !== undefined && (!question.until || question.until >= dayIn(zone));
  const newer = useQuery({
    queryKey: ["record-new", path, question, zone, head],
    queryFn: ({ signal }) => get<RecordPage>(address(path, question, zone, { limit: ROWS, since: head }), signal),
    enabled: on,
    refetchInterval: LOOK_EVERY_MS,
    staleTime: LOOK_EVERY_MS,
    gcTime: 0,
    retry: false,
  });
  const page = newer.data;
  useEffect(() => {
    if (!page || page.items.length === 0) return;
    // More came than is told at once: what lies between is read with the list.
    if (page.next !== null) {
      void client.resetQueries({ queryKey: key });
      return;
    }
    client.setQueryData<Pages>(key, (held) => held && onTop(held, page));
    setFresh((before) => before + page.items.length);
  }, [client, key, page]);
  return { on, fresh, lost: newer.isError && asRefused(newer.error).passing };
}

/** The list with newer entries before it; none stands there twice. */
export function onTop(held: Pages, newer: RecordPage): Pages {
  const [first, ...rest] = held.pages;
  if (!first) return held;
  const there = new Set(held.pages.flatMap((page) => page.items.map(place)));
  const items = newer.items.filter((item) => !there.has(place(item)));
  const names: Names = { people: { ...first.names.people, ...newer.names.people }, things: { ...first.names.things, ...newer.names.things } };
  const count = first.count === null ? null : first.count + items.length;
  return { ...held, pages: [{ ...first, items: [...items, ...first.items], head: Math.max(first.head, newer.head), names, count }, ...rest] };
}

// `LOOKS` of schemas/audit_questions.py: what changes nothing for anybody else.
const LOOKS: readonly string[] = [...READS, "key.used", "marker.moved"];
export const isLook = (item: Recorded): boolean => LOOKS.includes(item.act);

// What Casewire does to whatever is uploaded: nobody decided it, and a day of uploads would bury what somebody did.
const ROUTINE: readonly string[] = ["version.cleared", "version.indexed"];
export const isRoutine = (item: Recorded): boolean => item.by.kind === "worker" && item.outcome === "done" && ROUTINE.includes(item.act);

/** What is told in one line: looks that say the same between two changes, since a page that is opened leaves some each
 * time, and the routine of Casewire between two acts of others. The newest, and those before it. */
export type Alike = readonly [Recorded, ...Recorded[]];

export function alike(items: readonly Recorded[]): Alike[] {
  const found: [Recorded, ...Recorded[]][] = [];
  const since = new Map<string, Recorded[]>();
  for (const item of items) {
    const key = isRoutine(item) ? "routine" : isLook(item) ? said(item) : null;
    const same = key === null ? undefined : since.get(key);
    if (same) {
      same.push(item);
      continue;
    }
    const alone: [Recorded] = [item];
    found.push(alone);
    if (key === null) since.clear();
    else since.set(key, alone);
  }
  return found;
}

const said = ({ log, act, outcome, rule, by, case: of, thing }: Recorded): string => JSON.stringify([log, act, outcome, rule, by.person, by.kind, by.via, by.viewing, of, thing]);

export const place = (item: Recorded): string => `${item.log} ${item.n}`;

/** What the answers together know of people and things. */
export function namesOf(pages: readonly RecordPage[]): Names {
  return { people: Object.assign({}, ...pages.map((page) => page.names.people)) as Names["people"], things: Object.assign({}, ...pages.map((page) => page.names.things)) as Names["things"] };
}

export function useSeen(document: string) {
  return useQuery({
    queryKey: ["record", "document", document],
    queryFn: ({ signal }) => get<DocumentRecord>(`/documents/${document}/audit?limit=${ROWS}`, signal),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

type ActKey = keyof typeof audit.acts;
const known = (act: string): ActKey | undefined => {
  const key = act.replace(".", "_");
  return key in audit.acts ? (key as ActKey) : undefined;
};

/** What was done, in words; an operation that was asked for and made no event, as it is called. */
export function useAct(): (act: string, refused?: boolean) => string {
  const { t } = useTranslation();
  return (act, refused = false) => {
    const key = known(act);
    if (key) return t(`audit.acts.${key}`);
    const what = act.replaceAll(/[._]/g, " ");
    return refused ? t("audit.tried", { what }) : what;
  };
}

type Group = keyof typeof audit.groups;
const GROUPS: Readonly<Record<string, Group>> = {
  case: "case", detail: "detail", party: "party", hold: "keep", person_hold: "keep", disposition: "keep", schedule: "keep", certificate: "keep", erasure: "keep", participant: "participant", team_case: "participant", grant: "participant", entry: "case", conversation: "conversation",
  message: "conversation", marker: "conversation", document: "document", version: "document", deadline: "deadline", task: "task", notice: "deadline",
};

/** The kinds of acts to choose from, in groups. */
export const ACTS: readonly (readonly [Group, readonly string[]])[] = (() => {
  const found = new Map<Group, string[]>([["read", [...READS]]]);
  for (const act of Object.keys(EVENTS)) {
    const group = GROUPS[act.split(".")[0] ?? ""] ?? "org";
    found.set(group, [...(found.get(group) ?? []), act]);
  }
  return [...found];
})();

export type Format = "csv" | "json";

/** All that a question finds, saved as a file. */
export async function saveRecord(path: string, question: Question, zone: string, format: Format): Promise<void> {
  const file = await request<Blob>("GET", address(`${path}/export`, question, zone, { format }), { file: true });
  saveFile(file, `record-${new Date().toISOString().slice(0, 10)}.${format}`);
}
