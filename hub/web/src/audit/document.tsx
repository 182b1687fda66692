// Who has seen a document, which version of it, and what else was done with it.
import { ActionIcon, Modal, Stack, Text, Title } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMe, useZone } from "../sessions/me";
import { Empty, Shown } from "../ui/states";
import { moment, number } from "../ui/time";
import { AUDIT_SEEN_MAX, type Document, type DocumentRecord, type Seen } from "../wire";
import { useSeen } from "./data";
import { Days } from "./list";

export function WhoHasSeen({ document }: { readonly document: Document }): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <ActionIcon aria-label={t("audit.seenOf", { name: document.name })} title={t("audit.seen")} onClick={() => setOpen(true)}>
        <IconEye size={17} aria-hidden />
      </ActionIcon>
      <Modal opened={open} onClose={() => setOpen(false)} title={<span dir="auto">{t("audit.seenOf", { name: document.name })}</span>} size="lg">
        {open && <Record document={document} />}
      </Modal>
    </>
  );
}

function Record({ document }: { readonly document: Document }): ReactNode {
  const { t } = useTranslation();
  const answer = useSeen(document.id);
  return (
    <Shown query={answer}>
      {({ seen, whole, record }) => (
        <Stack gap="lg">
          {seen.length === 0 ? (
            <Empty title={t("audit.seenNone")} hint={t("audit.seenNoneHint")} icon={<IconEye size={30} stroke={1.4} />} />
          ) : (
            <Readers seen={seen} names={record.names} />
          )}
          {!whole && (
            <Text size="sm" c="dimmed">
              {t("audit.seenPart", { count: AUDIT_SEEN_MAX, formatted: number(AUDIT_SEEN_MAX) })}
            </Text>
          )}
          {record.items.length > 0 && (
            <section>
              <Title order={3} size="h5" mb="xs">
                {t("audit.history")}
              </Title>
              <Days items={record.items} names={record.names} caseId={document.case} />
            </section>
          )}
        </Stack>
      )}
    </Shown>
  );
}

function Readers({ seen, names }: { readonly seen: readonly Seen[]; readonly names: DocumentRecord["record"]["names"] }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const zone = useZone();
  return (
    <table className="cw-seen" aria-label={t("audit.seenBy")} data-testid="seen">
      <tbody>
        {seen.map((each) => (
          <tr key={`${each.person} ${each.version}`}>
            <th scope="row" dir="auto">
              {each.person === me.id ? t("state.you") : (names.people[each.person] ?? t("audit.somebody"))}
            </th>
            <td>{t("audit.seenVersion", { n: each.n })}</td>
            <td>
              <time dateTime={each.last}>{moment(each.last, zone)}</time>
              <Text size="xs" c="dimmed">
                {t("audit.seenTimes", { count: each.times })}
                {each.times > 1 && ` · ${t("audit.seenSince", { when: moment(each.first, zone) })}`}
              </Text>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
