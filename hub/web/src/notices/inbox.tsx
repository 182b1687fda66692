import { Badge, Button, Group, Paper, SegmentedControl, Text } from "@mantine/core";
import { IconCheck, IconInbox } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useCases } from "../cases/data";
import { upsert, type Held } from "../live/held";
import { useZone } from "../sessions/me";
import { Complaint, useAction, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { day, dayIn, localOf, moment } from "../ui/time";
import { Ago } from "../ui/when";
import type { Notice } from "../wire";
import { acknowledge, useInbox } from "./data";

export default function InboxPage(): ReactNode {
  const { t } = useTranslation();
  const inbox = useInbox();
  const [which, setWhich] = useState("waiting");
  usePageTitle(t("inbox.title"));
  const shown = which === "waiting" ? inbox.waiting : inbox.all;
  return (
    <div className="cw-narrow">
      <Head title={t("inbox.title")}>
        <SegmentedControl
          size="xs"
          aria-label={t("inbox.show")}
          value={which}
          onChange={setWhich}
          data={[
            { value: "waiting", label: t("inbox.waiting") },
            { value: "all", label: t("inbox.all") },
          ]}
        />
      </Head>
      <Shown query={inbox.query}>
        {() => (
          <Paper>
            {shown.length === 0 ? (
              <Empty title={t("inbox.none")} hint={t("inbox.noneHint")} icon={<IconInbox size={34} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="inbox">
                {shown.map((notice) => (
                  <Row key={notice.id} notice={notice} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </div>
  );
}

const TABS: Readonly<Record<Notice["kind"], string>> = { deadline: "deadlines", escalation: "deadlines", case: "timeline", task: "tasks", message: "conversations" };

function Row({ notice }: { readonly notice: Notice }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const client = useQueryClient();
  const cases = useCases({ status: "open" });
  const caseRow = cases.data?.pages.flatMap((page) => page.items).find((row) => row.case.id === notice.case);
  const ack = useAction(
    () => acknowledge(notice),
    (answer) => client.setQueryData<Held<Notice>>(["inbox"], (held) => held && upsert(held, answer.item.id, answer.item)),
  );
  return (
    <li className="cw-row" data-testid="notice">
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Group gap={8} mb={2}>
            <Badge color={notice.kind === "escalation" ? "red" : "ink"} styles={{ root: { color: notice.kind === "escalation" ? "var(--cw-danger)" : "var(--mantine-color-anchor)" } }}>
              {t(`inbox.kind.${notice.kind}`)}
            </Badge>
            {notice.step === "overdue" && (
              <Text span size="xs" fw={600} c="var(--cw-danger)">
                {t("deadlines.overdue")}
              </Text>
            )}
            {notice.late && (
              <Text span size="xs" c="var(--cw-warn)">
                {t("inbox.late")}
              </Text>
            )}
          </Group>
          {notice.case ? (
            <Link to="/cases/$caseId/$tab" params={{ caseId: notice.case, tab: TABS[notice.kind] }} className="cw-plain">
              <Text fw={notice.acked_at ? 450 : 600} dir="auto">
                {notice.title}
              </Text>
            </Link>
          ) : (
            <Text fw={notice.acked_at ? 450 : 600} dir="auto">
              {notice.title}
            </Text>
          )}
          <Text size="xs" c="dimmed" mt={2}>
            <Ago at={notice.at} />
            {notice.due && <> · {t("inbox.due", { when: endsDay(notice.due, zone) ? day(dayIn(zone, new Date(notice.due))) : moment(notice.due, zone) })}</>}
            {caseRow && (
              <>
                {" · "}
                <span dir="auto">{caseRow.case.title}</span>
              </>
            )}
          </Text>
          <Complaint refused={ack.refused} />
        </div>
        {notice.acked_at ? (
          <Text size="xs" c="dimmed" style={{ flex: "none" }}>
            {t("inbox.acked")}
          </Text>
        ) : (
          <Button size="xs" variant="default" leftSection={<IconCheck size={14} aria-hidden />} loading={ack.busy} onClick={() => ack.run(undefined)} aria-label={t("inbox.ackOf", { title: notice.title })} style={{ flex: "none" }}>
            {t("inbox.ack")}
          </Button>
        )}
      </Group>
    </li>
  );
}

/** A deadline of a day ends with its last minute; the day says it better. */
const endsDay = (due: string, zone: string): boolean => localOf(due, zone).endsWith("23:59");
