// The first page of somebody from outside: their cases, and what they can ask for.
import { Badge, Group, Paper, Text } from "@mantine/core";
import { IconFolderOpen, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { StatusBadge } from "../cases/badges";
import { useCases, useTypes } from "../cases/data";
import { useOpenings } from "../cases/open-dialog";
import { sortRows } from "../cases/sort";
import { usePageTitle } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Empty, Head, Shown } from "../ui/states";
import { Ago, DueBadge } from "../ui/when";

export default function PortalHome(): ReactNode {
  const { t } = useTranslation();
  const openings = useOpenings("outside");
  const types = useTypes();
  const query = useCases({});
  const rows = useMemo(() => sortRows(query.data?.pages.flatMap((page) => page.items) ?? [], "activity", false), [query.data]);
  const request = openings.length > 0 && (
    <ButtonLink to="/request" leftSection={<IconPlus size={16} aria-hidden />}>
      {t("portal.request")}
    </ButtonLink>
  );
  usePageTitle(t("portal.cases"));
  return (
    <div className="cw-narrow">
      <Head title={t("portal.cases")}>{request}</Head>
      <Shown query={query}>
        {() => (
          <Paper>
            {rows.length === 0 ? (
              <Empty title={t("portal.none")} hint={openings.length > 0 ? t("portal.noneHintOpen") : t("portal.noneHint")} icon={<IconFolderOpen size={36} stroke={1.3} />}>
                {request}
              </Empty>
            ) : (
              <ul className="cw-rows" data-testid="my-cases">
                {rows.map((row) => {
                  const type = types.data?.find((each) => each.name === row.case.type);
                  return (
                    <li key={row.case.id}>
                      <Link className="cw-row" to="/cases/$caseId" params={{ caseId: row.case.id }} data-testid="my-case">
                        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
                          <div style={{ minWidth: 0 }}>
                            <Text fw={row.unread > 0 ? 650 : 550} dir="auto">
                              {row.case.title}
                            </Text>
                            <Group gap={8} mt={4}>
                              <StatusBadge of={row.case} type={type} />
                              {row.next_deadline && row.case.is_open && <DueBadge due={{ due_on: row.next_deadline, due_at: null, zone: row.case.zone }} label={t("portal.nextDate")} />}
                              <Text size="xs" c="dimmed" className="cw-numbers">
                                {row.case.number} · <Ago at={row.last_at} />
                              </Text>
                            </Group>
                          </div>
                          {row.unread > 0 && (
                            <Badge variant="filled" aria-label={t("home.unreadCount", { count: row.unread })} role="img" style={{ flex: "none" }}>
                              {row.unread}
                            </Badge>
                          )}
                        </Group>
                      </Link>
                    </li>
                  );
                })}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </div>
  );
}
