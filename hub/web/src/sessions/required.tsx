// An organisation asks for a second factor, and this person has none yet: nothing else is open before.
import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused, remove } from "../http/client";
import { Failed } from "../ui/states";
import type { Enrolled } from "../wire";
import { AddApp, AddPasskey, RecoveryCodes, useFactors } from "./factors";
import { forget } from "./forget";
import { Entrance } from "./sign-in";
import { StepUp } from "./step-up";

export default function RequiredPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const factors = useFactors();
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null);
  const nobody = factors.error !== null && asRefused(factors.error).status === 401;
  useEffect(() => {
    if (nobody) void navigate({ to: "/sign-in", replace: true });
  }, [nobody, navigate]);
  const goOn = (): void => {
    forget(client);
    void navigate({ to: "/", replace: true });
  };
  const signOut = async (): Promise<void> => {
    await remove("/session").catch(() => undefined);
    forget(client);
    void navigate({ to: "/sign-in", replace: true });
  };
  return (
    <Entrance title={enrolled ? t("security.requiredDone") : t("security.required")} lead={enrolled ? t("security.requiredDoneLead") : t("security.requiredLead")}>
      <StepUp />
      {enrolled ? (
        <Stack gap="md">
          {enrolled.recovery.length > 0 && <RecoveryCodes codes={enrolled.recovery} />}
          <Button onClick={goOn} fullWidth autoFocus>
            {t("security.goOn")}
          </Button>
        </Stack>
      ) : (
        <Stack gap="md">
          {factors.error && !nobody && <Failed error={factors.error} retry={() => void factors.refetch()} />}
          <AddPasskey onDone={setEnrolled} />
          <Text size="sm" c="dimmed">
            {t("security.passkeyIs")}
          </Text>
          <AddApp onDone={setEnrolled} />
          <Text size="sm" c="dimmed">
            {t("security.appIs")}
          </Text>
          <Group justify="center">
            <Button variant="subtle" size="compact-sm" onClick={() => void signOut()}>
              {t("app.signOut")}
            </Button>
          </Group>
        </Stack>
      )}
    </Entrance>
  );
}
