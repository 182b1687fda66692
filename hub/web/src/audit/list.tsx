// Entries of the record, day by day: who did what, and behind each how it is known.
import { Badge, Button, Paper, Stack, Text } from "@mantine/core";
import { IconChevronRight, IconEye, IconPencil, IconShieldX } from "@tabler/icons-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { device } from "../sessions/device";
import { useMe, useZone } from "../sessions/me";
import { AnchorLink } from "../ui/links";
import { Empty, Failed, Loading } from "../ui/states";
import { clock, day, dayIn, inDays, moment, number } from "../ui/time";
import { AUDIT_COUNT_MAX, type NamedThing, type Names, type Recorded } from "../wire";
import { alike, isLook, isRoutine, namesOf, place, useAct, useNewEntries, useRecord, type Alike } from "./data";
import { changesOnly, isNarrowed, type Question } from "./question";
import "./record.css";

interface Props {
  readonly path: string;
  readonly question: Question;
  /** The case whose record it is: what stands in it needs no mention of it. */
  readonly caseId?: string;
  /** Whether new entries come by themselves. */
  readonly live?: boolean;
}

const LINES_AT_FIRST = 15;
const PAGES_BY_ITSELF = 6;

export function RecordList({ path, question, caseId, live = true }: Props): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const record = useRecord(path, question, zone);
  const news = useNewEntries(path, question, zone, live ? record.data : undefined);
  const pages = record.data?.pages;
  const names = useMemo(() => namesOf(pages ?? []), [pages]);
  const items = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  // Where a page says little but that uploads were examined, what people did is on the next.
  const { hasNextPage, isFetching, isError, fetchNextPage } = record;
  const little = pages !== undefined && !question.act && pages.length < PAGES_BY_ITSELF && items.filter((item) => !isRoutine(item)).length < LINES_AT_FIRST;
  useEffect(() => {
    if (little && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [little, hasNextPage, isFetching, isError, fetchNextPage]);
  if (!pages) return record.error ? <Failed error={record.error} retry={() => void record.refetch()} /> : <Loading rows={6} />;
  const count = pages[0]?.count ?? null;
  const nothing = isNarrowed(question)
    ? { title: t("audit.noneFound"), hint: t("audit.noneFoundHint") }
    : changesOnly(question)
      ? { title: t("audit.noChanges"), hint: t("audit.noChangesHint") }
      : { title: t("audit.none"), hint: t("audit.noneHint") };
  return (
    <Stack gap="sm">
      <p className="cw-record-count">
        {count !== null && <span className="cw-numbers">{count > AUDIT_COUNT_MAX ? t("audit.countMore", { count: AUDIT_COUNT_MAX, formatted: number(AUDIT_COUNT_MAX) }) : t("audit.count", { count })}</span>}
        {news.on && <span>{news.lost ? t("audit.liveLost") : t("audit.live")}</span>}
        <span>{t("audit.zone", { zone: zone.replaceAll("_", " ") })}</span>
        <span role="status">{news.fresh > 0 && t("audit.fresh", { count: news.fresh })}</span>
      </p>
      {items.length === 0 ? (
        <Paper>
          <Empty {...nothing} icon={<IconEye size={32} stroke={1.4} />} />
        </Paper>
      ) : (
        <Days items={items} names={names} caseId={caseId} />
      )}
      {record.isFetchNextPageError && <Failed error={record.error} retry={() => void record.fetchNextPage()} />}
      {record.hasNextPage && (
        <Button variant="default" loading={record.isFetchingNextPage} onClick={() => void record.fetchNextPage()} style={{ alignSelf: "center" }}>
          {t("do.more")}
        </Button>
      )}
    </Stack>
  );
}

export function Days({ items, names, caseId }: { readonly items: readonly Recorded[]; readonly names: Names; readonly caseId?: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const days = useMemo(() => {
    const found: { day: string; items: Recorded[] }[] = [];
    for (const item of items) {
      const on = dayIn(zone, new Date(item.at));
      const last = found.at(-1);
      if (last?.day === on) last.items.push(item);
      else found.push({ day: on, items: [item] });
    }
    return found;
  }, [items, zone]);
  const today = dayIn(zone);
  return (
    <Paper className="cw-record" aria-label={t("audit.list")} component="section" data-testid="record">
      {days.map((each, at) => (
        // A day may come twice: the order is that of the acts, and clocks differ by a moment at midnight.
        <section key={`${each.day} ${at}`}>
          <h3 className="cw-record-day">
            {each.day === today ? <span className="cw-record-today">{inDays(0)}</span> : null} {day(each.day, "long")}
          </h3>
          <ul className="cw-rows">
            {alike(each.items).map((same) => (
              // By its oldest, so that an open one stays open when another comes on top.
              <li key={place(same.at(-1)!)}>{same.length === 1 ? <Row item={same[0]} names={names} caseId={caseId} /> : <Several of={same} names={names} caseId={caseId} />}</li>
            ))}
          </ul>
        </section>
      ))}
    </Paper>
  );
}

export function useActor(names: Names): (item: Recorded) => string {
  const { t } = useTranslation();
  const me = useMe();
  return ({ by }) => {
    if (by.person === me.id) return t("state.you");
    if (by.person) return names.people[by.person] ?? t("audit.somebody");
    return by.kind === "operator" ? t("audit.operator") : by.kind === "worker" ? t("audit.worker") : t("audit.nobody");
  };
}

interface RowProps {
  readonly item: Recorded;
  readonly names: Names;
  readonly caseId: string | undefined;
}

function Row({ item, names, caseId }: RowProps): ReactNode {
  const zone = useZone();
  const who = useActor(names)(item);
  const thing = useThing(item, names);
  return (
    <details className="cw-entry" data-refused={item.outcome === "refused" || undefined} data-testid="entry">
      <summary>
        <Said item={item} names={names} caseId={caseId} />
        <time dateTime={item.at} title={moment(item.at, zone, true)}>
          {clock(item.at, zone)}
        </time>
        <IconChevronRight size={16} aria-hidden className="cw-entry-turn" />
      </summary>
      <Facts item={item} names={names} who={who} thing={thing} />
    </details>
  );
}

/** The same look again and again, or uploads that were examined: one line, which opens to each. */
function Several({ of, names, caseId }: { readonly of: Alike; readonly names: Names; readonly caseId: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const [open, setOpen] = useState(false);
  const [last] = of;
  const first = of.at(-1) ?? last;
  const from = clock(first.at, zone);
  const until = clock(last.at, zone);
  return (
    <details className="cw-entry" data-refused={last.outcome === "refused" || undefined} data-testid="entries" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Said item={last} names={names} caseId={caseId} times={t(isRoutine(last) ? "audit.count" : "audit.times", { count: of.length })} of={of} />
        <time dateTime={last.at} title={`${moment(first.at, zone, true)} – ${moment(last.at, zone, true)}`}>
          {from === until ? until : `${from} – ${until}`}
        </time>
        <IconChevronRight size={16} aria-hidden className="cw-entry-turn" />
      </summary>
      {open && (
        <ul className="cw-rows cw-entry-each">
          {of.map((item) => (
            <li key={place(item)}>
              <Row item={item} names={names} caseId={caseId} />
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Said({ item, names, caseId, times, of }: RowProps & { readonly times?: string; readonly of?: Alike }): ReactNode {
  const { t } = useTranslation();
  const act = useAct();
  const who = useActor(names)(item);
  const its = useThing(item, names);
  const several = of !== undefined && isRoutine(item);
  const versions = new Set(several ? of.map((each) => each.of?.version ?? each.thing) : []).size;
  const thing = versions > 1 ? t("audit.versions", { count: versions }) : its;
  const refused = item.outcome === "refused";
  const where = versions < 2 && item.case && item.case !== caseId && item.case !== item.thing ? (names.things[item.case]?.name ?? t("audit.someCase")) : null;
  const Icon = refused ? IconShieldX : isLook(item) ? IconEye : IconPencil;
  return (
    <>
      <Icon size={17} stroke={1.7} aria-hidden className="cw-entry-icon" />
      <span className="cw-entry-said">
        <span>
          <strong dir="auto">{who}</strong> {several ? t("audit.routine") : act(item.act, refused)}
          {times && (
            <Badge ml={8} color="gray" className="cw-entry-times">
              {times}
            </Badge>
          )}
          {refused && (
            <Badge ml={8} color="red" variant="light" className="cw-entry-refused">
              {t("audit.refused")}
            </Badge>
          )}
        </span>
        {(thing ?? where) && (
          <span className="cw-entry-on">
            {thing && <span dir="auto">{thing}</span>}
            {thing && where && <span aria-hidden> · </span>}
            {where && <span dir="auto">{where}</span>}
          </span>
        )}
      </span>
    </>
  );
}

/** What it was done to, as far as the reader may know what that is called. */
function useThing(item: Recorded, names: Names): string | null {
  const { t } = useTranslation();
  const id = item.of?.version ?? item.thing;
  if (!id) return null;
  const thing = names.things[id] ?? (item.thing ? names.things[item.thing] : undefined);
  // A session is called by what its browser says of itself, which is not for people.
  if (thing?.kind === "session") return device(thing.name) || null;
  if (thing) return thing.n ? t("audit.version", { name: thing.name, n: thing.n }) : thing.name || null;
  return names.people[id] ?? null;
}

const TAB: Readonly<Record<string, string>> = { document: "documents", version: "documents", conversation: "conversations", message: "conversations", party: "people", deadline: "deadlines", task: "tasks", entry: "timeline", case: "timeline" };

function Facts({ item, names, who, thing }: { readonly item: Recorded; readonly names: Names; readonly who: string; readonly thing: string | null }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const zone = useZone();
  const kind = useKind();
  const { by, of } = item;
  const called = (id: string): string => (id === me.id ? t("state.you") : (names.people[id] ?? names.things[id]?.name ?? t("audit.somebody")));
  const found = item.thing ? names.things[item.thing] : undefined;
  const known = names.things[by.session ?? ""];
  return (
    <dl className="cw-facts cw-entry-facts">
      <dt>{t("audit.who")}</dt>
      <dd>
        <span dir="auto">{who}</span> <Id of={by.person} />
      </dd>
      {by.via && (
        <>
          <dt>{t("audit.through")}</dt>
          <dd>
            <span dir="auto">{called(by.via)}</span> <Id of={by.via} />
          </dd>
        </>
      )}
      {by.viewing && (
        <>
          <dt>{t("audit.sawAs")}</dt>
          <dd>
            <span dir="auto">{called(by.viewing)}</span> <Id of={by.viewing} />
          </dd>
        </>
      )}
      <dt>{t("audit.session")}</dt>
      <dd>
        {kind(by.kind)}
        {known?.name && ` · ${by.kind === "browser" ? device(known.name) : known.name}`} <Id of={by.session} />
      </dd>
      <dt>{t("audit.address")}</dt>
      <dd>{item.address ?? <Text span c="dimmed" size="sm">{by.session ? t("audit.addressHidden") : "–"}</Text>}</dd>
      {item.thing && (
        <>
          <dt>{t("audit.on")}</dt>
          <dd>
            {found && found.case && TAB[found.kind] ? <ThingLink thing={found} name={thing ?? found.name} /> : <span dir="auto">{thing}</span>} <Id of={item.thing} />
          </dd>
        </>
      )}
      {item.case && item.case !== item.thing && (
        <>
          <dt>{t("audit.case")}</dt>
          <dd>
            {names.things[item.case] ? (
              <AnchorLink to="/cases/$caseId" params={{ caseId: item.case }} size="sm">
                <span dir="auto">{names.things[item.case]?.name}</span>
              </AnchorLink>
            ) : (
              t("audit.someCase")
            )}{" "}
            <Id of={item.case} />
          </dd>
        </>
      )}
      {of && (
        <>
          <dt>{t("audit.bytes")}</dt>
          <dd>
            {t("documents.version", { n: of.n })} <code className="cw-hash">SHA-256 {of.sha256}</code>
          </dd>
        </>
      )}
      <dt>{t("audit.rule")}</dt>
      <dd>{item.rule}</dd>
      <dt>{t("audit.at")}</dt>
      <dd>
        <time dateTime={item.at}>{moment(item.at, zone, true)}</time>
      </dd>
      <dt>{t("audit.proof")}</dt>
      <dd data-testid="proof">
        {item.log === HOUSE ? t("audit.house") : item.proof ? t("audit.proved", { when: moment(item.proof.at, zone), size: number(item.proof.size) }) : t("audit.unproved")}
      </dd>
      <dt>{t("audit.place")}</dt>
      <dd>
        {t("audit.leaf", { n: number(item.n) })} <Id of={item.entry} /> <code className="cw-hash">SHA-256 {item.hash}</code>
      </dd>
    </dl>
  );
}

const HOUSE = "00000000-0000-0000-0000-000000000000";

const KINDS = ["browser", "token", "service", "app", "link", "worker", "operator", "nobody", "person"] as const;

/** How they were signed in; a kind that this client does not know, as it is called. */
function useKind(): (kind: string) => string {
  const { t } = useTranslation();
  return (kind) => {
    const known = KINDS.find((each) => each === kind);
    return known ? t(`audit.kinds.${known}`) : kind;
  };
}

const Id = ({ of }: { readonly of: string | null }): ReactNode => (of ? <code className="cw-hash">{of}</code> : null);

function ThingLink({ thing, name }: { readonly thing: NamedThing; readonly name: string }): ReactNode {
  return (
    <AnchorLink to="/cases/$caseId/$tab" params={{ caseId: thing.case ?? "", tab: TAB[thing.kind] ?? "timeline" }} size="sm">
      <span dir="auto">{name}</span>
    </AnchorLink>
  );
}
