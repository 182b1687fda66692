import { Button, Checkbox, Group, NativeSelect, Paper, Text, Textarea, TextInput } from "@mantine/core";
import { IconChecklist, IconPlus } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { audienceChoices, useList, useNames, type CaseView } from "../cases/data";
import { patch, post } from "../http/client";
import { useLive } from "../live/provider";
import { Complaint, FormDialog, useAction } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Ago, DueBadge } from "../ui/when";
import type { Answer, Task } from "../wire";

export default function Tasks({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const { cards } = useNames(view.id);
  const list = useList(view.id, "task");
  const [adding, setAdding] = useState(false);
  const may = view.may("task.add");
  const sorted = useMemo(
    () => [...list.items].sort((a, b) => Number(!!a.done_at) - Number(!!b.done_at) || (a.due_on ?? "9").localeCompare(b.due_on ?? "9") || a.added_at.localeCompare(b.added_at)),
    [list.items],
  );
  return (
    <section aria-label={t("tasks.title")}>
      {may && (
        <Head order={2} title={t("tasks.title")}>
          <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
            {t("tasks.add")}
          </Button>
        </Head>
      )}
      <FormDialog
        title={t("tasks.add")}
        submit={t("tasks.add")}
        opened={adding}
        onClose={() => setAdding(false)}
        onSend={(said) =>
          post<Answer<Task>>(`/cases/${view.id}/tasks`, { title: said("title"), note: said("note"), assignee: said("assignee") || null, due_on: said("due_on") || null, audience: said("audience") || null })
        }
        onDone={(answer) => feeds.put(view.id, "task", answer.item)}
      >
        {(at) => (
          <>
            <TextInput name="title" label={t("tasks.name")} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
            <Group grow align="flex-start">
              <NativeSelect name="assignee" label={t("tasks.assignee")} data={[{ value: "", label: t("tasks.nobody") }, ...cards.map((card) => ({ value: card.id, label: card.name }))]} error={at("$.assignee")} />
              <TextInput name="due_on" type="date" label={t("tasks.due")} error={at("$.due_on")} />
            </Group>
            <NativeSelect name="audience" label={t("entries.audience")} defaultValue="staff" data={audienceChoices(view)} error={at("$.audience")} />
            <Textarea name="note" label={t("tasks.note")} autosize minRows={2} maxLength={2000} error={at("$.note")} dir="auto" />
          </>
        )}
      </FormDialog>
      <Shown query={list.query}>
        {() => (
          <Paper>
            {sorted.length === 0 ? (
              <Empty title={t("tasks.none")} hint={may ? t("tasks.noneHint") : undefined} icon={<IconChecklist size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="tasks">
                {sorted.map((task) => (
                  <TaskRow key={task.id} view={view} task={task} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}

function TaskRow({ view, task }: { readonly view: CaseView; readonly task: Task }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const { name } = useNames(view.id);
  const done = task.done_at !== null;
  const change = useAction(
    (next: boolean) => patch<Answer<Task>>(`/tasks/${task.id}`, { done: next }, task.revision),
    (answer) => feeds.put(view.id, "task", answer.item),
  );
  return (
    <li className="cw-row" data-testid="task">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Checkbox
          mt={2}
          aria-label={done ? t("tasks.reopen", { title: task.title }) : t("tasks.finish", { title: task.title })}
          checked={change.busy ? !done : done}
          disabled={!view.may("task.add")}
          onChange={(event) => change.run(event.currentTarget.checked)}
        />
        <div style={{ minWidth: 0 }}>
          <Text dir="auto" td={done ? "line-through" : undefined} c={done ? "dimmed" : undefined}>
            {task.title}
          </Text>
          <Group gap={8} mt={2}>
            {task.due_on && !done && <DueBadge due={{ due_on: task.due_on, due_at: null, zone: view.case.zone }} />}
            <Text size="xs" c="dimmed">
              {task.done_at ? (
                <>
                  {t("tasks.done")}: {name(task.done_by)}, <Ago at={task.done_at} />
                </>
              ) : task.assignee ? (
                name(task.assignee)
              ) : (
                t("tasks.nobody")
              )}
            </Text>
          </Group>
          {task.note && (
            <Text size="sm" c="dimmed" mt={4} className="cw-prewrap" dir="auto">
              {task.note}
            </Text>
          )}
          <Complaint refused={change.refused} />
        </div>
      </Group>
    </li>
  );
}
