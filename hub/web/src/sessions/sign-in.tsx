import { Alert, Button, Divider, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconArrowLeft, IconFingerprint } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Brand } from "../app/brand";
import { get, post } from "../http/client";
import { Complaint, Form, useAction, usePageTitle } from "../ui/forms";
import type { Asked, Me, MfaNeeded } from "../wire";
import { forget } from "./forget";
import { Forgotten } from "./forgotten";
import { canPasskeys, Declined, showPasskey } from "./passkeys";
import { Second } from "./second";
import { MailLink, Providers } from "./ways";

export function Entrance({ title, lead, children }: { readonly title: string; readonly lead: string; readonly children: ReactNode }): ReactNode {
  usePageTitle(title);
  return (
    <div className="cw-sign">
      <main id="content">
        <Stack gap="lg">
          <Brand />
          <div>
            <Title order={1}>{title}</Title>
            <Text c="dimmed" mt={4}>
              {lead}
            </Text>
          </div>
          <Paper p="lg" shadow="xs">
            {children}
          </Paper>
        </Stack>
      </main>
    </div>
  );
}

export default function SignInPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { to, ended } = useSearch({ from: "/sign-in" });
  const setup = useQuery({ queryKey: ["setup"], queryFn: ({ signal }) => get<{ needed: boolean }>("/setup", signal), retry: false });
  const needed = setup.data?.needed ?? false;
  useEffect(() => {
    if (needed) void navigate({ to: "/set-up", replace: true });
  }, [needed, navigate]);
  const [asked, setAsked] = useState<MfaNeeded | null>(null);
  const [declined, setDeclined] = useState(false);
  const [byMail, setByMail] = useState<"link" | "password" | null>(null);
  // Who it is, the next page asks: the session may open nothing yet but the setting up of a second factor.
  const onward = to?.startsWith("/") && !to.startsWith("//") && !to.startsWith("/sign-in") ? to : "/";
  const signedIn = (): void => {
    forget(client);
    void navigate({ to: onward, replace: true });
  };
  const byPasskey = useAction(
    async () => {
      setDeclined(false);
      const question = await post<Asked>("/session/passkey/options", {});
      try {
        return await post<Me>("/session/passkey", { pending: question.pending, passkey: await showPasskey(question.options) });
      } catch (error) {
        if (!(error instanceof Declined)) throw error;
        setDeclined(true);
        return null;
      }
    },
    (me) => me && signedIn(),
  );
  if (asked) {
    return (
      <Entrance title={t("security.oneMore")} lead={t("security.oneMoreLead")}>
        <Second ways={asked.mfa} passkey={canPasskeys() ? asked.passkey : null} submit={t("session.submit")} onProof={(proof) => post<Me>("/session/mfa", { ...proof, pending: asked.pending })} onDone={signedIn} />
        <Button variant="subtle" size="compact-sm" mt="md" leftSection={<IconArrowLeft size={14} aria-hidden />} onClick={() => setAsked(null)}>
          {t("security.startAgain")}
        </Button>
      </Entrance>
    );
  }
  return (
    <Entrance title={t("session.title")} lead={t("session.lead")}>
      {ended && (
        <Alert color="gray" mb="md" role="status">
          {t("session.ended")}
        </Alert>
      )}
      <Form
        submit={t("session.submit")}
        fullWidth
        onSend={(said) => post<Me | MfaNeeded>("/session", { email: said("email"), password: said("password") })}
        onDone={(answer) => ("mfa" in answer ? setAsked(answer) : signedIn())}
      >
        {(at) => (
          <>
            <TextInput name="email" type="email" label={t("session.email")} autoComplete="username" required withAsterisk={false} error={at("$.email")} data-autofocus autoFocus />
            <PasswordInput name="password" label={t("session.password")} autoComplete="current-password" required withAsterisk={false} error={at("$.password")} />
          </>
        )}
      </Form>
      <Stack gap="sm" mt="md">
        <Divider label={t("security.or")} labelPosition="center" />
        <Providers to={onward} />
        {canPasskeys() && (
          <Button variant="default" fullWidth leftSection={<IconFingerprint size={18} aria-hidden />} loading={byPasskey.busy} onClick={() => byPasskey.run(undefined)}>
            {t("security.signInPasskey")}
          </Button>
        )}
        {declined && (
          <Text size="sm" c="dimmed" role="status">
            {t("security.declined")}
          </Text>
        )}
        <Complaint refused={byPasskey.refused} />
        <MailLink open={byMail === "link"} onOpen={() => setByMail("link")} />
        <Forgotten open={byMail === "password"} onOpen={() => setByMail("password")} />
      </Stack>
    </Entrance>
  );
}
