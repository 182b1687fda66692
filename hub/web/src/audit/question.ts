// What is asked of the record, and who may ask. Small: other pages need it before the record's own are loaded.
import type { CaseView } from "../cases/data";

export interface Question {
  readonly person?: string | undefined;
  readonly case?: string | undefined;
  /** An event's type or what was read; `read` for whatever was. */
  readonly act?: string | undefined;
  readonly outcome?: "done" | "refused" | undefined;
  /** Days in the reader's zone, both included. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** What was read too; else what was changed and what was refused, which reading would bury. */
  readonly all?: true | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
const day = (value: unknown): string | undefined => (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined);

/** What an address asks; what does not fit is passed over. */
export function questionIn(search: Record<string, unknown>): Question {
  const outcome = search.outcome === "done" || search.outcome === "refused" ? search.outcome : undefined;
  return { person: text(search.person), case: text(search.case), act: text(search.act), outcome, from: day(search.from), until: day(search.until), all: search.all === true || undefined };
}

/** Whether there is something to take away; how much is told of reading is not. */
export const isNarrowed = (question: Question): boolean => Object.entries(question).some(([name, value]) => name !== "all" && value !== undefined && value !== "");

/** Whether reading is left out: whoever asks for an act by name gets it. */
export const changesOnly = (question: Question): boolean => !question.all && !question.act;

/** Whether who sees a case so may ask for its record; the hub refuses others anyway. */
export const mayAsk = (view: Pick<CaseView, "borrowed" | "roles">): boolean => !view.borrowed && view.roles.some((role) => role === "staff" || role === "admin");
