// That things were destroyed: the certificates, to take along.
import { Button, Group, Paper, Text } from "@mantine/core";
import { IconCertificate, IconDownload } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useScheduleWords } from "../cases/data";
import { usePlaceWords } from "../erasure/person";
import { useWho } from "../holds/data";
import { useOrg } from "../organisation/org";
import { useZone } from "../sessions/me";
import { Empty, Shown } from "../ui/states";
import { moment } from "../ui/time";
import { Moment } from "../ui/when";
import type { Certificate } from "../wire";
import { certified, saveCertificate, useCertificates } from "./data";

const KINDS = ["case", "document", "person", "scrub"] as const;

export function Certificates(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const found = useCertificates(org.id);
  return (
    <>
      <Text c="dimmed" size="sm" mb="md">
        {t("retention.certificatesLead")}
      </Text>
      <Shown query={found} rows={3}>
        {({ pages }) => {
          const all = pages.flatMap((page) => page.items);
          return (
            <Paper>
              {all.length === 0 ? (
                <Empty title={t("retention.noCertificates")} hint={t("retention.noCertificatesHint")} icon={<IconCertificate size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="certificates">
                  {all.map((one) => (
                    <Row key={one.id} one={one} />
                  ))}
                </ul>
              )}
            </Paper>
          );
        }}
      </Shown>
      {found.hasNextPage && (
        <Button variant="default" mt="md" fullWidth loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("do.more")}
        </Button>
      )}
    </>
  );
}

function Row({ one }: { readonly one: Certificate }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const who = useWho(useOrg().id);
  const scheduled = useScheduleWords();
  const place = usePlaceWords();
  const said = certified(one);
  const kind = KINDS.find((each) => each === one.kind) ?? "other";
  return (
    <li className="cw-row" data-testid="certificate">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Text fw={550}>
            {t(`retention.kinds.${kind}`)} · <Moment at={one.at} zoned />
          </Text>
          {kind !== "scrub" && <Text size="sm" mt={2} dir="auto">
            {said.by === null ? t("retention.byNobody") : t("retention.byWhom", { who: who(said.by) })} ·{" "}
            {said.under === "erasure" ? t("retention.underErasure") : scheduled(said.under)}
          </Text>}
          {said.counts.length > 0 && (
            <Text size="sm" mt={2}>
              {said.counts.map(([what, count]) => (what === "account" ? place(what, false) : `${place(what, false)}: ${count}`)).join(" · ")}
            </Text>
          )}
          {kind !== "scrub" && (
            <Text size="xs" c="dimmed" mt={2}>
              {one.scrubbed_at === null ? (
                t("retention.notScrubbed")
              ) : (
                <>
                  {t("retention.scrubbed")} <Moment at={one.scrubbed_at} zoned />
                </>
              )}
            </Text>
          )}
          <Text size="xs" c="dimmed" ff="monospace" mt={2} style={{ overflowWrap: "anywhere" }}>
            {t("retention.sha")} {one.sha256}
          </Text>
        </div>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => saveCertificate(one)} aria-label={t("retention.downloadOf", { when: moment(one.at, zone) })}>
          {t("retention.download")}
        </Button>
      </Group>
    </li>
  );
}
