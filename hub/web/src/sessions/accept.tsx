import { Alert, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { Form } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { BROWSER_ZONE } from "../ui/time";
import { ZoneSelect } from "../ui/zones";
import { forget } from "./forget";
import { keepToken } from "./invited";
import { Entrance } from "./sign-in";

/** The secret stands behind `#`, which no server log ever sees; a query is understood too. */
function secretOf(hash: string, search: string | undefined): string {
  const inHash = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return inHash ?? search ?? (hash.length > 20 ? hash.replace(/^#/, "") : "");
}

export default function AcceptPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ from: "/invitation" });
  const [token] = useState(() => secretOf(window.location.hash, search.token));
  // Somebody who is here already is asked where they are signed in.
  const asked = search.for;
  useEffect(() => {
    if (!asked) return;
    keepToken(asked, token);
    void navigate({ to: "/", replace: true });
  }, [asked, token, navigate]);
  if (asked) return null;
  return (
    <Entrance title={t("session.acceptTitle")} lead={t("session.acceptLead")}>
      {token ? (
        <Form
          submit={t("session.acceptSubmit")}
          fullWidth
          onSend={(said) => post("/invitations/accept", { token, name: said("name"), password: said("password"), zone: said("zone") })}
          onDone={() => {
            forget(client);
            void navigate({ to: "/", replace: true });
          }}
        >
          {(at) => (
            <>
              <TextInput name="name" label={t("session.yourName")} description={t("session.nameHint")} autoComplete="name" required error={at("$.name")} autoFocus />
              <PasswordInput name="password" label={t("session.password")} description={t("session.passwordHint")} autoComplete="new-password" required error={at("$.password")} />
              <ZoneSelect name="zone" label={t("session.zone")} defaultValue={BROWSER_ZONE} error={at("$.zone")} />
            </>
          )}
        </Form>
      ) : (
        <Stack>
          <Alert color="yellow" variant="light">{t("session.noToken")}</Alert>
          <ButtonLink to="/sign-in" variant="default">
            {t("session.toSignIn")}
          </ButtonLink>
        </Stack>
      )}
    </Entrance>
  );
}
