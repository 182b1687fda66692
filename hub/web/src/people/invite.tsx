// Asking somebody into an organisation, and choosing a role in it.
import { Radio, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { useOrg } from "../organisation/org";
import { FormDialog } from "../ui/forms";
import type { Answer, Card } from "../wire";
import { PLACES, type Place } from "./data";

export function Places({ value, onChange, error }: { readonly value: Place; readonly onChange: (place: Place) => void; readonly error: string | undefined }): ReactNode {
  const { t } = useTranslation();
  return (
    <Radio.Group label={t("people.role")} value={value} onChange={(chosen) => onChange(PLACES.find((each) => each === chosen) ?? "outside")} error={error}>
      <Stack gap="xs" mt={6}>
        {PLACES.map((each) => (
          <Radio key={each} value={each} label={t(`people.roles.${each}`)} description={t(`people.roleHints.${each}`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

/** Asking somebody in; an administrator says into which role, others ask people from outside. */
export function Invite({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const [place, setPlace] = useState<Place>("desk");
  return (
    <FormDialog
      title={t("people.invite")}
      submit={t("people.invite")}
      opened={opened}
      onClose={onClose}
      onSend={async (said) => {
        const email = said("email");
        await post<Answer<Card>>("/people", { org: org.id, email, name: said("name"), role: org.admin ? place : "outside" });
        return email;
      }}
      onDone={(email) => {
        notifications.show({ message: t("people.invited", { email }) });
        void client.invalidateQueries({ queryKey: ["people", org.id] });
        void client.invalidateQueries({ queryKey: ["invitations", org.id] });
      }}
    >
      {(at) => (
        <>
          <TextInput name="name" label={t("people.name")} required error={at("$.name")} dir="auto" data-autofocus />
          <TextInput name="email" type="email" label={t("people.email")} required error={at("$.email")} />
          {org.admin ? (
            <Places value={place} onChange={setPlace} error={at("$.role")} />
          ) : (
            <Text size="sm" c="dimmed">
              {t("people.onlyOutside")}
            </Text>
          )}
        </>
      )}
    </FormDialog>
  );
}
