// The first page of somebody of the office: what is due, what is unread, what moved last.
import { Badge, Button, Group, Paper, Text, Title } from "@mantine/core";
import { IconBriefcase2, IconCalendarCheck, IconChecks, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "../sessions/me";
import { usePageTitle } from "../ui/forms";
import { AnchorLink } from "../ui/links";
import { Empty, Head, Shown } from "../ui/states";
import { day, dayIn } from "../ui/time";
import { Ago, Day, DueBadge } from "../ui/when";
import type { CaseRow } from "../wire";
import { StatusBadge } from "./badges";
import { useCases, useTypes } from "./data";
import { OpenCaseDialog, useOpenings } from "./open-dialog";
import { sortRows } from "./sort";

const SHOWN = 8;

export default function HomePage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const openings = useOpenings("staff");
  const [opening, setOpening] = useState(false);
  const query = useCases({ status: "open" });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const due = useMemo(() => sortRows(rows.filter((row) => row.next_deadline), "due", false).slice(0, SHOWN), [rows]);
  const unread = useMemo(() => sortRows(rows.filter((row) => row.unread > 0), "activity", false).slice(0, SHOWN), [rows]);
  const recent = useMemo(() => sortRows(rows, "activity", false).slice(0, SHOWN), [rows]);
  usePageTitle(t("home.title"));
  return (
    <div className="cw-page">
      <Head title={t("home.title")}>
        <Text c="dimmed" size="sm" visibleFrom="sm">
          {day(dayIn(me.zone), "long")}
        </Text>
        {openings.length > 0 && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpening(true)}>
            {t("cases.open")}
          </Button>
        )}
      </Head>
      <OpenCaseDialog opened={opening} onClose={() => setOpening(false)} />
      <Shown query={query} rows={6}>
        {() => (
          <div className="cw-halves">
            <div>
              <Panel title={t("home.next")}>
                {due.length === 0 ? (
                  <Empty title={t("home.nothingDue")} hint={t("home.nothingDueHint")} icon={<IconCalendarCheck size={30} stroke={1.4} />} />
                ) : (
                  <ul className="cw-rows" data-testid="due-next">
                    {due.map((row) => (
                      <li key={row.case.id}>
                        <Link className="cw-row" to="/cases/$caseId/$tab" params={{ caseId: row.case.id, tab: "deadlines" }}>
                          <Group justify="space-between" wrap="nowrap" gap="sm">
                            <Name row={row} />
                            <Group gap={8} wrap="nowrap" style={{ flex: "none" }}>
                              <Text size="sm" c="dimmed" visibleFrom="xs">
                                <Day date={row.next_deadline!} />
                              </Text>
                              <DueBadge due={{ due_on: row.next_deadline, due_at: null, zone: row.case.zone }} />
                            </Group>
                          </Group>
                        </Link>
                      </li>
                    ))}
                  </ul>
                )}
              </Panel>
            </div>
            <div>
              <Panel title={t("home.unread")}>
                {unread.length === 0 ? (
                  <Empty title={t("home.nothingUnread")} hint={t("home.nothingUnreadHint")} icon={<IconChecks size={30} stroke={1.4} />} />
                ) : (
                  <ul className="cw-rows" data-testid="unread">
                    {unread.map((row) => (
                      <li key={row.case.id}>
                        <Link className="cw-row" to="/cases/$caseId/$tab" params={{ caseId: row.case.id, tab: "conversations" }}>
                          <Group justify="space-between" wrap="nowrap" gap="sm">
                            <Name row={row} />
                            <Group gap={10} wrap="nowrap" style={{ flex: "none" }}>
                              <Text size="sm" c="dimmed">
                                <Ago at={row.last_at} />
                              </Text>
                              <Badge variant="filled" aria-label={t("home.unreadCount", { count: row.unread })} role="img">
                                {row.unread}
                              </Badge>
                            </Group>
                          </Group>
                        </Link>
                      </li>
                    ))}
                  </ul>
                )}
              </Panel>
            </div>
            <div data-wide>
              <Panel title={t("home.recent")} more={<AnchorLink to="/cases" size="sm">{t("home.allCases")}</AnchorLink>}>
                {recent.length === 0 ? (
                  <Empty title={t("home.noCases")} hint={t("home.noCasesHint")} icon={<IconBriefcase2 size={30} stroke={1.4} />} />
                ) : (
                  <ul className="cw-rows" data-testid="recent">
                    {recent.map((row) => (
                      <RecentRow key={row.case.id} row={row} />
                    ))}
                  </ul>
                )}
              </Panel>
            </div>
          </div>
        )}
      </Shown>
    </div>
  );
}

export function Panel({ title, more, children }: { readonly title: string; readonly more?: ReactNode; readonly children: ReactNode }): ReactNode {
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={8}>
        <Title order={2}>{title}</Title>
        {more}
      </Group>
      <Paper>{children}</Paper>
    </section>
  );
}

function Name({ row }: { readonly row: CaseRow }): ReactNode {
  return (
    <div style={{ minWidth: 0 }}>
      <Text fw={550} dir="auto" className="cw-clamp">
        {row.case.title}
      </Text>
      <Text size="xs" c="dimmed" className="cw-numbers">
        {row.case.number}
      </Text>
    </div>
  );
}

function RecentRow({ row }: { readonly row: CaseRow }): ReactNode {
  const types = useTypes();
  const type = types.data?.find((each) => each.name === row.case.type);
  return (
    <li>
      <Link className="cw-row" to="/cases/$caseId" params={{ caseId: row.case.id }}>
        <Group justify="space-between" wrap="nowrap" gap="sm">
          <Name row={row} />
          <Group gap="sm" wrap="nowrap" style={{ flex: "none" }}>
            <StatusBadge of={row.case} type={type} />
            <Text size="sm" c="dimmed" miw="6.5rem" ta="end" visibleFrom="sm">
              <Ago at={row.last_at} />
            </Text>
          </Group>
        </Group>
      </Link>
    </li>
  );
}
