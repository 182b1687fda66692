// Making a token, for oneself or for a service, and showing it the one time it is shown.
import { Alert, Button, Checkbox, Code, CopyButton, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { FormDialog } from "../ui/forms";
import type { NewToken } from "../wire";
import { TOKEN_DAYS_MAX } from "../wire";
import { asked, type Scope } from "./data";

const DAYS = 90;

interface MakeProps {
  readonly path: string;
  /** Which scopes may be chosen, and which are at first. */
  readonly scopes: readonly Scope[];
  readonly chosen: readonly Scope[];
  readonly onClose: () => void;
  readonly onMade: (token: string) => void;
}

export function MakeTokenDialog({ path, scopes, chosen, onClose, onMade }: MakeProps): ReactNode {
  const { t } = useTranslation();
  const [ticked, setTicked] = useState<readonly Scope[]>(chosen);
  return (
    <FormDialog
      title={t("tokens.make")}
      submit={t("tokens.make")}
      opened
      onClose={onClose}
      onSend={(said) => post<NewToken>(path, asked(said, ticked))}
      onDone={(made) => onMade(made.token)}
    >
      {(at) => (
        <>
          <TextInput name="label" label={t("tokens.label")} description={t("tokens.labelHint")} required maxLength={100} error={at("$.label")} dir="auto" data-autofocus />
          <Checkbox.Group label={t("tokens.scopes")} value={[...ticked]} onChange={(values) => setTicked(scopes.filter((scope) => values.includes(scope)))} error={at("$.scopes")} required>
            <Stack gap="xs" mt={6}>
              {scopes.map((scope) => (
                <Checkbox key={scope} value={scope} label={t(`tokens.scope.${scope}`)} description={t(`tokens.scopeHint.${scope}`)} />
              ))}
            </Stack>
          </Checkbox.Group>
          <NumberInput name="days" label={t("tokens.days")} defaultValue={DAYS} min={1} max={TOKEN_DAYS_MAX} allowDecimal={false} allowNegative={false} clampBehavior="strict" required error={at("$.days")} />
        </>
      )}
    </FormDialog>
  );
}

/** The hub keeps only a hash, so this is the only time. */
export function ShownOnce({ token, onClose }: { readonly token: string; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "nearest" });
  }, [token]);
  return (
    <Alert ref={panel} variant="light" color="ink" title={t("tokens.once")} mb="md" withCloseButton closeButtonLabel={t("do.close")} onClose={onClose} data-testid="new-token" role="status">
      <Group gap="sm" wrap="nowrap">
        <Code style={{ overflowWrap: "anywhere" }}>{token}</Code>
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy} style={{ flex: "none" }}>
              {copied ? t("do.copied") : t("do.copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Alert>
  );
}
