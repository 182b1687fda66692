import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { createContext, use } from "react";

import { get } from "../http/client";
import { BROWSER_ZONE } from "../ui/time";
import type { Me } from "../wire";

/** Who is signed in. Asked once; the socket says when it changes. */
export function useMeQuery(): UseQueryResult<Me> {
  return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => get<Me>("/me", signal), retry: false });
}

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error("useMe needs somebody signed in");
  return me;
}

/** The zone in which this reader is told times. */
export const useZone = (): string => use(MeContext)?.zone || BROWSER_ZONE;

/** Somebody of an office, or somebody whom an office works for. */
export const isStaff = (me: Me): boolean => me.seats.some((seat) => seat.role !== "outside");
export const isAdmin = (me: Me): boolean => me.seats.some((seat) => seat.role === "admin");
