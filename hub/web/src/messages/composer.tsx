// Where a message is written. A draft stays in this tab until it is sent.
import { ActionIcon, Button, Group, Menu, Pill, Text, Textarea, VisuallyHidden } from "@mantine/core";
import { IconPaperclip, IconSend2 } from "@tabler/icons-react";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useList, type CaseView } from "../cases/data";
import { useLive } from "../live/provider";
import { bytes, number } from "../ui/time";
import type { Attachment, Version } from "../wire";
import { outbox } from "./outbox";

const BODY_MAX = 20_000;
const TYPING_EVERY_MS = 3000;
const ATTACHMENTS_MAX = 20;

interface Props {
  readonly view: CaseView;
  readonly conversation: string;
  readonly onSend: (body: string, attachments: readonly Attachment[]) => void;
}

const draftKey = (conversation: string): string => `draft ${conversation}`;

function readDraft(conversation: string): string {
  try {
    return sessionStorage.getItem(draftKey(conversation)) ?? "";
  } catch {
    return ""; // storage may be closed to us; then a draft lasts as long as its page
  }
}

function keepDraft(conversation: string, body: string): void {
  try {
    if (body) sessionStorage.setItem(draftKey(conversation), body);
    else sessionStorage.removeItem(draftKey(conversation));
  } catch {
    return;
  }
}

export function Composer({ view, conversation, onSend }: Props): ReactNode {
  const { t } = useTranslation();
  const { live } = useLive();
  const hint = useId();
  const [body, setBody] = useState(() => readDraft(conversation));
  const [attachments, setAttachments] = useState<readonly Attachment[]>([]);
  const typedAt = useRef(0);
  useEffect(() => keepDraft(conversation, body), [conversation, body]);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent): void => {
      if (outbox.snapshot().length > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, []);

  if (!view.may("message.post")) {
    return (
      <div className="cw-composer">
        <Text size="sm" c="dimmed">
          {view.case.is_open ? null : t("messages.closed")}
        </Text>
      </div>
    );
  }
  const send = (): void => {
    const said = body.trim();
    if (!said || said.length > BODY_MAX) return;
    onSend(said, attachments);
    setBody("");
    setAttachments([]);
  };
  const typing = (): void => {
    if (Date.now() - typedAt.current < TYPING_EVERY_MS) return;
    typedAt.current = Date.now();
    live.send({ op: "typing", conversation });
  };
  return (
    <form
      className="cw-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {attachments.length > 0 && (
        <Group gap={6} mb={8} aria-label={t("messages.attachments")} role="group">
          {attachments.map((each) => (
            <Pill
              key={each.version}
              withRemoveButton
              removeButtonProps={{ "aria-label": t("messages.detach", { name: each.name }), tabIndex: 0 }}
              onRemove={() => setAttachments(attachments.filter((other) => other.version !== each.version))}
            >
              {each.name}
            </Pill>
          ))}
        </Group>
      )}
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <AttachMenu view={view} chosen={attachments} onChoose={(attachment) => setAttachments([...attachments, attachment])} />
        <Textarea
          aria-label={t("messages.write")}
          aria-describedby={hint}
          placeholder={t("messages.write")}
          autosize
          minRows={1}
          maxRows={8}
          value={body}
          dir="auto"
          onChange={(event) => {
            setBody(event.currentTarget.value);
            typing();
          }}
          onKeyDown={(event) => {
            // A phone's Enter starts a new line, as its keyboard has no Shift + Enter.
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || matchMedia("(pointer: coarse)").matches) return;
            event.preventDefault();
            send();
          }}
          error={body.length > BODY_MAX ? `${t("messages.tooLong")} (${number(body.length)})` : undefined}
          style={{ flex: 1, minWidth: 0 }}
          data-testid="composer"
        />
        <Button type="submit" disabled={!body.trim()} visibleFrom="sm" leftSection={<IconSend2 size={16} aria-hidden />} data-testid="send">
          {t("messages.send")}
        </Button>
        <ActionIcon type="submit" size={36} variant="filled" color="ink" hiddenFrom="sm" aria-label={t("messages.send")} disabled={!body.trim()}>
          <IconSend2 size={18} aria-hidden />
        </ActionIcon>
      </Group>
      <VisuallyHidden id={hint}>{t("messages.hint")}</VisuallyHidden>
    </form>
  );
}

/** Cleared versions of the case's documents: the newest of each. */
function AttachMenu({ view, chosen, onChoose }: { readonly view: CaseView; readonly chosen: readonly Attachment[]; readonly onChoose: (attachment: Attachment) => void }): ReactNode {
  const { t } = useTranslation();
  const documents = useList(view.id, "document");
  const versions = useList(view.id, "version");
  const newest = new Map<string, Version>();
  for (const version of versions.items) {
    if (version.status === "cleared" && version.n > (newest.get(version.document)?.n ?? 0)) newest.set(version.document, version);
  }
  const choices = documents.items.flatMap((document): Attachment[] => {
    const version = newest.get(document.id);
    if (!version || chosen.some((each) => each.document === document.id)) return [];
    return [{ version: version.id, document: document.id, name: document.name, media_type: version.media_type, size: version.size, sha256: version.sha256 }];
  });
  return (
    <Menu position="top-start" width={320} disabled={chosen.length >= ATTACHMENTS_MAX}>
      <Menu.Target>
        <ActionIcon size={36} aria-label={t("messages.attach")} data-testid="attach">
          <IconPaperclip size={19} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        {choices.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {t("messages.noDocuments")}
          </Text>
        )}
        {choices.map((choice) => (
          <Menu.Item key={choice.version} onClick={() => onChoose(choice)} rightSection={<Text size="xs" c="dimmed">{bytes(choice.size)}</Text>}>
            <span dir="auto">{choice.name}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
