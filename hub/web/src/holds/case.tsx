// On a case: that it is held, since when and why; and the way to hold it, for those who staff it.
import { ActionIcon, Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { mayAsk } from "../audit/question";
import { useList, useNames, type CaseView } from "../cases/data";
import { useMe } from "../sessions/me";
import { Moment } from "../ui/when";
import type { Document, Hold } from "../wire";
import { useCaseHolds } from "./data";
import { HoldOne, ReleaseHold } from "./dialogs";

const SHOWN = 3;

/** The same people staff a case and may ask for its record. */
export function HoldCase({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const [placing, setPlacing] = useState(false);
  if (!mayAsk(view)) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconLock size={16} aria-hidden />} onClick={() => setPlacing(true)} data-testid="hold-case">
        {t("holds.hold")}
      </Button>
      {placing && <HoldOne org={view.case.org} kind="case" thing={view.id} title={t("holds.holdCase")} hint={t("holds.holdCaseHint")} onClose={() => setPlacing(false)} />}
    </>
  );
}

/** On a document's row: whether it is held itself, and the way to hold it. */
export function HoldDocument({ view, document }: { readonly view: CaseView; readonly document: Document }): ReactNode {
  const { t } = useTranslation();
  const [placing, setPlacing] = useState(false);
  return (
    <>
      <ActionIcon aria-label={t("holds.holdDocumentOf", { name: document.name })} title={t("holds.holdDocument")} onClick={() => setPlacing(true)}>
        <IconLock size={17} aria-hidden />
      </ActionIcon>
      {placing && <HoldOne org={view.case.org} kind="document" thing={document.id} title={t("holds.holdDocument")} hint={t("holds.holdDocumentHint", { name: document.name })} onClose={() => setPlacing(false)} />}
    </>
  );
}

export function CaseHeld({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const holds = useCaseHolds(view.id, mayAsk(view));
  const [all, setAll] = useState(false);
  const [releasing, setReleasing] = useState<Hold | null>(null);
  const standing = mayAsk(view) ? (holds.data ?? []) : [];
  if (standing.length === 0) return null;
  const administers = me.seats.some((seat) => seat.org.id === view.case.org && seat.role === "admin");
  return (
    <Alert color="gray" variant="light" icon={<IconLock aria-hidden />} mb="md" py="xs" data-testid="held">
      {releasing && <ReleaseHold hold={releasing} onClose={() => setReleasing(null)} />}
      <Stack gap="xs">
        {standing.slice(0, all ? undefined : SHOWN).map((hold) => (
          <Held key={hold.id} hold={hold} view={view} onRelease={administers ? () => setReleasing(hold) : undefined} />
        ))}
        {!all && standing.length > SHOWN && (
          <Button size="compact-xs" variant="default" onClick={() => setAll(true)}>
            {t("do.more")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

function Held({ hold, view, onRelease }: { readonly hold: Hold; readonly view: CaseView; readonly onRelease: (() => void) | undefined }): ReactNode {
  const { t } = useTranslation();
  const { name } = useNames(view.id);
  const document = useList(view.id, "document").items.find((each) => each.id === hold.thing);
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <div style={{ minWidth: 0, flex: "1 1 12rem" }}>
        <Text size="sm" dir="auto">
          {document ? t("holds.sinceNamed", { name: document.name }) : t(hold.kind === "document" ? "holds.sinceDocument" : "holds.since")} <Moment at={hold.raised_at} zoned />: <span className="cw-prewrap">{hold.reason}</span>
        </Text>
        <Text size="xs" c="dimmed">
          {t("holds.placedBy", { who: name(hold.raised_by) })}
        </Text>
      </div>
      {onRelease && (
        <Button size="compact-sm" variant="default" onClick={onRelease} aria-label={t("holds.releaseOf", { what: document?.name ?? view.case.number })}>
          {t("holds.release")}
        </Button>
      )}
    </Group>
  );
}
