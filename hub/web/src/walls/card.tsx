// One wall: whom it keeps out of what, since when and why.
import { Badge, Button, Group, Paper, Text, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useCaseLabels } from "../cases/picker";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { useTeams } from "../teams/data";
import { AnchorLink } from "../ui/links";
import { Moment } from "../ui/when";
import type { Wall } from "../wire";

const SHOWN = 10;

export function useNamed(): { person: (id: string) => string; team: (id: string) => string } {
  const { t } = useTranslation();
  const org = useOrg();
  const people = usePeople(org.id);
  const teams = useTeams(org.id);
  return {
    person: (id) => people.data?.find((card) => card.id === id)?.name ?? t("state.unknownPerson"),
    team: (id) => t("walls.team", { name: teams.data?.find((team) => team.id === id)?.name ?? t("teams.unknown") }),
  };
}

export function WallCard({ wall, onChange, onLift }: { readonly wall: Wall; readonly onChange: () => void; readonly onLift: () => void }): ReactNode {
  const { t } = useTranslation();
  const named = useNamed();
  const id = `wall-${wall.id}`;
  return (
    <Paper p="md" component="section" aria-labelledby={id} data-testid="wall">
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <div style={{ minWidth: 0, flex: "1 1 16rem" }}>
          <Title order={2} id={id} dir="auto">
            {wall.title}
          </Title>
          <Text size="sm" c="dimmed">
            {t("walls.raisedBy", { who: named.person(wall.raised_by) })} <Moment at={wall.raised_at} />
          </Text>
        </div>
        {wall.lifted_at === null && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onChange} aria-label={t("walls.changeOf", { title: wall.title })}>
              {t("walls.change")}
            </Button>
            <Button size="xs" variant="default" onClick={onLift} aria-label={t("walls.liftOf", { title: wall.title })}>
              {t("walls.lift")}
            </Button>
          </Group>
        )}
      </Group>
      <dl className="cw-facts">
        <dt>{t("walls.keepsOut")}</dt>
        <dd>
          <Names names={[...wall.people.map(named.person), ...wall.teams.map(named.team)]} />
        </dd>
        <dt>{t("walls.of")}</dt>
        <dd>
          <CaseLinks ids={wall.cases} />
        </dd>
        <dt>{t("walls.reason")}</dt>
        <dd className="cw-prewrap" dir="auto">
          {wall.reason}
        </dd>
        {wall.lifted_at !== null && (
          <>
            <dt>{t("walls.liftedBy", { who: named.person(wall.lifted_by ?? "") })}</dt>
            <dd dir="auto">
              <Moment at={wall.lifted_at} />: <span className="cw-prewrap">{wall.lift_reason}</span>
            </dd>
          </>
        )}
      </dl>
    </Paper>
  );
}

function Names({ names }: { readonly names: readonly string[] }): ReactNode {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? names : names.slice(0, SHOWN);
  return (
    <Group gap={6}>
      {shown.map((name, at) => (
        // Two people may have one name.
        <Badge key={`${name} ${at}`} color="gray" styles={{ root: { height: "auto", color: "var(--mantine-color-text)" }, label: { whiteSpace: "normal" } }}>
          <span dir="auto">{name}</span>
        </Badge>
      ))}
      {names.length > shown.length && (
        <Button size="compact-xs" variant="default" onClick={() => setAll(true)}>
          {t("walls.others", { count: names.length - shown.length })}
        </Button>
      )}
    </Group>
  );
}

function CaseLinks({ ids }: { readonly ids: readonly string[] }): ReactNode {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const shown = all ? ids : ids.slice(0, SHOWN);
  const labels = useCaseLabels(shown);
  return (
    <>
      {shown.map((id) => (
        <div key={id}>
          <AnchorLink to="/cases/$caseId" params={{ caseId: id }} size="sm">
            <span dir="auto">{labels.get(id) ?? t("walls.aCase")}</span>
          </AnchorLink>
        </div>
      ))}
      {ids.length > shown.length && (
        <Button size="compact-xs" variant="default" mt={4} onClick={() => setAll(true)}>
          {t("walls.moreCases", { count: ids.length - shown.length })}
        </Button>
      )}
    </>
  );
}
