// A case, for the office: its head and its parts.
import { Box, Button, Group, Menu, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { mayAsk } from "../audit/question";
import { ExportCase } from "../exports/export";
import { CaseHeld, HoldCase } from "../holds/case";
import { post } from "../http/client";
import { useLive } from "../live/provider";
import { FormDialog, usePageTitle } from "../ui/forms";
import { intoView } from "../ui/links";
import { Loading, Shown } from "../ui/states";
import { Moment } from "../ui/when";
import type { Answer, CaseAnswer } from "../wire";
import { StatusBadge } from "./badges";
import { useCase, useType, viewOf, type CaseView } from "./data";

const Timeline = lazy(() => import("../entries/timeline"));
const Conversations = lazy(() => import("../conversations/panel"));
const Documents = lazy(() => import("../documents/panel"));
const Deadlines = lazy(() => import("../deadlines/panel"));
const Tasks = lazy(() => import("../tasks/panel"));
const People = lazy(() => import("../participants/panel"));
const Details = lazy(() => import("./details"));
const Record = lazy(() => import("../audit/case"));

const TABS = ["timeline", "conversations", "documents", "deadlines", "tasks", "people", "details", "record"] as const;
type Tab = (typeof TABS)[number];

export default function CasePage(): ReactNode {
  const { caseId, tab, thing } = useParams({ strict: false });
  const query = useCase(caseId ?? "");
  return (
    <div className="cw-page">
      <Shown query={query} rows={6}>
        {(held) => <Loaded held={held} tab={TABS.find((each) => each === tab) ?? "timeline"} thing={thing} />}
      </Shown>
    </div>
  );
}

function Loaded({ held, tab, thing }: { readonly held: Parameters<typeof viewOf>[0]; readonly tab: Tab; readonly thing: string | undefined }): ReactNode {
  const type = useType(held.case.type, held.case.type_version);
  const view = viewOf(held, type);
  usePageTitle(`${held.case.number} ${held.case.title}`);
  return (
    <>
      <CaseHead view={view} />
      <CaseHeld view={view} />
      <Tabs caseId={view.id} tab={tab} record={mayAsk(view)} />
      <Suspense fallback={<Loading />}>
        <Part view={view} tab={tab} thing={thing} />
      </Suspense>
    </>
  );
}

function Part({ view, tab, thing }: { readonly view: CaseView; readonly tab: Tab; readonly thing: string | undefined }): ReactNode {
  switch (tab) {
    case "timeline":
      return <Timeline view={view} />;
    case "conversations":
      return <Conversations view={view} chosen={thing} />;
    case "documents":
      return <Documents view={view} />;
    case "deadlines":
      return <Deadlines view={view} />;
    case "tasks":
      return <Tasks view={view} />;
    case "people":
      return <People view={view} />;
    case "details":
      return <Details view={view} />;
    case "record":
      return <Record view={view} />;
  }
}

function Tabs({ caseId, tab, record }: { readonly caseId: string; readonly tab: Tab; readonly record: boolean }): ReactNode {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("cases.tabs")}>
      <ul className="cw-tabs">
        {TABS.filter((each) => record || each !== "record").map((each) => (
          <li key={each}>
            <Link
              to="/cases/$caseId/$tab"
              params={{ caseId, tab: each }}
              data-status={each === tab ? "active" : undefined}
              aria-current={each === tab ? "page" : undefined}
              ref={each === tab ? intoView : undefined}
              activeProps={{}}
            >
              {t(`tab.${each}`)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function CaseHead({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { case: item, type } = view;
  const roles = view.roles.map((role) => type?.roles[role]?.title ?? role).join(", ");
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="md">
      <Box style={{ minWidth: 0, flex: "1 1 20rem" }}>
        <Group gap="xs" mb={4}>
          <Text size="sm" c="dimmed" className="cw-numbers">
            {item.number}
          </Text>
          <Text size="sm" c="dimmed">
            {type?.title ?? item.type}
          </Text>
          <StatusBadge of={item} type={type} />
        </Group>
        <Title order={1} dir="auto" data-testid="case-title">
          {item.title}
        </Title>
        <Text size="sm" c="dimmed" mt={2}>
          {t("cases.opened")} <Moment at={item.opened_at} />
          {roles && <> · {t("cases.role", { roles })}</>}
        </Text>
      </Box>
      <Group gap="sm">
        <HoldCase view={view} />
        <ExportCase view={view} />
        <Moves view={view} />
      </Group>
    </Group>
  );
}

/** The steps that the type allows from here, for the roles the reader holds. */
function Moves({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [chosen, setChosen] = useState<string | null>(null);
  const steps = Object.entries(view.type?.transitions ?? {}).filter(([, step]) => step.sources.includes(view.case.status) && step.roles.some((role) => view.roles.includes(role)));
  if (steps.length === 0 || view.borrowed) return null;
  const title = chosen ? (view.type?.transitions[chosen]?.title ?? chosen) : "";
  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={15} aria-hidden />} data-testid="move-case">
            {t("cases.move")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {steps.map(([name, step]) => (
            <Menu.Item key={name} onClick={() => setChosen(name)}>
              {step.title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <FormDialog
        title={title}
        submit={title}
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        onSend={(said) => post<Answer<CaseAnswer>>(`/cases/${view.id}/transitions`, { name: chosen, note: said("note") })}
        onDone={(answer) => feeds.putCase(answer.item.case)}
      >
        {(at) => (
          <Stack>
            <Text size="sm" dir="auto">
              {view.case.number} · {view.case.title}
            </Text>
            <Textarea name="note" label={t("cases.moveNote")} autosize minRows={2} maxLength={2000} error={at("$.note")} dir="auto" data-autofocus />
          </Stack>
        )}
      </FormDialog>
    </>
  );
}
