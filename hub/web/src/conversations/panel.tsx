// The conversations of a case: the list, and the one that is open.
import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { IconMessages, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { audienceChoices, useList, useNames, type CaseView } from "../cases/data";
import { post } from "../http/client";
import { useLive } from "../live/provider";
import { useMessages } from "../messages/data";
import { Thread } from "../messages/thread";
import { useMe } from "../sessions/me";
import { Form } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import { Ago } from "../ui/when";
import type { Answer, Conversation } from "../wire";
import { isUnread, seenBy, useMarkers, useSorted } from "./data";
import "./conversations.css";

export default function Conversations({ view, chosen }: { readonly view: CaseView; readonly chosen: string | undefined }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "conversation");
  const conversations = useSorted(list.items);
  const [opening, setOpening] = useState(false);
  const open = view.may("conversation.open");
  // A wide window always shows one; a narrow one shows the list until one is chosen.
  const current = conversations.find((each) => each.id === chosen) ?? conversations[0];
  return (
    <section aria-label={t("conversations.title")}>
      {open && (
        <Head order={2} title={t("conversations.title")}>
          <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setOpening(true)}>
            {t("conversations.open")}
          </Button>
        </Head>
      )}
      <Modal opened={opening} onClose={() => setOpening(false)} title={t("conversations.open")}>
        <OpenForm view={view} onClose={() => setOpening(false)} />
      </Modal>
      <Shown query={list.query}>
        {() =>
          !current ? (
            <Empty title={t("conversations.none")} hint={open ? t("conversations.noneHint") : undefined} icon={<IconMessages size={32} stroke={1.4} />} />
          ) : (
            <div className="cw-talk" data-open={chosen ? true : undefined} data-testid="conversations">
              <nav className="cw-talks" aria-label={t("conversations.title")}>
                {conversations.map((conversation) => (
                  <TalkLink key={conversation.id} view={view} conversation={conversation} active={conversation.id === current.id} />
                ))}
              </nav>
              <Thread key={current.id} view={view} conversation={current} back />
            </div>
          )
        }
      </Shown>
    </section>
  );
}

function TalkLink({ view, conversation, active }: { readonly view: CaseView; readonly conversation: Conversation; readonly active: boolean }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const { name } = useNames(view.id);
  const { items } = useMessages(view.id, conversation.id);
  const markers = useMarkers(view.id);
  const upto = markers?.[conversation.id]?.upto ?? 0;
  const last = items[items.length - 1];
  const unread = markers !== undefined && items.some((message) => isUnread(message, upto, me.id));
  return (
    <Link to="/cases/$caseId/$tab/$thing" params={{ caseId: view.id, tab: "conversations", thing: conversation.id }} activeProps={{}} data-status={active ? "active" : undefined} aria-current={active ? "true" : undefined}>
      <Group gap={8} wrap="nowrap" justify="space-between">
        <Text size="sm" fw={unread ? 680 : 550} dir="auto">
          {conversation.title}
        </Text>
        {unread && <span className="cw-dot" role="img" aria-label={t("conversations.unread")} />}
      </Group>
      <Text size="xs" c="dimmed">
        {seenBy(view, conversation, name)}
      </Text>
      {last && (
        <Text size="xs" mt={3} className="cw-clamp" dir="auto" c={unread ? undefined : "dimmed"}>
          {name(last.author)}: {last.body ?? t("messages.retracted")} · <Ago at={last.posted_at} />
        </Text>
      )}
    </Link>
  );
}

function OpenForm({ view, onClose }: { readonly view: CaseView; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const me = useMe();
  const navigate = useNavigate();
  const { cards } = useNames(view.id);
  const [audience, setAudience] = useState(audienceChoices(view)[0]?.value ?? "");
  const [people, setPeople] = useState<string[]>([]);
  return (
    <Form
      submit={t("conversations.open")}
      onCancel={onClose}
      onSend={(said) => post<Answer<Conversation>>(`/cases/${view.id}/conversations`, { title: said("title"), ...(audience ? { audience } : { people }) })}
      onDone={(answer) => {
        feeds.put(view.id, "conversation", answer.item);
        onClose();
        void navigate({ to: "/cases/$caseId/$tab/$thing", params: { caseId: view.id, tab: "conversations", thing: answer.item.id } });
      }}
    >
      {(at) => (
        <Stack gap="md">
          <TextInput name="title" label={t("conversations.name")} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
          <NativeSelect
            label={t("conversations.audience")}
            description={t("conversations.audienceHint")}
            value={audience}
            onChange={(event) => setAudience(event.currentTarget.value)}
            data={[...audienceChoices(view), { value: "", label: t("conversations.people") }]}
            error={at("$.audience")}
          />
          {audience === "" && (
            <Checkbox.Group label={t("conversations.people")} value={people} onChange={setPeople} error={at("$.people")}>
              <Stack gap={6} mt={6}>
                {cards
                  .filter((card) => card.id !== me.id)
                  .map((card) => (
                    <Checkbox key={card.id} value={card.id} label={card.name} />
                  ))}
              </Stack>
            </Checkbox.Group>
          )}
        </Stack>
      )}
    </Form>
  );
}
