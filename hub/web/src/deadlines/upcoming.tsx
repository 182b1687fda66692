import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useList, useNames, type CaseView } from "../cases/data";
import { AnchorLink } from "../ui/links";
import { Loading } from "../ui/states";
import { dueKey } from "../ui/time";
import { Day, DueBadge, DueText } from "../ui/when";

/** Beside the timeline: what comes next, and what is to be done. */
export function Upcoming({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { name } = useNames(view.id);
  const deadlines = useList(view.id, "deadline");
  const tasks = useList(view.id, "task");
  const due = useMemo(() => deadlines.items.filter((each) => each.status === "open").sort((a, b) => dueKey(a).localeCompare(dueKey(b))), [deadlines.items]);
  const open = useMemo(() => tasks.items.filter((each) => !each.done_at).sort((a, b) => (a.due_on ?? "9").localeCompare(b.due_on ?? "9")), [tasks.items]);
  return (
    <Stack gap="lg">
      <section aria-label={t("home.next")}>
        <Group justify="space-between" mb={8}>
          <Title order={2}>{t("home.next")}</Title>
          <AnchorLink size="sm" to="/cases/$caseId/$tab" params={{ caseId: view.id, tab: "deadlines" }}>
            {t("tab.deadlines")}
          </AnchorLink>
        </Group>
        <Paper p="md">
          {!deadlines.query.data ? (
            <Loading rows={2} height={28} />
          ) : due.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t("home.nothingDue")}
            </Text>
          ) : (
            <Stack gap="md">
              {due.slice(0, 4).map((deadline) => (
                <div key={deadline.id}>
                  <Text size="sm" fw={550} dir="auto">
                    {deadline.title}
                  </Text>
                  <Group gap={8} mt={4}>
                    <DueBadge due={deadline} />
                    <Text size="sm" c="dimmed" component="div">
                      <DueText due={deadline} />
                    </Text>
                  </Group>
                </div>
              ))}
            </Stack>
          )}
        </Paper>
      </section>
      {open.length > 0 && (
        <section aria-label={t("tasks.title")}>
          <Group justify="space-between" mb={8}>
            <Title order={2}>{t("tasks.title")}</Title>
            <AnchorLink size="sm" to="/cases/$caseId/$tab" params={{ caseId: view.id, tab: "tasks" }}>
              {t("do.more")}
            </AnchorLink>
          </Group>
          <Paper p="md">
            <Stack gap="sm">
              {open.slice(0, 5).map((task) => (
                <div key={task.id}>
                  <Text size="sm" dir="auto">
                    {task.title}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {task.assignee ? name(task.assignee) : t("tasks.nobody")}
                    {task.due_on && (
                      <>
                        {" · "}
                        <Day date={task.due_on} />
                      </>
                    )}
                  </Text>
                </div>
              ))}
            </Stack>
          </Paper>
        </section>
      )}
    </Stack>
  );
}
