// A person, for who administers the organisation: a copy of what is held of them, and their erasure.
import { Alert, Button, Group, Loader, Modal, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconLock } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { CasesSelect } from "../cases/picker";
import { useHolds } from "../holds/data";
import { Reason } from "../holds/dialogs";
import { post, Refused } from "../http/client";
import { erasure } from "../i18n/en/erasure";
import { useOrg } from "../organisation/org";
import { saveCertificate } from "../retention/data";
import { Form, FormDialog, useFocusBack } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Failed } from "../ui/states";
import { Moment } from "../ui/when";
import type { Answer, Erased, Preview } from "../wire";
import { ERASED_CASES_MAX } from "../wire";
import { saveCopy, useErasedAnew, usePreview } from "./data";

interface PersonProps {
  readonly person: { readonly id: string; readonly name: string };
  readonly onClose: () => void;
}

export function ExportPerson({ person, onClose }: PersonProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  return (
    <FormDialog
      title={t("erasure.export")}
      submit={t("erasure.export")}
      opened
      onClose={onClose}
      onSend={() => saveCopy(`/orgs/${org.id}/people/${person.id}/export`, "casewire-person.zip")}
      onDone={() => notifications.show({ message: t("erasure.exported") })}
    >
      {() => <p style={{ margin: 0 }}>{t("erasure.exportHint", { name: person.name })}</p>}
    </FormDialog>
  );
}

export function ErasePerson({ person, onClose }: PersonProps): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const preview = usePreview(org.id, person.id);
  const anew = useErasedAnew(org.id);
  const [erased, setErased] = useState<Erased | null>(null);
  useFocusBack();
  const close = (): void => {
    // Only now, so that the row this was opened from does not go with the dialog that shows the certificate.
    if (erased) anew();
    onClose();
  };
  if (erased) return <Certified erased={erased} name={person.name} onClose={close} />;
  const seen = preview.data;
  if (seen === undefined || seen.hold !== null || seen.held_unseen) {
    return (
      <Modal opened onClose={close} title={t("erasure.title", { name: person.name })}>
        <Stack gap="md">
          {seen === undefined ? preview.error ? <Failed error={preview.error} retry={() => void preview.refetch()} /> : <Loader size="sm" aria-label={t("state.loading")} /> : <InTheWay seen={seen} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              {t("do.close")}
            </Button>
            {seen !== undefined && seen.hold !== null && (
              <ButtonLink to="/organisation/keep" search={{ show: "holds" }}>
                {t("holds.title")}
              </ButtonLink>
            )}
          </Group>
        </Stack>
      </Modal>
    );
  }
  return <EraseForm person={person} seen={seen} onClose={close} onErased={setErased} />;
}

function InTheWay({ seen }: { readonly seen: Preview }): ReactNode {
  const { t } = useTranslation();
  const holds = useHolds(useOrg().id, false, seen.hold !== null);
  const hold = holds.data?.find((each) => each.id === seen.hold);
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconLock aria-hidden />} data-testid="in-the-way">
      {seen.hold === null ? (
        t("erasure.heldUnseen")
      ) : hold === undefined ? (
        t("erasure.heldUnknown")
      ) : (
        <>
          <Text size="sm" dir="auto">
            {t("erasure.held")} <Moment at={hold.raised_at} zoned />: <span className="cw-prewrap">{hold.reason}</span>
          </Text>
          <Text size="sm" mt={4}>
            {t("erasure.heldHint")}
          </Text>
        </>
      )}
    </Alert>
  );
}

type Place = keyof typeof erasure.places;

export function usePlaceWords(): (place: string, kept: boolean) => string {
  const { t } = useTranslation();
  return (place, kept) => {
    if (kept && place in erasure.keptPlaces) return t(`erasure.keptPlaces.${place as keyof typeof erasure.keptPlaces}`);
    return place in erasure.places ? t(`erasure.places.${place as Place}`) : place;
  };
}

function EraseForm({ person, seen, onClose, onErased }: PersonProps & { readonly seen: Preview; readonly onErased: (erased: Erased) => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [cases, setCases] = useState<readonly string[]>([]);
  return (
    <Modal opened onClose={onClose} title={t("erasure.title", { name: person.name })} size="lg">
      <Form
        submit={t("erasure.submit")}
        danger
        onCancel={onClose}
        onSend={async (said) => {
          if (said("name") !== person.name.trim()) throw new Refused("bad_input", 400, "", "", [{ at: "$.name", why: t("erasure.typeWrong") }]);
          return (await post<Answer<Erased>>(`/orgs/${org.id}/people/${person.id}/erasure`, { reason: said("reason"), cases })).item;
        }}
        onDone={onErased}
      >
        {(at) => (
          <>
            <Text size="sm">
              {t(seen.account ? "erasure.whole" : "erasure.part")} {t("erasure.lead")}
            </Text>
            <Effects seen={seen} />
            <CasesSelect org={org.id} label={t("erasure.words")} description={t("erasure.wordsHint")} value={cases} onChange={setCases} max={ERASED_CASES_MAX} error={at("$.cases") ?? at("$.cases[0]")} optional />
            <Reason label={t("erasure.reason")} hint={t("erasure.reasonHint")} error={at("$.reason")} />
            <TextInput name="name" label={t("erasure.type", { name: person.name })} required autoComplete="off" error={at("$.name")} dir="auto" />
          </>
        )}
      </Form>
    </Modal>
  );
}

function Effects({ seen }: { readonly seen: Preview }): ReactNode {
  const { t } = useTranslation();
  const words = usePlaceWords();
  const goes = Object.entries(seen.goes);
  return (
    <div data-testid="effects">
      <Text size="sm" fw={600}>
        {t("erasure.goes")}
      </Text>
      {goes.length === 0 && <Text size="sm">{t("erasure.nothingGoes")}</Text>}
      <ul className="cw-effects">
        {goes.map(([place, count]) => (
          <li key={place}>{place === "account" ? words(place, false) : `${words(place, false)}: ${count}`}</li>
        ))}
      </ul>
      <Text size="sm" fw={600} mt="xs">
        {t("erasure.stays")}
      </Text>
      {seen.kept.length === 0 && <Text size="sm">{t("erasure.nothingStays")}</Text>}
      <ul className="cw-effects">
        {seen.kept.map((kept) => (
          <li key={kept.what}>
            {words(kept.what, true)}: {kept.count}
            <Text size="xs" c="dimmed">
              {kept.why}
            </Text>
          </li>
        ))}
      </ul>
      <Text size="xs" c="dimmed">
        {t("erasure.uncounted")}
      </Text>
    </div>
  );
}

function Certified({ erased, name, onClose }: { readonly erased: Erased; readonly name: string; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={t("erasure.done", { name })}>
      <Stack gap="md" data-testid="erased">
        <Text size="sm">{t("erasure.doneHint")}</Text>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => saveCertificate(erased.certificate)}>
            {t("erasure.certificate")}
          </Button>
          <Button onClick={onClose} data-autofocus>
            {t("do.close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
