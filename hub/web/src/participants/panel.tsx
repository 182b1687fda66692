// Who has access to a case, and whom it is about.
import { ActionIcon, Avatar, Badge, Button, Group, NativeSelect, Paper, Stack, Text, TextInput } from "@mantine/core";
import { IconUserOff, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useList, useNames, type CaseView } from "../cases/data";
import { post, remove } from "../http/client";
import { useLive } from "../live/provider";
import { Parties } from "../parties/panel";
import { usePeople } from "../people/data";
import { PersonSelect } from "../people/picker";
import { useMe } from "../sessions/me";
import { Confirm, FormDialog } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Ago } from "../ui/when";
import { ViewAs } from "../views/looked";
import type { Answer, Participant } from "../wire";
import { WhoSees } from "./access";
import { CaseTeams } from "./teams";

export default function People({ view }: { readonly view: CaseView }): ReactNode {
  return (
    <Stack gap="xl">
      <Participants view={view} />
      {!view.borrowed && <CaseTeams view={view} />}
      <WhoSees view={view} />
      <Parties view={view} />
    </Stack>
  );
}

function Participants({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "participant");
  const [granting, setGranting] = useState(false);
  const present = useMemo(() => list.items.filter((each) => each.revoked_at === null).sort((a, b) => a.granted_at.localeCompare(b.granted_at) || a.id.localeCompare(b.id)), [list.items]);
  return (
    <section aria-label={t("participants.title")}>
      <Head order={2} title={t("participants.title")}>
        {view.may("participant.grant") && (
          <Button size="xs" variant="default" leftSection={<IconUserPlus size={14} aria-hidden />} onClick={() => setGranting(true)}>
            {t("participants.add")}
          </Button>
        )}
      </Head>
      <Grant view={view} opened={granting} onClose={() => setGranting(false)} />
      <Shown query={list.query}>
        {() => (
          <Paper>
            {present.length === 0 ? (
              <Empty title={t("participants.none")} hint={t("participants.noneHint")} icon={<IconUsers size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="participants">
                {present.map((participant) => (
                  <Row key={participant.id} view={view} participant={participant} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}

function Row({ view, participant }: { readonly view: CaseView; readonly participant: Participant }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const me = useMe();
  const { name, cards } = useNames(view.id);
  const [revoking, setRevoking] = useState(false);
  const card = cards.find((each) => each.id === participant.person);
  const shown = card?.name ?? name(participant.person);
  const role = view.type?.roles[participant.role];
  return (
    <li className="cw-row" data-testid="participant">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <Avatar size={34} radius="xl" name={shown} color="initials" allowedInitialsColors={["ink", "gray"]} aria-hidden />
          <div style={{ minWidth: 0 }}>
            <Group gap={8}>
              <Text fw={550} dir="auto">
                {shown}
              </Text>
              {participant.person === me.id && (
                <Text size="sm" c="dimmed">
                  ({t("state.you")})
                </Text>
              )}
              <Badge color={role?.side === "staff" ? "ink" : "gray"} styles={{ root: { color: role?.side === "staff" ? "var(--mantine-color-anchor)" : "var(--mantine-color-text)" } }}>
                {role?.title ?? participant.role}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              {card?.email}
              {card?.email && " · "}
              <Ago at={participant.granted_at} />
            </Text>
          </div>
        </Group>
        <Group gap={4} wrap="nowrap">
        {card && <ViewAs view={view} card={card} />}
        {view.may("participant.grant") && (
          <ActionIcon aria-label={t("participants.revoke", { name: shown })} onClick={() => setRevoking(true)}>
            <IconUserOff size={18} aria-hidden />
          </ActionIcon>
        )}
        </Group>
      </Group>
      <Confirm
        title={t("participants.revokeSure", { name: shown })}
        hint={t("participants.revokeHint")}
        submit={t("participants.revokeDo")}
        opened={revoking}
        onClose={() => setRevoking(false)}
        onConfirm={async () => feeds.put(view.id, "participant", (await remove<Answer<Participant>>(`/cases/${view.id}/participants/${participant.id}`)).item)}
      />
    </li>
  );
}

function Grant({ view, opened, onClose }: { readonly view: CaseView; readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [person, setPerson] = useState("");
  const directory = usePeople(view.case.org, opened);
  // Only staff of the organisation can be on its team, and who is invited by mail is not staff yet.
  const outside = (directory.data?.find((card) => card.id === person)?.membership ?? "outside") === "outside";
  const roles = Object.entries(view.type?.roles ?? {}).flatMap(([value, role]) => (outside && role.side === "staff" ? [] : [{ value, label: role.title }]));
  return (
    <FormDialog
      title={t("participants.add")}
      submit={t("participants.add")}
      opened={opened}
      onClose={onClose}
      onSend={(said) =>
        post<Answer<Participant>>(`/cases/${view.id}/participants`, person ? { role: said("role"), person } : { role: said("role"), email: said("email"), name: said("name") })
      }
      onDone={(answer) => {
        feeds.put(view.id, "participant", answer.item);
        setPerson("");
      }}
    >
      {(at) => (
        <>
          <PersonSelect label={t("participants.person")} people={directory.data ?? []} value={person} onChange={setPerson} other={t("participants.byMail")} error={at("$.person")} />
          {!person && (
            <>
              <TextInput name="email" type="email" label={t("participants.email")} description={t("participants.inviteHint")} required error={at("$.email")} />
              <TextInput name="name" label={t("participants.name")} error={at("$.name")} dir="auto" />
            </>
          )}
          <NativeSelect key={String(outside)} name="role" label={t("participants.role")} data={roles} error={at("$.role")} />
        </>
      )}
    </FormDialog>
  );
}
