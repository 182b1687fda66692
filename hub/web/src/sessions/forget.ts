import type { QueryClient } from "@tanstack/react-query";

import { uploads } from "../documents/upload";
import { outbox } from "../messages/outbox";

/** What one person read or wrote must not be there for the next one at the same browser. */
export function forget(client: QueryClient): void {
  client.clear();
  outbox.clear();
  uploads.clear();
  try {
    sessionStorage.clear();
  } catch {
    return; // storage that is closed to us holds nothing of ours
  }
}
