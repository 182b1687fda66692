// The teams of an organisation.
import { Button, Group, Paper, Text, TextInput } from "@mantine/core";
import { IconChevronRight, IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { useOrg } from "../organisation/org";
import { FormDialog, usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Answer, Team } from "../wire";
import { usePutTeam, useTeams } from "./data";

/** From so many on there is a field to find one. */
const MANY = 8;

export default function TeamsPage(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const navigate = useNavigate();
  const teams = useTeams(org.id);
  const put = usePutTeam(org.id);
  const [making, setMaking] = useState(false);
  const [words, setWords] = useState("");
  usePageTitle(t("teams.title"));
  return (
    <>
      <Head title={t("teams.title")}>
        {org.admin && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
            {t("teams.make")}
          </Button>
        )}
      </Head>
      <Text c="dimmed" size="sm" mb="md">
        {t("teams.lead")}
      </Text>
      <FormDialog
        title={t("teams.make")}
        submit={t("teams.make")}
        opened={making}
        onClose={() => setMaking(false)}
        onSend={(said) => post<Answer<Team>>(`/orgs/${org.id}/teams`, { name: said("name") })}
        onDone={({ item }) => {
          put(item);
          void navigate({ to: "/organisation/teams/$teamId", params: { teamId: item.id } });
        }}
      >
        {(at) => <TextInput name="name" label={t("teams.name")} description={t("teams.nameHint")} required maxLength={300} error={at("$.name")} dir="auto" data-autofocus />}
      </FormDialog>
      <Shown query={teams}>
        {(all) => {
          const standing = all.filter((team) => team.dissolved_at === null).sort((a, b) => a.name.localeCompare(b.name));
          const found = standing.filter((team) => team.name.toLocaleLowerCase().includes(words.trim().toLocaleLowerCase()));
          return (
            <>
              {standing.length > MANY && <TextInput type="search" aria-label={t("teams.filter")} placeholder={t("teams.filter")} value={words} onChange={(event) => setWords(event.currentTarget.value)} mb="md" />}
              <Paper>
                {found.length === 0 ? (
                  <Empty title={standing.length === 0 ? t("teams.none") : t("teams.noMatch")} hint={standing.length > 0 ? undefined : org.admin ? t("teams.noneHint") : t("teams.noneStaff")} icon={<IconUsersGroup size={32} stroke={1.4} />} />
                ) : (
                  <ul className="cw-rows" data-testid="teams">
                    {found.map((team) => (
                      <li key={team.id}>
                        <Link className="cw-row" to="/organisation/teams/$teamId" params={{ teamId: team.id }}>
                          <Group justify="space-between" wrap="nowrap" gap="sm">
                            <div style={{ minWidth: 0 }}>
                              <Text fw={550} dir="auto">
                                {team.name}
                              </Text>
                              <Text size="xs" c="dimmed">
                                {t("teams.members", { count: team.members.length })}
                              </Text>
                            </div>
                            <IconChevronRight size={16} aria-hidden style={{ flex: "none" }} />
                          </Group>
                        </Link>
                      </li>
                    ))}
                  </ul>
                )}
              </Paper>
            </>
          );
        }}
      </Shown>
    </>
  );
}
