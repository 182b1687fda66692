// Who belongs to an organisation, and in which place.
import { ActionIcon, Avatar, Badge, Button, Group, Menu, NativeSelect, Paper, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronRight, IconDots, IconEraser, IconFileDownload, IconLock, IconUserCog, IconUserOff, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ErasePerson, ExportPerson } from "../erasure/person";
import { HoldOne } from "../holds/dialogs";
import { post, remove } from "../http/client";
import { useOrg } from "../organisation/org";
import { useMe } from "../sessions/me";
import { Confirm, FormDialog, usePageTitle } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Empty, Head, Shown } from "../ui/states";
import type { Answer, Card } from "../wire";
import { matches, PLACES, useInvitations, usePeople, usePlace, type Place } from "./data";
import { Invite, Places } from "./invite";

const SHOWN = 50;

export default function PeoplePage(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const people = usePeople(org.id);
  const invitations = useInvitations(org.id, org.admin);
  const waiting = useMemo(() => new Set((invitations.data ?? []).filter((each) => each.state === "waiting").map((each) => each.email)), [invitations.data]);
  const [words, setWords] = useState("");
  const [place, setPlace] = useState("");
  const [limit, setLimit] = useState(SHOWN);
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState<Card | null>(null);
  const [removing, setRemoving] = useState<Card | null>(null);
  const [keeping, setKeeping] = useState<{ readonly what: Keeping; readonly card: Card } | null>(null);
  const sought = useDeferredValue(words);
  const found = useMemo(() => (people.data ?? []).filter((card) => matches(card, sought) && (!place || card.membership === place)), [people.data, sought, place]);
  usePageTitle(t("people.title"));
  return (
    <>
      <Head title={t("people.title")}>
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
          {t("people.invite")}
        </Button>
      </Head>
      <Invite opened={inviting} onClose={() => setInviting(false)} />
      <ChangePlace card={changing} onClose={() => setChanging(null)} />
      <Remove card={removing} onClose={() => setRemoving(null)} />
      {keeping && <Keep what={keeping.what} card={keeping.card} onClose={() => setKeeping(null)} />}
      <Group gap="sm" mb="md" wrap="wrap">
        <TextInput
          type="search"
          aria-label={t("people.filter")}
          placeholder={t("people.filter")}
          value={words}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            setLimit(SHOWN);
          }}
          style={{ flex: "1 1 14rem" }}
        />
        <NativeSelect
          aria-label={t("people.role")}
          value={place}
          onChange={(event) => {
            setPlace(event.currentTarget.value);
            setLimit(SHOWN);
          }}
          data={[{ value: "", label: t("people.everyPlace") }, ...PLACES.map((each) => ({ value: each, label: t(`people.roles.${each}`) }))]}
        />
      </Group>
      <Shown query={people}>
        {(all) => (
          <>
            <Text size="sm" c="dimmed" mb={6} role="status">
              {t("people.count", { count: found.length })}
            </Text>
            <Paper>
              {found.length === 0 ? (
                <Empty title={all.length === 0 ? t("people.none") : t("people.noMatch")} hint={all.length === 0 ? t("people.noneHint") : t("people.noMatchHint")} icon={<IconUsers size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="people">
                  {found.slice(0, limit).map((card) => (
                    <Row key={card.id} card={card} invited={waiting.has(card.email)} onChange={() => setChanging(card)} onRemove={() => setRemoving(card)} onKeep={(what) => setKeeping({ what, card })} />
                  ))}
                </ul>
              )}
            </Paper>
            {found.length > limit && (
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

type Keeping = "export" | "hold" | "erase";

interface RowProps {
  readonly card: Card;
  readonly invited: boolean;
  readonly onChange: () => void;
  readonly onRemove: () => void;
  readonly onKeep: (what: Keeping) => void;
}

function Row({ card, invited, onChange, onRemove, onKeep }: RowProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const me = useMe();
  const placed = usePlace();
  // Who has no address is a program, and is ruled on a page of its own.
  const service = card.email === "";
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <PersonLine name={card.name} email={card.email || t("people.service")} own={card.id === me.id}>
          {invited && (
            <Text size="sm" c="dimmed">
              ({t("people.waits")})
            </Text>
          )}
        </PersonLine>
        <Group gap={4} wrap="nowrap" style={{ flex: "none" }}>
          <Badge color={card.membership === "admin" ? "ink" : "gray"} styles={{ root: { color: card.membership === "admin" ? "var(--mantine-color-anchor)" : "var(--mantine-color-text)" } }}>
            {placed(card.membership)}
          </Badge>
          {org.admin && service && (
            <ButtonLink to="/organisation/services/$serviceId" params={{ serviceId: card.id }} variant="subtle" color="gray" size="compact-sm" px={5} aria-label={t("people.serviceOf", { name: card.name })}>
              <IconChevronRight size={18} aria-hidden />
            </ButtonLink>
          )}
          {org.admin && !service && card.id !== me.id && (
            <Menu position="bottom-end" width={230}>
              <Menu.Target>
                <ActionIcon aria-label={t("people.actions", { name: card.name })}>
                  <IconDots size={18} aria-hidden />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconUserCog size={16} aria-hidden />} onClick={onChange}>
                  {t("people.change")}
                </Menu.Item>
                <Menu.Item leftSection={<IconUserOff size={16} aria-hidden />} color="var(--cw-danger)" onClick={onRemove}>
                  {t("people.removeDo")}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Item leftSection={<IconFileDownload size={16} aria-hidden />} onClick={() => onKeep("export")}>
                  {t("erasure.export")}
                </Menu.Item>
                <Menu.Item leftSection={<IconLock size={16} aria-hidden />} onClick={() => onKeep("hold")}>
                  {t("holds.place")}
                </Menu.Item>
                <Menu.Item leftSection={<IconEraser size={16} aria-hidden />} color="var(--cw-danger)" onClick={() => onKeep("erase")}>
                  {t("erasure.erase")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
      </Group>
    </li>
  );
}

/** A person in a list: who, and by which address. */
export function PersonLine({ name, email, own, children }: { readonly name: string; readonly email?: string; readonly own?: boolean; readonly children?: ReactNode }): ReactNode {
  const { t } = useTranslation();
  return (
    <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
      <Avatar size={34} radius="xl" name={name} color="initials" allowedInitialsColors={["ink", "gray"]} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <Group gap={8}>
          <Text fw={550} dir="auto">
            {name}
          </Text>
          {own && (
            <Text size="sm" c="dimmed">
              ({t("state.you")})
            </Text>
          )}
          {children}
        </Group>
        {email && (
          <Text size="xs" c="dimmed">
            {email}
          </Text>
        )}
      </div>
    </Group>
  );
}

function Keep({ what, card, onClose }: { readonly what: Keeping; readonly card: Card; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  if (what === "export") return <ExportPerson person={card} onClose={onClose} />;
  if (what === "erase") return <ErasePerson person={card} onClose={onClose} />;
  return <HoldOne org={org.id} kind="person" thing={card.id} title={t("holds.holdPerson", { name: card.name })} hint={t("holds.holdPersonHint")} onClose={onClose} />;
}

function ChangePlace({ card, onClose }: { readonly card: Card | null; readonly onClose: () => void }): ReactNode {
  return card && <ChangeOpen key={card.id} card={card} onClose={onClose} />;
}

function ChangeOpen({ card, onClose }: { readonly card: Card; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const [place, setPlace] = useState<Place>(PLACES.find((each) => each === card.membership) ?? "outside");
  return (
    <FormDialog
      title={t("people.changeOf", { name: card.name })}
      submit={t("do.save")}
      opened
      onClose={onClose}
      onSend={async () => (place === card.membership ? card : (await post<Answer<Card>>("/people", { org: org.id, email: card.email, name: card.name, role: place })).item)}
      onDone={(changed) => {
        client.setQueryData<readonly Card[]>(["people", org.id], (cards) => cards?.map((each) => (each.id === changed.id ? changed : each)));
        if (changed.membership !== card.membership) notifications.show({ message: t("people.changed", { name: changed.name, role: t(`people.roles.${place}`) }) });
      }}
    >
      {(at) => (
        <>
          <Places value={place} onChange={setPlace} error={at("$.role")} />
          {place === "outside" && card.membership !== "outside" && (
            <Text size="sm" c="var(--cw-warn)" role="status">
              {t("people.leavesTeams")}
            </Text>
          )}
        </>
      )}
    </FormDialog>
  );
}

function Remove({ card, onClose }: { readonly card: Card | null; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  return (
    <Confirm
      title={t("people.removeSure", { name: card?.name ?? "", org: org.name })}
      hint={t("people.removeHint")}
      submit={t("do.remove")}
      opened={card !== null}
      onClose={onClose}
      onConfirm={async () => {
        await remove(`/orgs/${org.id}/people/${card?.id}`);
        client.setQueryData<readonly Card[]>(["people", org.id], (cards) => cards?.filter((each) => each.id !== card?.id));
        notifications.show({ message: t("people.removed", { name: card?.name ?? "" }) });
      }}
    />
  );
}
