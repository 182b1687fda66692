// An organisation asks somebody who is here already to join: they say yes or no, wherever they are.
import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, post } from "../http/client";
import { usePlace } from "../people/data";
import { Complaint, useAction } from "../ui/forms";
import type { Invited, Page } from "../wire";

const TOKEN = "casewire.invitation";

/** The secret of the mail by which somebody came, for the hub that may ask for it. */
export function keepToken(id: string, token: string): void {
  try {
    sessionStorage.setItem(`${TOKEN}.${id}`, token);
  } catch {
    // Who has shown before that they read their mail needs none.
  }
}

function keptToken(id: string): string | null {
  try {
    return sessionStorage.getItem(`${TOKEN}.${id}`);
  } catch {
    return null;
  }
}

export function InvitedBanner(): ReactNode {
  const invited = useQuery({ queryKey: ["invited"], queryFn: ({ signal }) => get<Page<Invited>>("/invitations", signal), retry: false, refetchOnWindowFocus: true, staleTime: 60_000 });
  if (!invited.data?.items.length) return null;
  return (
    <Stack gap="sm" mb="lg" data-testid="invited">
      {invited.data.items.map((one) => (
        <Question key={one.id} invited={one} />
      ))}
    </Stack>
  );
}

function Question({ invited }: { readonly invited: Invited }): ReactNode {
  const { t } = useTranslation();
  const place = usePlace();
  const client = useQueryClient();
  const [said, setSaid] = useState<boolean | null>(null);
  const answer = useAction(
    async (accept: boolean) => {
      setSaid(accept);
      const token = keptToken(invited.id);
      await post(`/invitations/${invited.id}/answer`, { accept, ...(token ? { token } : {}) });
      return accept;
    },
    (accept) => {
      notifications.show({ message: t(accept ? "providers.joined" : "providers.declined", { organisation: invited.organisation }) });
      document.getElementById("content")?.focus();
      void client.invalidateQueries();
    },
  );
  return (
    <Paper p="md" withBorder component="section" aria-label={t("providers.asked", { organisation: invited.organisation })}>
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 16rem" }}>
          <Text fw={600} dir="auto" style={{ overflowWrap: "anywhere" }}>
            {t("providers.asked", { organisation: invited.organisation })}
          </Text>
          <Text size="sm" c="dimmed" dir="auto" style={{ overflowWrap: "anywhere" }}>
            {t("providers.askedBy", { by: invited.by, role: place(invited.role) })}
          </Text>
        </div>
        <Group gap="xs">
          <Button size="xs" loading={answer.busy && said === true} disabled={answer.busy && said !== true} onClick={() => answer.run(true)}>
            {t("providers.yes")}
          </Button>
          <Button size="xs" variant="default" loading={answer.busy && said === false} disabled={answer.busy && said !== false} onClick={() => answer.run(false)}>
            {t("providers.no")}
          </Button>
        </Group>
      </Group>
      <Complaint refused={answer.refused} />
    </Paper>
  );
}
