import { ActionIcon, Avatar, Badge, Button, Group, NativeSelect, Paper, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconUserOff, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post, query, remove } from "../http/client";
import { readPages } from "../live/cases";
import { useMe } from "../sessions/me";
import { Confirm, FormDialog, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Answer, Card } from "../wire";
import { Rule } from "./rule";

const ROLES = ["desk", "admin", "outside"] as const;

export default function PeoplePage(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const orgs = me.seats.filter((seat) => seat.role === "admin").map((seat) => seat.org);
  const [chosen, setChosen] = useState(orgs[0]?.id ?? "");
  const [inviting, setInviting] = useState(false);
  const [role, setRole] = useState<(typeof ROLES)[number]>("desk");
  const [words, setWords] = useState("");
  const [removing, setRemoving] = useState<Card | null>(null);
  usePageTitle(t("people.title"));
  const people = useQuery({
    queryKey: ["people", chosen],
    queryFn: async ({ signal }) => (await readPages<Card>(`/people${query({ org: chosen })}`, signal)).flatMap((page) => page.items),
    enabled: chosen !== "",
    staleTime: 30_000,
  });
  const shown = useMemo(() => (people.data ?? []).filter((card) => `${card.name} ${card.email}`.toLowerCase().includes(words.trim().toLowerCase())), [people.data, words]);
  if (orgs.length === 0) return <Empty title={t("people.onlyAdmins")} icon={<IconUsers size={32} stroke={1.4} />} />;
  return (
    <div className="cw-narrow">
      <Head title={t("people.title")}>
        {orgs.length > 1 && <NativeSelect aria-label={t("cases.org")} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)} data={orgs.map((org) => ({ value: org.id, label: org.name }))} />}
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
          {t("people.invite")}
        </Button>
      </Head>
      <FormDialog
        title={t("people.invite")}
        submit={t("people.invite")}
        opened={inviting}
        onClose={() => setInviting(false)}
        onSend={async (said) => {
          const email = said("email");
          await post<Answer<unknown>>("/people", { org: chosen, email, name: said("name"), role });
          return email;
        }}
        onDone={(email) => {
          notifications.show({ message: t("people.invited", { email }) });
          void client.invalidateQueries({ queryKey: ["people", chosen] });
        }}
      >
        {(at) => (
          <>
            <TextInput name="name" label={t("people.name")} required error={at("$.name")} dir="auto" data-autofocus />
            <TextInput name="email" type="email" label={t("people.email")} required error={at("$.email")} />
            <NativeSelect label={t("people.role")} description={t(`people.roleHints.${role}`)} value={role} onChange={(event) => setRole(ROLES.find((each) => each === event.currentTarget.value) ?? "desk")} data={ROLES.map((each) => ({ value: each, label: t(`people.roles.${each}`) }))} error={at("$.role")} />
          </>
        )}
      </FormDialog>
      <Confirm
        title={t("people.removeSure", { name: removing?.name ?? "", org: orgs.find((org) => org.id === chosen)?.name ?? "" })}
        hint={t("people.removeHint")}
        submit={t("do.remove")}
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          await remove(`/orgs/${chosen}/people/${removing?.id}`);
          void client.invalidateQueries({ queryKey: ["people", chosen] });
        }}
      />
      <TextInput type="search" aria-label={t("people.filter")} placeholder={t("people.filter")} value={words} onChange={(event) => setWords(event.currentTarget.value)} mb="md" />
      <Shown query={people}>
        {() => (
          <Paper>
            {shown.length === 0 ? (
              <Empty title={t("people.none")} hint={t("people.noneHint")} icon={<IconUsers size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="people">
                {shown.map((card) => (
                  <li key={card.id} className="cw-row">
                    <Group justify="space-between" wrap="nowrap" gap="sm">
                      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
                        <Avatar size={34} radius="xl" name={card.name} color="initials" allowedInitialsColors={["ink", "gray"]} aria-hidden />
                        <div style={{ minWidth: 0 }}>
                          <Text fw={550} dir="auto">
                            {card.name}
                          </Text>
                          <Text size="xs" c="dimmed">
                            {card.email}
                          </Text>
                        </div>
                      </Group>
                      <Group gap="xs" wrap="nowrap" style={{ flex: "none" }}>
                        <Badge color="gray" styles={{ root: { color: "var(--mantine-color-text)" } }}>
                          {ROLES.some((each) => each === card.membership) ? t(`people.roles.${card.membership as (typeof ROLES)[number]}`) : card.membership}
                        </Badge>
                        {card.id !== me.id && (
                          <ActionIcon aria-label={t("people.remove", { name: card.name })} onClick={() => setRemoving(card)}>
                            <IconUserOff size={18} aria-hidden />
                          </ActionIcon>
                        )}
                      </Group>
                    </Group>
                  </li>
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
      <Rule key={chosen} org={chosen} />
    </div>
  );
}
