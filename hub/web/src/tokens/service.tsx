// One service: its place, its tokens, and switching it off.
import { Alert, Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { get, patch, remove } from "../http/client";
import { ForAdmins, useOrg } from "../organisation/org";
import { PLACES, usePlace, type Place } from "../people/data";
import { Complaint, Confirm, FormDialog, useAction, usePageTitle } from "../ui/forms";
import { AnchorLink } from "../ui/links";
import { Empty, Head, Missing, Shown } from "../ui/states";
import { Moment } from "../ui/when";
import type { Answer, Page, Service, Session } from "../wire";
import { SCOPES } from "./data";
import { MakeTokenDialog, ShownOnce } from "./form";
import { ServicePlaces } from "./places";
import { TokenRow } from "./row";
import { servicesKey, useServices } from "./services";

export default function ServicePage(): ReactNode {
  return (
    <ForAdmins>
      <Found />
    </ForAdmins>
  );
}

function Found(): ReactNode {
  const org = useOrg();
  const { serviceId } = useParams({ strict: false });
  const services = useServices(org.id);
  return (
    <Shown query={services}>
      {(all) => {
        const service = all.find((each) => each.id === serviceId);
        return service ? <Open service={service} /> : <Missing />;
      }}
    </Shown>
  );
}

function Open({ service }: { readonly service: Service }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const placed = usePlace();
  const [dialog, setDialog] = useState<"change" | "disable" | null>(null);
  const path = `/orgs/${org.id}/services/${service.id}`;
  const close = (): void => setDialog(null);
  const put = ({ item }: Answer<Service>): void => {
    client.setQueryData<readonly Service[]>(servicesKey(org.id), (all) => all?.map((each) => (each.id === item.id ? { ...item, used_at: item.used_at ?? each.used_at } : each)));
    void client.invalidateQueries({ queryKey: ["service-tokens", service.id] });
  };
  const enable = useAction(() => patch<Answer<Service>>(path, { disabled: false }, service.revision), put);
  usePageTitle(service.name);
  return (
    <>
      <AnchorLink to="/organisation/services" size="sm">
        {t("tokens.allServices")}
      </AnchorLink>
      <Head title={<span dir="auto">{service.name}</span>}>
        <Button variant="default" size="xs" onClick={() => setDialog("change")}>
          {t("tokens.changeService")}
        </Button>
        {!service.disabled_at && (
          <Button variant="default" size="xs" onClick={() => setDialog("disable")}>
            {t("tokens.disable")}
          </Button>
        )}
      </Head>
      {service.disabled_at && (
        <Alert color="yellow" variant="light" mb="md" title={t("tokens.disabledTitle")}>
          <Group justify="space-between" gap="sm">
            <Text size="sm">{t("tokens.disabledHint")}</Text>
            <Button size="xs" variant="default" loading={enable.busy} onClick={() => enable.run(undefined)}>
              {t("tokens.enable")}
            </Button>
          </Group>
          <Complaint refused={enable.refused} />
        </Alert>
      )}
      <Change service={service} opened={dialog === "change"} onClose={close} onDone={put} />
      <Confirm
        title={t("tokens.disableSure", { name: service.name })}
        hint={t("tokens.disableHint")}
        submit={t("tokens.disable")}
        opened={dialog === "disable"}
        onClose={close}
        onConfirm={async () => put(await patch<Answer<Service>>(path, { disabled: true }, service.revision))}
      />
      <Paper p="md" mb="xl">
        <dl className="cw-facts">
          <dt>{t("people.role")}</dt>
          <dd>{service.role ? placed(service.role) : t("tokens.noPlace")}</dd>
          <dt>{t("tokens.made")}</dt>
          <dd>
            <Moment at={service.made_at} />
          </dd>
          <dt>{t("tokens.lastUse")}</dt>
          <dd>{service.used_at ? <Moment at={service.used_at} /> : t("tokens.unused")}</dd>
        </dl>
      </Paper>
      <Tokens service={service} path={`${path}/tokens`} />
    </>
  );
}

interface ChangeProps {
  readonly service: Service;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onDone: (answer: Answer<Service>) => void;
}

function Change({ service, opened, onClose, onDone }: ChangeProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [place, setPlace] = useState<Place>(PLACES.find((each) => each === service.role) ?? "outside");
  return (
    <FormDialog
      title={t("tokens.changeService")}
      submit={t("do.save")}
      opened={opened}
      onClose={onClose}
      onSend={(said) => patch<Answer<Service>>(`/orgs/${org.id}/services/${service.id}`, { name: said("name"), role: place }, service.revision)}
      onDone={onDone}
    >
      {(at) => (
        <Stack gap="md">
          <TextInput name="name" label={t("tokens.serviceName")} defaultValue={service.name} required maxLength={300} error={at("$.name")} dir="auto" data-autofocus />
          <ServicePlaces value={place} onChange={setPlace} error={at("$.role")} />
        </Stack>
      )}
    </FormDialog>
  );
}

function Tokens({ service, path }: { readonly service: Service; readonly path: string }): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const key = ["service-tokens", service.id];
  const tokens = useQuery({ queryKey: key, queryFn: async ({ signal }) => (await get<Page<Session>>(path, signal)).items, staleTime: 30_000, refetchOnWindowFocus: "always" });
  const read = (): void => void client.invalidateQueries({ queryKey: key });
  return (
    <section aria-label={t("tokens.ofService")}>
      <Head order={2} title={t("tokens.ofService")}>
        {!service.disabled_at && (
          <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
            {t("tokens.make")}
          </Button>
        )}
      </Head>
      {making && (
        <MakeTokenDialog
          path={path}
          scopes={SCOPES}
          chosen={["read"]}
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMade(token);
            read();
          }}
        />
      )}
      {made && <ShownOnce token={made} onClose={() => setMade(null)} />}
      <Shown query={tokens} rows={1}>
        {(items) => (
          <Paper>
            {items.length === 0 ? (
              <Empty title={t("tokens.none")} hint={t("tokens.noServiceTokens")} icon={<IconKey size={28} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="tokens">
                {items.map((each) => (
                  <TokenRow
                    key={each.id}
                    token={each}
                    onEnd={async () => {
                      await remove(`${path}/${each.id}`);
                      read();
                    }}
                  />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}
