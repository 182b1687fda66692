// A message as it stands in a conversation, and one that has not got there yet.
import { ActionIcon, Anchor, Button, Group, Menu, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDots, IconPaperclip, IconPencil, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useNames, type CaseView } from "../cases/data";
import { openVersion } from "../documents/open";
import { patch, remove } from "../http/client";
import { useLive, useLiveState } from "../live/provider";
import { useMe, useZone } from "../sessions/me";
import { Complaint, useAction } from "../ui/forms";
import { useWords } from "../ui/states";
import { bytes, clock, moment } from "../ui/time";
import type { Answer, Attachment, Message } from "../wire";
import { outbox, standing, type Outgoing } from "./outbox";

/** How long a message that is taken back can be kept after all. */
const UNDO_MS = 6000;

export function Bubble({ view, message, first }: { readonly view: CaseView; readonly message: Message; readonly first: boolean }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const zone = useZone();
  const { name } = useNames(view.id);
  const [editing, setEditing] = useState(false);
  const retraction = useRetraction(message);
  const own = message.author === me.id;
  const gone = message.retracted_at !== null || message.body === null;
  const tools = own && !gone && !editing && !retraction.planned && view.may("message.post");
  return (
    <div className="cw-message" data-own={own || undefined} data-first={first || undefined} data-testid="message" data-message={message.id}>
      <div style={{ minWidth: 0 }}>
        {first && (
          <Text size="xs" c="dimmed" mb={3} ta={own ? "end" : "start"} px={4}>
            <span dir="auto">{name(message.author)}</span>{" "}
            <time dateTime={message.posted_at} title={moment(message.posted_at, zone, true)}>
              {clock(message.posted_at, zone)}
            </time>
          </Text>
        )}
        <div className="cw-bubble">
          {gone || retraction.planned ? (
            <Text size="sm" c="dimmed" fs="italic">
              {gone ? t("messages.retracted") : t("messages.retracting")}
            </Text>
          ) : editing ? (
            <Editor message={message} onClose={() => setEditing(false)} />
          ) : (
            <>
              <span className="cw-prewrap" dir="auto" style={{ display: "block" }}>
                {message.body}
              </span>
              <Attached attachments={message.attachments} />
              {message.edited_at && (
                <Text size="xs" c="dimmed">
                  {t("messages.edited")}
                </Text>
              )}
            </>
          )}
          {retraction.planned && (
            <Button size="compact-xs" variant="subtle" onClick={retraction.undo} data-testid="undo-retract">
              {t("do.undo")}
            </Button>
          )}
        </div>
      </div>
      {tools && (
        <div className="cw-message-tools">
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon size="sm" aria-label={t("messages.actions")}>
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={15} aria-hidden />} onClick={() => setEditing(true)}>
                {t("messages.edit")}
              </Menu.Item>
              <Menu.Item leftSection={<IconTrash size={15} aria-hidden />} onClick={retraction.plan}>
                {t("messages.retract")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      )}
    </div>
  );
}

/** Taking back waits a moment, in which it can be undone; leaving the conversation does not undo it. */
function useRetraction(message: Message): { planned: boolean; plan: () => void; undo: () => void } {
  const { feeds } = useLive();
  const words = useWords();
  const [planned, setPlanned] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(message);
  const act = useRef<() => void>(() => undefined);
  useEffect(() => {
    latest.current = message;
    act.current = () => {
      timer.current = undefined;
      remove<Answer<Message>>(`/messages/${latest.current.id}`, latest.current.revision)
        .then((answer) => feeds.putMessage(answer.item))
        .catch((error: unknown) => {
          setPlanned(false);
          notifications.show({ color: "red", message: words(error) });
        });
    };
  });
  useEffect(
    () => () => {
      if (timer.current === undefined) return;
      clearTimeout(timer.current);
      act.current();
    },
    [],
  );
  return {
    planned,
    plan: () => {
      setPlanned(true);
      timer.current = setTimeout(() => act.current(), UNDO_MS);
    },
    undo: () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      setPlanned(false);
    },
  };
}

function Editor({ message, onClose }: { readonly message: Message; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [body, setBody] = useState(message.body ?? "");
  const save = useAction(
    () => patch<Answer<Message>>(`/messages/${message.id}`, { body: body.trim() }, message.revision),
    (answer) => {
      feeds.putMessage(answer.item);
      onClose();
    },
  );
  return (
    <Stack gap="xs" miw="min(26rem, 60vw)">
      <Textarea
        aria-label={t("messages.editLabel")}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
        autosize
        maxRows={12}
        maxLength={20_000}
        dir="auto"
        autoFocus
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing && body.trim()) {
            event.preventDefault();
            save.run(undefined);
          }
        }}
      />
      <Complaint refused={save.refused} />
      <Group gap="xs" justify="flex-end">
        <Button size="compact-sm" variant="subtle" onClick={onClose}>
          {t("do.cancel")}
        </Button>
        <Button size="compact-sm" loading={save.busy} disabled={!body.trim()} onClick={() => save.run(undefined)}>
          {t("do.save")}
        </Button>
      </Group>
    </Stack>
  );
}

function Attached({ attachments }: { readonly attachments: readonly Attachment[] }): ReactNode {
  if (attachments.length === 0) return null;
  return (
    <Stack gap={2} mt={4}>
      {attachments.map((each) => (
        <Anchor key={each.version} component="button" type="button" size="sm" ta="start" onClick={() => void openVersion(each.version)} data-testid="attachment">
          <IconPaperclip size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> <span dir="auto">{each.name}</span>{" "}
          <Text span size="xs" c="dimmed">
            {bytes(each.size)}
          </Text>
        </Anchor>
      ))}
    </Stack>
  );
}

/** A message on its way, or one that did not get through. */
export function Unsent({ outgoing }: { readonly outgoing: Outgoing }): ReactNode {
  const { t } = useTranslation();
  const words = useWords();
  const stands = standing(outgoing, useLiveState());
  const failed = stands === "failed";
  return (
    <div className="cw-message" data-own data-first data-unsent data-testid="unsent">
      <div style={{ minWidth: 0 }}>
        <div className="cw-bubble">
          <span className="cw-prewrap" dir="auto" style={{ display: "block" }}>
            {outgoing.body}
          </span>
          {outgoing.attachments.map((each) => (
            <Text key={each.version} size="sm" dir="auto">
              <IconPaperclip size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> {each.name}
            </Text>
          ))}
        </div>
        <Group gap={6} justify="flex-end" mt={3} role="status">
          <Text size="xs" c={failed ? "var(--cw-danger)" : "dimmed"}>
            {failed ? `${t("messages.notSent")}${outgoing.refused ? `. ${words(outgoing.refused)}` : ""}` : t(`messages.${stands}`)}
          </Text>
          {failed && (
            <Button size="compact-xs" variant="light" onClick={() => void outbox.retry(outgoing.key)}>
              {t("messages.retry")}
            </Button>
          )}
          {outgoing.state === "failed" && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => outbox.discard(outgoing.key)}>
              {t("messages.discard")}
            </Button>
          )}
        </Group>
      </div>
    </div>
  );
}
