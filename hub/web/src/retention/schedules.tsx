// How long an organisation keeps what, kind of case by kind of case.
import { Button, Group, NumberInput, Paper, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArchive } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useType } from "../cases/data";
import { Reason } from "../holds/dialogs";
import { post } from "../http/client";
import { useOrg } from "../organisation/org";
import { FormDialog } from "../ui/forms";
import { Empty, Shown } from "../ui/states";
import type { Answer, Schedule, SetSchedule } from "../wire";
import { KEEP_YEARS_MAX } from "../wire";
import { useKeptAnew, useSchedules } from "./data";

export function Schedules(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const schedules = useSchedules(org.id);
  return (
    <>
      <Text c="dimmed" size="sm" mb="md">
        {t("retention.schedulesLead")}
      </Text>
      <Shown query={schedules} rows={4}>
        {(all) =>
          all.length === 0 ? (
            <Paper>
              <Empty title={t("retention.noSchedules")} hint={t("retention.noSchedulesHint")} icon={<IconArchive size={32} stroke={1.4} />} />
            </Paper>
          ) : (
            <Stack gap="lg">
              {[...new Set(all.map((one) => one.type))].map((type) => (
                <OfType key={type} type={type} schedules={all.filter((one) => one.type === type)} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </>
  );
}

function OfType({ type, schedules }: { readonly type: string; readonly schedules: readonly Schedule[] }): ReactNode {
  const { t } = useTranslation();
  const declared = useType(type);
  const [changing, setChanging] = useState<Schedule | null>(null);
  const title = declared?.title ?? type;
  const called = (one: Schedule): string => (one.kind === "" ? t("retention.wholeCase") : (declared?.document_kinds[one.kind] ?? one.kind));
  const years = (count: number | null): string => (count === null ? t("retention.forever") : t("retention.years", { count }));
  return (
    <section aria-label={title}>
      <Title order={2} mb="sm">
        {title}
      </Title>
      {changing && <Change schedule={changing} title={`${title}: ${called(changing)}`} onClose={() => setChanging(null)} />}
      <Paper>
        <ul className="cw-rows">
          {schedules.map((one) => (
            <li key={one.kind} className="cw-row" data-testid="schedule">
              <Group justify="space-between" wrap="nowrap" gap="sm">
                <div style={{ minWidth: 0 }}>
                  <Text size="sm" fw={one.kind === "" ? 550 : undefined}>
                    {called(one)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {years(one.years)}
                    {one.years !== one.declared && ` · ${t("retention.declared", { years: years(one.declared) })}`}
                  </Text>
                  {one.reason !== "" && (
                    <Text size="xs" c="dimmed" className="cw-prewrap" dir="auto">
                      {one.reason}
                    </Text>
                  )}
                </div>
                <Button size="xs" variant="default" style={{ flex: "none" }} onClick={() => setChanging(one)} aria-label={t("retention.changeOf", { what: `${title}, ${called(one)}` })}>
                  {t("retention.change")}
                </Button>
              </Group>
            </li>
          ))}
        </ul>
      </Paper>
    </section>
  );
}

function Change({ schedule, title, onClose }: { readonly schedule: Schedule; readonly title: string; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const anew = useKeptAnew(org.id);
  return (
    <FormDialog
      title={title}
      submit={t("do.save")}
      opened
      onClose={onClose}
      onSend={(said) => {
        const years = said("years");
        const body: SetSchedule = { type: schedule.type, kind: schedule.kind, years: years === "" ? null : Number(years), reason: said("reason") };
        return post<Answer<Schedule>>(`/orgs/${org.id}/schedules`, body);
      }}
      onDone={() => {
        anew();
        notifications.show({ message: t("retention.changed") });
      }}
    >
      {(at) => (
        <>
          <NumberInput name="years" label={t("retention.yearsLabel")} description={t("retention.yearsHint")} defaultValue={schedule.years ?? undefined} min={0} max={KEEP_YEARS_MAX} allowDecimal={false} hideControls error={at("$.years")} data-autofocus />
          <Reason label={t("retention.reason")} hint={t("retention.reasonHint")} error={at("$.reason")} />
        </>
      )}
    </FormDialog>
  );
}
