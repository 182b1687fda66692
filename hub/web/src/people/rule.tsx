// Who of the organisation needs a second factor.
import { Checkbox, Group, Paper, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, put } from "../http/client";
import { Complaint, useAction } from "../ui/forms";
import { Head, Shown } from "../ui/states";
import type { MfaRule } from "../wire";

const PLACES = ["admin", "desk", "outside"] as const;

export function Rule({ org }: { readonly org: string }): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const key = ["mfa", org];
  const rule = useQuery({ queryKey: key, queryFn: ({ signal }) => get<MfaRule>(`/orgs/${org}/mfa`, signal) });
  const save = useAction(
    (roles: readonly string[]) => put<MfaRule>(`/orgs/${org}/mfa`, { roles }),
    (made) => {
      client.setQueryData(key, made);
      notifications.show({ message: t("security.ruleSaved") });
    },
  );
  return (
    <section aria-label={t("security.rule")}>
      <Head title={t("security.rule")} />
      <Text size="sm" c="dimmed" mb="sm">
        {t("security.ruleHint")}
      </Text>
      <Shown query={rule} rows={1}>
        {(found: MfaRule) => (
          <Paper p="md">
            <Group gap="lg" data-testid="mfa-rule">
              {PLACES.map((place) => (
                <Checkbox
                  key={place}
                  label={t(`people.roles.${place}`)}
                  checked={found.roles.includes(place)}
                  disabled={save.busy}
                  onChange={(event) => save.run(event.currentTarget.checked ? [...found.roles, place] : found.roles.filter((each) => each !== place))}
                />
              ))}
            </Group>
          </Paper>
        )}
      </Shown>
      <div style={{ marginTop: "0.5rem" }}>
        <Complaint refused={save.refused} />
      </div>
    </section>
  );
}
