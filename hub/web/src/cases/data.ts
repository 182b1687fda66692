// What the pages of a case read, and what they may do.
import { useInfiniteQuery, useQuery, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { get, query } from "../http/client";
import { applyCase, caseKey, holdCase, readPages, type CaseNoun, type HeldCase } from "../live/cases";
import type { Held } from "../live/held";
import { useLive } from "../live/provider";
import { useMe } from "../sessions/me";
import { looking } from "../views/looking";
import type { Answer, Card, Case, CaseAnswer, CaseRow, Nouns, Page, TypeView } from "../wire";

export function useTypes(): UseQueryResult<readonly TypeView[]> {
  return useQuery({ ...VERSIONS, select: newest });
}

/** Every version of every type: a case keeps the one it was opened with. */
const VERSIONS = { queryKey: ["types"], queryFn: ({ signal }: { signal: AbortSignal }) => get<readonly TypeView[]>("/case-types?all=true", signal) };
const newest = (types: readonly TypeView[]): readonly TypeView[] => types.filter((type) => type.current);

/** The type of a case, as it was when the case was opened; without a version the newest. */
export function useType(name: string | undefined, version?: number): TypeView | undefined {
  const types = useQuery(VERSIONS);
  return types.data?.find((type) => type.name === name && (version === undefined ? type.current : type.version === version));
}

/** A schedule as the hub names it (`legal_matter/contract: 7 years …`) with the titles of its kinds. */
export function useScheduleWords(): (schedule: string) => string {
  const types = useTypes();
  return (schedule) => {
    const [, name, kind, said] = /^([a-z0-9_]+)(?:\/([a-z0-9_]+))?: (.*)$/s.exec(schedule) ?? [];
    const type = types.data?.find((each) => each.name === name);
    if (type === undefined) return schedule;
    return `${type.title}${kind ? `, ${type.document_kinds[kind] ?? kind}` : ""}: ${said}`;
  };
}

export interface CaseFilter {
  readonly q?: string;
  readonly status?: string;
  readonly type?: string;
  readonly mine?: boolean;
}

const ROWS = 100;
const ROWS_REFRESH_MS = 60_000;

export function useCases(filter: CaseFilter): UseInfiniteQueryResult<InfiniteData<Page<CaseRow>>> {
  return useInfiniteQuery({
    queryKey: ["cases", filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<CaseRow>>(`/cases${query({ ...filter, limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
    // Events tell of the cases one takes part in; an administrator's list holds others too.
    refetchInterval: ROWS_REFRESH_MS,
    refetchOnWindowFocus: "always",
  });
}

export function useCase(caseId: string): UseQueryResult<HeldCase> {
  const { feeds } = useLive();
  useEffect(() => feeds.watch(caseId), [feeds, caseId]);
  return useQuery({
    queryKey: caseKey(caseId, "case"),
    queryFn: ({ signal }) =>
      feeds.read(
        caseId,
        async () => holdCase(await get<Answer<CaseAnswer>>(`/cases/${caseId}`, signal)),
        applyCase,
      ),
  });
}

export interface List<T> {
  readonly query: UseQueryResult<Held<T>>;
  readonly items: readonly T[];
}

export function useList<N extends CaseNoun>(caseId: string, noun: N): List<Nouns[N]> {
  const { feeds } = useLive();
  const held = useQuery({
    queryKey: caseKey(caseId, noun),
    queryFn: ({ signal }) => feeds.readList(caseId, noun, signal),
  });
  const items = useMemo(() => Object.values(held.data?.items ?? {}) as Nouns[N][], [held.data?.items]);
  return { query: held, items };
}

/** The names of people in a case. Events name them by id. */
export function useNames(caseId: string): { name: (person: string | null | undefined) => string; cards: readonly Card[] } {
  const { t } = useTranslation();
  const me = useMe();
  const people = useQuery({
    queryKey: caseKey(caseId, "people"),
    queryFn: async ({ signal }) => (await readPages<Card>(`/cases/${caseId}/people`, signal)).flatMap((page) => page.items),
  });
  const byId = useMemo(() => new Map(people.data?.map((card) => [card.id, card.name])), [people.data]);
  const name = useCallback(
    (person: string | null | undefined) => (person === me.id ? t("state.you") : ((person && byId.get(person)) ?? t("state.unknownPerson"))),
    [byId, me.id, t],
  );
  return { name, cards: people.data ?? [] };
}

/** A case with its type, and what the reader may do in it. */
export interface CaseView {
  readonly id: string;
  readonly case: Case;
  readonly roles: readonly string[];
  readonly type: TypeView | undefined;
  readonly may: (action: string) => boolean;
  /** Seen through somebody else's eyes: nothing can be done here. */
  readonly borrowed: boolean;
}

export function viewOf(held: HeldCase, type: TypeView | undefined): CaseView {
  const borrowed = looking()?.caseId === held.case.id;
  const may = (action: string): boolean => {
    if (borrowed) return false;
    const allowed = type?.grants[action];
    return held.case.is_open && !!allowed && held.roles.some((role) => allowed.includes(role));
  };
  return { id: held.case.id, case: held.case, roles: held.roles, type, may, borrowed };
}

/** Declared audiences that the reader is part of, for a choice. */
export function audienceChoices(view: CaseView): { value: string; label: string }[] {
  return Object.entries(view.type?.audiences ?? {})
    .filter(([, audience]) => audience.roles.some((role) => view.roles.includes(role)))
    .map(([value, audience]) => ({ value, label: audience.title }));
}

const MEMBERSHIPS = ["admin", "desk"];

/** Stored roles (which organisation roles were added to) in the words of the type. */
export function audienceTitle(type: TypeView | undefined, stored: readonly string[]): string {
  const roles = stored.filter((role) => !MEMBERSHIPS.includes(role));
  const same = Object.values(type?.audiences ?? {}).find((audience) => audience.roles.length === roles.length && roles.every((role) => audience.roles.includes(role)));
  return same?.title ?? roles.map((role) => type?.roles[role]?.title ?? role).join(", ");
}

export const statusTitle = (type: TypeView | undefined, status: string): string => type?.statuses[status]?.title ?? status.replaceAll("_", " ");
