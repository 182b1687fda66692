import { readPages, stood, type HeldActivity } from "../live/cases";
import type { EventView } from "../wire";

/** The history of a case without its entries. Pages come in the order of `seq`, so the last one says where it ends. */
export async function readActivity(caseId: string, signal: AbortSignal): Promise<HeldActivity> {
  const pages = await readPages<EventView>(`/cases/${caseId}/events`, signal);
  const last = pages[pages.length - 1]!;
  return { ...stood(last.as_of), events: pages.flatMap((page) => page.items).filter((event) => event.type !== "entry.added") };
}
