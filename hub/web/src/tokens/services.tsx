// Services of an organisation: programs that take part in their own name.
import { Badge, Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { IconChevronRight, IconPlus, IconRobot } from "@tabler/icons-react";
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { readPages } from "../live/cases";
import { ForAdmins, useOrg } from "../organisation/org";
import { usePlace, type Place } from "../people/data";
import { FormDialog, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Ago } from "../ui/when";
import type { Answer, Service } from "../wire";
import { ServicePlaces } from "./places";

export const servicesKey = (org: string): readonly string[] => ["services", org];

export function useServices(org: string): UseQueryResult<readonly Service[]> {
  return useQuery({
    queryKey: servicesKey(org),
    queryFn: async ({ signal }) => (await readPages<Service>(`/orgs/${org}/services`, signal)).flatMap((page) => page.items),
    staleTime: 30_000,
    refetchOnWindowFocus: "always",
  });
}

export default function ServicesPage(): ReactNode {
  return (
    <ForAdmins>
      <Services />
    </ForAdmins>
  );
}

function Services(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const services = useServices(org.id);
  const [making, setMaking] = useState(false);
  usePageTitle(t("organisation.parts.services"));
  return (
    <>
      <Head title={t("organisation.parts.services")}>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
          {t("tokens.makeService")}
        </Button>
      </Head>
      <Text c="dimmed" size="sm" mb="md">
        {t("tokens.servicesLead")}
      </Text>
      {making && <MakeService onClose={() => setMaking(false)} />}
      <Shown query={services}>
        {(all) => (
          <Paper>
            {all.length === 0 ? (
              <Empty title={t("tokens.noServices")} hint={t("tokens.noServicesHint")} icon={<IconRobot size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="services">
                {all.map((service) => (
                  <li key={service.id}>
                    <Row service={service} alone={all.every((each) => each.id === service.id || each.name.toLowerCase() !== service.name.toLowerCase())} />
                  </li>
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </>
  );
}

/** Where others have the same name, the end of its id tells it apart. */
function Row({ service, alone }: { readonly service: Service; readonly alone: boolean }): ReactNode {
  const { t } = useTranslation();
  const placed = usePlace();
  return (
    <Link className="cw-row" to="/organisation/services/$serviceId" params={{ serviceId: service.id }}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Group gap={8}>
            <Text fw={550} dir="auto">
              {service.name}
              {!alone && ` · ${service.id.slice(-6)}`}
            </Text>
            {service.role && (
              <Badge color="gray" styles={{ root: { color: "var(--mantine-color-text)" } }}>
                {placed(service.role)}
              </Badge>
            )}
            {service.disabled_at && (
              <Badge variant="outline" color="gray" styles={{ root: { color: "var(--cw-warn)" } }}>
                {t("tokens.disabled")}
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed">
            {service.used_at ? (
              <>
                {t("tokens.lastUse")} <Ago at={service.used_at} />
              </>
            ) : (
              t("tokens.unused")
            )}
          </Text>
        </div>
        <IconChevronRight size={16} aria-hidden style={{ flex: "none" }} />
      </Group>
    </Link>
  );
}

function MakeService({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [place, setPlace] = useState<Place>("outside");
  return (
    <FormDialog
      title={t("tokens.makeService")}
      submit={t("tokens.makeService")}
      opened
      onClose={onClose}
      onSend={(said) => post<Answer<Service>>(`/orgs/${org.id}/services`, { name: said("name"), role: place })}
      onDone={({ item }) => {
        client.setQueryData<readonly Service[]>(servicesKey(org.id), (all) => all && [...all, item]);
        void navigate({ to: "/organisation/services/$serviceId", params: { serviceId: item.id } });
      }}
    >
      {(at) => (
        <Stack gap="md">
          <TextInput name="name" label={t("tokens.serviceName")} description={t("tokens.serviceNameHint")} required maxLength={300} error={at("$.name")} dir="auto" data-autofocus />
          <ServicePlaces value={place} onChange={setPlace} error={at("$.role")} />
        </Stack>
      )}
    </FormDialog>
  );
}
