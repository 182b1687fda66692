// What a token may open, and what is asked to make one.
import type { Said } from "../ui/forms";

export const SCOPES = ["read", "write", "admin", "scim"] as const;
export type Scope = (typeof SCOPES)[number];

/** The body that makes a token, from what the form says and which scopes are ticked. */
export function asked(said: Said, scopes: readonly Scope[]): { label: string; days: number; scopes: readonly Scope[] } {
  return { label: said("label"), days: Number(said("days")), scopes: SCOPES.filter((scope) => scopes.includes(scope)) };
}
