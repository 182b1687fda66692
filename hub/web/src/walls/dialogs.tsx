// Raising, changing and lifting a wall. Before it is done, a sentence says what it will do.
import { Alert, MultiSelect, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { CasesSelect } from "../cases/picker";
import { patch, post } from "../http/client";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { PeopleSelect } from "../people/picker";
import { useMe } from "../sessions/me";
import { useTeams } from "../teams/data";
import { useFolding } from "../ui/folding";
import { FormDialog } from "../ui/forms";
import type { Answer, Wall } from "../wire";
import { WALL_CASES_MAX, WALL_PEOPLE_MAX, WALL_TEAMS_MAX } from "../wire";
import { useNamed } from "./card";
import { some, usePutWall } from "./data";

const NAMED = 3;
const REASON_CHARS_MAX = 2000;

/** Without `wall` another one is raised. */
export function WallDialog({ wall, onClose }: { readonly wall: Wall | null; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const me = useMe();
  const put = usePutWall(org.id);
  const directory = usePeople(org.id);
  const teamList = useTeams(org.id);
  const named = useNamed();
  const folding = useFolding();
  const [cases, setCases] = useState<readonly string[]>(wall?.cases ?? []);
  const [people, setPeople] = useState<readonly string[]>(wall?.people ?? []);
  const [teams, setTeams] = useState<readonly string[]>(wall?.teams ?? []);
  const who = [...people.map(named.person), ...teams.map(named.team)];
  const title = t(wall ? "walls.changeTitle" : "walls.raise");
  const standing = (teamList.data ?? []).filter((team) => team.dissolved_at === null || teams.includes(team.id));
  const oneself = people.includes(me.id) || standing.some((team) => teams.includes(team.id) && team.members.includes(me.id));
  return (
    <FormDialog
      title={title}
      submit={t(wall ? "do.save" : "walls.raise")}
      size="lg"
      opened
      onClose={onClose}
      onSend={(said) => {
        const body = { title: said("title"), reason: said("reason"), cases, people, teams };
        return wall ? patch<Answer<Wall>>(`/orgs/${org.id}/walls/${wall.id}`, body, wall.revision) : post<Answer<Wall>>(`/orgs/${org.id}/walls`, body);
      }}
      onDone={({ item }) => {
        put(item);
        notifications.show({ message: t(wall ? "walls.changed" : "walls.raised", { title: item.title }) });
      }}
    >
      {(at) => (
        <>
          <TextInput name="title" label={t("walls.name")} description={t("walls.nameHint")} defaultValue={wall?.title} required maxLength={300} error={at("$.title")} dir="auto" data-autofocus />
          <PeopleSelect label={t("walls.people")} people={directory.data ?? []} value={people} onChange={setPeople} max={WALL_PEOPLE_MAX} error={at("$.people") ?? at("$.people[0]")} />
          <MultiSelect
            {...folding}
            label={t("walls.teams")}
            description={t("walls.teamsHint")}
            data={standing.map((team) => ({ value: team.id, label: team.name }))}
            value={[...teams]}
            onChange={setTeams}
            searchable
            hidePickedOptions
            maxValues={WALL_TEAMS_MAX}
            nothingFoundMessage={t("teams.noMatch")}
            error={at("$.teams") ?? at("$.teams[0]")}
          />
          <CasesSelect org={org.id} label={t("walls.cases")} value={cases} onChange={setCases} max={WALL_CASES_MAX} error={at("$.cases") ?? at("$.cases[0]")} />
          <Textarea name="reason" label={t("walls.reason")} description={t("walls.reasonHint")} defaultValue={wall?.reason} required autosize minRows={2} maxRows={8} maxLength={REASON_CHARS_MAX} error={at("$.reason")} dir="auto" />
          {who.length > 0 && cases.length > 0 && (
            <Alert color={oneself ? "red" : "ink"} variant="light" role="status" py="xs" data-testid="wall-effect">
              {t("walls.effect", { count: cases.length, who: some(who, NAMED, (count) => t("walls.others", { count })) })}
              {teams.length > 0 && ` ${t("walls.effectTeams")}`}
              {oneself && ` ${t("walls.effectYou")}`}
            </Alert>
          )}
        </>
      )}
    </FormDialog>
  );
}

export function LiftDialog({ wall, onClose }: { readonly wall: Wall; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const put = usePutWall(org.id);
  return (
    <FormDialog
      title={t("walls.liftSure", { title: wall.title })}
      submit={t("walls.lift")}
      danger
      opened
      onClose={onClose}
      onSend={(said) => post<Answer<Wall>>(`/orgs/${org.id}/walls/${wall.id}/lift`, { reason: said("reason") })}
      onDone={({ item }) => {
        put(item);
        notifications.show({ message: t("walls.wasLifted", { title: item.title }) });
      }}
    >
      {(at) => (
        <>
          <p style={{ margin: 0 }}>{t("walls.liftHint")}</p>
          <Textarea name="reason" label={t("walls.liftReason")} required autosize minRows={2} maxRows={8} maxLength={REASON_CHARS_MAX} error={at("$.reason")} dir="auto" data-autofocus />
        </>
      )}
    </FormDialog>
  );
}
