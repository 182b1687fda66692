// Accounts elsewhere that sign one in here.
import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, post, remove } from "../http/client";
import { Complaint, Confirm, useAction } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { moment } from "../ui/time";
import type { Departure, Identities, Identity } from "../wire";
import { useZone } from "./me";
import { leaveFor, useProviders } from "./ways";

export function IdentitiesSection(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const ways = useProviders();
  const mine = useQuery({ queryKey: ["identities"], queryFn: ({ signal }) => get<Identities>("/identities", signal) });
  const [leaving, setLeaving] = useState<Identity | null>(null);
  const connect = useAction((id: string) => post<Departure>(`/identities/${id}/start`, {}), (departure) => leaveFor(departure, "/security"));
  const named = (one: Identity): string => ways.data?.items.find((way) => way.id === one.provider)?.name ?? new URL(one.issuer).hostname;
  if (!ways.data?.items.length && !mine.data?.items.length) return null;
  return (
    <section aria-label={t("providers.mine")}>
      <Head order={2} title={t("providers.mine")} />
      <Text size="sm" c="dimmed" mb="sm">
        {t("providers.mineHint")}
      </Text>
      <Confirm
        title={t("providers.disconnectSure", { name: leaving ? named(leaving) : "" })}
        hint={t("providers.disconnectHint")}
        submit={t("providers.disconnect")}
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        onConfirm={async () => {
          await remove(`/identities/${leaving?.id}`);
          void client.invalidateQueries({ queryKey: ["identities"] });
        }}
      />
      <Shown query={mine} rows={1}>
        {(found) => (
          <Stack gap="md">
            <Paper>
              {found.items.length === 0 ? (
                <Empty title={t("providers.none")} icon={<IconLogin2 size={28} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="identities">
                  {found.items.map((one) => (
                    <Row key={one.id} one={one} name={named(one)} onLeave={() => setLeaving(one)} />
                  ))}
                </ul>
              )}
            </Paper>
            <Group gap="sm">
              {ways.data?.items
                .filter((way) => !found.items.some((one) => one.provider === way.id))
                .map((way) => (
                  <Button key={way.id} variant="default" loading={connect.busy} onClick={() => connect.run(way.id)} dir="auto">
                    {t("providers.connect", { name: way.name })}
                  </Button>
                ))}
            </Group>
            <Complaint refused={connect.refused} />
          </Stack>
        )}
      </Shown>
    </section>
  );
}

function Row({ one, name, onLeave }: { readonly one: Identity; readonly name: string; readonly onLeave: () => void }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} dir="auto" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {one.email && `${one.email} · `}
            {one.used_at ? t("security.used", { when: moment(one.used_at, zone) }) : t("providers.since", { when: moment(one.made_at, zone) })}
          </Text>
        </div>
        <Button size="xs" variant="default" onClick={onLeave} aria-label={t("providers.disconnectOf", { name })} style={{ flex: "none" }}>
          {t("providers.disconnect")}
        </Button>
      </Group>
    </li>
  );
}
