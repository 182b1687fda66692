// Back from a provider: what it gave the browser goes to the hub once, and out of the address at once.
import { Alert, Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { useAction } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Loading, useWords } from "../ui/states";
import type { Linked, Me, MfaNeeded } from "../wire";
import { forget } from "./forget";
import { canPasskeys } from "./passkeys";
import { Second } from "./second";
import { Entrance } from "./sign-in";
import { wayBack } from "./ways";

export default function ReturnPage(): ReactNode {
  const { t } = useTranslation();
  const words = useWords();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { provider } = useParams({ from: "/sign-in/return/$provider" });
  const [asked, setAsked] = useState<MfaNeeded | null>(null);
  const [to] = useState(wayBack);
  const signedIn = (): void => {
    forget(client);
    void navigate({ to, replace: true });
  };
  const come = useAction(
    (query: URLSearchParams) =>
      post<Me | MfaNeeded | Linked>("/session/providers/return", {
        provider,
        state: query.get("state") ?? "",
        code: query.get("code") ?? "",
        error: (query.get("error") ?? "").slice(0, 200),
        ...(query.get("iss") === null ? {} : { iss: query.get("iss") }),
      }),
    (answer) => {
      if ("mfa" in answer) return setAsked(answer);
      if ("linked" in answer) {
        notifications.show({ message: t("providers.connected") });
        void client.invalidateQueries({ queryKey: ["identities"] });
        return void navigate({ to: "/security", replace: true });
      }
      signedIn();
    },
  );
  const begun = useRef(false); // a code works once, and effects may run twice
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const query = new URLSearchParams(window.location.search);
    window.history.replaceState(window.history.state, "", window.location.pathname);
    come.run(query);
  });
  if (asked) {
    return (
      <Entrance title={t("security.oneMore")} lead={t("security.oneMoreLead")}>
        <Second ways={asked.mfa} passkey={canPasskeys() ? asked.passkey : null} submit={t("session.submit")} onProof={(proof) => post<Me>("/session/mfa", { ...proof, pending: asked.pending })} onDone={signedIn} />
      </Entrance>
    );
  }
  if (come.refused) {
    return (
      <Entrance title={t("providers.failedTitle")} lead={t("providers.failedLead")}>
        <Stack gap="md">
          <Alert color="red" variant="light" role="alert">
            {come.refused.detail || words(come.refused)}
          </Alert>
          <ButtonLink to={to === "/security" ? "/security" : "/sign-in"} variant="default" fullWidth>
            {to === "/security" ? t("do.back") : t("providers.backToSignIn")}
          </ButtonLink>
        </Stack>
      </Entrance>
    );
  }
  return (
    <Entrance title={t("providers.coming")} lead={t("providers.comingLead")}>
      <Loading rows={2} />
    </Entrance>
  );
}

/** A link of a mail. It is used by the button alone: whatever reads mail opens links. */
export function LinkPage(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const words = useWords();
  const [token] = useState(() => {
    const found = window.location.hash.replace(/^#/, "");
    window.history.replaceState(window.history.state, "", window.location.pathname);
    return found;
  });
  const [asked, setAsked] = useState<MfaNeeded | null>(null);
  const signedIn = (): void => {
    forget(client);
    void navigate({ to: "/", replace: true });
  };
  const use = useAction(() => post<Me | MfaNeeded>("/session/link", { token }), (answer) => ("mfa" in answer ? setAsked(answer) : signedIn()));
  if (asked) {
    return (
      <Entrance title={t("security.oneMore")} lead={t("security.oneMoreLead")}>
        <Second ways={asked.mfa} passkey={canPasskeys() ? asked.passkey : null} submit={t("session.submit")} onProof={(proof) => post<Me>("/session/mfa", { ...proof, pending: asked.pending })} onDone={signedIn} />
      </Entrance>
    );
  }
  const whole = token.length >= 20 && token.length <= 200;
  return (
    <Entrance title={use.refused ? t("providers.failedTitle") : t("providers.linkOpenTitle")} lead={use.refused ? t("providers.failedLead") : t("providers.linkOpenLead")}>
      <Stack gap="md">
        {whole && !use.refused && (
          <Button fullWidth autoFocus loading={use.busy} onClick={() => use.run(undefined)}>
            {t("providers.linkOpen")}
          </Button>
        )}
        {!whole && <Alert color="yellow" variant="light">{t("providers.linkMissing")}</Alert>}
        {use.refused && (
          <Alert color="red" variant="light" role="alert">
            {use.refused.detail || words(use.refused)}
          </Alert>
        )}
        {(!whole || use.refused) && (
          <ButtonLink to="/sign-in" variant="default" fullWidth>
            {t("providers.backToSignIn")}
          </ButtonLink>
        )}
      </Stack>
    </Entrance>
  );
}
