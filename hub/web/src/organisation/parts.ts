// The pages of an organisation, in the order in which they are listed. One line and one route make a page part of it.
import { IconScale, IconShieldLock, IconUsers } from "@tabler/icons-react";

export interface Part {
  readonly to: string;
  /** Its words: `organisation.parts.<name>` and `organisation.hints.<name>`. */
  readonly name: "people" | "roles" | "factors";
  readonly icon: typeof IconUsers;
  readonly admins: boolean;
}

export const PARTS = [
  { to: "/organisation/people", name: "people", icon: IconUsers, admins: false },
  { to: "/organisation/roles", name: "roles", icon: IconScale, admins: false },
  { to: "/organisation/second-factor", name: "factors", icon: IconShieldLock, admins: true },
] as const satisfies readonly Part[];
