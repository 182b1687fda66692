// Placing and releasing a hold.
import { NativeSelect, Select, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { CasesSelect } from "../cases/picker";
import { post, Refused } from "../http/client";
import { readPages } from "../live/cases";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { PersonSelect } from "../people/picker";
import { FormDialog } from "../ui/forms";
import type { Answer, Document, Hold } from "../wire";
import { useHoldsAnew } from "./data";

export const REASON_CHARS_MAX = 2000;
const KINDS = ["case", "document", "person"] as const;
type Kind = (typeof KINDS)[number];

const place = async (org: string, kind: Kind, thing: string, reason: string): Promise<Hold> => (await post<Answer<Hold>>(`/orgs/${org}/holds`, { kind, thing, reason })).item;

/** A reason, as every decision about keeping and erasing asks for one. */
export function Reason({ label, hint, error, focused }: { readonly label: string; readonly hint?: string | undefined; readonly error: string | undefined; readonly focused?: boolean }): ReactNode {
  return <Textarea name="reason" label={label} description={hint} required autosize minRows={2} maxRows={8} maxLength={REASON_CHARS_MAX} error={error} dir="auto" data-autofocus={focused || undefined} />;
}

interface OneProps {
  readonly org: string;
  readonly kind: Kind;
  readonly thing: string;
  readonly title: string;
  readonly hint: string;
  readonly onClose: () => void;
}

/** On a thing that is known already. */
export function HoldOne({ org, kind, thing, title, hint, onClose }: OneProps): ReactNode {
  const { t } = useTranslation();
  const anew = useHoldsAnew();
  return (
    <FormDialog
      title={title}
      submit={t("holds.place")}
      opened
      onClose={onClose}
      onSend={(said) => place(org, kind, thing, said("reason"))}
      onDone={(hold) => {
        anew(hold);
        notifications.show({ message: t("holds.placed") });
      }}
    >
      {(at) => (
        <>
          <p style={{ margin: 0 }}>{hint}</p>
          <Reason label={t("holds.reason")} hint={t("holds.reasonHint")} error={at("$.reason")} focused />
        </>
      )}
    </FormDialog>
  );
}

/** On a thing that is chosen first. */
export function HoldAny({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const anew = useHoldsAnew();
  const people = usePeople(org.id);
  const [kind, setKind] = useState<Kind>("case");
  const [cases, setCases] = useState<readonly string[]>([]);
  const [document, setDocument] = useState("");
  const [person, setPerson] = useState("");
  const thing = { case: cases[0] ?? "", document, person }[kind];
  return (
    <FormDialog
      title={t("holds.place")}
      submit={t("holds.place")}
      opened
      onClose={onClose}
      onSend={(said) => {
        if (thing === "") throw new Refused("bad_input", 400, t("holds.needed"), t("holds.needed"));
        return place(org.id, kind, thing, said("reason"));
      }}
      onDone={(hold) => {
        anew(hold);
        notifications.show({ message: t("holds.placed") });
      }}
    >
      {(at) => (
        <>
          <NativeSelect
            label={t("holds.kind")}
            description={t(`holds.kindHints.${kind}`)}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Kind)}
            data={KINDS.map((each) => ({ value: each, label: t(`holds.kinds.${each}`) }))}
            data-autofocus
          />
          {kind === "person" ? (
            <PersonSelect label={t("holds.person")} people={(people.data ?? []).filter((card) => card.email !== "")} value={person} onChange={setPerson} error={at("$.thing")} />
          ) : (
            <CasesSelect
              org={org.id}
              label={t("holds.case")}
              value={cases}
              onChange={(ids) => {
                setCases(ids);
                setDocument("");
              }}
              max={1}
              error={at("$.thing")}
            />
          )}
          {kind === "document" && cases[0] !== undefined && <DocumentSelect key={cases[0]} caseId={cases[0]} value={document} onChange={setDocument} />}
          <Reason label={t("holds.reason")} hint={t("holds.reasonHint")} error={at("$.reason")} />
        </>
      )}
    </FormDialog>
  );
}

function DocumentSelect({ caseId, value, onChange }: { readonly caseId: string; readonly value: string; readonly onChange: (id: string) => void }): ReactNode {
  const { t } = useTranslation();
  const documents = useQuery({
    queryKey: ["case-documents", caseId],
    queryFn: async ({ signal }) => (await readPages<Document>(`/cases/${caseId}/documents`, signal)).flatMap((page) => page.items),
    staleTime: 30_000,
  });
  return (
    <Select
      label={t("holds.document")}
      data={(documents.data ?? []).map((each) => ({ value: each.id, label: each.name }))}
      value={value || null}
      onChange={(chosen) => onChange(chosen ?? "")}
      searchable
      required
      allowDeselect={false}
      nothingFoundMessage={documents.data?.length === 0 ? t("holds.noDocuments") : undefined}
    />
  );
}

export function ReleaseHold({ hold, onClose }: { readonly hold: Hold; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const anew = useHoldsAnew();
  return (
    <FormDialog
      title={t("holds.releaseSure")}
      submit={t("holds.release")}
      danger
      opened
      onClose={onClose}
      onSend={(said) => post<Answer<Hold>>(`/orgs/${hold.org}/holds/${hold.id}/release`, { reason: said("reason") })}
      onDone={({ item }) => {
        anew(item);
        notifications.show({ message: t("holds.released") });
      }}
    >
      {(at) => (
        <>
          <p style={{ margin: 0 }}>{t("holds.releaseHint")}</p>
          <Reason label={t("holds.releaseReason")} error={at("$.reason")} focused />
        </>
      )}
    </FormDialog>
  );
}
