// Of which kinds of case everybody may see the public side.
import { Anchor, Checkbox, Paper, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconWorldOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { fieldTitle } from "../access/rows";
import { useTypes } from "../cases/data";
import { get, post } from "../http/client";
import { Complaint, useAction, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Publication } from "../wire";
import { ForAdmins, useOrg } from "./org";

export default function PublishedPage(): ReactNode {
  return (
    <ForAdmins>
      <Published />
    </ForAdmins>
  );
}

function Published(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const client = useQueryClient();
  const types = useTypes();
  const key = ["publication", org.id];
  const publication = useQuery({ queryKey: key, queryFn: ({ signal }) => get<Publication>(`/orgs/${org.id}/publication`, signal) });
  const save = useAction(
    (chosen: readonly string[]) => post<Publication>(`/orgs/${org.id}/publication`, { types: chosen }),
    (made) => {
      client.setQueryData(key, made);
      notifications.show({ message: t("security.ruleSaved") });
    },
  );
  usePageTitle(t("organisation.parts.published"));
  return (
    <>
      <Head title={t("organisation.parts.published")} />
      <Text c="dimmed" size="sm" mb="md">
        {t("organisation.publishedLead")}
      </Text>
      <Shown query={publication} rows={2}>
        {(found) =>
          found.possible.length === 0 ? (
            <Paper>
              <Empty title={t("organisation.nothingPublic")} hint={t("organisation.nothingPublicHint")} icon={<IconWorldOff size={32} stroke={1.4} />} />
            </Paper>
          ) : (
            <Paper p="md">
              <Stack gap="md" data-testid="publication">
                {found.possible.map((name) => {
                  const type = types.data?.find((each) => each.name === name);
                  const fields = type?.public?.fields.map((field) => fieldTitle(type, field)) ?? [];
                  return (
                    <Checkbox
                      key={name}
                      label={type?.title ?? name}
                      description={[t("organisation.publishedAlways"), ...fields].join(", ")}
                      checked={found.types.includes(name)}
                      disabled={save.busy}
                      onChange={(event) => save.run(event.currentTarget.checked ? [...found.types, name] : found.types.filter((each) => each !== name))}
                    />
                  );
                })}
              </Stack>
            </Paper>
          )
        }
      </Shown>
      <div style={{ marginTop: "0.5rem" }}>
        <Complaint refused={save.refused} />
      </div>
      {publication.data && publication.data.types.length > 0 && (
        <Text size="sm" mt="md" style={{ overflowWrap: "anywhere" }}>
          {t("organisation.publishedPage")}{" "}
          <Anchor href={`/public/${org.id}`} size="sm">
            {`${window.location.origin}/public/${org.id}`}
          </Anchor>
          <br />
          {t("organisation.publishedAt")}{" "}
          <Anchor href={`/v1/public/${org.id}/cases`} size="sm">
            {`/v1/public/${org.id}/cases`}
          </Anchor>
        </Text>
      )}
    </>
  );
}
