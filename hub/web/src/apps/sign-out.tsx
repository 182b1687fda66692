// Signing out because an app asks for it: asked first where nothing proves that it is this person's app.
import { Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { remove } from "../http/client";
import { forget } from "../sessions/forget";
import { Entrance } from "../sessions/sign-in";
import { Complaint, useAction } from "../ui/forms";
import { ButtonLink } from "../ui/links";

export default function SignOutPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = useAction(
    async () => {
      await remove("/session");
      forget(client);
    },
    () => void navigate({ to: "/signed-out", replace: true }),
  );
  return (
    <Entrance title={t("apps.signOut.title")} lead={t("apps.signOut.lead")}>
      <Complaint refused={leave.refused} />
      <Group grow mt={leave.refused ? "md" : 0}>
        <ButtonLink to="/" variant="default">
          {t("apps.signOut.stay")}
        </ButtonLink>
        <Button loading={leave.busy} onClick={() => leave.run(undefined)}>
          {t("apps.signOut.submit")}
        </Button>
      </Group>
    </Entrance>
  );
}

export function SignedOutPage(): ReactNode {
  const { t } = useTranslation();
  return (
    <Entrance title={t("apps.signOut.done")} lead={t("apps.signOut.doneLead")}>
      <Text>
        <ButtonLink to="/sign-in" search={{}} fullWidth>
          {t("session.submit")}
        </ButtonLink>
      </Text>
    </Entrance>
  );
}
