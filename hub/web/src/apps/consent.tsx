// What an app asks of the person who is signed in. The hub has checked the question; this page shows it and says yes or no.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused, get, post, remove } from "../http/client";
import { forget } from "../sessions/forget";
import { Entrance } from "../sessions/sign-in";
import { StepUp } from "../sessions/step-up";
import { Complaint, useAction } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Failed, Loading } from "../ui/states";
import type { Asking, Me, Onward } from "../wire";
import { ScopeList } from "./scopes";

/** The app's question as it came, for another try: the page's address holds it as one word. */
const decoded = (q: string): string => atob(q.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
const signInFor = (q: string): { to: "/sign-in"; search: { to: string } } => ({ to: "/sign-in", search: { to: `/connect?q=${q}` } });

/** Without a question that waits: somebody signs in first, or what the app said was wrong. */
export default function ConnectPage(): ReactNode {
  const { q, error } = useSearch({ from: "/connect" });
  return error === undefined && q !== undefined ? <First q={q} /> : <Wrong error={error ?? "invalid_request"} />;
}

function First({ q }: { readonly q: string }): ReactNode {
  const navigate = useNavigate();
  const { t } = useTranslation();
  const me = useQuery({ queryKey: ["me"], queryFn: ({ signal }) => get<Me>("/me", signal), retry: false });
  const nobody = me.error !== null && asRefused(me.error).status === 401;
  const somebody = me.data !== undefined || (me.error !== null && asRefused(me.error).status === 403);
  useEffect(() => {
    if (nobody) void navigate({ ...signInFor(q), replace: true });
    if (somebody) window.location.replace(`/oauth/authorize?${decoded(q)}`);
  }, [nobody, somebody, q, navigate]);
  return (
    <Entrance title={t("session.title")} lead={t("session.lead")}>
      {me.error && !nobody && !somebody ? <Failed error={me.error} retry={() => void me.refetch()} /> : <Loading />}
    </Entrance>
  );
}

function Wrong({ error }: { readonly error: string }): ReactNode {
  const { t } = useTranslation();
  if (error === "mfa_needed") {
    return (
      <Entrance title={t("apps.consent.mfa")} lead={t("apps.consent.mfaHint")}>
        <ButtonLink to="/second-factor" fullWidth>
          {t("apps.consent.setUp")}
        </ButtonLink>
      </Entrance>
    );
  }
  if (error === "forbidden") {
    return (
      <Entrance title={t("apps.consent.narrow")} lead={t("apps.consent.narrowHint")}>
        <ButtonLink to="/sign-in" search={{}} fullWidth>
          {t("session.submit")}
        </ButtonLink>
      </Entrance>
    );
  }
  const closed = error === "not_found";
  return (
    <Entrance title={closed ? t("apps.consent.notYours") : t("apps.consent.wrong")} lead={closed ? t("apps.consent.notYoursHint") : t(error === "invalid_client" ? "apps.consent.unknownHint" : "apps.consent.wrongHint")}>
      <ButtonLink to="/" variant="default" fullWidth>
        {t("app.home")}
      </ButtonLink>
    </Entrance>
  );
}

export function AskingPage(): ReactNode {
  const { t } = useTranslation();
  const { requestId } = useParams({ from: "/connect/$requestId" });
  const { q } = useSearch({ from: "/connect/$requestId" });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [gone, setGone] = useState(false);
  const path = `/apps/requests/${requestId}`;
  const asking = useQuery({ queryKey: ["asking", requestId], queryFn: ({ signal }) => get<Asking>(path, signal), retry: false, staleTime: Infinity });
  const answer = useAction(
    (allow: boolean) => post<Onward>(path, { allow }),
    ({ to }) => {
      setGone(true);
      window.location.assign(to);
    },
  );
  const other = useAction(
    async () => {
      await remove("/session");
      forget(client);
    },
    () => void navigate(q === undefined ? { to: "/sign-in", search: {} } : signInFor(q)),
  );
  const nobody = asking.error !== null && asRefused(asking.error).status === 401;
  useEffect(() => {
    if (nobody) void navigate({ ...(q === undefined ? { to: "/sign-in", search: {} } : signInFor(q)), replace: true });
  }, [nobody, q, navigate]);
  if (asking.error && !nobody) {
    if (asRefused(asking.error).code === "mfa_needed") return <Wrong error="mfa_needed" />;
    if (asRefused(asking.error).code === "not_found") {
      return (
        <Entrance title={t("apps.consent.wrong")} lead={t("apps.consent.over")}>
          <ButtonLink to="/" variant="default" fullWidth>
            {t("app.home")}
          </ButtonLink>
        </Entrance>
      );
    }
    return (
      <Entrance title={t("apps.title")} lead="">
        <Failed error={asking.error} retry={() => void asking.refetch()} />
      </Entrance>
    );
  }
  if (!asking.data) {
    return (
      <Entrance title={t("apps.title")} lead="">
        <Loading />
      </Entrance>
    );
  }
  const asked = asking.data;
  return (
    <Entrance title={t("apps.consent.title", { name: asked.name })} lead={t("apps.consent.of", { organisation: asked.organisation })}>
      <StepUp />
      {gone ? (
        <Text role="status">{t("apps.consent.leaving")}</Text>
      ) : (
        <Stack gap="md" style={{ overflowWrap: "anywhere" }}>
          <Text size="sm">{t("apps.consent.you", { person: asked.person, email: asked.email })}</Text>
          <div>
            <Text fw={600} mb={8}>
              {t("apps.consent.asks")}
            </Text>
            <ScopeList scopes={asked.scopes} known={asked.known} />
          </div>
          {asked.scopes.some((scope) => scope === "read" || scope === "write" || scope === "admin") && (
            <Alert variant="light" color="gray" py="xs">
              {t("apps.consent.all")}
            </Alert>
          )}
          <Text size="sm" c="dimmed">
            {t("apps.consent.goes", { to: asked.to })}
          </Text>
          <Complaint refused={answer.refused ?? other.refused} />
          <Group grow>
            <Button variant="default" disabled={answer.busy} onClick={() => answer.run(false)}>
              {t("apps.consent.deny")}
            </Button>
            <Button loading={answer.busy} onClick={() => answer.run(true)}>
              {t("apps.consent.allow")}
            </Button>
          </Group>
          <Button variant="subtle" size="compact-sm" loading={other.busy} onClick={() => other.run(undefined)}>
            {t("apps.consent.other")}
          </Button>
        </Stack>
      )}
    </Entrance>
  );
}
