// A token: what it is for, what it opens, until when, and where it was used last.
import { Badge, Button, Group, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useZone } from "../sessions/me";
import { Confirm } from "../ui/forms";
import { moment } from "../ui/time";
import type { Session } from "../wire";
import { SCOPES } from "./data";

export function TokenRow({ token, onEnd }: { readonly token: Session; readonly onEnd: () => Promise<unknown> }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const [ending, setEnding] = useState(false);
  return (
    <li className="cw-row">
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Group gap={6}>
            <Text size="sm" fw={550} dir="auto">
              {token.label}
            </Text>
            {token.scopes.map((scope) => {
              const known = SCOPES.find((each) => each === scope);
              return (
                <Badge key={scope} color="gray" styles={{ root: { color: "var(--mantine-color-text)" } }}>
                  {known ? t(`tokens.scope.${known}`) : scope}
                </Badge>
              );
            })}
          </Group>
          <Text size="xs" c="dimmed">
            {token.used_at ? t("security.used", { when: moment(token.used_at, zone) }) : t("tokens.unused")}
            {token.address && ` · ${token.address}`} · {t("settings.expires", { when: moment(token.expires_at, zone) })}
          </Text>
        </div>
        <Button size="xs" variant="default" onClick={() => setEnding(true)} aria-label={t("settings.endOf", { label: token.label })} style={{ flex: "none" }}>
          {t("settings.end")}
        </Button>
      </Group>
      <Confirm title={t("tokens.endSure", { label: token.label })} hint={t("tokens.endHint")} submit={t("tokens.endDo")} opened={ending} onClose={() => setEnding(false)} onConfirm={onEnd} />
    </li>
  );
}
