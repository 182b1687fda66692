// A case taken along as one archive: what that means, and the download.
import { Alert, Button, Code, CopyButton, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { IconDownload, IconFileZip } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { CaseView } from "../cases/data";
import { get, post } from "../http/client";
import { useMe } from "../sessions/me";
import { Complaint, useAction } from "../ui/forms";
import { Moment } from "../ui/when";
import type { Answer, Export, FileAddress } from "../wire";
import { canPick, hold, HELD_BYTES_MAX, save, shownBytes } from "./save";

export function ExportCase({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  if (view.borrowed) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconFileZip size={16} aria-hidden />} onClick={() => setOpened(true)} data-testid="export-case">
        {t("exports.open")}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={t("exports.title")} size="md">
        <Steps view={view} onClose={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function Steps({ view, onClose }: { readonly view: CaseView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const [made, setMade] = useState<Export | null>(null);
  const making = useAction(
    () => post<Answer<Export>>(`/cases/${view.id}/exports`, undefined),
    (answer) => setMade(answer.item),
  );
  if (made) return <Download of={made} name={made.file_name} org={view.case.org} />;
  return (
    <Stack gap="sm">
      <Text size="sm">{t("exports.lead")}</Text>
      <Text size="sm">{t("exports.proof")}</Text>
      <Text size="sm" c="dimmed">
        {t("exports.taken")}
      </Text>
      <Complaint refused={making.refused} />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onClose}>
          {t("do.cancel")}
        </Button>
        <Button loading={making.busy} onClick={() => making.run(undefined)} data-autofocus data-testid="export-make">
          {t("exports.make")}
        </Button>
      </Group>
    </Stack>
  );
}

function Download({ of, name, org }: { readonly of: Export; readonly name: string; readonly org: string }): ReactNode {
  const { t } = useTranslation();
  const [done, setDone] = useState<number | null>(null);
  const [told, setTold] = useState<"saved" | "browser" | null>(null);
  const stopped = useRef<AbortController | null>(null);
  // Its pages and the record are there in the smallest case too: measured on the demo's, packed.
  const about = of.bytes + 10_000 + of.seq * 400 + of.messages * 500;
  const size = shownBytes(about);
  const loading = useAction(async () => {
    setTold(null);
    const { url } = await address(of.id);
    const keep = canPick() ? save : about <= HELD_BYTES_MAX ? hold : null;
    if (!keep) {
      window.location.assign(url);
      return "browser" as const;
    }
    setDone(0);
    stopped.current = new AbortController();
    try {
      return (await keep(url, name, stopped.current.signal, setDone)) ? ("saved" as const) : null;
    } finally {
      setDone(null);
    }
  }, setTold);
  return (
    <Stack gap="sm">
      <Text size="sm">{t("exports.about", { messages: of.messages, versions: of.versions, size })}</Text>
      <Text size="sm" className="cw-numbers">
        {t("exports.file")} <code dir="ltr">{name}</code>
      </Text>
      <Text size="sm" c="dimmed">
        {t("exports.until")} <Moment at={of.expires_at} zoned />
      </Text>
      {done !== null && (
        <Stack gap={4}>
          <Progress value={Math.min(99, (100 * done) / Math.max(about, 1))} aria-label={t("exports.title")} animated />
          <Text size="xs" c="dimmed" className="cw-numbers">
            {t("exports.loading", { done: shownBytes(done), size })}
          </Text>
        </Stack>
      )}
      {told && (
        <Alert color={told === "saved" ? "green" : "blue"} variant="light" role="status" py="xs" data-testid="export-told">
          {t(`exports.${told}`)}
        </Alert>
      )}
      {told && <Verify name={name} org={org} />}
      {loading.refused && (loading.refused.code === "offline" ? <Alert color="red" variant="light" role="alert" py="xs">{t("exports.broken")}</Alert> : <Complaint refused={loading.refused} />)}
      <Group justify="flex-end" gap="sm">
        {done !== null && (
          <Button variant="default" onClick={() => stopped.current?.abort()}>
            {t("exports.stop")}
          </Button>
        )}
        <Button leftSection={<IconDownload size={16} aria-hidden />} loading={loading.busy} onClick={() => loading.run(undefined)} autoFocus data-testid="export-download">
          {t(told ? "exports.again" : "exports.download")}
        </Button>
      </Group>
    </Stack>
  );
}

/** How whoever gets the archive finds out whether it is what was sent. */
function Verify({ name, org }: { readonly name: string; readonly org: string }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const admin = me.seats.some((seat) => seat.org.id === org && seat.role === "admin");
  // The key that signs; those who administer may read it here, everybody else asks them.
  const keys = useQuery({ queryKey: ["record-keys", org], queryFn: async ({ signal }) => (await get<Answer<{ keys: { key: string }[] }>>(`/orgs/${org}/audit/key`, signal)).item.keys, enabled: admin, retry: false });
  const command = `casewire audit verify "${name}" --key ${keys.data?.[0]?.key ?? "KEY"}`;
  return (
    <Stack gap={4} data-testid="export-verify">
      <Text size="sm" fw={600}>
        {t("exports.verify")}
      </Text>
      <Text size="sm">{t(keys.data?.[0] ? "exports.verifyHint" : "exports.verifyAsk")}</Text>
      <Code block dir="ltr" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} tabIndex={0}>
        {command}
      </Code>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <Button size="compact-sm" variant="default" onClick={copy} style={{ alignSelf: "flex-start" }}>
            {copied ? t("do.copied") : t("do.copy")}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}

/** A short-lived address of one's own; asked anew for each download. */
async function address(id: string): Promise<FileAddress> {
  const answer = await get<FileAddress | { item: FileAddress }>(`/exports/${id}/address`);
  return "item" in answer ? answer.item : answer;
}
