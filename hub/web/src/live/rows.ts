// What an event of the topic `mine` does to the rows of the case list, before the list is read again.
import type { Case, CaseRow, EventFrame, Message } from "../wire";

/** Only what an event says by itself; sums such as the next deadline wait for the list to be read again. */
export function applyRow(row: CaseRow, frame: Pick<EventFrame, "case" | "seq" | "type" | "at" | "data">, me: string): CaseRow {
  if (frame.case !== row.case.id || frame.seq <= row.seq) return row;
  const data = frame.data as { case?: Case; message?: Message };
  const next: CaseRow = { ...row, seq: frame.seq, last_at: frame.at > row.last_at ? frame.at : row.last_at };
  if (data.case && data.case.revision > row.case.revision) return { ...next, case: data.case };
  if (frame.type === "message.posted" && data.message?.author !== me) return { ...next, unread: row.unread + 1 };
  return next;
}
