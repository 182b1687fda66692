// What is held of oneself: a copy of it, and asking an organisation to be erased.
import { Button, Group, NativeSelect, Paper, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { REASON_CHARS_MAX } from "../holds/dialogs";
import { post } from "../http/client";
import { useMe } from "../sessions/me";
import { Complaint, FormDialog, useAction } from "../ui/forms";
import { Head } from "../ui/states";
import { Moment } from "../ui/when";
import type { Answer, Erasure } from "../wire";
import { saveCopy, useMyErasures } from "./data";

export function OwnCopy(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const mine = useMyErasures();
  const [asking, setAsking] = useState(false);
  const orgs = [...new Map(me.seats.map((seat) => [seat.org.id, seat.org])).values()];
  // Where one waits for an answer, asking again changes nothing.
  const waiting = new Set(mine.data?.filter((one) => one.state === "asked").map((one) => one.org));
  const free = mine.isPending ? [] : orgs.filter((org) => !waiting.has(org.id));
  const copy = useAction(
    () => saveCopy("/me/export", "casewire-person.zip"),
    () => notifications.show({ message: t("erasure.exported") }),
  );
  return (
    <section aria-label={t("erasure.own")}>
      <Head order={2} title={t("erasure.own")} />
      <Text size="sm" c="dimmed" mb="sm">
        {t("erasure.ownHint")}
      </Text>
      <Group gap="sm">
        <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} loading={copy.busy} onClick={() => copy.run(undefined)}>
          {t("erasure.ownExport")}
        </Button>
        {(free.length > 0 || asking) && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {t("erasure.ask")}
          </Button>
        )}
      </Group>
      <Complaint refused={copy.refused} />
      <FormDialog
        title={t("erasure.askTitle")}
        submit={t("erasure.ask")}
        opened={asking}
        onClose={() => setAsking(false)}
        onSend={(said) => post<Answer<Erasure>>("/erasures", { org: said("org"), reason: said("reason") })}
        onDone={() => {
          void client.invalidateQueries({ queryKey: ["erasures"] });
          notifications.show({ message: t("erasure.wasAsked") });
        }}
      >
        {(at) => (
          <>
            <p style={{ margin: 0 }}>{t("erasure.askHint")}</p>
            <NativeSelect name="org" label={t("erasure.organisation")} data={free.map((org) => ({ value: org.id, label: org.name }))} error={at("$.org")} data-autofocus />
            <Textarea name="reason" label={t("erasure.askReason")} autosize minRows={2} maxRows={8} maxLength={REASON_CHARS_MAX} error={at("$.reason")} dir="auto" />
          </>
        )}
      </FormDialog>
      {mine.data !== undefined && mine.data.length > 0 && (
        <>
          <Text size="sm" fw={600} mt="md" mb={6}>
            {t("erasure.mine")}
          </Text>
          <Paper>
            <ul className="cw-rows" data-testid="my-erasures">
              {mine.data.map((one) => (
                <li key={one.id} className="cw-row">
                  <Text size="sm" dir="auto">
                    {orgs.find((org) => org.id === one.org)?.name ?? t("erasure.organisation")}: {t(`erasure.state.${one.state}`)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {t("erasure.asked")} <Moment at={one.asked_at} zoned />
                  </Text>
                  {one.state === "refused" && (
                    <Text size="sm" className="cw-prewrap" dir="auto">
                      {t("erasure.answer")}: {one.reason}
                    </Text>
                  )}
                </li>
              ))}
            </ul>
          </Paper>
        </>
      )}
    </section>
  );
}
