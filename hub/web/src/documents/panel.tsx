// Documents of a case: upload, versions and where they stand, open, rename.
import { ActionIcon, Anchor, Badge, Button, FileButton, Group, Modal, NativeSelect, Paper, Progress, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconChevronDown, IconChevronRight, IconDownload, IconFileText, IconLock, IconPencil, IconUpload, IconX } from "@tabler/icons-react";
import { useEffect, useMemo, useState, useSyncExternalStore, type DragEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { WhoHasSeen } from "../audit/document";
import { mayAsk } from "../audit/question";
import { AudienceBadge } from "../cases/badges";
import { audienceChoices, audienceTitle, useList, useNames, type CaseView } from "../cases/data";
import { useCaseHolds } from "../holds/data";
import { HoldDocument } from "../holds/case";
import { patch, post } from "../http/client";
import { useLive } from "../live/provider";
import { FormDialog } from "../ui/forms";
import { Empty, Shown, useWords } from "../ui/states";
import { bytes } from "../ui/time";
import { Ago, Moment } from "../ui/when";
import type { Answer, Document, Version } from "../wire";
import { VERSION_BYTES_MAX } from "../wire";
import { downloadVersion, openVersion } from "./open";
import { uploads } from "./upload";

export default function Documents({ view, quiet = false }: { readonly view: CaseView; readonly quiet?: boolean }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const documents = useList(view.id, "document");
  const versions = useList(view.id, "version");
  const may = view.may("document.add");
  useEffect(() => {
    uploads.onDocument = (document) => feeds.put(document.case, "document", document);
    uploads.onVersion = (version) => feeds.put(version.case, "version", version);
  }, [feeds]);
  const byDocument = useMemo(() => {
    const map = new Map<string, Version[]>();
    for (const version of versions.items) map.set(version.document, [...(map.get(version.document) ?? []), version]);
    for (const list of map.values()) list.sort((a, b) => b.n - a.n);
    return map;
  }, [versions.items]);
  const holds = useCaseHolds(view.id, !quiet && mayAsk(view));
  const held = useMemo(() => new Set(holds.data?.map((hold) => hold.thing)), [holds.data]);
  const sorted = useMemo(() => [...documents.items].sort((a, b) => b.added_at.localeCompare(a.added_at) || b.id.localeCompare(a.id)), [documents.items]);
  return (
    <section aria-label={t("documents.title")}>
      <Stack gap="md">
        {may && <DropZone view={view} quiet={quiet} />}
        <UploadList caseId={view.id} />
        <Shown query={documents.query}>
          {() => (
            <Paper>
              {sorted.length === 0 ? (
                <Empty title={may ? t("documents.none") : t("documents.noneShared")} hint={may ? t("documents.noneHint") : t("documents.noneSharedHint")} icon={<IconFileText size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="documents">
                  {sorted.map((document) => (
                    <DocumentRow key={document.id} view={view} document={document} versions={byDocument.get(document.id) ?? []} read={versions.query.data !== undefined} held={held.has(document.id)} quiet={quiet} />
                  ))}
                </ul>
              )}
            </Paper>
          )}
        </Shown>
      </Stack>
    </section>
  );
}

function DropZone({ view, quiet }: { readonly view: CaseView; readonly quiet: boolean }): ReactNode {
  const { t } = useTranslation();
  const [over, setOver] = useState(false);
  const [files, setFiles] = useState<readonly File[]>([]);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    setFiles([...event.dataTransfer.files]);
  };
  return (
    <>
      <div
        className="cw-drop"
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        data-testid="drop"
      >
        <Group justify="center" gap={6}>
          <IconUpload size={18} stroke={1.6} aria-hidden />
          <Text size="sm" visibleFrom="sm">
            {t("documents.drop")}
          </Text>
          <FileButton multiple onChange={setFiles} inputProps={{ "aria-label": t("documents.choose") }}>
            {(props) => (
              <Anchor component="button" type="button" size="sm" fw={600} className="cw-choose" {...props}>
                {t("documents.choose")}
              </Anchor>
            )}
          </FileButton>
        </Group>
        <Text size="xs" c="dimmed" mt={4}>
          {t("documents.dropHint")}
        </Text>
      </div>
      <NewDocuments view={view} files={files} onClose={() => setFiles([])} quiet={quiet} />
    </>
  );
}

/** Why a file cannot be uploaded at all. */
function useComplaint(): (file: File) => string | null {
  const { t } = useTranslation();
  return (file) => (file.size === 0 ? t("documents.emptyFile") : file.size > VERSION_BYTES_MAX ? t("documents.tooBig", { max: bytes(VERSION_BYTES_MAX) }) : null);
}

/** One question for all dropped files: what they are, and who sees them. */
function NewDocuments({ view, files, onClose, quiet }: { readonly view: CaseView; readonly files: readonly File[]; readonly onClose: () => void; readonly quiet: boolean }): ReactNode {
  const { t } = useTranslation();
  const kinds = Object.entries(view.type?.document_kinds ?? {}).map(([value, label]) => ({ value, label }));
  const audiences = audienceChoices(view);
  const complaint = useComplaint();
  const good = files.filter((file) => complaint(file) === null);
  const list = (
    <Stack gap={4}>
      {files.map((file, index) => (
        <Group key={index} justify="space-between" wrap="nowrap">
          <Text size="sm" dir="auto">
            {file.name}
          </Text>
          <Text size="xs" c={complaint(file) ? "var(--cw-danger)" : "dimmed"} style={{ flex: "none" }}>
            {complaint(file) ?? bytes(file.size)}
          </Text>
        </Group>
      ))}
    </Stack>
  );
  if (files.length > 0 && good.length === 0) {
    return (
      <Modal opened onClose={onClose} title={t("documents.cannotAdd")}>
        {list}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("do.close")}
          </Button>
        </Group>
      </Modal>
    );
  }
  return (
    <FormDialog
      title={t("documents.add")}
      submit={t("do.add")}
      opened={files.length > 0}
      onClose={onClose}
      onSend={(said) => {
        const single = good.length === 1 ? said("name") : "";
        for (const file of good) {
          const document = { name: single || file.name.slice(0, 500), kind: said("kind") || "other", audience: said("audience") || null };
          uploads.add(view.id, file, async () => (await post<Answer<Document>>(`/cases/${view.id}/documents`, document)).item);
        }
        return Promise.resolve();
      }}
      onDone={() => undefined}
    >
      {() => (
        <>
          {good.length === 1 && files.length === 1 ? (
            <TextInput name="name" label={t("documents.name")} defaultValue={good[0]!.name} required maxLength={500} dir="auto" data-autofocus />
          ) : (
            list
          )}
          <NativeSelect name="kind" label={t("documents.kind")} data={kinds} defaultValue={kinds.some((kind) => kind.value === "other") ? "other" : undefined} />
          {(!quiet || audiences.length > 1) && <NativeSelect name="audience" label={t("documents.audience")} data={audiences} />}
        </>
      )}
    </FormDialog>
  );
}

function UploadList({ caseId }: { readonly caseId: string }): ReactNode {
  const { t } = useTranslation();
  const words = useWords();
  const all = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const mine = all.filter((each) => each.case === caseId);
  if (mine.length === 0) return null;
  return (
    <Paper p="md" role="region" aria-label={t("documents.uploads")} data-testid="uploads">
      <Stack gap="sm">
        {mine.map((each) => (
          <div key={each.id}>
            <Group justify="space-between" gap="sm" wrap="nowrap">
              <Text size="sm" dir="auto">
                {each.name}
              </Text>
              <Group gap={6} wrap="nowrap" style={{ flex: "none" }}>
                <Text size="xs" c={each.phase === "failed" ? "var(--cw-danger)" : "dimmed"} role="status">
                  {t(`documents.${each.phase}`)}
                </Text>
                {each.phase === "failed" && (
                  <Button size="compact-xs" variant="light" onClick={() => uploads.retry(each.id)}>
                    {t("do.retry")}
                  </Button>
                )}
                {(each.phase === "failed" || each.phase === "waiting") && (
                  <ActionIcon size="sm" aria-label={`${t("do.discard")}: ${each.name}`} onClick={() => uploads.dismiss(each.id)}>
                    <IconX size={14} aria-hidden />
                  </ActionIcon>
                )}
              </Group>
            </Group>
            {each.phase === "failed" ? (
              <Text size="xs" c="dimmed">
                {each.refused && words(each.refused)}
              </Text>
            ) : each.phase === "waiting" ? null : (
              <Progress value={Math.max(4, each.progress * 100)} size="sm" mt={6} animated={each.phase !== "done"} aria-label={t("documents.progress", { name: each.name })} />
            )}
          </div>
        ))}
      </Stack>
    </Paper>
  );
}

const COLOURS: Readonly<Record<Version["status"], string>> = { cleared: "var(--cw-good)", received: "var(--cw-warn)", awaiting: "var(--mantine-color-dimmed)", quarantined: "var(--cw-danger)", abandoned: "var(--mantine-color-dimmed)" };

function VersionStatus({ version, quiet = false }: { readonly version: Version; readonly quiet?: boolean }): ReactNode {
  const { t } = useTranslation();
  const text = t(`documents.text.${version.text_status}`);
  return (
    <>
      {(!quiet || version.status !== "cleared") && (
        <Badge variant="outline" styles={{ root: { color: COLOURS[version.status], borderColor: "var(--mantine-color-default-border)" } }} title={version.why || undefined}>
          {t(`documents.${version.status}`)}
        </Badge>
      )}
      {!quiet && version.status === "cleared" && text && (
        <Text span size="xs" c="dimmed">
          {text}
        </Text>
      )}
    </>
  );
}

interface RowProps {
  readonly view: CaseView;
  readonly document: Document;
  readonly versions: readonly Version[];
  /** Whether the versions were read: none then means that the reader may see none yet. */
  readonly read: boolean;
  /** Whether a hold of its own stands on it. */
  readonly held: boolean;
  readonly quiet: boolean;
}

function DocumentRow({ view, document, versions, read, held, quiet }: RowProps): ReactNode {
  const { t } = useTranslation();
  const { name } = useNames(view.id);
  const [unfolded, setUnfolded] = useState(false);
  const [renaming, setRenaming] = useState(false);
  const newest = versions[0];
  const readable = versions.find((version) => version.status === "cleared");
  const may = view.may("document.add");
  const complaint = useComplaint();
  return (
    <li data-testid="document">
      <div className="cw-row">
        <Group justify="space-between" gap="sm" align="flex-start" className="cw-document">
          <Group wrap="nowrap" gap="sm" align="flex-start" style={{ minWidth: 0 }}>
            <IconFileText size={22} stroke={1.5} aria-hidden style={{ flex: "none", marginTop: 2, color: "var(--mantine-color-dimmed)" }} />
            <div style={{ minWidth: 0 }}>
              {readable ? (
                <Anchor component="button" type="button" ta="start" fw={550} onClick={() => void openVersion(readable.id)} aria-label={t("documents.openOf", { name: document.name })} dir="auto">
                  {document.name}
                </Anchor>
              ) : (
                <Text fw={550} dir="auto">
                  {document.name}
                </Text>
              )}
              <Group gap={8} mt={3}>
                <Text size="xs" c="dimmed">
                  {view.type?.document_kinds[document.kind] ?? document.kind}
                  {newest && (
                    <>
                      {" · "}
                      {t("documents.version", { n: newest.n })} · {bytes(newest.size)}
                      {newest.pages > 0 && ` · ${t("documents.pages", { count: newest.pages })}`}
                      {" · "}
                      <Ago at={newest.begun_at} />
                    </>
                  )}
                </Text>
                {newest && <VersionStatus version={newest} quiet={quiet} />}
                {read && !newest && (
                  <Text size="xs" c="dimmed" data-testid="not-available">
                    {t("documents.notAvailable")}
                  </Text>
                )}
                {held && (
                  <Badge variant="outline" leftSection={<IconLock size={12} aria-hidden />} styles={{ root: { color: "var(--cw-warn)", borderColor: "var(--mantine-color-default-border)" } }}>
                    {t("holds.held")}
                  </Badge>
                )}
                {!quiet && <AudienceBadge title={audienceTitle(view.type, document.audience)} />}
              </Group>
              {newest?.status === "quarantined" && newest.why && (
                <Text size="xs" c="var(--cw-danger)" mt={3}>
                  {newest.why}
                </Text>
              )}
            </div>
          </Group>
          <Group gap={2} wrap="nowrap" style={{ flex: "none" }}>
            {!quiet && mayAsk(view) && <WhoHasSeen document={document} />}
            {!quiet && mayAsk(view) && <HoldDocument view={view} document={document} />}
            {readable && (
              <ActionIcon aria-label={t("documents.downloadOf", { name: document.name })} onClick={() => void downloadVersion(readable.id)}>
                <IconDownload size={17} aria-hidden />
              </ActionIcon>
            )}
            {may && (
              <FileButton
                onChange={(file) => {
                  if (!file) return;
                  const why = complaint(file);
                  if (why) notifications.show({ color: "red", message: why });
                  else uploads.add(view.id, file, () => Promise.resolve(document));
                }}
              >
                {(props) => (
                  <ActionIcon {...props} aria-label={t("documents.newVersionOf", { name: document.name })}>
                    <IconUpload size={17} aria-hidden />
                  </ActionIcon>
                )}
              </FileButton>
            )}
            {may && !quiet && (
              <ActionIcon aria-label={`${t("documents.rename")}: ${document.name}`} onClick={() => setRenaming(true)}>
                <IconPencil size={17} aria-hidden />
              </ActionIcon>
            )}
            {versions.length > 1 && (
              <ActionIcon aria-label={t("documents.versionsOf", { name: document.name })} aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
                {unfolded ? <IconChevronDown size={17} aria-hidden /> : <IconChevronRight size={17} aria-hidden />}
              </ActionIcon>
            )}
          </Group>
        </Group>
        {unfolded && (
          <Stack gap={8} mt="sm" pl={34} component="ul" style={{ listStyle: "none", margin: 0 }}>
            {versions.map((version) => (
              <Group key={version.id} gap={10} component="li">
                <Text size="sm" fw={550}>
                  {t("documents.version", { n: version.n })}
                </Text>
                <VersionStatus version={version} quiet={quiet} />
                <Text size="xs" c="dimmed" dir="auto">
                  {version.file_name} · {bytes(version.size)} · {name(version.by)}, <Moment at={version.begun_at} />
                </Text>
                {version.status === "cleared" && (
                  <Anchor component="button" type="button" size="xs" onClick={() => void openVersion(version.id)}>
                    {t("documents.open")}
                  </Anchor>
                )}
              </Group>
            ))}
          </Stack>
        )}
      </div>
      <Rename view={view} document={document} opened={renaming} onClose={() => setRenaming(false)} />
    </li>
  );
}

function Rename({ view, document, opened, onClose }: { readonly view: CaseView; readonly document: Document; readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const kinds = Object.entries(view.type?.document_kinds ?? {}).map(([value, label]) => ({ value, label }));
  return (
    <FormDialog
      title={t("documents.rename")}
      submit={t("do.save")}
      opened={opened}
      onClose={onClose}
      onSend={(said) => patch<Answer<Document>>(`/documents/${document.id}`, { name: said("name"), kind: said("kind") }, document.revision)}
      onDone={(answer) => feeds.put(view.id, "document", answer.item)}
    >
      {(at) => (
        <>
          <TextInput name="name" label={t("documents.name")} defaultValue={document.name} required maxLength={500} error={at("$.name")} dir="auto" data-autofocus />
          <NativeSelect name="kind" label={t("documents.kind")} data={kinds} defaultValue={document.kind} error={at("$.kind")} />
        </>
      )}
    </FormDialog>
  );
}
