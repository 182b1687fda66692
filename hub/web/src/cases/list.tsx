import { Badge, Button, Checkbox, Group, NativeSelect, Paper, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconBriefcase2, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { CasesSearch } from "../app/router";
import { usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { number } from "../ui/time";
import { Ago, DueBadge } from "../ui/when";
import type { CaseRow } from "../wire";
import { StatusBadge } from "./badges";
import { useCases, useTypes } from "./data";
import { OpenCaseDialog, useOpenings } from "./open-dialog";
import { sortRows, SORTS, type Sort } from "./sort";
import "./list.css";

export default function CasesPage(): ReactNode {
  const { t } = useTranslation();
  const search = useSearch({ from: "/inside/cases" });
  const navigate = useNavigate({ from: "/cases" });
  const types = useTypes();
  const openings = useOpenings("staff");
  const [opening, setOpening] = useState(false);
  const [words, setWords] = useState(search.q ?? "");
  const [q] = useDebouncedValue(words, 250);
  usePageTitle(t("cases.title"));

  const change = (next: Partial<CasesSearch>): void => void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  useEffect(() => {
    if (q !== (search.q ?? "")) void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [q]);

  const query = useCases({ q: search.q, status: search.status, type: search.type, mine: search.mine });
  const sort: Sort = SORTS.find((each) => each === search.sort) ?? "activity";
  const rows = useMemo(() => sortRows(query.data?.pages.flatMap((page) => page.items) ?? [], sort, search.down ?? false), [query.data, sort, search.down]);
  const statuses = (types.data ?? []).filter((type) => !search.type || type.name === search.type).flatMap((type) => Object.entries(type.statuses).map(([value, status]) => ({ value, label: status.title })));
  const distinct = [...new Map(statuses.filter((each) => each.value !== "open" && each.value !== "closed").map((each) => [each.value, each])).values()];

  return (
    <div className="cw-page">
      <Head title={t("cases.title")}>
        {openings.length > 0 && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpening(true)}>
            {t("cases.open")}
          </Button>
        )}
      </Head>
      <OpenCaseDialog opened={opening} onClose={() => setOpening(false)} />
      <Group component="search" gap="sm" mb="md" align="flex-end">
        <TextInput
          type="search"
          aria-label={t("cases.search")}
          placeholder={t("cases.search")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          style={{ flex: "1 1 16rem" }}
        />
        <NativeSelect
          aria-label={t("cases.status")}
          value={search.status ?? ""}
          onChange={(event) => change({ status: event.currentTarget.value || undefined })}
          data={[{ value: "", label: `${t("cases.status")}: ${t("cases.any")}` }, { value: "open", label: t("cases.onlyOpen") }, { value: "closed", label: t("cases.onlyClosed") }, ...distinct]}
        />
        <NativeSelect
          aria-label={t("cases.type")}
          value={search.type ?? ""}
          onChange={(event) => change({ type: event.currentTarget.value || undefined, status: undefined })}
          data={[{ value: "", label: `${t("cases.type")}: ${t("cases.any")}` }, ...(types.data ?? []).map((type) => ({ value: type.name, label: type.title }))]}
        />
        <Checkbox label={t("cases.mine")} checked={search.mine ?? false} onChange={(event) => change({ mine: event.currentTarget.checked || undefined })} mb={8} />
      </Group>
      <Shown query={query} rows={8}>
        {() => (
          <Paper>
            {rows.length === 0 ? (
              <Empty title={t("cases.none")} hint={t("cases.noneHint")} icon={<IconBriefcase2 size={34} stroke={1.4} />} />
            ) : (
              <CaseTable rows={rows} sort={sort} down={search.down ?? false} onSort={(next) => change({ sort: next, down: next === sort ? !search.down || undefined : undefined })} />
            )}
          </Paper>
        )}
      </Shown>
      {query.data && rows.length > 0 && (
        <Group justify="space-between" mt="sm">
          <Text size="sm" c="dimmed" role="status">
            {t("cases.count", { count: rows.length, formatted: number(rows.length) })}
          </Text>
          {query.hasNextPage && (
            <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("do.more")}
            </Button>
          )}
        </Group>
      )}
    </div>
  );
}

interface TableProps {
  readonly rows: readonly CaseRow[];
  readonly sort: Sort;
  readonly down: boolean;
  readonly onSort: (sort: Sort) => void;
}

function CaseTable({ rows, sort, down, onSort }: TableProps): ReactNode {
  const { t } = useTranslation();
  const types = useTypes();
  const columns: readonly { sort: Sort; label: string }[] = [
    { sort: "number", label: t("cases.number") },
    { sort: "title", label: t("cases.caseTitle") },
    { sort: "status", label: t("cases.status") },
    { sort: "due", label: t("cases.due") },
    { sort: "activity", label: t("cases.activity") },
  ];
  const turned = (column: Sort): "ascending" | "descending" | undefined => (column !== sort ? undefined : (column === "activity") === !down ? "descending" : "ascending");
  return (
    <Table className="cw-cases" verticalSpacing="sm" horizontalSpacing="md" data-testid="cases">
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column.sort} style={{ whiteSpace: "nowrap" }} aria-sort={turned(column.sort)}>
              <button type="button" className="cw-sort" onClick={() => onSort(column.sort)} title={t("cases.sortBy", { column: column.label })}>
                {column.label}
                {turned(column.sort) === "ascending" && <IconArrowUp size={13} aria-hidden />}
                {turned(column.sort) === "descending" && <IconArrowDown size={13} aria-hidden />}
              </button>
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => {
          const type = types.data?.find((each) => each.name === row.case.type);
          return (
            <Table.Tr key={row.case.id} data-testid="case-row">
              <Table.Td style={{ whiteSpace: "nowrap" }}>
                <Text size="sm" c="dimmed" className="cw-numbers">
                  {row.case.number}
                </Text>
              </Table.Td>
              <Table.Td data-wide>
                <Group gap="xs" wrap="nowrap" align="flex-start">
                  <div style={{ minWidth: 0 }}>
                    <Link to="/cases/$caseId" params={{ caseId: row.case.id }} className="cw-plain cw-cover">
                      <Text span fw={row.unread > 0 ? 650 : 550} dir="auto">
                        {row.case.title}
                      </Text>
                    </Link>
                    <Text size="xs" c="dimmed">
                      {type?.title ?? row.case.type}
                    </Text>
                  </div>
                  {row.unread > 0 && (
                    <Badge circle={row.unread < 10} variant="filled" style={{ flex: "none" }} aria-label={t("home.unreadCount", { count: row.unread })} role="img">
                      {row.unread}
                    </Badge>
                  )}
                </Group>
              </Table.Td>
              <Table.Td>
                <StatusBadge of={row.case} type={type} />
              </Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>{row.next_deadline && row.case.is_open && <DueBadge due={{ due_on: row.next_deadline, due_at: null, zone: row.case.zone }} />}</Table.Td>
              <Table.Td style={{ whiteSpace: "nowrap" }}>
                <Text size="sm" c="dimmed">
                  <Ago at={row.last_at} />
                </Text>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}
