import { Paper, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { usePageTitle } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Head } from "../ui/states";
import { useMe } from "./me";

export default function SettingsPage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  usePageTitle(t("settings.title"));
  const roles = { admin: t("people.roles.admin"), desk: t("people.roles.desk"), outside: t("people.roles.outside") } as Readonly<Record<string, string>>;
  return (
    <div className="cw-narrow">
      <Head title={t("settings.title")} />
      <Stack gap="xl">
        <section aria-label={t("settings.profile")}>
          <Head order={2} title={t("settings.profile")} />
          <Paper p="lg">
            <dl className="cw-facts">
              <dt>{t("people.name")}</dt>
              <dd dir="auto">{me.name}</dd>
              <dt>{t("session.email")}</dt>
              <dd>{me.email}</dd>
              <dt>{t("session.zone")}</dt>
              <dd>{me.zone.replaceAll("_", " ")}</dd>
              {me.seats.map((seat) => (
                <Seat key={seat.org.id} label={t("people.role")} text={t("settings.membership", { role: roles[seat.role] ?? seat.role, org: seat.org.name })} />
              ))}
            </dl>
          </Paper>
        </section>
        <section aria-label={t("settings.look")}>
          <Head order={2} title={t("settings.look")} />
          <SegmentedControl
            aria-label={t("settings.look")}
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "auto" | "light" | "dark")}
            data={[
              { value: "auto", label: t("settings.auto") },
              { value: "light", label: t("settings.light") },
              { value: "dark", label: t("settings.dark") },
            ]}
          />
        </section>
        <section aria-label={t("apps.title")}>
          <Head order={2} title={t("apps.title")}>
            <ButtonLink to="/apps" size="xs" variant="default">
              {t("apps.manage")}
            </ButtonLink>
          </Head>
          <Text size="sm" c="dimmed">
            {t("apps.lead")}
          </Text>
        </section>
      </Stack>
    </div>
  );
}

function Seat({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <>
      <dt>{label}</dt>
      <dd dir="auto">{text}</dd>
    </>
  );
}
