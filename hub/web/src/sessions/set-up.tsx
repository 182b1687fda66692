import { PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { Form } from "../ui/forms";
import { BROWSER_ZONE } from "../ui/time";
import { ZoneSelect } from "../ui/zones";
import { forget } from "./forget";
import { Entrance } from "./sign-in";

export default function SetUpPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  return (
    <Entrance title={t("session.setupTitle")} lead={t("session.setupLead")}>
      <Form
        submit={t("session.setupSubmit")}
        fullWidth
        onSend={async (said) => {
          const first = { organisation: said("organisation"), name: said("name"), email: said("email"), password: said("password"), zone: said("zone") };
          await post("/setup", first);
          await post("/session", { email: first.email, password: first.password });
        }}
        onDone={() => {
          forget(client);
          void navigate({ to: "/", replace: true });
        }}
      >
        {(at) => (
          <>
            <TextInput name="organisation" label={t("session.organisation")} autoComplete="organization" required error={at("$.organisation")} autoFocus />
            <TextInput name="name" label={t("session.yourName")} autoComplete="name" required error={at("$.name")} />
            <TextInput name="email" type="email" label={t("session.email")} autoComplete="username" required error={at("$.email")} />
            <PasswordInput name="password" label={t("session.password")} description={t("session.passwordHint")} autoComplete="new-password" required error={at("$.password")} />
            <ZoneSelect name="zone" label={t("session.zone")} defaultValue={BROWSER_ZONE} error={at("$.zone")} />
          </>
        )}
      </Form>
    </Entrance>
  );
}
