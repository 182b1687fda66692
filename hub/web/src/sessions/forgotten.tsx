// A forgotten password: asking for the mail on the sign-in page, and the page that the mail leads to.
import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { Form } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { forget } from "./forget";
import { Entrance } from "./sign-in";
import type { ByMail } from "./ways";

/** A button that becomes a form, and then says where to look. */
export function Forgotten({ open, onOpen }: ByMail): ReactNode {
  const { t } = useTranslation();
  const [sent, setSent] = useState(false);
  if (sent) {
    return (
      <Alert color="ink" variant="light" role="status" title={t("providers.linkSent")}>
        {t("providers.resetSentHint")}
      </Alert>
    );
  }
  if (!open) {
    return (
      <Button variant="subtle" fullWidth onClick={onOpen}>
        {t("providers.forgotten")}
      </Button>
    );
  }
  return (
    <Form submit={t("providers.resetSend")} fullWidth quiet onSend={(said) => post("/password/ask", { email: said("reset_email") })} onDone={() => setSent(true)}>
      {(at) => <TextInput name="reset_email" type="email" label={t("session.email")} description={t("providers.resetLead")} autoComplete="email" required withAsterisk={false} error={at("$.email")} autoFocus />}
    </Form>
  );
}

/** The secret stands behind `#`, which no server log ever sees, and leaves the address at once. It is used up by the
 * form alone: whatever reads mail opens links. */
export default function ResetPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [token] = useState(() => {
    const found = window.location.hash.replace(/^#/, "");
    window.history.replaceState(window.history.state, "", window.location.pathname);
    return found;
  });
  const [done, setDone] = useState(false);
  const whole = token.length >= 20 && token.length <= 200;
  if (done) {
    return (
      <Entrance title={t("providers.resetDone")} lead={t("providers.resetDoneLead")}>
        <ButtonLink to="/sign-in" fullWidth autoFocus>
          {t("session.toSignIn")}
        </ButtonLink>
      </Entrance>
    );
  }
  return (
    <Entrance title={t("providers.resetTitle")} lead={t("providers.resetPageLead")}>
      <Stack gap="md">
        {whole ? (
          <Form
            submit={t("providers.resetSubmit")}
            fullWidth
            onSend={(said) => post("/password/reset", { token, password: said("password") })}
            onDone={() => {
              forget(client);
              setDone(true);
            }}
          >
            {(at) => <PasswordInput name="password" label={t("providers.newPassword")} description={t("session.passwordHint")} autoComplete="new-password" required withAsterisk={false} error={at("$.password")} autoFocus />}
          </Form>
        ) : (
          <Alert color="yellow" variant="light">{t("providers.linkMissing")}</Alert>
        )}
        <ButtonLink to="/sign-in" variant="subtle" fullWidth>
          {t("providers.backToSignIn")}
        </ButtonLink>
      </Stack>
    </Entrance>
  );
}
