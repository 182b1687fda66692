// A device that has no browser shows a code; whoever types it here lets the device act for them, or not.
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { useZone } from "../sessions/me";
import { Complaint, Form, useAction, usePageTitle } from "../ui/forms";
import { Head } from "../ui/states";
import { moment } from "../ui/time";
import type { AskingDevice } from "../wire";
import { ScopeList } from "./scopes";

export default function DevicePage(): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const navigate = useNavigate();
  const { user_code: shown } = useSearch({ from: "/inside/device" });
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState<AskingDevice | null>(null);
  const [done, setDone] = useState<boolean | null>(null);
  usePageTitle(t("apps.device.title"));
  const answer = useAction(
    async (allow: boolean) => {
      await post<undefined>("/apps/devices/answer", { code, allow });
      return allow;
    },
    (allow) => setDone(allow),
  );
  const again = (): void => {
    setAsked(null);
    setDone(null);
    answer.reset();
    void navigate({ to: "/device", search: {}, replace: true });
  };
  return (
    <div className="cw-narrow" style={{ overflowWrap: "anywhere" }}>
      <Head title={asked && done === null ? t("apps.device.asks", { name: asked.name }) : t("apps.device.title")} />
      {done !== null ? (
        <Stack gap="md" align="flex-start">
          <Alert color={done ? "green" : "gray"} variant="light" role="status" title={done ? t("apps.device.allowed") : t("apps.device.denied")}>
            {done && t("apps.device.allowedHint")}
          </Alert>
          <Button variant="default" onClick={again}>
            {t("apps.device.another")}
          </Button>
        </Stack>
      ) : asked ? (
        <Stack gap="md">
          <Text c="dimmed">{t("apps.consent.of", { organisation: asked.organisation })}</Text>
          <Alert color="yellow" variant="light">
            {t("apps.device.warn")}
          </Alert>
          <Text size="sm">{asked.address ? t("apps.device.from", { address: asked.address, when: moment(asked.at, zone) }) : t("apps.device.fromNowhere", { when: moment(asked.at, zone) })}</Text>
          <Text size="sm">{t("apps.consent.you", { person: asked.person, email: asked.email })}</Text>
          <ScopeList scopes={asked.scopes} />
          <Complaint refused={answer.refused} />
          <Group>
            <Button variant="default" disabled={answer.busy} onClick={() => answer.run(false)}>
              {t("apps.consent.deny")}
            </Button>
            <Button loading={answer.busy} onClick={() => answer.run(true)}>
              {t("apps.consent.allow")}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Form
          submit={t("apps.device.go")}
          onSend={async (said) => {
            setCode(said("code"));
            return post<AskingDevice>("/apps/devices", { code: said("code") });
          }}
          onDone={setAsked}
        >
          {(at) => (
            <TextInput
              name="code"
              label={t("apps.device.code")}
              description={t("apps.device.lead")}
              defaultValue={shown ?? ""}
              placeholder="XXXX-XXXX"
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              required
              maxLength={20}
              error={at("$.code")}
              styles={{ input: { fontFamily: "monospace", letterSpacing: "0.1em", textTransform: "uppercase" } }}
              data-autofocus
              autoFocus
            />
          )}
        </Form>
      )}
    </div>
  );
}
