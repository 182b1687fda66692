// The teams that take part in a case, as a whole.
import { ActionIcon, Badge, Button, Group, NativeSelect, Paper, Select, Text } from "@mantine/core";
import { IconUserPlus, IconUsersGroup, IconUsersMinus } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useList, type CaseView } from "../cases/data";
import { post, remove } from "../http/client";
import { useLive } from "../live/provider";
import { useTeams } from "../teams/data";
import { Confirm, FormDialog } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Ago } from "../ui/when";
import type { Answer, Team, TeamCase } from "../wire";

export function CaseTeams({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "team_case");
  const teams = useTeams(view.case.org);
  const [giving, setGiving] = useState(false);
  const present = useMemo(() => list.items.filter((each) => each.revoked_at === null).sort((a, b) => a.granted_at.localeCompare(b.granted_at) || a.id.localeCompare(b.id)), [list.items]);
  const may = view.may("participant.grant");
  return (
    <section aria-label={t("teams.inCase")}>
      <Head order={2} title={t("teams.inCase")}>
        {may && (
          <Button size="xs" variant="default" leftSection={<IconUserPlus size={14} aria-hidden />} onClick={() => setGiving(true)}>
            {t("teams.give")}
          </Button>
        )}
      </Head>
      {giving && <Give view={view} teams={teams.data ?? []} present={present} onClose={() => setGiving(false)} />}
      <Shown query={list.query} rows={1}>
        {() => (
          <Paper>
            {present.length === 0 ? (
              <Empty title={t("teams.noneInCase")} hint={t("teams.noneInCaseHint")} icon={<IconUsersGroup size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="case-teams">
                {present.map((each) => (
                  <Row key={each.id} view={view} held={each} team={teams.data?.find((team) => team.id === each.team)} may={may} />
                ))}
              </ul>
            )}
          </Paper>
        )}
      </Shown>
    </section>
  );
}

interface RowProps {
  readonly view: CaseView;
  readonly held: TeamCase;
  readonly team: Team | undefined;
  readonly may: boolean;
}

function Row({ view, held, team, may }: RowProps): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [revoking, setRevoking] = useState(false);
  const name = team?.name ?? t("teams.unknown");
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Group gap={8}>
            <Text fw={550} dir="auto">
              {name}
            </Text>
            <Badge styles={{ root: { color: "var(--mantine-color-anchor)" } }}>{view.type?.roles[held.role]?.title ?? held.role}</Badge>
          </Group>
          <Text size="xs" c="dimmed">
            {team && <>{t("teams.givenMembers", { count: team.members.length })} · </>}
            <Ago at={held.granted_at} />
          </Text>
        </div>
        {may && (
          <ActionIcon aria-label={t("teams.revoke", { name })} onClick={() => setRevoking(true)}>
            <IconUsersMinus size={18} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      <Confirm
        title={t("teams.revokeSure", { name })}
        hint={t("teams.revokeHint")}
        submit={t("teams.revokeDo")}
        opened={revoking}
        onClose={() => setRevoking(false)}
        onConfirm={async () => feeds.put(view.id, "team_case", (await remove<Answer<TeamCase>>(`/cases/${view.id}/teams/${held.id}`)).item)}
      />
    </li>
  );
}

interface GiveProps {
  readonly view: CaseView;
  readonly teams: readonly Team[];
  readonly present: readonly TeamCase[];
  readonly onClose: () => void;
}

function Give({ view, teams, present, onClose }: GiveProps): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [team, setTeam] = useState("");
  const roles = Object.entries(view.type?.roles ?? {}).flatMap(([value, role]) => (role.side === "staff" ? [{ value, label: role.title }] : []));
  const [role, setRole] = useState(roles[0]?.value ?? "staff");
  const choices = teams
    .filter((each) => each.dissolved_at === null && !present.some((held) => held.team === each.id && held.role === role))
    .map((each) => ({ value: each.id, label: each.name }));
  return (
    <FormDialog
      title={t("teams.give")}
      submit={t("teams.give")}
      opened
      onClose={onClose}
      onSend={() => post<Answer<TeamCase>>(`/cases/${view.id}/teams`, { team, role })}
      onDone={({ item }) => feeds.put(view.id, "team_case", item)}
    >
      {(at) => (
        <>
          <Select label={t("teams.team")} data={choices} value={team || null} onChange={(chosen) => setTeam(chosen ?? "")} searchable required nothingFoundMessage={teams.length === 0 ? t("teams.none") : t("teams.noMatch")} error={at("$.team")} data-autofocus />
          {roles.length > 1 && <NativeSelect label={t("teams.role")} data={roles} value={role} onChange={(event) => setRole(event.currentTarget.value)} error={at("$.role")} />}
        </>
      )}
    </FormDialog>
  );
}
