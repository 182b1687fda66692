// The frame around every page for those who signed in: the office's, or the portal's for people from outside.
import { Avatar, Menu, UnstyledButton } from "@mantine/core";
import { IconBriefcase2, IconBuilding, IconInbox, IconLayoutDashboard, IconLogout, IconSearch, IconSettings, IconShieldLock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { notifications } from "@mantine/notifications";
import { Suspense, useCallback, useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused, remove, whenSignedOut } from "../http/client";
import { ConnectionBanner } from "../live/banner";
import { LiveProvider } from "../live/provider";
import { useInbox } from "../notices/data";
import { forget } from "../sessions/forget";
import { InvitedBanner } from "../sessions/invited";
import { isStaff, MeContext, useMe, useMeQuery } from "../sessions/me";
import { StepUp } from "../sessions/step-up";
import { Failed, Loading } from "../ui/states";
import { Brand } from "./brand";

export function Shell(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useMeQuery();

  const signedOut = useCallback(() => {
    forget(client);
    if (window.location.pathname === "/sign-in") return; // who signed out is there already
    void navigate({ to: "/sign-in", search: { ended: true, to: window.location.pathname }, replace: true });
  }, [client, navigate]);
  useEffect(() => {
    // Any request may be the first to learn that the session ended.
    whenSignedOut(() => void client.invalidateQueries({ queryKey: ["me"] }));
    return () => whenSignedOut(() => undefined);
  }, [client]);

  const caseEnded = useCallback(
    (caseId: string) => {
      if (!window.location.pathname.startsWith(`/cases/${caseId}`)) return;
      notifications.show({ message: t("cases.ended"), color: "yellow", autoClose: 8000 });
      void navigate({ to: "/" });
    },
    [navigate, t],
  );

  const nobody = me.error !== null && asRefused(me.error).status === 401;
  const wasHere = useRef(false);
  if (me.data) wasHere.current = true;
  // Once, and from an effect: a redirect while rendering would repeat itself until the next page has loaded.
  useEffect(() => {
    if (!nobody) return;
    const path = window.location.pathname;
    void navigate({ to: "/sign-in", search: { to: path === "/" ? undefined : path, ended: wasHere.current || undefined }, replace: true });
  }, [nobody, navigate]);
  const lacking = me.error !== null && asRefused(me.error).code === "mfa_needed";
  useEffect(() => {
    if (lacking) void navigate({ to: "/second-factor", replace: true });
  }, [lacking, navigate]);
  if (nobody || lacking) return null;
  if (!me.data) {
    return (
      <main className="cw-main cw-narrow" id="content">
        {me.error ? <Failed error={me.error} retry={() => void me.refetch()} /> : <Loading />}
      </main>
    );
  }
  const staff = isStaff(me.data);
  return (
    <MeContext value={me.data}>
      <LiveProvider me={me.data} onSessionEnded={signedOut} onCaseEnded={caseEnded}>
        <a className="cw-skip" href="#content">
          {t("app.skip")}
        </a>
        <ConnectionBanner />
        <StepUp />
        {staff ? <Office /> : <Portal />}
      </LiveProvider>
    </MeContext>
  );
}

function Content(): ReactNode {
  return (
    <main className="cw-main" id="content" tabIndex={-1}>
      <InvitedBanner />
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    </main>
  );
}

function Office(): ReactNode {
  const { t } = useTranslation();
  const inbox = useInbox();
  const links = [
    { to: "/", label: t("nav.home"), icon: IconLayoutDashboard, exact: true },
    { to: "/cases", label: t("nav.cases"), icon: IconBriefcase2 },
    { to: "/inbox", label: t("nav.inbox"), icon: IconInbox, count: inbox.waiting.length },
    { to: "/search", label: t("nav.search"), icon: IconSearch },
    { to: "/organisation", label: t("organisation.title"), icon: IconBuilding },
  ] as const;
  return (
    <div className="cw-frame">
      <header className="cw-top">
        <Brand />
        <Account />
      </header>
      <nav className="cw-side" aria-label={t("app.menu")}>
        <Brand />
          <ul className="cw-nav">
            {links.map((link) => (
              <li key={link.to}>
                <Link to={link.to} activeOptions={{ exact: "exact" in link }} activeProps={{ "aria-current": "page" }}>
                  <link.icon size={19} stroke={1.7} aria-hidden />
                  <span>{link.label}</span>
                  {"count" in link && link.count > 0 && (
                    <span className="cw-count">
                      <span aria-hidden>{link.count}</span>
                      <span className="cw-hidden">{t("inbox.unread", { count: link.count })}</span>
                    </span>
                  )}
                </Link>
              </li>
            ))}
          </ul>
        <div className="cw-side-foot" style={{ marginTop: "auto" }}>
          <Account named />
        </div>
      </nav>
      <Content />
    </div>
  );
}

function Portal(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  // Whoever comes from outside knows the office, not the software.
  const office = me.seats.length === 1 ? me.seats[0]?.org.name : undefined;
  const inbox = useInbox();
  return (
    <div className="cw-portal">
      <header className="cw-bar">
        <Link to="/" className="cw-plain">
          <Brand name={office} />
        </Link>
        <nav aria-label={t("app.menu")} style={{ marginInlineStart: "auto" }}>
          <ul className="cw-nav" style={{ flexDirection: "row" }}>
            <li>
              <Link to="/inbox" activeProps={{ "aria-current": "page" }} style={{ flexDirection: "row", minHeight: "2.75rem", fontSize: "0.9rem", whiteSpace: "nowrap" }}>
                <IconInbox size={19} stroke={1.7} aria-hidden />
                <span>{t("nav.inbox")}</span>
                {inbox.waiting.length > 0 && (
                  <span className="cw-count" style={{ position: "static" }}>
                    <span aria-hidden>{inbox.waiting.length}</span>
                    <span className="cw-hidden">{t("inbox.unread", { count: inbox.waiting.length })}</span>
                  </span>
                )}
              </Link>
            </li>
          </ul>
        </nav>
        <Account />
      </header>
      <Content />
    </div>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = (word: string | undefined): string => [...(word ?? "")][0] ?? ""; // a letter may be two code units
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toUpperCase();
}

function Account({ named = false }: { readonly named?: boolean }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const signOut = async (): Promise<void> => {
    await remove("/session").catch(() => undefined); // signed out already is signed out
    forget(client);
    void navigate({ to: "/sign-in", replace: true });
  };
  return (
    <Menu position={named ? "top-start" : "bottom-end"} width={220}>
      <Menu.Target>
        <UnstyledButton p={7} style={{ borderRadius: 8, display: "flex", alignItems: "center", gap: 10, width: named ? "100%" : undefined }}>
          <Avatar size={30} radius="xl" color="ink" variant="filled" aria-hidden>
            {initials(me.name)}
          </Avatar>
          {!named && <span className="cw-hidden">{t("app.account", { name: me.name })}</span>}
          {named && (
            <span style={{ minWidth: 0 }}>
              <span dir="auto" style={{ display: "block", fontSize: "0.875rem", fontWeight: 550 }}>
                {me.name}
              </span>
              <span style={{ display: "block", fontSize: "0.75rem", color: "var(--mantine-color-dimmed)" }} dir="auto">
                {me.seats[0]?.org.name}
              </span>
            </span>
          )}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconSettings size={16} aria-hidden />} onClick={() => void navigate({ to: "/settings" })}>
          {t("nav.settings")}
        </Menu.Item>
        <Menu.Item leftSection={<IconShieldLock size={16} aria-hidden />} onClick={() => void navigate({ to: "/security" })}>
          {t("security.title")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          {t("app.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
