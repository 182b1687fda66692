// Other ways in than a password: through a provider of the office, or by a link in the mail.
import { Alert, Button, Stack, TextInput } from "@mantine/core";
import { IconLogin2, IconMail } from "@tabler/icons-react";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, post } from "../http/client";
import { Complaint, Form, useAction } from "../ui/forms";
import type { Departure, WaysIn } from "../wire";

const WAY_BACK = "casewire.after-provider";

export const useProviders = (): UseQueryResult<WaysIn> =>
  useQuery({ queryKey: ["ways-in"], queryFn: ({ signal }) => get<WaysIn>("/session/providers", signal), retry: false, staleTime: 60_000 });

/** Leave for a provider; `to` is where to go on after the return. */
export function leaveFor(departure: Departure, to: string): void {
  try {
    sessionStorage.setItem(WAY_BACK, to);
  } catch {
    // Without storage the way leads to the first page.
  }
  window.location.assign(departure.url);
}

/** Where to go on; asked for once. */
export function wayBack(): string {
  try {
    const to = sessionStorage.getItem(WAY_BACK) ?? "/";
    sessionStorage.removeItem(WAY_BACK);
    return to.startsWith("/") && !to.startsWith("//") ? to : "/";
  } catch {
    return "/";
  }
}

export function Providers({ to }: { readonly to: string }): ReactNode {
  const { t } = useTranslation();
  const ways = useProviders();
  const leave = useAction((id: string) => post<Departure>(`/session/providers/${id}/start`, {}), (departure) => leaveFor(departure, to));
  if (!ways.data?.items.length) return null;
  return (
    <Stack gap="sm">
      {ways.data.items.map((way) => (
        <Button key={way.id} variant="default" fullWidth leftSection={<IconLogin2 size={18} aria-hidden />} loading={leave.busy} onClick={() => leave.run(way.id)}>
          <span dir="auto" style={{ overflow: "hidden", textOverflow: "ellipsis" }}>
            {t("providers.with", { name: way.name })}
          </span>
        </Button>
      ))}
      <Complaint refused={leave.refused} />
    </Stack>
  );
}

/** A way to be let in by mail. One of them is asked for at a time, so that one field is there for one address. */
export interface ByMail {
  readonly open: boolean;
  readonly onOpen: () => void;
}

/** A button that becomes a form, and then says where to look. */
export function MailLink({ open, onOpen }: ByMail): ReactNode {
  const { t } = useTranslation();
  const [sent, setSent] = useState(false);
  if (sent) {
    return (
      <Alert color="ink" variant="light" role="status" title={t("providers.linkSent")}>
        {t("providers.linkSentHint")}
      </Alert>
    );
  }
  if (!open) {
    return (
      <Button variant="subtle" fullWidth leftSection={<IconMail size={18} aria-hidden />} onClick={onOpen}>
        {t("providers.link")}
      </Button>
    );
  }
  return (
    <Form submit={t("providers.linkSend")} fullWidth quiet onSend={(said) => post("/session/link/ask", { email: said("link_email") })} onDone={() => setSent(true)}>
      {(at) => <TextInput name="link_email" type="email" label={t("session.email")} description={t("providers.linkLead")} autoComplete="email" required withAsterisk={false} error={at("$.email")} autoFocus />}
    </Form>
  );
}
