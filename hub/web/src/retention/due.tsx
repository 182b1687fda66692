// What a schedule says is over, for review: kept longer with a reason, or destroyed for good.
import { Badge, Button, Group, NativeSelect, Paper, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconHourglass } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useScheduleWords } from "../cases/data";
import { useWho } from "../holds/data";
import { Reason } from "../holds/dialogs";
import { request } from "../http/client";
import { useOrg } from "../organisation/org";
import { FormDialog } from "../ui/forms";
import { AnchorLink } from "../ui/links";
import { Empty, Shown } from "../ui/states";
import { Day, Moment } from "../ui/when";
import type { Answer, Disposition, Due } from "../wire";
import { STATES, useDue, useKeptAnew, type State } from "./data";

export function DueList(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [state, setState] = useState<State>("due");
  const [keeping, setKeeping] = useState<Due | null>(null);
  const [destroying, setDestroying] = useState<Due | null>(null);
  const found = useDue(org.id, state);
  return (
    <>
      <Text c="dimmed" size="sm" mb="md">
        {t("retention.dueLead")}
      </Text>
      {keeping && <KeepLonger due={keeping} onClose={() => setKeeping(null)} />}
      {destroying && <Destroy due={destroying} onClose={() => setDestroying(null)} />}
      <NativeSelect aria-label={t("retention.state")} mb="md" maw={240} value={state} onChange={(event) => setState(event.currentTarget.value as State)} data={STATES.map((each) => ({ value: each, label: t(`retention.states.${each}`) }))} />
      <Shown query={found} rows={3}>
        {({ pages }) => {
          const all = pages.flatMap((page) => page.items);
          return (
            <Paper>
              {all.length === 0 ? (
                <Empty title={t(`retention.none.${state}`)} hint={t(`retention.noneHint.${state}`)} icon={<IconHourglass size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="due">
                  {all.map((due) => (
                    <Row key={due.disposition.id} due={due} onKeep={() => setKeeping(due)} onDestroy={() => setDestroying(due)} />
                  ))}
                </ul>
              )}
            </Paper>
          );
        }}
      </Shown>
      {found.hasNextPage && (
        <Button variant="default" mt="md" fullWidth loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("do.more")}
        </Button>
      )}
    </>
  );
}

/** What it is called: the document, or the case. */
const called = (due: Due): string => due.name || `${due.number} · ${due.title}`;

function Row({ due, onKeep, onDestroy }: { readonly due: Due; readonly onKeep: () => void; readonly onDestroy: () => void }): ReactNode {
  const { t } = useTranslation();
  const who = useWho(useOrg().id);
  const scheduled = useScheduleWords();
  const { disposition: one } = due;
  const named = due.number !== "" || due.name !== "";
  const open = one.state === "due" || one.state === "kept";
  return (
    <li className="cw-row" data-testid="disposition">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Text size="xs" c="dimmed">
            {t(`retention.${one.kind}`)}
            {due.name !== "" && ` · ${due.number} · ${due.title}`}
          </Text>
          {named && open ? (
            <AnchorLink to="/cases/$caseId/$tab" params={{ caseId: one.case_id, tab: one.kind === "document" ? "documents" : "timeline" }} fw={550}>
              <span dir="auto">{called(due)}</span>
            </AnchorLink>
          ) : (
            <Text fw={550} dir="auto">
              {named ? called(due) : t("retention.gone")}
            </Text>
          )}
          <Text size="xs" c="dimmed" mt={2}>
            {t("retention.dueSince")} <Day date={one.due_on} /> · {scheduled(one.schedule)}
          </Text>
          {one.decided_at !== null && (
            <Text size="sm" mt={6} dir="auto">
              {one.keep_until !== null && (
                <>
                  {t("retention.keptUntil")} <Day date={one.keep_until} />.{" "}
                </>
              )}
              {t("retention.decided", { who: who(one.decided_by) })}, <Moment at={one.decided_at} zoned />: <span className="cw-prewrap">{one.reason}</span>
            </Text>
          )}
          {due.hold !== null && (
            <Badge mt={6} variant="outline" styles={{ root: { height: "auto", color: "var(--cw-warn)", borderColor: "var(--mantine-color-default-border)" }, label: { whiteSpace: "normal" } }}>
              {t("retention.held")}
            </Badge>
          )}
        </div>
        {open && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onKeep} aria-label={t("retention.keepOf", { what: called(due) })}>
              {t("retention.keep")}
            </Button>
            {one.state === "due" && due.hold === null && (
              <Button size="xs" variant="default" c="var(--cw-danger)" onClick={onDestroy} aria-label={t("retention.destroyOf", { what: called(due) })}>
                {t("retention.destroy")}
              </Button>
            )}
          </Group>
        )}
      </Group>
    </li>
  );
}

interface DecideProps {
  readonly due: Due;
  readonly onClose: () => void;
}

function KeepLonger({ due, onClose }: DecideProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const anew = useKeptAnew(org.id);
  const one = due.disposition;
  return (
    <FormDialog
      title={t("retention.keepTitle")}
      submit={t("retention.keep")}
      opened
      onClose={onClose}
      onSend={(said) => request<Answer<Disposition>>("POST", `/orgs/${org.id}/dispositions/${one.id}/keep`, { body: { until: said("until"), reason: said("reason") }, revision: one.revision })}
      onDone={() => {
        anew();
        notifications.show({ message: t("retention.kept") });
      }}
    >
      {(at) => (
        <>
          <Text size="sm" dir="auto">
            {called(due)}
          </Text>
          <TextInput name="until" type="date" label={t("retention.until")} required defaultValue={one.keep_until ?? undefined} error={at("$.until")} data-autofocus />
          <Reason label={t("retention.reason")} hint={t("retention.reasonHint")} error={at("$.reason")} />
        </>
      )}
    </FormDialog>
  );
}

function Destroy({ due, onClose }: DecideProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const anew = useKeptAnew(org.id);
  const one = due.disposition;
  return (
    <FormDialog
      title={t("retention.destroySure")}
      submit={t("retention.destroy")}
      danger
      opened
      onClose={onClose}
      onSend={(said) => request<Answer<Disposition>>("POST", `/orgs/${org.id}/dispositions/${one.id}/approve`, { body: { reason: said("reason") }, revision: one.revision })}
      onDone={() => {
        anew();
        notifications.show({ message: t("retention.destroyed") });
      }}
    >
      {(at) => (
        <>
          <Text size="sm" fw={550} dir="auto">
            {called(due)}
          </Text>
          <p style={{ margin: 0 }}>{t("retention.destroyHint")}</p>
          <Reason label={t("retention.reason")} hint={t("retention.reasonHint")} error={at("$.reason")} focused />
        </>
      )}
    </FormDialog>
  );
}
