// Narrowing the record: who, which case, what, how it ended, and when.
import { Button, Loader, Menu, NativeSelect, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconChevronDown, IconDownload, IconFilter } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { caseLabel, useCaseLabels } from "../cases/picker";
import { get, query } from "../http/client";
import { matches } from "../people/data";
import { useZone } from "../sessions/me";
import { useAction } from "../ui/forms";
import { useWords } from "../ui/states";
import type { CaseRow, Page } from "../wire";
import { ACTS, ANY_READING, saveRecord, useAct, type Format } from "./data";
import { changesOnly, isNarrowed, type Question } from "./question";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

interface Props {
  readonly question: Question;
  readonly onChange: (question: Question) => void;
  readonly people: readonly Person[];
  /** Cases of this organisation can be chosen. */
  readonly org?: string;
}

const FOUND = 20;
const TYPED_MS = 250;

export function Filters({ question, onChange, people, org }: Props): ReactNode {
  const { t } = useTranslation();
  const act = useAct();
  const set = (change: Partial<Question>): void => onChange({ ...question, ...change });
  const wrong = question.from && question.until && question.from > question.until ? t("audit.wrongDays") : undefined;
  const acts = useMemo(
    () => ACTS.map(([group, names]) => ({ group: t(`audit.groups.${group}`), items: [...(group === "read" ? [{ value: ANY_READING, label: t("audit.anyReading") }] : []), ...names.map((name) => ({ value: name, label: act(name) }))] })),
    [t, act],
  );
  // On a phone they would fill the screen before the first entry.
  const [open, setOpen] = useState(false);
  return (
    <>
    <Button hiddenFrom="sm" variant="default" fullWidth mb="sm" leftSection={<IconFilter size={16} aria-hidden />} aria-expanded={open} onClick={() => setOpen(!open)}>
      {isNarrowed(question) ? t("audit.filtered") : t("audit.filters")}
    </Button>
    <fieldset className="cw-record-filters" data-open={open || undefined} aria-label={t("audit.filters")}>
      <Select
        label={t("audit.who")}
        placeholder={t("audit.anybody")}
        data={people.map((each) => ({ value: each.id, label: each.email ? `${each.name} · ${each.email}` : each.name }))}
        value={question.person ?? null}
        onChange={(person) => set({ person: person ?? undefined })}
        searchable
        clearable
        limit={FOUND}
        filter={({ options, search, limit }) => options.filter((option) => "value" in option && matches({ name: option.label, email: "" }, search)).slice(0, limit)}
        nothingFoundMessage={t("people.noMatch")}
      />
      {org && <CaseSelect org={org} value={question.case} onChange={(found) => set({ case: found })} />}
      <Select
        label={t("audit.what")}
        placeholder={t("audit.anything")}
        data={acts}
        value={question.act ?? null}
        onChange={(chosen) => set({ act: chosen ?? undefined })}
        searchable
        clearable
      />
      <NativeSelect
        label={t("audit.outcome")}
        value={question.outcome ?? ""}
        onChange={(event) => set({ outcome: event.currentTarget.value === "refused" ? "refused" : event.currentTarget.value === "done" ? "done" : undefined })}
        data={[
          { value: "", label: t("audit.all") },
          { value: "done", label: t("audit.done") },
          { value: "refused", label: t("audit.refused") },
        ]}
      />
      <TextInput type="date" label={t("audit.from")} value={question.from ?? ""} max={question.until} onChange={(event) => set({ from: event.currentTarget.value || undefined })} />
      <TextInput type="date" label={t("audit.until")} value={question.until ?? ""} min={question.from} error={wrong} onChange={(event) => set({ until: event.currentTarget.value || undefined })} />
      {isNarrowed(question) && (
        <Button variant="default" onClick={() => onChange({ all: question.all })} style={{ justifySelf: "start" }}>
          {t("audit.clear")}
        </Button>
      )}
    </fieldset>
    <HowMuch question={question} onChange={onChange} />
    </>
  );
}

function CaseSelect({ org, value, onChange }: { readonly org: string; readonly value: string | undefined; readonly onChange: (id: string | undefined) => void }): ReactNode {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [sought] = useDebouncedValue(typed.trim(), TYPED_MS);
  const chosen = useCaseLabels(value ? [value] : []);
  const label = value ? (chosen.get(value) ?? t("audit.someCase")) : "";
  const found = useQuery({
    queryKey: ["case-search", org, sought],
    queryFn: ({ signal }) => get<Page<CaseRow>>(`/cases${query({ q: sought === label ? "" : sought, org, limit: FOUND })}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const offered = (found.data?.items ?? []).filter((row) => row.case.org === org && row.case.id !== value).map((row) => ({ value: row.case.id, label: caseLabel(row.case) }));
  return (
    <Select
      label={t("audit.case")}
      placeholder={t("audit.anyCase")}
      data={[...(value ? [{ value, label }] : []), ...offered]}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onFocus={(event) => event.currentTarget.select()}
      searchable
      clearable
      onSearchChange={setTyped}
      // The hub has looked already.
      filter={({ options }) => options}
      rightSection={found.isFetching ? <Loader size="xs" /> : undefined}
      nothingFoundMessage={found.isFetching ? undefined : t("cases.none")}
    />
  );
}

/** What was changed and refused, or reading too, of which there is much more. An act that is asked for by name is found anyway. */
export function HowMuch({ question, onChange }: Pick<Props, "question" | "onChange">): ReactNode {
  const { t } = useTranslation();
  if (question.act) return null;
  return (
    <SegmentedControl
      className="cw-record-much"
      aria-label={t("audit.much")}
      value={question.all ? "all" : "changes"}
      onChange={(value) => onChange({ ...question, all: value === "all" || undefined })}
      data={[
        { value: "changes", label: t("audit.changes") },
        { value: "all", label: t("audit.everything") },
      ]}
    />
  );
}

/** All that the question finds, as a file. */
export function Export({ path, question }: { readonly path: string; readonly question: Question }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const words = useWords();
  const save = useAction(
    async (format: Format) => {
      try {
        await saveRecord(path, question, zone, format);
      } catch (error) {
        notifications.show({ color: "red", message: words(error) });
        throw error;
      }
    },
    () => notifications.show({ message: t("audit.exported") }),
  );
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="default" loading={save.busy} leftSection={<IconDownload size={16} aria-hidden />} rightSection={<IconChevronDown size={15} aria-hidden />}>
          {t("audit.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {changesOnly(question) && <Menu.Label>{t("audit.exportChanges")}</Menu.Label>}
        <Menu.Item onClick={() => save.run("csv")}>{t("audit.exportCsv")}</Menu.Item>
        <Menu.Item onClick={() => save.run("json")}>{t("audit.exportJson")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

