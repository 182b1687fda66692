// Through whose eyes a case is looked at, if not one's own. The hub decides what they see (`?as=`); here stands only that
// every read of the case asks so, and that nothing is written meanwhile.
import { useSyncExternalStore } from "react";

import i18next from "i18next";

import { lookThrough, Refused, withQuery, type Method } from "../http/client";

export interface Looking {
  readonly caseId: string;
  readonly person: string;
  readonly name: string;
  /** Their place in the organisation: whoever is `outside` sees the portal. */
  readonly membership: string;
}

let now: Looking | null = null;
const listeners = new Set<() => void>();

export const looking = (): Looking | null => now;

export function look(at: Looking | null): void {
  now = at;
  lookThrough(at && ((method, path) => asAnother(at, method, path)));
  listeners.forEach((listener) => listener());
}

export function useLooking(): Looking | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );
}

/** The path as the other would ask for it. A write is refused here already, but signing out is always possible. */
export function asAnother(at: Pick<Looking, "caseId" | "person">, method: Method, path: string): string {
  if (method !== "GET") {
    if (path.startsWith("/session")) return path;
    throw new Refused("forbidden", 403, i18next.t("views.readOnly"));
  }
  const [place = ""] = path.split("?");
  const own = [`/cases/${at.caseId}/markers`, `/cases/${at.caseId}/access`, `/cases/${at.caseId}/teams`];
  const theirs = place === `/cases/${at.caseId}` || place.startsWith(`/cases/${at.caseId}/`) || place.startsWith("/conversations/") || place.startsWith("/versions/");
  return theirs && !own.some((each) => place.startsWith(each)) ? withQuery(path, { as: at.person }) : path;
}
