// One conversation: its messages, what is on its way, who is writing, and the place to write.
import { ActionIcon, Button, Loader, Text } from "@mantine/core";
import { IconArrowDown, IconChevronLeft, IconMessage2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useNames, type CaseView } from "../cases/data";
import { isUnread, seenBy, useMarkers } from "../conversations/data";
import { post } from "../http/client";
import { useLive, useLiveState, useSignal } from "../live/provider";
import { useMe } from "../sessions/me";
import { Empty, Failed, Loading } from "../ui/states";
import { day, dayIn } from "../ui/time";
import type { Conversation, Message } from "../wire";
import { Composer } from "./composer";
import { useMessages } from "./data";
import { Bubble, Unsent } from "./message";
import { outbox, unseen } from "./outbox";
import "../conversations/conversations.css";

const NEAR_END_PX = 80;
const TYPING_MS = 5000;
const READ_MS = 600;

interface Props {
  readonly view: CaseView;
  readonly conversation: Conversation;
  readonly back?: boolean;
  /** Without a title: for those to whom it is the only conversation. */
  readonly only?: boolean;
}

export function Thread({ view, conversation, back = false, only = false }: Props): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const me = useMe();
  const { name } = useNames(view.id);
  const messages = useMessages(view.id, conversation.id);
  const markers = useMarkers(view.id);
  const liveState = useLiveState();
  const sending = useSyncExternalStore(outbox.subscribe, outbox.snapshot);
  const upto = markers === undefined ? undefined : (markers[conversation.id]?.upto ?? 0);

  useEffect(() => {
    outbox.onPosted = (message) => feeds.putMessage(message);
  }, [feeds]);
  useEffect(() => {
    if (liveState === "live") outbox.retryPassing();
  }, [liveState]);

  const mine = useMemo(() => unseen(sending.filter((each) => each.conversation === conversation.id), messages.items, me.id), [sending, conversation.id, messages.items, me.id]);
  const last = messages.items[messages.items.length - 1];
  const waiting = mine.map((each) => each.state).join();

  // The line "new messages" stays where it was when the conversation was opened.
  const [openedAt, setOpenedAt] = useState<number | null>(null);
  if (openedAt === null && upto !== undefined && messages.query.data) setOpenedAt(upto);
  const firstUnread = openedAt === null ? undefined : messages.items.find((message) => isUnread(message, openedAt, me.id))?.id;

  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  useMarkRead(conversation.id, last, upto, atEnd);
  const toEnd = useCallback((smooth = false) => {
    const box = scroller.current;
    box?.scrollTo({ top: box.scrollHeight, behavior: smooth ? "smooth" : "instant" });
  }, []);

  // New messages move the view only when its end was in sight; older ones leave it where it is.
  const before = useRef({ height: 0, first: "" });
  const first = messages.items[0]?.id ?? "";
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const was = before.current;
    if (was.first !== "" && first !== was.first && !atEnd) box.scrollTop += box.scrollHeight - was.height;
    else if (atEnd) box.scrollTop = box.scrollHeight;
    before.current = { height: box.scrollHeight, first };
  }, [first, last?.id, last?.revision, waiting, atEnd]);

  const scrolled = (): void => {
    const box = scroller.current;
    if (!box) return;
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX);
    if (box.scrollTop < 60 && messages.more && !messages.reading) void messages.readOlder();
  };

  return (
    <div className="cw-thread" data-testid="thread">
      <div className="cw-thread-head">
        {back && (
          <Link to="/cases/$caseId/$tab" params={{ caseId: view.id, tab: "conversations" }} className="cw-plain" aria-label={t("conversations.back")} data-testid="back">
            <ActionIcon component="span" hiddenFrom="sm" aria-hidden>
              <IconChevronLeft size={20} />
            </ActionIcon>
          </Link>
        )}
        <div style={{ minWidth: 0 }}>
          {!only && (
            <Text fw={600} dir="auto">
              {conversation.title}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {t("conversations.seenBy", { who: seenBy(view, conversation, name) })}
          </Text>
        </div>
      </div>
      <div className="cw-messages" ref={scroller} onScroll={scrolled} role="log" aria-label={t("messages.log")} aria-live="polite" tabIndex={0} data-testid="messages">
        {messages.query.error && !messages.query.data ? <Failed error={messages.query.error} retry={() => void messages.query.refetch()} /> : null}
        {!messages.query.data && !messages.query.error && <Loading rows={4} />}
        {messages.more && (
          <Button variant="subtle" size="compact-sm" loading={messages.reading} onClick={() => void messages.readOlder()} style={{ alignSelf: "center" }}>
            {t("conversations.older")}
          </Button>
        )}
        {messages.query.data && messages.items.length === 0 && mine.length === 0 && <Empty title={t("conversations.empty")} hint={t("conversations.emptyHint")} icon={<IconMessage2 size={30} stroke={1.4} />} />}
        {messages.items.map((message, index) => (
          <Line key={message.id} view={view} message={message} before={messages.items[index - 1]} unread={message.id === firstUnread} />
        ))}
        {mine.map((outgoing) => (
          <Unsent key={outgoing.key} outgoing={outgoing} />
        ))}
      </div>
      {!atEnd && (
        <div style={{ position: "relative" }}>
          <Button size="compact-sm" variant="default" onClick={() => toEnd(true)} leftSection={<IconArrowDown size={14} aria-hidden />} style={{ position: "absolute", bottom: 8, left: "50%", transform: "translateX(-50%)" }}>
            {t("conversations.jump")}
          </Button>
        </div>
      )}
      <TypingLine conversation={conversation.id} name={name} lastSeq={last?.seq} />
      <Composer
        view={view}
        conversation={conversation.id}
        onSend={(body, attachments) => {
          setAtEnd(true);
          void outbox.add({ case: view.id, conversation: conversation.id, body, attachments, afterSeq: last?.seq ?? 0 });
          requestAnimationFrame(() => toEnd());
        }}
      />
    </div>
  );
}

interface LineProps {
  readonly view: CaseView;
  readonly message: Message;
  readonly before: Message | undefined;
  readonly unread: boolean;
}

const TOGETHER_MS = 5 * 60_000;

function Line({ view, message, before, unread }: LineProps): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const today = dayIn(me.zone, new Date(message.posted_at));
  const newDay = !before || dayIn(me.zone, new Date(before.posted_at)) !== today;
  const first = newDay || unread || before.author !== message.author || Date.parse(message.posted_at) - Date.parse(before.posted_at) > TOGETHER_MS;
  return (
    <Fragment>
      {newDay && (
        <div className="cw-divider">
          <time dateTime={today}>{day(today, "long")}</time>
        </div>
      )}
      {unread && (
        <div className="cw-divider" data-unread data-testid="unread-divider">
          {t("conversations.newMessages")}
        </div>
      )}
      <Bubble view={view} message={message} first={first} />
    </Fragment>
  );
}

/** Whoever has the end of a visible conversation before their eyes has read it. */
function useMarkRead(conversation: string, last: Message | undefined, upto: number | undefined, atEnd: boolean): void {
  const sent = useRef(0);
  const [visible, setVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  const seq = last?.seq ?? 0;
  useEffect(() => {
    if (!visible || !atEnd || upto === undefined || seq <= upto || seq <= sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = seq;
      post(`/conversations/${conversation}/read`, { upto: seq }).catch(() => {
        sent.current = 0; // the next message, or the next visit, says it again
      });
    }, READ_MS);
    return () => clearTimeout(timer);
  }, [conversation, seq, upto, atEnd, visible]);
}

function TypingLine({ conversation, name, lastSeq }: { readonly conversation: string; readonly name: (person: string) => string; readonly lastSeq: number | undefined }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const [writers, setWriters] = useState<Readonly<Record<string, number>>>({});
  useSignal((signal) => {
    if (signal.conversation !== conversation || signal.actor === me.id) return;
    setWriters((now) => ({ ...now, [signal.actor]: Date.now() + TYPING_MS }));
  });
  useEffect(() => setWriters({}), [lastSeq]); // what was being written has arrived
  useEffect(() => {
    if (Object.keys(writers).length === 0) return undefined;
    const timer = setTimeout(() => setWriters((now) => Object.fromEntries(Object.entries(now).filter(([, until]) => until > Date.now()))), TYPING_MS + 50);
    return () => clearTimeout(timer);
  }, [writers]);
  const people = Object.keys(writers);
  return (
    <div className="cw-typing" role="status" data-testid="typing">
      {people.length > 0 && (
        <>
          {t("conversations.typing", { count: people.length, who: people.map(name).join(", ") })} <Loader type="dots" size={14} color="gray" aria-hidden />
        </>
      )}
    </div>
  );
}
