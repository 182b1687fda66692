// How one signs in: password, second factors, and where one is signed in.
import { Badge, Button, Checkbox, Group, Paper, PasswordInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDeviceMobile, IconFingerprint, IconKey } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { OwnRecord } from "../audit/own";
import { OwnCopy } from "../erasure/own";
import { post, put, remove } from "../http/client";
import { readPages } from "../live/cases";
import { PersonalTokens } from "../tokens/personal";
import { Complaint, Confirm, FormDialog, useAction, usePageTitle } from "../ui/forms";
import { Few } from "../ui/few";
import { AnchorLink } from "../ui/links";
import { Head, Shown } from "../ui/states";
import { moment } from "../ui/time";
import type { Enrolled, Factor, Factors, Recovery, Session } from "../wire";
import { device } from "./device";
import { AddApp, AddPasskey, RecoveryCodes, useFactors } from "./factors";
import { IdentitiesSection } from "./identities";
import { useMe, useZone } from "./me";

export default function SecurityPage(): ReactNode {
  const { t } = useTranslation();
  usePageTitle(t("security.title"));
  return (
    <div className="cw-narrow">
      <Head title={t("security.title")} />
      <Stack gap="xl">
        <PasswordSection />
        <FactorsSection />
        <IdentitiesSection />
        <SessionsSection />
        <AppsSection />
        <PersonalTokens />
        <OwnRecord />
        <OwnCopy />
      </Stack>
    </div>
  );
}

function PasswordSection(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [removing, setRemoving] = useState(false);
  const factors = useFactors();
  const has = factors.data?.password ?? true;
  const act = has ? t("security.change") : t("providers.setPassword");
  return (
    <section aria-label={t("session.password")}>
      <Head order={2} title={t("session.password")}>
        {has && factors.data?.items.some((factor) => factor.kind === "passkey") && (
          <Button variant="default" size="xs" onClick={() => setRemoving(true)}>
            {t("providers.removePassword")}
          </Button>
        )}
        <Button variant="default" size="xs" onClick={() => setOpen(true)}>
          {act}
        </Button>
      </Head>
      <Text size="sm" c="dimmed">
        {has ? t("security.passwordHint") : t("providers.noPassword")}
      </Text>
      <Confirm
        title={t("providers.removePasswordSure")}
        hint={t("providers.removePasswordHint")}
        submit={t("providers.removePassword")}
        opened={removing}
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await remove("/password");
          notifications.show({ message: t("providers.removed") });
          void client.invalidateQueries({ queryKey: ["factors"] });
        }}
      />
      <FormDialog
        title={has ? t("security.changeTitle") : act}
        submit={act}
        opened={open}
        onClose={() => setOpen(false)}
        onSend={(said) => put("/password", { ...(has ? { old: said("old") } : {}), new: said("new"), end_tokens: said("end_tokens") === "on" })}
        onDone={() => {
          notifications.show({ message: t("security.changed") });
          void client.invalidateQueries({ queryKey: ["sessions"] });
          void client.invalidateQueries({ queryKey: ["factors"] });
        }}
      >
        {(at) => (
          <>
            <input type="hidden" name="username" autoComplete="username" value={me.email} readOnly />
            {has && <PasswordInput name="old" label={t("security.oldPassword")} autoComplete="current-password" required error={at("$.old")} data-autofocus />}
            <PasswordInput name="new" label={t("security.newPassword")} description={t("session.passwordHint")} autoComplete="new-password" required error={at("$.new")} />
            <Checkbox name="end_tokens" label={t("security.endTokens")} />
          </>
        )}
      </FormDialog>
    </section>
  );
}

function FactorsSection(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const factors = useFactors();
  const [codes, setCodes] = useState<readonly string[]>([]);
  const read = (): void => void client.invalidateQueries({ queryKey: ["factors"] });
  const added = (enrolled: Enrolled): void => {
    // The codes say that it is done, and nothing is to lie over them.
    if (enrolled.recovery.length > 0) setCodes(enrolled.recovery);
    else notifications.show({ message: t("security.added") });
    read();
  };
  const [renewing, setRenewing] = useState(false);
  return (
    <section aria-label={t("security.second")}>
      <Head order={2} title={t("security.second")} />
      <Text size="sm" c="dimmed" mb="sm">
        {t("security.secondHint")}
      </Text>
      <Shown query={factors} rows={2}>
        {(found: Factors) => (
          <Stack gap="md">
            {found.items.length > 0 && (
              <Paper>
                <ul className="cw-rows" data-testid="factors">
                  {found.items.map((factor) => (
                    <FactorRow key={factor.id} factor={factor} onGone={read} />
                  ))}
                  <li className="cw-row">
                    <Group justify="space-between" gap="sm">
                      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
                        <IconKey size={20} stroke={1.6} aria-hidden style={{ flex: "none" }} />
                        <div>
                          <Text size="sm" fw={550}>
                            {t("security.recoveryCodes")}
                          </Text>
                          <Text size="xs" c={found.recovery_left < 3 ? "var(--cw-warn)" : "dimmed"}>
                            {t("security.recoveryLeft", { count: found.recovery_left })}
                          </Text>
                        </div>
                      </Group>
                      <Button size="xs" variant="default" onClick={() => setRenewing(true)}>
                        {t("security.renew")}
                      </Button>
                    </Group>
                    <Confirm
                      title={t("security.renewSure")}
                      hint={t("security.renewHint")}
                      submit={t("security.renew")}
                      opened={renewing}
                      onClose={() => setRenewing(false)}
                      onConfirm={async () => {
                        setCodes((await post<Recovery>("/factors/recovery", {})).codes);
                        read();
                      }}
                    />
                  </li>
                </ul>
              </Paper>
            )}
            {codes.length > 0 && <RecoveryCodes codes={codes} />}
            <div>
              <AddPasskey onDone={added} />
              <Text size="xs" c="dimmed" mt={4}>
                {t("security.passkeyIs")}
              </Text>
            </div>
            {!found.items.some((factor) => factor.kind === "totp") && (
              <div>
                <AddApp onDone={added} />
                <Text size="xs" c="dimmed" mt={4}>
                  {t("security.appIs")}
                </Text>
              </div>
            )}
          </Stack>
        )}
      </Shown>
    </section>
  );
}

function FactorRow({ factor, onGone }: { readonly factor: Factor; readonly onGone: () => void }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const [removing, setRemoving] = useState(false);
  const Icon = factor.kind === "totp" ? IconDeviceMobile : IconFingerprint;
  const name = factor.kind === "totp" ? t("security.app") : t("security.passkey", { label: factor.label });
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <Icon size={20} stroke={1.6} aria-hidden style={{ flex: "none" }} />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={550}>
              {name}
            </Text>
            <Text size="xs" c="dimmed">
              {t("settings.made", { when: moment(factor.made_at, zone) })}
              {factor.used_at && ` · ${t("security.used", { when: moment(factor.used_at, zone) })}`}
            </Text>
          </div>
        </Group>
        <Button size="xs" variant="default" onClick={() => setRemoving(true)} aria-label={t("security.removeOf", { name })} style={{ flex: "none" }}>
          {t("do.remove")}
        </Button>
      </Group>
      <Confirm
        title={t("security.removeSure", { name })}
        hint={t("security.removeHint")}
        submit={t("do.remove")}
        opened={removing}
        onClose={() => setRemoving(false)}
        onConfirm={async () => {
          await remove(`/factors/${factor.id}`);
          onGone();
        }}
      />
    </li>
  );
}

function SessionsSection(): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const read = (): void => void client.invalidateQueries({ queryKey: ["sessions"] });
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: async ({ signal }) => (await readPages<Session>("/sessions", signal)).flatMap((page) => page.items),
    staleTime: 30_000,
  });
  const place = useRef<HTMLElement>(null);
  const [ending, setEnding] = useState(false);
  const elsewhere = sessions.data?.filter((each) => each.kind !== "token" && !each.here).length ?? 0;
  // The row that had the focus is gone: whoever works by keyboard goes on at its list.
  const ended = (): void => {
    read();
    place.current?.focus();
  };
  return (
    <section aria-label={t("settings.sessions")} ref={place} tabIndex={-1} style={{ outline: "none" }}>
      <Head order={2} title={t("settings.sessions")}>
        {elsewhere > 0 && (
          <Button size="xs" variant="default" onClick={() => setEnding(true)}>
            {t("security.endOthers")}
          </Button>
        )}
      </Head>
      <Text size="sm" c="dimmed" mb="sm">
        {t("settings.sessionsHint")}
      </Text>
      <Confirm
        title={t("security.endOthersSure", { count: elsewhere })}
        hint={t("security.endOthersHint")}
        submit={t("security.endOthers")}
        opened={ending}
        onClose={() => setEnding(false)}
        onConfirm={async () => {
          await remove("/sessions");
          ended();
        }}
      />
      <Shown query={sessions}>
        {(items) => (
          <Few items={items.filter((each) => each.kind !== "token").sort((one, other) => Number(other.here) - Number(one.here))}>
            {(shown) => (
              <Paper>
                <ul className="cw-rows" data-testid="sessions">
                  {shown.map((each) => (
                    <SessionRow key={each.id} session={each} onEnd={ended} />
                  ))}
                </ul>
              </Paper>
            )}
          </Few>
        )}
      </Shown>
    </section>
  );
}

function AppsSection(): ReactNode {
  const { t } = useTranslation();
  return (
    <section aria-label={t("apps.title")}>
      <Head order={2} title={t("apps.title")} />
      <Text size="sm" c="dimmed" mb={4}>
        {t("apps.lead")}
      </Text>
      <AnchorLink to="/apps" size="sm">
        {t("apps.manage")}
      </AnchorLink>
    </section>
  );
}

/** A session or a token, where it was used last and when, and the button that ends it. */
export function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => void }): ReactNode {
  const { t } = useTranslation();
  const zone = useZone();
  const end = useAction(() => remove(`/sessions/${session.id}`), onEnd);
  const label = session.kind === "token" ? session.label : device(session.label);
  return (
    <li className="cw-row">
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={550} title={label} className="cw-clamp">
            {label}
            {session.here && (
              <Badge ml={8} styles={{ root: { color: "var(--mantine-color-anchor)" } }}>
                {t("settings.here")}
              </Badge>
            )}
          </Text>
          <Text size="xs" c="dimmed">
            {session.used_at ? t("security.used", { when: moment(session.used_at, zone) }) : t("settings.made", { when: moment(session.made_at, zone) })}
            {session.address && ` · ${session.address}`} · {t("settings.expires", { when: moment(session.expires_at, zone) })}
          </Text>
          <Complaint refused={end.refused} />
        </div>
        {!session.here && (
          <Button size="xs" variant="default" loading={end.busy} onClick={() => end.run(undefined)} aria-label={t("settings.endOf", { label })} style={{ flex: "none" }}>
            {t("settings.end")}
          </Button>
        )}
      </Group>
    </li>
  );
}
