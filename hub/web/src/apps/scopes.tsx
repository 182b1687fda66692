// What an app asks for or may do, in words.
import { Badge, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Asking } from "../wire";

export type Scope = Asking["scopes"][number];

/** The order in which they are read: who one is, what one has, then how long. */
export const SCOPES = ["openid", "profile", "email", "read", "write", "admin", "scim", "offline_access"] as const satisfies readonly Scope[];

export function ScopeList({ scopes, known = [] }: { readonly scopes: readonly Scope[]; readonly known?: readonly Scope[] }): ReactNode {
  const { t } = useTranslation();
  return (
    <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }} data-testid="scopes">
      {SCOPES.filter((scope) => scopes.includes(scope)).map((scope) => (
        <li key={scope} style={{ display: "flex", gap: 8, alignItems: "flex-start" }}>
          <IconCheck size={18} stroke={1.8} aria-hidden style={{ flex: "none", marginTop: 2 }} />
          <Text size="sm">
            {t(`apps.scopes.${scope}`)}
            {known.includes(scope) && (
              <Badge ml={8} size="sm" color="gray">
                {t("apps.consent.known")}
              </Badge>
            )}
          </Text>
        </li>
      ))}
    </ul>
  );
}
