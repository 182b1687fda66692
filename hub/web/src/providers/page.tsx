// How people of an organisation sign in: its identity providers, and clients who come in by links.
import { Button, Code, CopyButton, Group, NativeSelect, Paper, PasswordInput, Stack, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconLogin2, IconPlus, IconUsers } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, patch, post, remove } from "../http/client";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { Complaint, Confirm, FormDialog, useAction, usePageTitle, type Said } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Answer, Card, LinkHolders, Page, Provider } from "../wire";

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export default function SigningInPage(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  usePageTitle(t("providers.title"));
  return (
    <>
      <Head title={t("providers.title")} />
      <Stack gap="xl">
        {org.admin && <Own />}
        <Links />
      </Stack>
    </>
  );
}

function Own(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const key = ["providers", org.id];
  const list = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Page<Provider>>(`/orgs/${org.id}/providers`, signal) });
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Provider | null>(null);
  const [removing, setRemoving] = useState<Provider | null>(null);
  const read = (): void => {
    notifications.show({ message: t("providers.saved") });
    void client.invalidateQueries({ queryKey: key });
    void client.invalidateQueries({ queryKey: ["ways-in"] });
  };
  const worth = (said: Said): Record<string, unknown> => ({
    name: said("name"),
    domains: words(said("domains").toLowerCase()),
    brings: said("brings") || null,
    mfa_amr: words(said("mfa_amr")),
    mfa_acr: words(said("mfa_acr")),
  });
  return (
    <section aria-label={t("providers.own")}>
      <Head order={2} title={t("providers.own")}>
        <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
          {t("providers.add")}
        </Button>
      </Head>
      <Text size="sm" c="dimmed" mb="sm">
        {t("providers.lead")}
      </Text>
      <FormDialog
        title={t("providers.add")}
        submit={t("providers.add")}
        opened={adding}
        onClose={() => setAdding(false)}
        onSend={(said) => post<Answer<Provider>>(`/orgs/${org.id}/providers`, { ...worth(said), issuer: said("issuer"), client_id: said("client_id"), client_secret: said("client_secret") })}
        onDone={read}
      >
        {(at) => (
          <>
            <TextInput name="issuer" type="url" label={t("providers.issuer")} description={t("providers.issuerHint")} required error={at("$.issuer")} data-autofocus />
            <TextInput name="client_id" label={t("providers.clientId")} required error={at("$.client_id")} autoComplete="off" />
            <PasswordInput name="client_secret" label={t("providers.clientSecret")} required error={at("$.client_secret")} autoComplete="off" />
            <Worth at={at} />
          </>
        )}
      </FormDialog>
      <FormDialog
        title={t("providers.edit", { name: editing?.name ?? "" })}
        submit={t("do.save")}
        opened={editing !== null}
        onClose={() => setEditing(null)}
        onSend={(said) => patch<Answer<Provider>>(`/orgs/${org.id}/providers/${editing?.id}`, { ...worth(said), ...(said("client_secret") ? { client_secret: said("client_secret") } : {}) }, editing?.revision ?? 0)}
        onDone={read}
      >
        {(at) => (
          <>
            <Worth at={at} provider={editing} />
            <PasswordInput name="client_secret" label={t("providers.clientSecret")} description={t("providers.secretKept")} error={at("$.client_secret")} autoComplete="off" />
          </>
        )}
      </FormDialog>
      <Confirm
        title={t("providers.removeSure", { name: removing?.name ?? "" })}
        hint={t("providers.removeHint")}
        submit={t("do.remove")}
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          await remove(`/orgs/${org.id}/providers/${removing?.id}`);
          read();
        }}
      />
      <Shown query={list} rows={2}>
        {(page) => (
          <Paper>
            {page.items.length === 0 ? (
              <Empty title={t("providers.empty")} hint={t("providers.emptyHint")} icon={<IconLogin2 size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="providers">
                {page.items.map((one) => (
                  <li key={one.id} className="cw-row">
                    <Group justify="space-between" gap="sm">
                      <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
                        <Text fw={550} dir="auto" style={{ overflowWrap: "anywhere" }}>
                          {one.name}
                        </Text>
                        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                          {one.issuer}
                        </Text>
                      </div>
                      <Group gap="xs">
                        <Button size="xs" variant="default" onClick={() => setEditing(one)} aria-label={t("providers.edit", { name: one.name })}>
                          {t("do.edit")}
                        </Button>
                        <Button size="xs" variant="default" onClick={() => setRemoving(one)} aria-label={t("providers.removeOf", { name: one.name })}>
                          {t("do.remove")}
                        </Button>
                      </Group>
                    </Group>
                    <Text size="xs" c="dimmed" mt="xs">
                      {t("providers.redirect")}
                    </Text>
                    <Group gap="xs" wrap="nowrap">
                      <Code style={{ overflowWrap: "anywhere", minWidth: 0 }}>{one.redirect_uri}</Code>
                      <CopyButton value={one.redirect_uri}>
                        {({ copied, copy }) => (
                          <Button size="compact-xs" variant="default" onClick={copy} style={{ flex: "none" }}>
                            {copied ? t("do.copied") : t("do.copy")}
                          </Button>
                        )}
                      </CopyButton>
                    </Group>
                  </li>
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}

/** What a provider's word is worth. */
function Worth({ at, provider = null }: { readonly at: (path: string) => string | undefined; readonly provider?: Provider | null }): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <TextInput name="name" label={t("providers.name")} description={t("providers.nameHint")} defaultValue={provider?.name} required maxLength={100} error={at("$.name")} />
      <TextInput name="domains" label={t("providers.domains")} description={t("providers.domainsHint")} defaultValue={provider?.domains.join(" ")} error={at("$.domains[...]") ?? at("$.domains")} />
      <NativeSelect
        name="brings"
        label={t("providers.brings")}
        defaultValue={provider?.brings ?? ""}
        data={[
          { value: "", label: t("providers.bringsNobody") },
          { value: "outside", label: t("providers.bringsOutside") },
          { value: "desk", label: t("providers.bringsDesk") },
        ]}
      />
      <TextInput name="mfa_amr" label={t("providers.mfa")} description={t("providers.mfaHint")} defaultValue={provider?.mfa_amr.join(" ")} error={at("$.mfa_amr")} />
      <TextInput name="mfa_acr" label={t("providers.acr")} defaultValue={provider?.mfa_acr.join(" ")} error={at("$.mfa_acr")} />
    </>
  );
}

function Links(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const people = usePeople(org.id);
  const holders = useQuery({ queryKey: ["links", org.id], queryFn: ({ signal }) => get<LinkHolders>(`/orgs/${org.id}/links`, signal) });
  return (
    <section aria-label={t("providers.links")}>
      <Head order={2} title={t("providers.links")} />
      <Text size="sm" c="dimmed" mb="sm">
        {t("providers.linksHint")}
      </Text>
      <Shown query={holders} rows={3}>
        {(found) => (
          <Shown query={people} rows={3}>
            {(cards) => {
              // A service has no address, and comes in by tokens.
              const outside = cards.filter((card) => card.membership === "outside" && card.email !== "");
              return (
                <Paper>
                  {outside.length === 0 ? (
                    <Empty title={t("providers.linksNone")} hint={t("providers.linksNoneHint")} icon={<IconUsers size={32} stroke={1.4} />} />
                  ) : (
                    <ul className="cw-rows" data-testid="link-holders">
                      {outside.map((card) => (
                        <Holder key={card.id} card={card} on={found.people.includes(card.id)} />
                      ))}
                    </ul>
                  )}
                </Paper>
              );
            }}
          </Shown>
        )}
      </Shown>
    </section>
  );
}

function Holder({ card, on }: { readonly card: Card; readonly on: boolean }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const path = `/orgs/${org.id}/people/${card.id}/link`;
  const turn = useAction(
    async (to: boolean) => {
      await (to ? post(path, {}) : remove(path));
      return to;
    },
    (to) => {
      notifications.show({ message: t(to ? "providers.linkMailed" : "providers.linkTaken", { name: card.name }) });
      void client.invalidateQueries({ queryKey: ["links", org.id] });
    },
  );
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} dir="auto" style={{ overflowWrap: "anywhere" }}>
            {card.name}
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {card.email}
          </Text>
        </div>
        <Switch checked={on} disabled={turn.busy} aria-label={t("providers.linksOf", { name: card.name })} onChange={(event) => turn.run(event.currentTarget.checked)} style={{ flex: "none" }} />
      </Group>
      <Complaint refused={turn.refused} />
    </li>
  );
}
