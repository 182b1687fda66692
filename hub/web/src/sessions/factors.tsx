// Setting up second factors: an authenticator app, passkeys, and the recovery codes that stand in for both.
import { Alert, Button, Code, CopyButton, Group, List, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconDeviceMobile, IconDownload, IconFingerprint } from "@tabler/icons-react";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, post } from "../http/client";
import { Complaint, Form, useAction } from "../ui/forms";
import type { Asked, Enrolled, Factors, NewTotp } from "../wire";
import { device } from "./device";
import { canPasskeys, Declined, makePasskey } from "./passkeys";

export const useFactors = (): UseQueryResult<Factors> => useQuery({ queryKey: ["factors"], queryFn: ({ signal }) => get<Factors>("/factors", signal) });

interface Props {
  readonly onDone: (enrolled: Enrolled) => void;
}

/** A button, and a dialog with the QR code; it counts once the app's first code was typed. */
export function AddApp({ onDone }: Props): ReactNode {
  const { t } = useTranslation();
  const [made, setMade] = useState<NewTotp | null>(null);
  const begin = useAction(() => post<NewTotp>("/factors/totp", {}), setMade);
  const button = useRef<HTMLButtonElement>(null);
  // While it waited for the code the button could not hold the keyboard, so the dialog does not know where it was.
  const back = (): void => {
    if (document.activeElement === null || document.activeElement === document.body) button.current?.focus();
  };
  return (
    <>
      <Button ref={button} variant="default" leftSection={<IconDeviceMobile size={18} aria-hidden />} loading={begin.busy} onClick={() => begin.run(undefined)}>
        {t("security.addApp")}
      </Button>
      <Complaint refused={begin.refused} />
      <Modal opened={made !== null} onClose={() => setMade(null)} title={t("security.addApp")} onExitTransitionEnd={back}>
        {made && (
          <Stack gap="md">
            <Text size="sm">{t("security.scan")}</Text>
            <img src={made.qr} alt={t("security.qr")} width={220} height={220} style={{ alignSelf: "center", borderRadius: 8, background: "#fff" }} />
            <div>
              <Text size="sm" c="dimmed" mb={4}>
                {t("security.typeSecret")}
              </Text>
              <Group gap="sm" wrap="nowrap">
                <Code data-testid="secret" style={{ overflowWrap: "anywhere", fontSize: "0.85rem" }}>
                  {made.secret.replace(/(.{4})(?=.)/g, "$1 ")}
                </Code>
                <Copy value={made.secret} />
              </Group>
            </div>
            <Form
              submit={t("security.confirm")}
              fullWidth
              onSend={(said) => post<Enrolled>(`/factors/totp/${made.id}/confirm`, { code: said("code") })}
              onDone={(enrolled) => {
                setMade(null);
                onDone(enrolled);
              }}
            >
              {(at) => <TextInput name="code" label={t("security.code")} description={t("security.firstCode")} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} maxLength={10} error={at("$.code")} data-autofocus />}
            </Form>
          </Stack>
        )}
      </Modal>
    </>
  );
}

/** A button: the browser asks for a finger, a face, a PIN or a key. */
export function AddPasskey({ onDone }: Props): ReactNode {
  const { t } = useTranslation();
  const [declined, setDeclined] = useState(false);
  const add = useAction(
    async () => {
      setDeclined(false);
      const asked = await post<Asked>("/factors/passkeys/options", {});
      try {
        const passkey = await makePasskey(asked.options);
        return await post<Enrolled>("/factors/passkeys", { pending: asked.pending, passkey, label: device(navigator.userAgent).slice(0, 100) });
      } catch (error) {
        if (!(error instanceof Declined)) throw error;
        setDeclined(true);
        return null;
      }
    },
    (enrolled) => enrolled && onDone(enrolled),
  );
  if (!canPasskeys()) return null;
  return (
    <>
      <Button leftSection={<IconFingerprint size={18} aria-hidden />} loading={add.busy} onClick={() => add.run(undefined)}>
        {t("security.addPasskey")}
      </Button>
      {declined && (
        <Text size="sm" c="dimmed" role="status">
          {t("security.notMade")}
        </Text>
      )}
      <Complaint refused={add.refused} />
    </>
  );
}

/** Shown this once: people print them, keep them in a password manager, or write them down. */
export function RecoveryCodes({ codes }: { readonly codes: readonly string[] }): ReactNode {
  const { t } = useTranslation();
  const text = codes.join("\n");
  const panel = useRef<HTMLDivElement>(null);
  // They are shown only now, perhaps below what the screen shows; and the dialog that made them has gone with its focus.
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "center" });
    panel.current?.focus({ preventScroll: true });
  }, [text]);
  return (
    <Alert ref={panel} tabIndex={-1} color="ink" variant="light" title={t("security.recoveryTitle")} data-testid="recovery-codes">
      <Stack gap="sm">
        <Text size="sm">{t("security.recoveryOnce")}</Text>
        <List listStyleType="none" style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(17rem, 1fr))", gap: "0.35rem" }}>
          {codes.map((code) => (
            <List.Item key={code}>
              <Code style={{ fontSize: "0.9rem", whiteSpace: "nowrap" }}>{code}</Code>
            </List.Item>
          ))}
        </List>
        <Group gap="sm">
          <Copy value={text} />
          <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} aria-hidden />} component="a" href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`} download="casewire-recovery-codes.txt">
            {t("security.download")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function Copy({ value }: { readonly value: string }): ReactNode {
  const { t } = useTranslation();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-sm" variant="default" onClick={copy} style={{ flex: "none" }}>
          {copied ? t("do.copied") : t("do.copy")}
        </Button>
      )}
    </CopyButton>
  );
}
