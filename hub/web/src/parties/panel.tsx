import { ActionIcon, Anchor, Badge, Button, Fieldset, Group, NativeSelect, Paper, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconBuilding, IconPencil, IconPlus, IconTrash, IconUser, IconUsersGroup } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useList, type CaseView } from "../cases/data";
import { words } from "../cases/intake";
import { patch, post, remove } from "../http/client";
import { useLive } from "../live/provider";
import { Confirm, FormDialog } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Answer, Contact, Party } from "../wire";

export function Parties({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "party");
  const [adding, setAdding] = useState(false);
  const sorted = useMemo(() => list.items.filter((party) => party.removed_at === null).sort((a, b) => a.added_at.localeCompare(b.added_at) || a.id.localeCompare(b.id)), [list.items]);
  return (
    <section aria-label={t("parties.title")}>
      <Head order={2} title={t("parties.title")}>
        {view.may("party.add") && (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
            {t("parties.add")}
          </Button>
        )}
      </Head>
      <PartyDialog view={view} opened={adding} onClose={() => setAdding(false)} />
      <Shown query={list.query}>
        {() => (
          <Paper>
            {sorted.length === 0 ? (
              <Empty title={t("parties.none")} hint={t("parties.noneHint")} icon={<IconUsersGroup size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="parties">
                {sorted.map((party) => (
                  <PartyRow key={party.id} view={view} party={party} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}

function PartyRow({ view, party }: { readonly view: CaseView; readonly party: Party }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [changing, setChanging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [unfolded, setUnfolded] = useState(false);
  const Icon = party.kind === "organisation" ? IconBuilding : IconUser;
  return (
    <li className="cw-row" data-testid="party">
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <Group gap="sm" wrap="nowrap" align="flex-start" style={{ minWidth: 0 }}>
          <Icon size={20} stroke={1.5} aria-hidden style={{ flex: "none", marginTop: 2, color: "var(--mantine-color-dimmed)" }} />
          <div style={{ minWidth: 0 }}>
            <Group gap={8}>
              <Text fw={550} dir="auto">
                {party.name}
              </Text>
              <Badge color="gray" styles={{ root: { color: "var(--mantine-color-text)" } }}>
                {words(party.role)}
              </Badge>
            </Group>
            {party.note && (
              <Text size="sm" c="dimmed" className="cw-prewrap" dir="auto">
                {party.note}
              </Text>
            )}
            {party.contacts.length > 0 && (
              <Button size="compact-xs" variant="subtle" ml={-8} mt={2} aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
                {t("parties.contacts", { count: party.contacts.length })}
              </Button>
            )}
            {unfolded && (
              <Stack gap="sm" mt={6}>
                {party.contacts.map((contact, index) => (
                  <ContactText key={index} contact={contact} />
                ))}
              </Stack>
            )}
          </div>
        </Group>
        {view.may("party.add") && (
          <Group gap={2} wrap="nowrap">
            <ActionIcon aria-label={t("parties.change", { name: party.name })} onClick={() => setChanging(true)}>
              <IconPencil size={17} aria-hidden />
            </ActionIcon>
            <ActionIcon aria-label={t("parties.remove", { name: party.name })} onClick={() => setRemoving(true)}>
              <IconTrash size={17} aria-hidden />
            </ActionIcon>
          </Group>
        )}
      </Group>
      <PartyDialog view={view} party={party} opened={changing} onClose={() => setChanging(false)} />
      <Confirm
        title={t("parties.removeSure", { name: party.name })}
        hint={t("parties.removeHint")}
        submit={t("do.remove")}
        opened={removing}
        onClose={() => setRemoving(false)}
        onConfirm={async () => feeds.put(view.id, "party", (await remove<Answer<Party>>(`/parties/${party.id}`, party.revision)).item)}
      />
    </li>
  );
}

function ContactText({ contact }: { readonly contact: Contact }): ReactNode {
  return (
    <Text size="sm" component="div">
      <Text span fw={550} dir="auto">
        {contact.name}
      </Text>
      {contact.roles && contact.roles.length > 0 && (
        <Text span c="dimmed">
          {" · "}
          {contact.roles.join(", ")}
        </Text>
      )}
      {contact.text && (
        <Text size="sm" c="dimmed" className="cw-prewrap" dir="auto">
          {contact.text}
        </Text>
      )}
      <Group gap="md">
        {contact.email && (
          <Anchor size="sm" href={`mailto:${contact.email}`}>
            {contact.email}
          </Anchor>
        )}
        {contact.phone && (
          <Anchor size="sm" href={`tel:${contact.phone.replace(/[^+\d]/g, "")}`}>
            {contact.phone}
          </Anchor>
        )}
      </Group>
    </Text>
  );
}

interface DialogProps {
  readonly view: CaseView;
  readonly party?: Party;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function PartyDialog(props: DialogProps): ReactNode {
  // Contacts are counted anew each time the dialog opens.
  return <PartyFields key={String(props.opened)} {...props} />;
}

function PartyFields({ view, party, opened, onClose }: DialogProps): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [contacts, setContacts] = useState<readonly Contact[]>(party?.contacts ?? []);
  const declared = view.type?.party_roles ?? [];
  const roles = party && !declared.includes(party.role) ? [party.role, ...declared] : declared;
  return (
    <FormDialog
      title={party ? t("parties.change", { name: party.name }) : t("parties.add")}
      submit={party ? t("do.save") : t("parties.add")}
      size="lg"
      opened={opened}
      onClose={onClose}
      onSend={(said) => {
        const given = contacts.map((contact, index) => ({ ...contact, name: said(`contact.${index}.name`), email: said(`contact.${index}.email`), phone: said(`contact.${index}.phone`) })).filter((contact) => contact.name);
        const body = { name: said("name"), role: said("role"), kind: said("kind"), note: said("note"), contacts: given };
        return party ? patch<Answer<Party>>(`/parties/${party.id}`, body, party.revision) : post<Answer<Party>>(`/cases/${view.id}/parties`, body);
      }}
      onDone={(answer) => feeds.put(view.id, "party", answer.item)}
    >
      {(at) => (
        <>
          <TextInput name="name" label={t("parties.name")} defaultValue={party?.name} required maxLength={1000} error={at("$.name")} dir="auto" data-autofocus />
          <Group grow align="flex-start">
            {roles.length > 0 ? (
              <NativeSelect name="role" label={t("parties.role")} defaultValue={party?.role} data={roles.map((role) => ({ value: role, label: words(role) }))} error={at("$.role")} />
            ) : (
              <TextInput name="role" label={t("parties.role")} defaultValue={party?.role} required error={at("$.role")} />
            )}
            <NativeSelect
              name="kind"
              label={t("parties.kind")}
              defaultValue={party?.kind ?? "person"}
              data={[
                { value: "person", label: t("parties.person") },
                { value: "organisation", label: t("parties.organisation") },
              ]}
              error={at("$.kind")}
            />
          </Group>
          <Textarea name="note" label={t("parties.note")} defaultValue={party?.note} autosize minRows={2} maxLength={2000} error={at("$.note")} dir="auto" />
          {contacts.map((contact, index) => (
            <Fieldset key={index} legend={t("parties.contact", { n: index + 1 })}>
              <Stack gap="sm">
                <Group grow align="flex-start">
                  <TextInput name={`contact.${index}.name`} label={t("parties.contactName")} defaultValue={contact.name} dir="auto" error={at(`$.contacts[${index}].name`)} />
                  <TextInput name={`contact.${index}.phone`} type="tel" label={t("parties.contactPhone")} defaultValue={contact.phone} error={at(`$.contacts[${index}].phone`)} />
                </Group>
                <TextInput name={`contact.${index}.email`} label={t("parties.contactEmail")} defaultValue={contact.email} error={at(`$.contacts[${index}].email`)} />
              </Stack>
            </Fieldset>
          ))}
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setContacts([...contacts, { name: "" }])} style={{ alignSelf: "flex-start" }}>
            {t("parties.addContact")}
          </Button>
        </>
      )}
    </FormDialog>
  );
}
