// The organisation's own directory (SCIM): what to give it, what it has sent, and the place of whom it sends without a role.
import { Button, Code, CopyButton, Group, Paper, Radio, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, post } from "../http/client";
import { Complaint, useAction, usePageTitle } from "../ui/forms";
import { AnchorLink } from "../ui/links";
import { Head, Shown } from "../ui/states";
import { Ago } from "../ui/when";
import type { ScimRule, ScimState } from "../wire";
import { ForAdmins, useOrg } from "./org";

export default function DirectoryPage(): ReactNode {
  return (
    <ForAdmins>
      <Directory />
    </ForAdmins>
  );
}

function Directory(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const key = ["directory", org.id];
  const state = useQuery({ queryKey: key, queryFn: ({ signal }) => get<ScimState>(`/orgs/${org.id}/scim`, signal), refetchOnWindowFocus: "always" });
  const save = useAction(
    (role: string) => post<ScimRule>(`/orgs/${org.id}/scim`, { role }),
    ({ role }) => {
      client.setQueryData<ScimState>(key, (before) => before && { ...before, role });
      notifications.show({ message: t("directory.saved") });
    },
  );
  usePageTitle(t("organisation.parts.directory"));
  return (
    <>
      <Head title={t("organisation.parts.directory")} />
      <Text c="dimmed" size="sm" mb="md">
        {t("directory.lead")}
      </Text>
      <Shown query={state} rows={3}>
        {(found) => (
          <Stack gap="xl">
            <section aria-label={t("directory.give")}>
              <Head order={2} title={t("directory.give")} />
              <Paper p="md">
                <Stack gap="sm">
                  <Text size="sm" fw={550}>
                    {t("directory.address")}
                  </Text>
                  <Group gap="sm">
                    <Code style={{ overflowWrap: "anywhere" }} data-testid="directory-address">
                      {found.address}
                    </Code>
                    <CopyButton value={found.address}>
                      {({ copied, copy }) => (
                        <Button size="compact-sm" variant="default" onClick={copy}>
                          {copied ? t("do.copied") : t("do.copy")}
                        </Button>
                      )}
                    </CopyButton>
                  </Group>
                  <Text size="sm">
                    {t("directory.token")}{" "}
                    <AnchorLink to="/organisation/services" size="sm">
                      {t("organisation.parts.services")}
                    </AnchorLink>
                  </Text>
                </Stack>
              </Paper>
            </section>
            <section aria-label={t("directory.role")}>
              <Head order={2} title={t("directory.role")} />
              <Paper p="md">
                <Radio.Group aria-label={t("directory.role")} description={t("directory.roleHint")} value={found.role} onChange={(role) => save.run(role)}>
                  <Stack gap="sm" mt="sm">
                    {(["outside", "desk"] as const).map((role) => (
                      <Radio key={role} value={role} label={t(`people.roles.${role}`)} description={t(`tokens.placeHint.${role}`)} disabled={save.busy} />
                    ))}
                  </Stack>
                </Radio.Group>
                <Complaint refused={save.refused} />
              </Paper>
            </section>
            <section aria-label={t("directory.sent")}>
              <Head order={2} title={t("directory.sent")} />
              <Text size="sm" data-testid="directory-sent">
                {found.changed_at === null ? (
                  t("directory.nothing")
                ) : (
                  <>
                    {t("directory.people", { count: found.people })}, {t("directory.groups", { count: found.groups })}. {t("directory.last")} <Ago at={found.changed_at} />
                  </>
                )}
              </Text>
            </section>
          </Stack>
        )}
      </Shown>
    </>
  );
}
