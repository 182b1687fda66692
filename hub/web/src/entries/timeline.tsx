// What happened in a case: its dated entries and what was done in Casewire, by the day it happened.
import { Badge, Button, Group, Modal, NativeSelect, Paper, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconHistory, IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { audienceChoices, audienceTitle, statusTitle, useList, useNames, type CaseView } from "../cases/data";
import { AudienceBadge } from "../cases/badges";
import { Upcoming } from "../deadlines/upcoming";
import { post } from "../http/client";
import { applyActivity, caseKey, type HeldActivity } from "../live/cases";
import { useLive } from "../live/provider";
import { en } from "../i18n/en";
import { useZone } from "../sessions/me";
import { Form } from "../ui/forms";
import { Empty, Failed, Loading } from "../ui/states";
import { clock, dayIn } from "../ui/time";
import { Day } from "../ui/when";
import type { Answer, Entry, EventView } from "../wire";
import { readActivity } from "./activity";
import { dayBefore, fold, mergeTimeline, type Happening } from "./merge";
import "./timeline.css";

const SHOWN = 60;

export default function Timeline({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const zone = useZone();
  const [adding, setAdding] = useState(false);
  const [which, setWhich] = useState("all");
  const [order, setOrder] = useState("newest");
  const [words, setWords] = useState("");
  const [shown, setShown] = useState(SHOWN);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const sought = useDeferredValue(words.trim().toLowerCase());
  const entries = useList(view.id, "entry");
  const activity = useQuery({
    queryKey: caseKey(view.id, "activity"),
    queryFn: ({ signal }) => feeds.read<HeldActivity>(view.id, () => readActivity(view.id, signal), applyActivity),
  });
  const say = useSay(view);
  const all = useMemo(
    () => mergeTimeline(entries.items, which === "all" ? (activity.data?.events ?? []) : [], (instant) => dayIn(zone, new Date(instant)), order === "newest"),
    [entries.items, activity.data, which, order, zone],
  );
  const found = useMemo(
    () => all.filter((each) => (each.entry ? true : say(each.event) !== null)).filter((each) => !sought || (each.entry ? `${each.entry.number} ${each.entry.text}` : (say(each.event) ?? "")).toLowerCase().includes(sought)),
    [all, sought, say],
  );

  const lines = useMemo(() => fold(found.slice(0, shown), unfolded), [found, shown, unfolded]);

  return (
    <div className="cw-split">
      <section aria-label={t("tab.timeline")}>
        <Group gap="sm" mb="md">
          {view.may("entry.add") && (
            <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
              {t("entries.add")}
            </Button>
          )}
          <SegmentedControl size="xs" aria-label={t("entries.show")} value={which} onChange={setWhich} data={[{ value: "all", label: t("entries.everything") }, { value: "entries", label: t("entries.onlyEntries") }]} />
          <NativeSelect size="xs" aria-label={t("entries.order")} value={order} onChange={(event) => setOrder(event.currentTarget.value)} data={[{ value: "newest", label: t("entries.newest") }, { value: "oldest", label: t("entries.oldest") }]} />
          <TextInput size="xs" type="search" aria-label={t("entries.filter")} placeholder={t("entries.filter")} leftSection={<IconSearch size={13} aria-hidden />} value={words} onChange={(event) => setWords(event.currentTarget.value)} style={{ flex: "1 1 10rem" }} />
        </Group>
        <Modal opened={adding} onClose={() => setAdding(false)} title={t("entries.add")}>
          <EntryForm view={view} onClose={() => setAdding(false)} />
        </Modal>
        {entries.query.error ? <Failed error={entries.query.error} retry={() => void entries.query.refetch()} /> : !entries.query.data ? <Loading rows={7} /> : null}
        {entries.query.data && (
          <Paper p="md">
            {found.length === 0 ? (
              <Empty title={sought ? t("entries.nothingFound") : t("entries.none")} hint={sought ? undefined : t("entries.noneHint")} icon={<IconHistory size={30} stroke={1.4} />} />
            ) : (
              <ol className="cw-timeline" data-testid="timeline">
                {lines.map((line, index) =>
                  "hidden" in line ? (
                    <Folded key={line.key} count={line.hidden} onUnfold={() => setUnfolded(new Set([...unfolded, line.key]))} />
                  ) : (
                    <Happened key={line.key} view={view} happening={line} sameDay={dayBefore(lines, index) === line.on} words={line.entry ? null : say(line.event)} />
                  ),
                )}
              </ol>
            )}
            {found.length > shown && (
              <Group justify="center" mt="md">
                <Button variant="default" size="xs" onClick={() => setShown(shown + 3 * SHOWN)}>
                  {t("do.more")} ({found.length - shown})
                </Button>
              </Group>
            )}
          </Paper>
        )}
      </section>
      <aside>
        <Upcoming view={view} />
      </aside>
    </div>
  );
}

function Folded({ count, onUnfold }: { readonly count: number; readonly onUnfold: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <li data-kind="folded">
      <span />
      <Button size="compact-xs" variant="subtle" onClick={onUnfold} ml={-8} style={{ justifySelf: "start" }}>
        {t("entries.moreEvents", { count })}
      </Button>
    </li>
  );
}

interface HappenedProps {
  readonly view: CaseView;
  readonly happening: Happening;
  readonly sameDay: boolean;
  readonly words: string | null;
}

function Happened({ view, happening, sameDay, words }: HappenedProps): ReactNode {
  const zone = useZone();
  const { entry } = happening;
  return (
    <li data-kind={entry ? "entry" : "event"} data-testid={entry ? "entry" : "event"}>
      <Text size="sm" c="dimmed" component="div">
        {sameDay ? <span className="cw-hidden"><Day date={happening.on} /></span> : <Day date={happening.on} />}
      </Text>
      {entry ? (
        <EntryText view={view} entry={entry} />
      ) : (
        <Text size="sm" c="dimmed" dir="auto">
          {words} <span className="cw-numbers">· {clock(happening.event.at, zone)}</span>
        </Text>
      )}
    </li>
  );
}

function EntryText({ view, entry }: { readonly view: CaseView; readonly entry: Entry }): ReactNode {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const long = entry.text.length > 420;
  return (
    <Stack gap={4} align="flex-start">
      <Group gap={6}>
        <Badge color="gray" variant="light" styles={{ root: { color: "var(--mantine-color-text)" } }}>
          {view.type?.entry_kinds[entry.kind] ?? entry.kind}
        </Badge>
        {entry.number && (
          <Text size="xs" c="dimmed" className="cw-numbers">
            {t("entries.numberLabel", { number: entry.number })}
          </Text>
        )}
        <AudienceBadge title={audienceTitle(view.type, entry.audience)} />
      </Group>
      <Text size="sm" dir="auto" className="cw-prewrap">
        {long && !whole ? `${entry.text.slice(0, 360)}…` : entry.text}
      </Text>
      {long && (
        <Button size="compact-xs" variant="subtle" aria-expanded={whole} onClick={() => setWhole(!whole)} ml={-8}>
          {whole ? t("do.close") : t("do.more")}
        </Button>
      )}
    </Stack>
  );
}

function EntryForm({ view, onClose }: { readonly view: CaseView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const kinds = Object.entries(view.type?.entry_kinds ?? {}).map(([value, label]) => ({ value, label }));
  return (
    <Form
      submit={t("entries.add")}
      onCancel={onClose}
      onSend={(said) =>
        post<Answer<Entry>>(`/cases/${view.id}/entries`, { text: said("text"), occurred_on: said("occurred_on"), kind: said("kind"), number: said("number"), audience: said("audience") })
      }
      onDone={(answer) => {
        feeds.put(view.id, "entry", answer.item);
        onClose();
      }}
    >
      {(at) => (
        <>
          <Textarea name="text" label={t("entries.text")} required autosize minRows={3} maxRows={12} error={at("$.text")} dir="auto" data-autofocus />
          <Group grow align="flex-start">
            <NativeSelect name="kind" label={t("entries.kind")} data={kinds} defaultValue={kinds.some((kind) => kind.value === "note") ? "note" : undefined} error={at("$.kind")} />
            <TextInput name="occurred_on" type="date" label={t("entries.occurred")} defaultValue={dayIn(view.case.zone)} required error={at("$.occurred_on")} />
          </Group>
          <Group grow align="flex-start">
            <NativeSelect name="audience" label={t("entries.audience")} data={audienceChoices(view)} defaultValue="staff" error={at("$.audience")} />
            <TextInput name="number" label={t("entries.number")} maxLength={50} error={at("$.number")} />
          </Group>
        </>
      )}
    </Form>
  );
}

/** An event in words, or null when the timeline need not tell it. */
function useSay(view: CaseView): (event: EventView) => string | null {
  const { t } = useTranslation();
  const { name } = useNames(view.id);
  return useMemo(
    () => (event) => {
      const key = event.type.replace(".", "_");
      if (!isTold(key)) return null;
      const [noun] = Object.values(event.data as Record<string, Record<string, unknown>>);
      let what = String(noun?.title ?? noun?.name ?? noun?.file_name ?? "");
      if (event.type === "case.moved") what = statusTitle(view.type, String(noun?.status));
      if (event.type === "participant.granted" && noun?.person === event.actor) return t("activity.participant_joined", { who: name(event.actor) });
      if (event.type.startsWith("participant.")) what = name(String(noun?.person));
      return t(`activity.${key}`, { who: name(event.actor), what });
    },
    [name, t, view.type],
  );
}

const isTold = (key: string): key is keyof typeof en.activity => key in en.activity;
