// The apps of an organisation: registering them, their secrets, and ending them.
import { Alert, Button, Checkbox, Code, CopyButton, Group, NativeSelect, Paper, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconApps, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { patch, post, remove, request } from "../http/client";
import { readPages } from "../live/cases";
import { ForAdmins, useOrg } from "../organisation/org";
import { useZone } from "../sessions/me";
import { Confirm, FormDialog, usePageTitle, type Said } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { moment } from "../ui/time";
import type { Answer, App, NewSecret, Service } from "../wire";
import { SCOPES, type Scope } from "./scopes";

const OF_SERVICES: readonly Scope[] = ["read", "write", "admin", "scim"];
const OF_PEOPLE: readonly Scope[] = SCOPES.filter((scope) => scope !== "scim");
const KINDS = ["web", "browser", "native", "service"] as const;
type Kind = (typeof KINDS)[number];

const lines = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
const chosen = (said: Said, kind: Kind): Scope[] => (kind === "service" ? OF_SERVICES : OF_PEOPLE).filter((scope) => said(`scope-${scope}`) === scope);

export default function OrganisationAppsPage(): ReactNode {
  return (
    <ForAdmins>
      <Apps />
    </ForAdmins>
  );
}

function useApps(org: string): UseQueryResult<readonly App[]> {
  return useQuery({
    queryKey: ["org-apps", org],
    queryFn: async ({ signal }) => (await readPages<App>(`/orgs/${org}/apps`, signal)).flatMap((page) => page.items),
    refetchOnWindowFocus: "always",
  });
}

function Apps(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const apps = useApps(org.id);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewSecret | null>(null);
  usePageTitle(t("apps.org.title"));
  const read = (): void => void client.invalidateQueries({ queryKey: ["org-apps", org.id] });
  return (
    <>
      <Head title={t("apps.org.title")}>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          {t("apps.org.register")}
        </Button>
      </Head>
      <Text c="dimmed" size="sm" mb="md">
        {t("apps.org.lead")}
      </Text>
      {made?.secret && <Once made={made} onClose={() => setMade(null)} />}
      <Shown query={apps}>
        {(items) => (
          <Paper>
            {items.length === 0 ? (
              <Empty title={t("apps.org.none")} hint={t("apps.org.noneHint")} icon={<IconApps size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="org-apps">
                {items.map((each) => (
                  <Row key={each.id} app={each} onChange={read} onSecret={setMade} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
      <Text size="sm" c="dimmed" mt="md" style={{ overflowWrap: "anywhere" }}>
        {t("apps.org.issuer")}: <Code>{window.location.origin}</Code> · {t("apps.org.issuerHint")}
      </Text>
      <Register
        opened={making}
        onClose={() => setMaking(false)}
        onDone={(item) => {
          setMade(item);
          read();
        }}
      />
    </>
  );
}

/** A secret that was just made, with the id that goes with it. */
function Once({ made, onClose }: { readonly made: NewSecret; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Alert variant="light" color="ink" title={t("apps.org.secretOnce", { name: made.app.name })} mb="md" withCloseButton closeButtonLabel={t("do.close")} onClose={onClose} data-testid="new-secret">
      <Stack gap="xs">
        <Copied label={t("apps.org.clientId")} text={made.app.id} />
        <Copied label={t("apps.org.secret")} text={made.secret ?? ""} />
      </Stack>
    </Alert>
  );
}

function Copied({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  const { t } = useTranslation();
  return (
    <Group gap="sm" wrap="nowrap">
      <Text size="sm" style={{ minWidth: 0 }}>
        {label}: <Code style={{ overflowWrap: "anywhere" }}>{text}</Code>
      </Text>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy} style={{ flex: "none" }} aria-label={`${t("do.copy")}: ${label}`}>
            {copied ? t("do.copied") : t("do.copy")}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

function Row({ app, onChange, onSecret }: { readonly app: App; readonly onChange: () => void; readonly onSecret: (made: NewSecret) => void }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const [open, setOpen] = useState<"edit" | "secret" | "end" | null>(null);
  const path = `/orgs/${app.org}/apps/${app.id}`;
  const close = (): void => setOpen(null);
  return (
    <li className="cw-row">
      <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
        <Text fw={550} dir="auto">
          {app.name}
        </Text>
        <Text size="xs" c="dimmed">
          {t(`apps.kinds.${app.kind}`)} · {t("apps.org.added", { when: moment(app.added_at, zone) })}
          {app.secret_made_at && ` · ${t("apps.org.secretMade", { when: moment(app.secret_made_at, zone) })}`}
        </Text>
        <Stack gap={4} my={8}>
          <Copied label={t("apps.org.clientId")} text={app.id} />
          <Text size="xs" c="dimmed">
            {SCOPES.filter((scope) => app.scopes.includes(scope)).map((scope) => t(`apps.scopes.${scope}`)).join(" · ")}
          </Text>
          {app.redirect_uris.map((uri) => (
            <Text key={uri} size="xs" c="dimmed">
              {uri}
            </Text>
          ))}
        </Stack>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => setOpen("edit")} aria-label={t("apps.org.editOf", { name: app.name })}>
            {t("apps.org.edit")}
          </Button>
          {app.secret_made_at && (
            <Button size="xs" variant="default" onClick={() => setOpen("secret")}>
              {t("apps.org.newSecret")}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => setOpen("end")} aria-label={t("apps.org.endOf", { name: app.name })}>
            {t("apps.org.end")}
          </Button>
        </Group>
      </div>
      <FormDialog
        title={t("apps.org.editOf", { name: app.name })}
        submit={t("do.save")}
        opened={open === "edit"}
        onClose={close}
        onSend={(said) =>
          patch<Answer<App>>(path, { name: said("name"), scopes: chosen(said, app.kind), redirect_uris: lines(said("redirect_uris")), logout_uris: lines(said("logout_uris")) }, app.revision)
        }
        onDone={onChange}
      >
        {(at) => (
          <>
            <Fields kind={app.kind} app={app} at={at} />
            <Text size="xs" c="dimmed">
              {t("apps.org.fewer")}
            </Text>
          </>
        )}
      </FormDialog>
      <Confirm
        title={t("apps.org.newSecretSure", { name: app.name })}
        hint={t("apps.org.newSecretHint")}
        submit={t("apps.org.newSecret")}
        opened={open === "secret"}
        onClose={close}
        onConfirm={async () => {
          onSecret((await request<Answer<NewSecret>>("POST", `${path}/secret`, { body: {}, revision: app.revision })).item);
          onChange();
        }}
      />
      <Confirm
        title={t("apps.org.endSure", { name: app.name })}
        hint={t("apps.org.endHint")}
        submit={t("apps.org.end")}
        opened={open === "end"}
        onClose={close}
        onConfirm={async () => {
          await remove(path);
          onChange();
        }}
      />
    </li>
  );
}

function Fields({ kind, app, at }: { readonly kind: Kind; readonly app?: App; readonly at: (path: string) => string | undefined }): ReactNode {
  const { t } = useTranslation();
  // A complaint about one line names it as `$.redirect_uris[2]`.
  const ofLines = (name: string): string | undefined => at(`$.${name}`) ?? Array.from({ length: 20 }, (_, line) => at(`$.${name}[${line}]`)).find((why) => why !== undefined);
  return (
    <>
      <TextInput name="name" label={t("apps.org.name")} description={t("apps.org.nameHint")} defaultValue={app?.name} required maxLength={500} error={at("$.name")} dir="auto" data-autofocus />
      {kind !== "service" && (
        <>
          <Textarea name="redirect_uris" label={t("apps.org.redirects")} description={t(kind === "native" ? "apps.org.nativeHint" : "apps.org.redirectsHint")} defaultValue={app?.redirect_uris.join("\n")} required={kind !== "native"} autosize minRows={2} maxRows={8} error={ofLines("redirect_uris")} />
          <Textarea name="logout_uris" label={t("apps.org.logouts")} description={t("apps.org.logoutsHint")} defaultValue={app?.logout_uris.join("\n")} autosize minRows={1} maxRows={8} error={ofLines("logout_uris")} />
        </>
      )}
      <Checkbox.Group label={t("apps.org.scopes")} error={at("$.scopes")} key={kind} defaultValue={[...(app?.scopes ?? (kind === "service" ? ["read"] : ["openid", "profile", "email"]))]}>
        <Stack gap={8} mt={8}>
          {(kind === "service" ? OF_SERVICES : OF_PEOPLE).map((scope) => (
            <Checkbox key={scope} name={`scope-${scope}`} value={scope} label={t(`apps.scopes.${scope}`)} description={scope} />
          ))}
        </Stack>
      </Checkbox.Group>
    </>
  );
}

function Register({ opened, onClose, onDone }: { readonly opened: boolean; readonly onClose: () => void; readonly onDone: (made: NewSecret) => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [kind, setKind] = useState<Kind>("web");
  const services = useQuery({
    queryKey: ["services", org.id],
    queryFn: async ({ signal }) => (await readPages<Service>(`/orgs/${org.id}/services`, signal)).flatMap((page) => page.items),
    enabled: opened && kind === "service",
  });
  const usable = (services.data ?? []).filter((each) => each.disabled_at === null);
  return (
    <FormDialog
      title={t("apps.org.register")}
      submit={t("apps.org.register")}
      opened={opened}
      onClose={onClose}
      onSend={(said) =>
        post<Answer<NewSecret>>(`/orgs/${org.id}/apps`, {
          name: said("name"),
          kind,
          scopes: chosen(said, kind),
          ...(kind === "service" ? { service: said("service") || null } : { redirect_uris: lines(said("redirect_uris")), logout_uris: lines(said("logout_uris")) }),
        })
      }
      onDone={({ item }) => onDone(item)}
    >
      {(at) => (
        <>
          <NativeSelect label={t("apps.org.kind")} description={t(`apps.kindHints.${kind}`)} value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)} data={KINDS.map((value) => ({ value, label: t(`apps.kinds.${value}`) }))} />
          {kind === "service" && (
            <NativeSelect name="service" label={t("apps.org.service")} description={services.data && usable.length === 0 ? t("apps.org.noServices") : undefined} required error={at("$.service")} data={usable.map((each) => ({ value: each.id, label: each.name }))} />
          )}
          <Fields kind={kind} at={at} />
        </>
      )}
    </FormDialog>
  );
}
