import { Alert, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Brand } from "../app/brand";
import { get, post } from "../http/client";
import { Form, usePageTitle } from "../ui/forms";
import type { Me } from "../wire";
import { forget } from "./forget";

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
        onSend={(said) => post<Me>("/session", { email: said("email"), password: said("password") })}
        onDone={(me) => {
          forget(client);
          client.setQueryData(["me"], me);
          void navigate({ to: to?.startsWith("/") && !to.startsWith("//") && !to.startsWith("/sign-in") ? to : "/", replace: true });
        }}
      >
        {(at) => (
          <>
            <TextInput name="email" type="email" label={t("session.email")} autoComplete="username" required withAsterisk={false} error={at("$.email")} data-autofocus autoFocus />
            <PasswordInput name="password" label={t("session.password")} autoComplete="current-password" required withAsterisk={false} error={at("$.password")} />
          </>
        )}
      </Form>
    </Entrance>
  );
}
