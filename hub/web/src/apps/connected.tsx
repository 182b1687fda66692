// The apps that act for me, and taking that back.
import { Button, Group, Paper, Text } from "@mantine/core";
import { IconApps } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { remove } from "../http/client";
import { readPages } from "../live/cases";
import { useZone } from "../sessions/me";
import { Confirm, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { moment } from "../ui/time";
import type { Connection } from "../wire";
import { ScopeList } from "./scopes";

export default function ConnectedPage(): ReactNode {
  const { t } = useTranslation();
  usePageTitle(t("apps.title"));
  const apps = useQuery({
    queryKey: ["apps"],
    queryFn: async ({ signal }) => (await readPages<Connection>("/apps", signal)).flatMap((page) => page.items),
  });
  return (
    <div className="cw-narrow">
      <Head title={t("apps.title")} />
      <Text size="sm" c="dimmed" mb="md">
        {t("apps.lead")}
      </Text>
      <Shown query={apps}>
        {(items) => (
          <Paper>
            {items.length === 0 ? (
              <Empty title={t("apps.none")} hint={t("apps.noneHint")} icon={<IconApps size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="apps">
                {items.map((each) => (
                  <Row key={each.app} app={each} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </div>
  );
}

function Row({ app }: { readonly app: Connection }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const client = useQueryClient();
  const [removing, setRemoving] = useState(false);
  const used = app.used_at && (app.address ? t("apps.usedFrom", { when: moment(app.used_at, zone), address: app.address }) : t("apps.used", { when: moment(app.used_at, zone) }));
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
        <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
          <Text fw={550} dir="auto">
            {app.name}
          </Text>
          <Text size="xs" c="dimmed" mb={8}>
            {t("apps.consent.of", { organisation: app.organisation })} · {t("apps.since", { when: moment(app.since, zone) })} · {app.sign_ins > 0 ? t("apps.signIns", { count: app.sign_ins }) : t("apps.idle")}
            {used && ` · ${used}`}
          </Text>
          <ScopeList scopes={app.scopes} />
        </div>
        <Button size="xs" variant="default" onClick={() => setRemoving(true)} aria-label={t("apps.removeOf", { name: app.name })} style={{ flex: "none" }}>
          {t("apps.remove")}
        </Button>
      </Group>
      <Confirm
        title={t("apps.removeSure", { name: app.name })}
        hint={t("apps.removeHint")}
        submit={t("apps.remove")}
        opened={removing}
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await remove(`/apps/${app.app}`);
          await client.invalidateQueries({ queryKey: ["apps"] });
        }}
      />
    </li>
  );
}
