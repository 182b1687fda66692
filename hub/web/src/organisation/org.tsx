// The organisation whose pages are shown, and who may see which of them.
import { Stack, Text, Title } from "@mantine/core";
import { createContext, use, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ButtonLink } from "../ui/links";
import type { Organisation } from "../wire";

export interface Org extends Organisation {
  /** Whether the reader administers it. */
  readonly admin: boolean;
}

export const OrgContext = createContext<Org | null>(null);

export function useOrg(): Org {
  const org = use(OrgContext);
  if (!org) throw new Error("useOrg needs the organisation's area above it");
  return org;
}

/** What only administrators read and do. Others are told so, and led back; the hub refuses them anyway. */
export function ForAdmins({ children }: { readonly children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  if (useOrg().admin) return children;
  return (
    <Stack align="center" gap={6} py={48} px="md" ta="center" data-testid="admins-only">
      <Title order={1}>{t("organisation.adminsOnly")}</Title>
      <Text c="dimmed" maw={420}>
        {t("organisation.adminsOnlyHint")}
      </Text>
      <ButtonLink to="/organisation" mt="md" variant="default">
        {t("organisation.back")}
      </ButtonLink>
    </Stack>
  );
}
