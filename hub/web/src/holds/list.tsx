// The holds of an organisation: those that stand, and those that were released.
import { Button, Group, Paper, SegmentedControl, Text } from "@mantine/core";
import { IconLock, IconPlus } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useCaseLabels } from "../cases/picker";
import { useOrg } from "../organisation/org";
import { AnchorLink } from "../ui/links";
import { Empty, Shown } from "../ui/states";
import { Moment } from "../ui/when";
import type { Hold } from "../wire";
import { useDocumentNames, useHolds, useWho } from "./data";
import { HoldAny, ReleaseHold } from "./dialogs";

const SHOWN = 20;

export function Holds(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [over, setOver] = useState(false);
  const [limit, setLimit] = useState(SHOWN);
  const [placing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<Hold | null>(null);
  const holds = useHolds(org.id, over);
  const shown = useMemo(() => holds.data?.slice(0, limit) ?? [], [holds.data, limit]);
  const cases = useMemo(() => [...new Set(shown.flatMap((hold) => hold.case_id ?? []))], [shown]);
  const labels = useCaseLabels(cases);
  const documents = useDocumentNames(shown);
  return (
    <>
      <Text c="dimmed" size="sm" mb="md">
        {t("holds.lead")}
      </Text>
      {placing && <HoldAny onClose={() => setPlacing(false)} />}
      {releasing && <ReleaseHold hold={releasing} onClose={() => setReleasing(null)} />}
      <Group justify="space-between" gap="sm" mb="md">
        <SegmentedControl
          aria-label={t("holds.show")}
          value={over ? "over" : "standing"}
          onChange={(value) => {
            setOver(value === "over");
            setLimit(SHOWN);
          }}
          data={[
            { value: "standing", label: t("holds.standing") },
            { value: "over", label: t("holds.over") },
          ]}
        />
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setPlacing(true)}>
          {t("holds.place")}
        </Button>
      </Group>
      <Shown query={holds} rows={3}>
        {(all) => (
          <>
            <Paper>
              {all.length === 0 ? (
                <Empty title={t(over ? "holds.noneOver" : "holds.none")} hint={t(over ? "holds.noneOverHint" : "holds.noneHint")} icon={<IconLock size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="holds">
                  {shown.map((hold) => (
                    <HoldRow key={hold.id} hold={hold} label={hold.case_id === null ? undefined : (labels.get(hold.case_id) ?? t("holds.aCase"))} document={documents.get(hold.thing)} onRelease={() => setReleasing(hold)} />
                  ))}
                </ul>
              )}
            </Paper>
            {all.length > limit && (
              <Button variant="default" mt="md" fullWidth onClick={() => setLimit(limit + SHOWN)}>
                {t("do.more")}
              </Button>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function HoldRow({ hold, label, document, onRelease }: { readonly hold: Hold; readonly label: string | undefined; readonly document: string | undefined; readonly onRelease: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const who = useWho(org.id);
  const what = document ?? label ?? who(hold.thing);
  const kind = t({ case: "holds.ofCase", document: "holds.ofDocument", person: "holds.ofPerson" }[hold.kind] as "holds.ofCase");
  return (
    <li className="cw-row" data-testid="hold">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Text size="xs" c="dimmed">
            {kind}
            {document !== undefined && <span dir="auto"> {label}</span>}
          </Text>
          {hold.case_id === null ? (
            <Text fw={550} dir="auto">
              {what}
            </Text>
          ) : (
            <AnchorLink to="/cases/$caseId/$tab" params={{ caseId: hold.case_id, tab: hold.kind === "document" ? "documents" : "timeline" }} fw={550}>
              <span dir="auto">{what}</span>
            </AnchorLink>
          )}
          <Text size="sm" className="cw-prewrap" dir="auto" mt={2}>
            {hold.reason}
          </Text>
          <Text size="xs" c="dimmed" mt={2}>
            {t("holds.since")} <Moment at={hold.raised_at} zoned /> {t("holds.by", { who: who(hold.raised_by) })}
          </Text>
          {hold.released_at !== null && (
            <Text size="sm" mt={6} dir="auto">
              {t("holds.releasedBy", { who: who(hold.released_by) })}, <Moment at={hold.released_at} zoned />: <span className="cw-prewrap">{hold.release_reason}</span>
            </Text>
          )}
        </div>
        {hold.released_at === null && (
          <Button size="xs" variant="default" onClick={onRelease} aria-label={t("holds.releaseOf", { what })}>
            {t("holds.release")}
          </Button>
        )}
      </Group>
    </li>
  );
}
