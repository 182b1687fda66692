// Dates and times for people: always through Intl, always in a named zone.
import type { Deadline } from "../wire";

const browser = typeof navigator === "undefined" ? "en" : navigator.language;
/** The words are English, so are the months; the order of day and month follows the reader's own English. */
export const LOCALE = browser.startsWith("en") ? browser : "en-GB";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    try {
      found = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: zone });
    } catch {
      found = new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" }); // a zone this browser does not know
    }
    formats.set(key, found);
  }
  return found;
}

/** `2026-11-22` as a plain day, in no zone at all. */
export function day(date: string, style: "short" | "long" = "short"): string {
  return format("UTC", { day: "numeric", month: style === "long" ? "long" : "short", year: "numeric", ...(style === "long" ? { weekday: "long" } : {}) }).format(new Date(`${date}T00:00:00Z`));
}

export function moment(instant: string, zone: string, named = false): string {
  return format(zone, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", ...(named ? { timeZoneName: "short" } : {}) }).format(new Date(instant));
}

export const clock = (instant: string, zone: string): string => format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(instant));

/** The calendar day, `YYYY-MM-DD`, on which an instant falls in a zone. */
export function dayIn(zone: string, instant: Date = new Date()): string {
  let parts: Intl.DateTimeFormatPart[];
  try {
    parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(instant);
  } catch {
    return instant.toISOString().slice(0, 10);
  }
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** Whole days from one calendar day to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

export const inDays = (days: number): string => relative.format(days, "day");

/** "5 minutes ago", "in 2 hours", and from a day on the number of days. */
export function ago(instant: string, now: number = Date.now()): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(0, "second");
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), "minute");
  if (size < 86_400) return relative.format(Math.trunc(seconds / 3600), "hour");
  return relative.format(Math.trunc(seconds / 86_400), "day");
}

/** "in 40 seconds", "in 3 minutes": from when on something is worth another try. */
export function inAWhile(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? relative.format(seconds, "second") : relative.format(Math.ceil(seconds / 60), "minute");
}

export type Urgency = "overdue" | "soon" | "later";

/** How near a deadline is: counted in days of its own zone, or to the minute for an instant. */
export function urgency(due: Pick<Deadline, "due_on" | "due_at" | "zone">, now: Date = new Date()): { days: number; urgency: Urgency } {
  const on = due.due_on ?? dayIn(due.zone, new Date(due.due_at ?? now));
  const days = daysBetween(dayIn(due.zone, now), on);
  const past = due.due_at ? Date.parse(due.due_at) < now.getTime() : days < 0;
  return { days, urgency: past ? "overdue" : days <= 3 ? "soon" : "later" };
}

/** A moment for sorting: the end of the day for a date. */
export const dueKey = (due: Pick<Deadline, "due_on" | "due_at">): string => due.due_at ? new Date(due.due_at).toISOString() : `${due.due_on ?? "9999-12-31"}T23:59:59`;

/** The zones this browser knows, for a list to choose from. */
export const ZONES: readonly string[] = typeof Intl.supportedValuesOf === "function" ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : ["UTC"];

export const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** A wall-clock `YYYY-MM-DDTHH:mm` in a zone as an instant with offset. Between two answers (autumn) the earlier. */
export function instantOf(local: string, zone: string): string {
  const wanted = Date.parse(`${local}:00Z`);
  let guess = wanted;
  for (let round = 0; round < 3; round += 1) guess += wanted - wallClock(guess, zone);
  return new Date(guess).toISOString();
}

/** An instant as the wall clock of a zone shows it, `YYYY-MM-DDTHH:mm`. */
export const localOf = (instant: string, zone: string): string => new Date(wallClock(Date.parse(instant), zone)).toISOString().slice(0, 16);

function wallClock(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(new Date(instant));
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A kilobyte is 1024 bytes here, as in the hub's limits and in the folders of most desktops. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return new Intl.NumberFormat(LOCALE, { style: "unit", unit: units[unit], unitDisplay: unit === 0 ? "long" : "short", maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 }).format(value);
}

export const number = (value: number): string => new Intl.NumberFormat(LOCALE).format(value);
