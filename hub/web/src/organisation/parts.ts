// The pages of an organisation, in the order in which they are listed. One line and one route make a page part of it.
import { IconAddressBook, IconApps, IconArchive, IconListSearch, IconLogin2, IconMailForward, IconRobot, IconScale, IconShieldLock, IconUsers, IconUsersGroup, IconWall, IconWorldShare } from "@tabler/icons-react";

export interface Part {
  readonly to: string;
  /** Its words: `organisation.parts.<name>` and `organisation.hints.<name>`. */
  readonly name: "people" | "invitations" | "teams" | "walls" | "services" | "apps" | "directory" | "roles" | "factors" | "signingIn" | "published" | "record" | "keep";
  readonly icon: typeof IconUsers;
  readonly admins: boolean;
}

export const PARTS = [
  { to: "/organisation/people", name: "people", icon: IconUsers, admins: false },
  { to: "/organisation/invitations", name: "invitations", icon: IconMailForward, admins: true },
  { to: "/organisation/teams", name: "teams", icon: IconUsersGroup, admins: false },
  { to: "/organisation/walls", name: "walls", icon: IconWall, admins: true },
  { to: "/organisation/services", name: "services", icon: IconRobot, admins: true },
  { to: "/organisation/apps", name: "apps", icon: IconApps, admins: true },
  { to: "/organisation/directory", name: "directory", icon: IconAddressBook, admins: true },
  { to: "/organisation/roles", name: "roles", icon: IconScale, admins: false },
  { to: "/organisation/second-factor", name: "factors", icon: IconShieldLock, admins: true },
  { to: "/organisation/sign-in", name: "signingIn", icon: IconLogin2, admins: false },
  { to: "/organisation/published", name: "published", icon: IconWorldShare, admins: true },
  { to: "/organisation/record", name: "record", icon: IconListSearch, admins: true },
  { to: "/organisation/keep", name: "keep", icon: IconArchive, admins: true },
] as const satisfies readonly Part[];
