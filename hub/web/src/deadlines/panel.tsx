// Deadlines of a case: set, change, met, cancelled; each in its own zone.
import { Button, Group, Menu, ActionIcon, NativeSelect, Paper, Stack, Text, Textarea, TextInput, Badge } from "@mantine/core";
import { IconCalendarDue, IconCheck, IconDots, IconPlus } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { AudienceBadge } from "../cases/badges";
import { audienceChoices, audienceTitle, useList, useNames, type CaseView } from "../cases/data";
import { patch, post } from "../http/client";
import { useLive } from "../live/provider";
import { Complaint, FormDialog, useAction, type Said } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { dayIn, dueKey, instantOf, localOf } from "../ui/time";
import { DueBadge, DueText, Moment } from "../ui/when";
import { ZoneSelect } from "../ui/zones";
import type { Answer, Deadline } from "../wire";

export default function Deadlines({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "deadline");
  const [setting, setSetting] = useState(false);
  const may = view.may("deadline.set");
  const sorted = useMemo(() => [...list.items].sort((a, b) => dueKey(a).localeCompare(dueKey(b))), [list.items]);
  const open = sorted.filter((each) => each.status === "open");
  const past = sorted.filter((each) => each.status !== "open").reverse();
  return (
    <section aria-label={t("deadlines.title")}>
      {may && (
        <Head order={2} title={t("deadlines.title")}>
          <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setSetting(true)}>
            {t("deadlines.set")}
          </Button>
        </Head>
      )}
      <DeadlineDialog view={view} opened={setting} onClose={() => setSetting(false)} />
      <Shown query={list.query}>
        {() => (
          <Stack gap="lg">
            <Paper>
              {open.length === 0 ? (
                <Empty title={may ? t("deadlines.none") : t("deadlines.noneShared")} hint={may ? t("deadlines.noneHint") : undefined} icon={<IconCalendarDue size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="deadlines">
                  {open.map((deadline) => (
                    <DeadlineRow key={deadline.id} view={view} deadline={deadline} />
                  ))}
                </ul>
              )}
            </Paper>
            {past.length > 0 && (
              <section aria-label={t("deadlines.past")}>
                <Head order={2} title={t("deadlines.past")} />
                <Paper>
                  <ul className="cw-rows">
                    {past.map((deadline) => (
                      <DeadlineRow key={deadline.id} view={view} deadline={deadline} />
                    ))}
                  </ul>
                </Paper>
              </section>
            )}
          </Stack>
        )}
      </Shown>
    </section>
  );
}

function usePlan(): (plan: readonly string[]) => string {
  const { t } = useTranslation();
  return (plan) =>
    plan
      .map((step) => {
        if (step === "overdue") return t("deadlines.stepOverdue");
        const count = Number(step.slice(0, -1));
        return step.endsWith("d") ? t("deadlines.stepDays", { count }) : t("deadlines.stepHours", { count });
      })
      .join(", ");
}

function DeadlineRow({ view, deadline }: { readonly view: CaseView; readonly deadline: Deadline }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const { name } = useNames(view.id);
  const plan = usePlan();
  const [changing, setChanging] = useState(false);
  const may = view.may("deadline.set");
  const open = deadline.status === "open";
  const move = useAction(
    (status: Deadline["status"]) => patch<Answer<Deadline>>(`/deadlines/${deadline.id}`, { status }, deadline.revision),
    (answer) => feeds.put(view.id, "deadline", answer.item),
  );
  return (
    <li className="cw-row" data-testid="deadline">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Text fw={550} dir="auto" td={deadline.status === "cancelled" ? "line-through" : undefined}>
            {deadline.title}
          </Text>
          <Group gap={8} mt={4}>
            {open ? <DueBadge due={deadline} /> : <Badge variant="outline" color="gray" styles={{ root: { borderColor: "var(--mantine-color-default-border)", color: deadline.status === "met" ? "var(--cw-good)" : "var(--mantine-color-dimmed)" } }}>{t(`deadlines.status.${deadline.status}`)}</Badge>}
            <Text size="sm" component="div">
              <DueText due={deadline} />
            </Text>
            <AudienceBadge title={audienceTitle(view.type, deadline.audience)} />
          </Group>
          <Text size="xs" c="dimmed" mt={6}>
            {deadline.assignee ? name(deadline.assignee) : t("deadlines.everyone")}
            {open && deadline.plan.length > 0 && <> · {t("deadlines.reminders", { plan: plan(deadline.plan) })}</>}
            {deadline.done_at && (
              <>
                {" · "}
                <Moment at={deadline.done_at} />
              </>
            )}
          </Text>
          {deadline.note && (
            <Text size="sm" mt={6} className="cw-prewrap" dir="auto">
              {deadline.note}
            </Text>
          )}
          <Complaint refused={move.refused} />
        </div>
        {may && (
          <Group gap={4} wrap="nowrap">
            {open && (
              <Button size="xs" variant="default" leftSection={<IconCheck size={14} aria-hidden />} loading={move.busy} onClick={() => move.run("met")}>
                {t("deadlines.met")}
              </Button>
            )}
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon aria-label={`${t("do.actions")}: ${deadline.title}`}>
                  <IconDots size={17} aria-hidden />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                {open ? (
                  <>
                    <Menu.Item onClick={() => setChanging(true)}>{t("deadlines.change")}</Menu.Item>
                    <Menu.Item onClick={() => move.run("cancelled")}>{t("deadlines.cancel")}</Menu.Item>
                  </>
                ) : (
                  <Menu.Item onClick={() => move.run("open")}>{t("deadlines.reopen")}</Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          </Group>
        )}
      </Group>
      {may && <DeadlineDialog view={view} deadline={deadline} opened={changing} onClose={() => setChanging(false)} />}
    </li>
  );
}

interface DialogProps {
  readonly view: CaseView;
  readonly deadline?: Deadline;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function DeadlineDialog({ view, deadline, opened, onClose }: DialogProps): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const { cards } = useNames(view.id);
  const zone = deadline?.zone ?? view.case.zone;
  const [date, time] = deadline?.due_at ? localOf(deadline.due_at, zone).split("T") : [deadline?.due_on ?? "", ""];
  const people = cards.map((card) => ({ value: card.id, label: card.name }));
  const send = (said: Said): Promise<Answer<Deadline>> => {
    const due = said("time") ? { due_at: instantOf(`${said("date")}T${said("time")}`, said("zone")), due_on: null } : { due_on: said("date"), due_at: null };
    const body = { title: said("title"), ...due, zone: said("zone"), note: said("note"), assignee: said("assignee") || null, escalate_to: said("escalate_to") || null };
    return deadline ? patch(`/deadlines/${deadline.id}`, body, deadline.revision) : post(`/cases/${view.id}/deadlines`, { ...body, audience: said("audience") || null });
  };
  return (
    <FormDialog
      title={deadline ? t("deadlines.change") : t("deadlines.set")}
      submit={deadline ? t("do.save") : t("deadlines.set")}
      opened={opened}
      onClose={onClose}
      onSend={send}
      onDone={(answer) => feeds.put(view.id, "deadline", answer.item)}
    >
      {(at) => (
        <>
          <TextInput name="title" label={t("deadlines.name")} defaultValue={deadline?.title} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
          <Group grow align="flex-start">
            <TextInput name="date" type="date" label={t("deadlines.on")} defaultValue={date || dayIn(zone)} required error={at("$.due_on")} />
            <TextInput name="time" type="time" label={t("deadlines.at")} defaultValue={time} error={at("$.due_at")} />
          </Group>
          <Text size="xs" c="dimmed" mt={-8}>
            {t("deadlines.atHint")}
          </Text>
          <ZoneSelect name="zone" label={t("deadlines.zone")} defaultValue={zone} error={at("$.zone")} />
          <NativeSelect name="assignee" label={t("deadlines.assignee")} defaultValue={deadline?.assignee ?? ""} data={[{ value: "", label: t("deadlines.everyone") }, ...people]} error={at("$.assignee")} />
          <NativeSelect name="escalate_to" label={t("deadlines.escalate")} defaultValue={deadline?.escalate_to ?? ""} data={[{ value: "", label: t("deadlines.nobody") }, ...people]} error={at("$.escalate_to")} />
          {!deadline && <NativeSelect name="audience" label={t("deadlines.audience")} defaultValue="staff" data={audienceChoices(view)} error={at("$.audience")} />}
          <Textarea name="note" label={t("deadlines.note")} defaultValue={deadline?.note} autosize minRows={2} maxLength={2000} error={at("$.note")} dir="auto" />
        </>
      )}
    </FormDialog>
  );
}
