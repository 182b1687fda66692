// Invitations of an organisation: what waits, what was answered, sending again and withdrawing.
import { Badge, Button, Group, Paper, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconMailForward, IconUserPlus } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post, remove } from "../http/client";
import { ForAdmins, useOrg } from "../organisation/org";
import { Complaint, Confirm, useAction, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Moment, useNow } from "../ui/when";
import type { Invitation } from "../wire";
import { useInvitations, usePlace } from "./data";
import { Invite } from "./invite";

const SHOWN = 50;

export default function InvitationsPage(): ReactNode {
  return (
    <ForAdmins>
      <Invitations />
    </ForAdmins>
  );
}

function Invitations(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [limit, setLimit] = useState(SHOWN);
  const [withdrawing, setWithdrawing] = useState<Invitation | null>(null);
  const [inviting, setInviting] = useState(false);
  const client = useQueryClient();
  const list = useInvitations(org.id);
  usePageTitle(t("organisation.parts.invitations"));
  const read = (): void => void client.invalidateQueries({ queryKey: ["invitations", org.id] });
  return (
    <>
      <Head title={t("organisation.parts.invitations")}>
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
          {t("people.invite")}
        </Button>
      </Head>
      <Invite opened={inviting} onClose={() => setInviting(false)} />
      <Confirm
        title={t("invitations.withdrawSure", { name: withdrawing?.name || withdrawing?.email || "" })}
        hint={t("invitations.withdrawHint")}
        submit={t("invitations.withdraw")}
        opened={withdrawing !== null}
        onClose={() => setWithdrawing(null)}
        onConfirm={async () => {
          await remove(`/orgs/${org.id}/invitations/${withdrawing?.id}`);
          read();
        }}
      />
      <Shown query={list}>
        {(items) => (
          <>
            <Paper>
              {items.length === 0 ? (
                <Empty title={t("invitations.none")} hint={t("invitations.noneHint")} icon={<IconMailForward size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="invitations">
                  {items.slice(0, limit).map((each) => (
                    <Row key={each.id} invitation={each} onSent={read} onWithdraw={() => setWithdrawing(each)} />
                  ))}
                </ul>
              )}
            </Paper>
            {items.length > limit && (
              <Button variant="default" mt="md" fullWidth onClick={() => setLimit(limit + SHOWN)}>
                {t("do.more")}
              </Button>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function Row({ invitation, onSent, onWithdraw }: { readonly invitation: Invitation; readonly onSent: () => void; readonly onWithdraw: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const placed = usePlace();
  const over = Date.parse(invitation.expires_at) <= useNow();
  const waits = invitation.state === "waiting";
  const name = invitation.name || invitation.email;
  const again = useAction(
    () => post(`/orgs/${org.id}/invitations/${invitation.id}/resend`, {}),
    () => {
      notifications.show({ message: t("people.invited", { email: invitation.email }) });
      onSent();
    },
  );
  return (
    <li className="cw-row">
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 15rem" }}>
          <Group gap={8}>
            <Text fw={550} dir="auto">
              {name}
            </Text>
            <Badge color={waits && !over ? "ink" : "gray"} styles={{ root: { color: waits && !over ? "var(--mantine-color-anchor)" : "var(--mantine-color-text)" } }}>
              {waits && over ? t("invitations.state.over") : t(`invitations.state.${invitation.state}`)}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed">
            {name !== invitation.email && `${invitation.email} · `}
            {placed(invitation.role)} · <Moment at={invitation.made_at} />
            {waits && !over && (
              <>
                {" · "}
                {t("invitations.until")} <Moment at={invitation.expires_at} />
              </>
            )}
          </Text>
          <Complaint refused={again.refused} />
        </div>
        {waits && (
          <Group gap="xs" style={{ flex: "none" }}>
            <Button size="xs" variant="default" loading={again.busy} onClick={() => again.run(undefined)} aria-label={t("invitations.againTo", { name })}>
              {t("invitations.again")}
            </Button>
            <Button size="xs" variant="default" onClick={onWithdraw} aria-label={t("invitations.withdrawOf", { name })}>
              {t("invitations.withdraw")}
            </Button>
          </Group>
        )}
      </Group>
    </li>
  );
}
