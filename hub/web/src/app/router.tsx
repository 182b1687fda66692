import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { questionIn } from "../audit/question";
import { isStaff, useMe } from "../sessions/me";
import { Failed, Loading, Missing } from "../ui/states";
import { Looked } from "../views/looked";
import type { PublicSearch } from "../views/public";
import { Shell } from "./shell";

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function NotFound(): ReactNode {
  return (
    <main id="content" className="cw-narrow">
      <Missing />
    </main>
  );
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { to?: string; ended?: boolean } => ({ to: text(search.to), ended: search.ended === true || undefined }),
  component: lazyRouteComponent(() => import("../sessions/sign-in")),
});
const setUp = createRoute({ getParentRoute: () => root, path: "/set-up", component: lazyRouteComponent(() => import("../sessions/set-up")) });
const accept = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  validateSearch: (search: Record<string, unknown>): { token?: string; for?: string } => ({ token: text(search.token), for: text(search.for) }),
  component: lazyRouteComponent(() => import("../sessions/accept")),
});

const returned = createRoute({ getParentRoute: () => root, path: "/sign-in/return/$provider", component: lazyRouteComponent(() => import("../sessions/return")) });
const link = createRoute({ getParentRoute: () => root, path: "/link", component: lazyRouteComponent(() => import("../sessions/return"), "LinkPage") });
const reset = createRoute({ getParentRoute: () => root, path: "/reset", component: lazyRouteComponent(() => import("../sessions/forgotten")) });
const required = createRoute({ getParentRoute: () => root, path: "/second-factor", component: lazyRouteComponent(() => import("../sessions/required")) });

// What an app asks: `q` is its question as one word, for whoever signs in first.
const asking = (search: Record<string, unknown>): { q?: string; error?: string } => ({ q: text(search.q), error: text(search.error) });
const connect = createRoute({ getParentRoute: () => root, path: "/connect", validateSearch: asking, component: lazyRouteComponent(() => import("../apps/consent")) });
const connecting = createRoute({ getParentRoute: () => root, path: "/connect/$requestId", validateSearch: asking, component: lazyRouteComponent(() => import("../apps/consent"), "AskingPage") });
const signOut = createRoute({ getParentRoute: () => root, path: "/sign-out", component: lazyRouteComponent(() => import("../apps/sign-out")) });
const signedOut = createRoute({ getParentRoute: () => root, path: "/signed-out", component: lazyRouteComponent(() => import("../apps/sign-out"), "SignedOutPage") });

const publicCases = createRoute({
  getParentRoute: () => root,
  path: "/public/$org",
  validateSearch: (search: Record<string, unknown>): PublicSearch => ({ type: text(search.type), status: text(search.status), category: text(search.category) }),
  component: lazyRouteComponent(() => import("../views/public")),
});

const inside = createRoute({ getParentRoute: () => root, id: "inside", component: Shell });

const StaffHome = lazyRouteComponent(() => import("../cases/home"));
const PortalHome = lazyRouteComponent(() => import("../portal/home"));
const StaffCase = lazyRouteComponent(() => import("../cases/page"));
const PortalCase = lazyRouteComponent(() => import("../portal/case"));

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: function Home(): ReactNode {
    return isStaff(useMe()) ? <StaffHome /> : <PortalHome />;
  },
});

/** The same page for whoever one is, or looks as. */
function CaseByPlace(): ReactNode {
  return isStaff(useMe()) ? <StaffCase /> : <PortalCase />;
}

export interface CasesSearch {
  readonly q?: string;
  readonly status?: string;
  readonly type?: string;
  readonly mine?: boolean;
  readonly sort?: string;
  readonly down?: boolean;
}
const cases = createRoute({
  getParentRoute: () => inside,
  path: "/cases",
  validateSearch: (search: Record<string, unknown>): CasesSearch => ({
    q: text(search.q),
    status: text(search.status),
    type: text(search.type),
    mine: search.mine === true || undefined,
    sort: text(search.sort),
    down: search.down === true || undefined,
  }),
  component: lazyRouteComponent(() => import("../cases/list")),
});
const casePage = createRoute({
  getParentRoute: () => inside,
  path: "/cases/$caseId",
  component: function CasePage(): ReactNode {
    return (
      <Looked>
        <CaseByPlace />
      </Looked>
    );
  },
});
const caseTab = createRoute({ getParentRoute: () => casePage, path: "$tab", component: () => null });
const caseThing = createRoute({ getParentRoute: () => casePage, path: "$tab/$thing", component: () => null });
const request = createRoute({ getParentRoute: () => inside, path: "/request", component: lazyRouteComponent(() => import("../portal/request")) });
const inbox = createRoute({ getParentRoute: () => inside, path: "/inbox", component: lazyRouteComponent(() => import("../notices/inbox")) });
const search = createRoute({
  getParentRoute: () => inside,
  path: "/search",
  validateSearch: (given: Record<string, unknown>): { q?: string; in?: string; case?: string } => ({ q: text(given.q), in: text(given.in), case: text(given.case) }),
  component: lazyRouteComponent(() => import("../search/page")),
});
// An organisation's pages: a route here and a line in `organisation/parts.ts` each.
const organisation = createRoute({ getParentRoute: () => inside, path: "/organisation", component: lazyRouteComponent(() => import("../organisation/area")) });
const overview = createRoute({ getParentRoute: () => organisation, path: "/", component: lazyRouteComponent(() => import("../organisation/area"), "Overview") });
const people = createRoute({ getParentRoute: () => organisation, path: "people", component: lazyRouteComponent(() => import("../people/page")) });
const invitations = createRoute({ getParentRoute: () => organisation, path: "invitations", component: lazyRouteComponent(() => import("../people/invitations")) });
const teams = createRoute({ getParentRoute: () => organisation, path: "teams", component: lazyRouteComponent(() => import("../teams/page")) });
const team = createRoute({ getParentRoute: () => organisation, path: "teams/$teamId", component: lazyRouteComponent(() => import("../teams/team")) });
const walls = createRoute({ getParentRoute: () => organisation, path: "walls", component: lazyRouteComponent(() => import("../walls/page")) });
const published = createRoute({ getParentRoute: () => organisation, path: "published", component: lazyRouteComponent(() => import("../organisation/published")) });
const services = createRoute({ getParentRoute: () => organisation, path: "services", component: lazyRouteComponent(() => import("../tokens/services")) });
const service = createRoute({ getParentRoute: () => organisation, path: "services/$serviceId", component: lazyRouteComponent(() => import("../tokens/service")) });
const roles = createRoute({ getParentRoute: () => organisation, path: "roles", component: lazyRouteComponent(() => import("../access/roles")) });
const orgApps = createRoute({ getParentRoute: () => organisation, path: "apps", component: lazyRouteComponent(() => import("../apps/organisation")) });
const directory = createRoute({ getParentRoute: () => organisation, path: "directory", component: lazyRouteComponent(() => import("../organisation/directory")) });
const factors = createRoute({ getParentRoute: () => organisation, path: "second-factor", component: lazyRouteComponent(() => import("../organisation/factors")) });
const signingIn = createRoute({ getParentRoute: () => organisation, path: "sign-in", component: lazyRouteComponent(() => import("../providers/page")) });
const record = createRoute({ getParentRoute: () => organisation, path: "record", validateSearch: questionIn, component: lazyRouteComponent(() => import("../audit/page")) });
const keep = createRoute({ getParentRoute: () => organisation, path: "keep", validateSearch: (search: Record<string, unknown>): { show?: string } => ({ show: text(search.show) }), component: lazyRouteComponent(() => import("../retention/page")) });
// Where the people of an organisation were before it had more pages.
const formerPeople = createRoute({ getParentRoute: () => root, path: "/people", beforeLoad: () => { throw redirect({ to: "/organisation/people", replace: true }); } });

const apps = createRoute({ getParentRoute: () => inside, path: "/apps", component: lazyRouteComponent(() => import("../apps/connected")) });
const device = createRoute({
  getParentRoute: () => inside,
  path: "/device",
  validateSearch: (search: Record<string, unknown>): { user_code?: string } => ({ user_code: text(search.user_code) }),
  component: lazyRouteComponent(() => import("../apps/device")),
});
const settings = createRoute({ getParentRoute: () => inside, path: "/settings", component: lazyRouteComponent(() => import("../sessions/settings")) });
const security = createRoute({ getParentRoute: () => inside, path: "/security", component: lazyRouteComponent(() => import("../sessions/security")) });

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    setUp,
    accept,
    returned,
    link,
    reset,
    required,
    publicCases,
    formerPeople,
    connect,
    connecting,
    signOut,
    signedOut,
    inside.addChildren([home, cases, casePage.addChildren([caseTab, caseThing]), request, inbox, search, organisation.addChildren([overview, people, invitations, teams, team, walls, services, service, roles, orgApps, directory, factors, signingIn, published, record, keep]), apps, device, settings, security]),
  ]),
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="cw-narrow" style={{ padding: "2rem 0" }}>
      <Failed error={error} retry={reset} />
    </div>
  ),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
