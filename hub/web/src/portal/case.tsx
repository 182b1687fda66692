// A case, for somebody from outside: the chat first, then what was shared.
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconChevronLeft, IconMessage2 } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { StatusBadge } from "../cases/badges";
import { useCase, useList, useType, viewOf, type CaseView } from "../cases/data";
import { Facts, Hidden } from "../cases/details";
import { useSorted } from "../conversations/data";
import { ExportCase } from "../exports/export";
import { Thread } from "../messages/thread";
import { usePageTitle } from "../ui/forms";
import { Empty, Loading, Shown } from "../ui/states";
import { Moment } from "../ui/when";
import "../conversations/conversations.css";

const Documents = lazy(() => import("../documents/panel"));
const Deadlines = lazy(() => import("../deadlines/panel"));
const Conversations = lazy(() => import("../conversations/panel"));

const TABS = ["conversations", "documents", "deadlines", "details"] as const;
type Tab = (typeof TABS)[number];

export default function PortalCase(): ReactNode {
  const { caseId, tab, thing } = useParams({ strict: false });
  const query = useCase(caseId ?? "");
  return (
    <div className="cw-narrow">
      <Shown query={query} rows={6}>
        {(held) => <Loaded held={held} tab={TABS.find((each) => each === tab) ?? "conversations"} thing={thing} />}
      </Shown>
    </div>
  );
}

function Loaded({ held, tab, thing }: { readonly held: Parameters<typeof viewOf>[0]; readonly tab: Tab; readonly thing: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const view = viewOf(held, useType(held.case.type, held.case.type_version));
  usePageTitle(held.case.title);
  const labels: Readonly<Record<Tab, string>> = { conversations: t("portal.chat"), documents: t("portal.documents"), deadlines: t("portal.deadlines"), details: t("portal.about") };
  return (
    <>
      <Link to="/" className="cw-plain">
        <Text size="sm" c="dimmed" mb="xs">
          <IconChevronLeft size={15} aria-hidden style={{ verticalAlign: "-2px" }} /> {t("portal.cases")}
        </Text>
      </Link>
      <Title order={1} dir="auto" data-testid="case-title">
        {view.case.title}
      </Title>
      <Group gap={10} mt={6} mb="md">
        <StatusBadge of={view.case} type={view.type} />
        <Text size="sm" c="dimmed" className="cw-numbers">
          {view.case.number} · {t("cases.opened")} <Moment at={view.case.opened_at} />
        </Text>
      </Group>
      <nav aria-label={t("cases.tabs")}>
        <ul className="cw-tabs">
          {TABS.map((each) => (
            <li key={each}>
              <Link to="/cases/$caseId/$tab" params={{ caseId: view.id, tab: each }} activeProps={{}} data-status={each === tab ? "active" : undefined} aria-current={each === tab ? "page" : undefined}>
                {labels[each]}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Suspense fallback={<Loading />}>
        <Part view={view} tab={tab} thing={thing} />
      </Suspense>
    </>
  );
}

function Part({ view, tab, thing }: { readonly view: CaseView; readonly tab: Tab; readonly thing: string | undefined }): ReactNode {
  switch (tab) {
    case "conversations":
      return <Chat view={view} thing={thing} />;
    case "documents":
      return <Documents view={view} quiet />;
    case "deadlines":
      return <Deadlines view={view} />;
    case "details":
      return (
        <Stack gap="xl">
          <Paper p="lg">
            <Facts view={view} />
          </Paper>
          <Hidden view={view} />
          <Group justify="flex-end">
            <ExportCase view={view} />
          </Group>
        </Stack>
      );
  }
}

/** Most people from outside have one conversation in a case; it needs no list beside it. */
function Chat({ view, thing }: { readonly view: CaseView; readonly thing: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "conversation");
  const conversations = useSorted(list.items);
  const only = conversations[0];
  return (
    <Shown query={list.query}>
      {() =>
        !only ? (
          <Empty title={t("portal.noChat")} hint={t("portal.noChatHint")} icon={<IconMessage2 size={32} stroke={1.4} />} />
        ) : conversations.length > 1 ? (
          <Conversations view={view} chosen={thing} />
        ) : (
          <div className="cw-talk" data-alone data-open>
            <Thread view={view} conversation={only} only />
          </div>
        )
      }
    </Shown>
  );
}
