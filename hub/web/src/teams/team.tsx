// One team: its name and who is in it.
import { ActionIcon, Button, Group, Paper, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFolders, IconUserMinus, IconUserPlus, IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { patch, post, remove } from "../http/client";
import { readPages } from "../live/cases";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { PersonLine } from "../people/page";
import { PersonSelect } from "../people/picker";
import { useMe } from "../sessions/me";
import { Confirm, FormDialog, usePageTitle } from "../ui/forms";
import { AnchorLink } from "../ui/links";
import { Empty, Head, Missing, Shown } from "../ui/states";
import type { Answer, Card, OpenedCase, Team } from "../wire";
import { usePutTeam, useTeams } from "./data";

export default function TeamPage(): ReactNode {
  const org = useOrg();
  const { teamId } = useParams({ strict: false });
  const teams = useTeams(org.id);
  return (
    <Shown query={teams}>
      {(all) => {
        const team = all.find((each) => each.id === teamId && each.dissolved_at === null);
        return team ? <Open team={team} /> : <Missing />;
      }}
    </Shown>
  );
}

function Open({ team }: { readonly team: Team }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const me = useMe();
  const navigate = useNavigate();
  const put = usePutTeam(org.id);
  const people = usePeople(org.id);
  const [dialog, setDialog] = useState<"add" | "rename" | "dissolve" | null>(null);
  const [removing, setRemoving] = useState<Card | null>(null);
  usePageTitle(team.name);
  const path = `/orgs/${org.id}/teams/${team.id}`;
  const close = (): void => setDialog(null);
  return (
    <>
      <AnchorLink to="/organisation/teams" size="sm">
        {t("teams.all")}
      </AnchorLink>
      <Head title={<span dir="auto">{team.name}</span>}>
        {org.admin && (
          <>
            <Button variant="default" size="xs" onClick={() => setDialog("rename")}>
              {t("teams.rename")}
            </Button>
            <Button variant="default" size="xs" onClick={() => setDialog("dissolve")}>
              {t("teams.dissolve")}
            </Button>
            <Button size="xs" leftSection={<IconUserPlus size={14} aria-hidden />} onClick={() => setDialog("add")}>
              {t("teams.add")}
            </Button>
          </>
        )}
      </Head>
      <AddMember team={team} people={people.data ?? []} opened={dialog === "add"} onClose={close} />
      <FormDialog
        title={t("teams.rename")}
        submit={t("do.save")}
        opened={dialog === "rename"}
        onClose={close}
        onSend={(said) => patch<Answer<Team>>(path, { name: said("name") }, team.revision)}
        onDone={({ item }) => put(item)}
      >
        {(at) => <TextInput name="name" label={t("teams.name")} defaultValue={team.name} required maxLength={300} error={at("$.name")} dir="auto" data-autofocus />}
      </FormDialog>
      <Confirm
        title={t("teams.dissolveSure", { name: team.name })}
        hint={t("teams.dissolveHint")}
        submit={t("teams.dissolve")}
        opened={dialog === "dissolve"}
        onClose={close}
        onConfirm={async () => {
          const { item } = await remove<Answer<Team>>(path);
          await navigate({ to: "/organisation/teams", replace: true });
          put(item);
          notifications.show({ message: t("teams.dissolved", { name: team.name }) });
        }}
      />
      <Confirm
        title={t("teams.removeSure", { name: removing?.name ?? "", team: team.name })}
        hint={t("teams.removeHint")}
        submit={t("teams.removeDo")}
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        onConfirm={async () => put((await remove<Answer<Team>>(`${path}/members/${removing?.id}`)).item)}
      />
      <Shown query={people}>
        {(cards) => {
          const members = team.members
            .map((id) => cards.find((card) => card.id === id) ?? { id, name: t("state.unknownPerson"), email: "", membership: "" })
            .sort((a, b) => a.name.localeCompare(b.name));
          return (
            <Paper>
              {members.length === 0 ? (
                <Empty title={t("teams.empty")} hint={t("teams.emptyHint")} icon={<IconUsersGroup size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="members">
                  {members.map((card) => (
                    <li key={card.id} className="cw-row">
                      <Group justify="space-between" wrap="nowrap" gap="sm">
                        <PersonLine name={card.name} email={card.email} own={card.id === me.id} />
                        {org.admin && (
                          <ActionIcon aria-label={t("teams.remove", { name: card.name })} onClick={() => setRemoving(card)}>
                            <IconUserMinus size={18} aria-hidden />
                          </ActionIcon>
                        )}
                      </Group>
                    </li>
                  ))}
                </ul>
              )}
            </Paper>
          );
        }}
      </Shown>
      <Cases path={path} />
    </>
  );
}

function Cases({ path }: { readonly path: string }): ReactNode {
  const { t } = useTranslation();
  const cases = useQuery({
    queryKey: ["team-cases", path],
    queryFn: async ({ signal }) => (await readPages<OpenedCase>(`${path}/cases`, signal)).flatMap((page) => page.items),
    refetchOnWindowFocus: "always",
  });
  return (
    <section aria-label={t("teams.cases")} style={{ marginTop: "2rem" }}>
      <Head order={2} title={t("teams.cases")} />
      <Shown query={cases} rows={1}>
        {(all) => (
          <Paper>
            {all.length === 0 ? (
              <Empty title={t("teams.noCases")} hint={t("teams.casesHint")} icon={<IconFolders size={32} stroke={1.4} />} />
            ) : (
              <ul className="cw-rows" data-testid="team-cases">
                {all.map((one) => (
                  <li key={one.id}>
                    <Link className="cw-row" to="/cases/$caseId" params={{ caseId: one.case }}>
                      <Text size="sm" fw={550} dir="auto" style={{ overflowWrap: "anywhere" }}>
                        {one.title}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {one.number}
                      </Text>
                    </Link>
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

function AddMember({ team, people, opened, onClose }: { readonly team: Team; readonly people: readonly Card[]; readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const put = usePutTeam(org.id);
  const [person, setPerson] = useState("");
  const staff = people.filter((card) => (card.membership === "desk" || card.membership === "admin") && !team.members.includes(card.id));
  return (
    <FormDialog
      title={t("teams.add")}
      submit={t("teams.addDo")}
      opened={opened}
      onClose={onClose}
      onSend={() => post<Answer<Team>>(`/orgs/${org.id}/teams/${team.id}/members`, { person })}
      onDone={({ item }) => {
        put(item);
        setPerson("");
      }}
    >
      {(at) => <PersonSelect label={t("teams.person")} description={t("teams.personHint")} people={staff} value={person} onChange={setPerson} error={at("$.person")} focused />}
    </FormDialog>
  );
}
