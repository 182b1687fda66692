import { Alert, Button, Code, CopyButton, Group, NumberInput, Paper, SegmentedControl, Stack, Text, TextInput, useMantineColorScheme } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { readPages } from "../live/cases";
import { FormDialog, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { NewToken, Session } from "../wire";
import { useMe } from "./me";
import { SessionRow } from "./security";

export default function SettingsPage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: async ({ signal }) => (await readPages<Session>("/sessions", signal)).flatMap((page) => page.items),
  });
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
        <Shown query={sessions}>
          {(items) => (
            <Tokens items={items.filter((each) => each.kind === "token")} />
          )}
        </Shown>
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

function Tokens({ items }: { readonly items: readonly Session[] }): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  return (
    <section aria-label={t("settings.tokens")}>
      <Head order={2} title={t("settings.tokens")}>
        <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
          {t("settings.make")}
        </Button>
      </Head>
      <Text size="sm" c="dimmed" mb="sm">
        {t("settings.tokensHint")}
      </Text>
      {made && (
        <Alert variant="light" color="ink" title={t("settings.shownOnce")} mb="md" withCloseButton closeButtonLabel={t("do.close")} onClose={() => setMade(null)} data-testid="new-token">
          <Group gap="sm" wrap="nowrap">
            <Code style={{ overflowWrap: "anywhere" }}>{made}</Code>
            <CopyButton value={made}>
              {({ copied, copy }) => (
                <Button size="compact-sm" variant="default" onClick={copy} style={{ flex: "none" }}>
                  {copied ? t("do.copied") : t("do.copy")}
                </Button>
              )}
            </CopyButton>
          </Group>
        </Alert>
      )}
      <Paper>
        {items.length === 0 ? (
          <Empty title={t("settings.noTokens")} icon={<IconKey size={28} stroke={1.4} />} />
        ) : (
          <ul className="cw-rows">
            {items.map((each) => (
              <SessionRow key={each.id} session={each} onEnd={() => void client.invalidateQueries({ queryKey: ["sessions"] })} />
            ))}
          </ul>
        )}
      </Paper>
      <FormDialog
        title={t("settings.make")}
        submit={t("settings.make")}
        opened={making}
        onClose={() => setMaking(false)}
        onSend={(said) => post<NewToken>("/tokens", { label: said("label"), days: Number(said("days")) })}
        onDone={(answer) => {
          setMade(answer.token);
          void client.invalidateQueries({ queryKey: ["sessions"] });
        }}
      >
        {(at) => (
          <>
            <TextInput name="label" label={t("settings.label")} required maxLength={100} error={at("$.label")} data-autofocus />
            <NumberInput name="days" label={t("settings.days")} defaultValue={90} min={1} max={365} allowDecimal={false} required error={at("$.days")} />
          </>
        )}
      </FormDialog>
    </section>
  );
}
