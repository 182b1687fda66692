import { Badge, Text } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useZone } from "../sessions/me";
import type { Deadline } from "../wire";
import { ago, day, inDays, moment, urgency } from "./time";

/** The present minute, so that "5 minutes ago" does not stay true for an hour. */
export function useNow(everyMs = 60_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago; the exact moment in the reader's zone stands behind it. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const zone = useZone();
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at, zone, true)}>
      {ago(at, now)}
    </time>
  );
}

/** A moment in the reader's zone, which stands behind it, or beside it where it is to be quoted. */
export function Moment({ at, zoned = false }: { readonly at: string; readonly zoned?: boolean }): ReactNode {
  const zone = useZone();
  return (
    <time dateTime={at} title={moment(at, zone, true)}>
      {moment(at, zone, zoned)}
    </time>
  );
}

export const Day = ({ date }: { readonly date: string }): ReactNode => <time dateTime={date}>{day(date)}</time>;

type Due = Pick<Deadline, "due_on" | "due_at" | "zone">;

/** When something is due, in words of its own zone; another zone than the reader's is named. */
export function DueText({ due }: { readonly due: Due }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const written = due.due_at ? moment(due.due_at, due.zone) : day(due.due_on ?? "1970-01-01");
  return (
    <time dateTime={due.due_at ?? due.due_on ?? undefined}>
      {written}
      {due.zone !== zone && (
        <Text span c="dimmed" size="xs" ml={6}>
          {t("deadlines.zoneNote", { zone: due.zone.replaceAll("_", " ") })}
        </Text>
      )}
    </time>
  );
}

interface DueBadgeProps {
  readonly due: Due;
  /** What is due, where nothing around the badge says it. */
  readonly label?: string;
}

/** "in 5 days", coloured by how near it is. The words say it too, so the colour is not needed to understand. */
export function DueBadge({ due, label }: DueBadgeProps): ReactNode {
  const { t } = useTranslation();
  const now = useNow();
  const judged = urgency(due, new Date(now));
  const words = judged.urgency === "overdue" ? `${t("deadlines.overdue")}${judged.days < 0 ? `, ${inDays(judged.days)}` : ""}` : inDays(judged.days);
  const color = judged.urgency === "overdue" ? "var(--cw-danger)" : judged.urgency === "soon" ? "var(--cw-warn)" : "var(--mantine-color-dimmed)";
  return (
    <Badge variant="outline" className="cw-numbers" styles={{ root: { minWidth: "max-content", color, borderColor: "var(--mantine-color-default-border)" } }}>
      {label ? `${label}: ${words}` : words}
    </Badge>
  );
}
