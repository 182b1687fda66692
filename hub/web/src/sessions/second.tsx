// One more proof: a code, a passkey, a recovery code or the password. Signing in asks for it, and so do dangerous acts.
import { Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Complaint, Form, useAction } from "../ui/forms";
import { Declined, showPasskey } from "./passkeys";

export type Way = "password" | "totp" | "passkey" | "recovery";

/** What goes back to the hub beside `pending`. */
export interface Proof {
  readonly password?: string;
  readonly code?: string;
  readonly recovery?: string;
  readonly passkey?: Readonly<Record<string, unknown>>;
}

interface Props<R> {
  readonly ways: readonly Way[];
  readonly passkey: Readonly<Record<string, unknown>> | null;
  readonly submit: string;
  readonly onProof: (proof: Proof) => Promise<R>;
  readonly onDone: (result: R) => void;
}

export function Second<R>({ ways, passkey, submit, onProof, onDone }: Props<R>): ReactNode {
  const { t } = useTranslation();
  const typed = ways.filter((way) => way !== "passkey");
  const [way, setWay] = useState<Way | undefined>(typed[0]);
  const [declined, setDeclined] = useState(false);
  const byPasskey = useAction(async () => {
    setDeclined(false);
    try {
      return { done: await onProof({ passkey: await showPasskey(passkey ?? {}) }) };
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      setDeclined(true);
      return null;
    }
  }, (result) => result && onDone(result.done));
  return (
    <Stack gap="md">
      {passkey && (
        <>
          <Button leftSection={<IconFingerprint size={18} aria-hidden />} loading={byPasskey.busy} onClick={() => byPasskey.run(undefined)} fullWidth data-autofocus autoFocus>
            {t("security.usePasskey")}
          </Button>
          {declined && <Text size="sm" c="dimmed" role="status">{t("security.declined")}</Text>}
          <Complaint refused={byPasskey.refused} />
          {way && <Divider label={t("security.or")} labelPosition="center" />}
        </>
      )}
      {way && (
        <Form
          key={way}
          submit={submit}
          fullWidth
          quiet={passkey !== null}
          onSend={(said) => onProof(way === "totp" ? { code: said("code") } : way === "recovery" ? { recovery: said("recovery") } : { password: said("password") })}
          onDone={onDone}
        >
          {(at) =>
            way === "totp" ? (
              <TextInput name="code" label={t("security.code")} description={t("security.codeHint")} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} maxLength={10} error={at("$.code")} data-autofocus={!passkey || undefined} autoFocus={!passkey} />
            ) : way === "recovery" ? (
              <TextInput name="recovery" label={t("security.recoveryCode")} description={t("security.recoveryCodeHint")} autoComplete="off" required withAsterisk={false} maxLength={40} error={at("$.recovery")} autoFocus={!passkey || typed.length > 1} />
            ) : (
              <PasswordInput name="password" label={t("session.password")} autoComplete="current-password" required withAsterisk={false} error={at("$.password")} data-autofocus autoFocus />
            )
          }
        </Form>
      )}
      {typed.length > 1 && (
        <Button variant="subtle" size="compact-sm" onClick={() => setWay(way === "recovery" ? typed[0] : "recovery")}>
          {way === "recovery" ? t("security.useCode") : t("security.useRecovery")}
        </Button>
      )}
    </Stack>
  );
}
