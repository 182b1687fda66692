import { Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../http/client";
import { useMe } from "../sessions/me";
import { Form } from "../ui/forms";
import type { Answer, CaseAnswer, Seat, TypeView } from "../wire";
import { useTypes } from "./data";
import { IntakeFields, readIntake } from "./intake";
import { partOf } from "./schema";

export interface Opening {
  readonly org: Seat["org"];
  readonly type: TypeView;
}

/** What somebody may open, organisation by organisation. */
export function useOpenings(side: "staff" | "outside"): readonly Opening[] {
  const me = useMe();
  const types = useTypes();
  return me.seats
    .filter((seat) => (seat.role === "outside") === (side === "outside"))
    .flatMap((seat) =>
      (types.data ?? [])
        .filter((type) => type.opened_by.includes(side) && (seat.org.case_types.length === 0 || seat.org.case_types.includes(type.name)))
        .map((type) => ({ org: seat.org, type })),
    );
}

export function OpenCaseDialog({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("cases.openTitle")} size="lg">
      <OpenCaseForm side="staff" onCancel={onClose} />
    </Modal>
  );
}

export function OpenCaseForm({ side, onCancel }: { readonly side: "staff" | "outside"; readonly onCancel?: () => void }): ReactNode {
  const { t } = useTranslation();
  const openings = useOpenings(side);
  const navigate = useNavigate();
  const client = useQueryClient();
  const [chosen, setChosen] = useState(0);
  const opening = openings[Math.min(chosen, openings.length - 1)];
  const severalOrgs = new Set(openings.map((each) => each.org.id)).size > 1;
  if (!opening) return null;
  const outside = side === "outside";
  // Fields that whoever opens the case will not see are for others to fill in.
  const role = outside ? opening.type.opener_role : "staff";
  const schema = partOf(opening.type.intake_schema, (name) => opening.type.hidden[name]?.includes(role) ?? true);
  return (
    <Stack gap="md">
      {openings.length > 1 && (
        <NativeSelect
          label={outside ? t("portal.which") : t("cases.chooseType")}
          value={String(chosen)}
          onChange={(event) => setChosen(Number(event.currentTarget.value))}
          data={openings.map((each, index) => ({ value: String(index), label: severalOrgs ? `${each.type.title} · ${each.org.name}` : each.type.title }))}
        />
      )}
      <Form
        key={`${opening.org.id} ${opening.type.name}`}
        submit={outside ? t("portal.submit") : t("cases.open")}
        onCancel={onCancel}
        onSend={(said) =>
          post<Answer<CaseAnswer>>("/cases", {
            org: opening.org.id,
            type: opening.type.name,
            title: said("title"),
            intake: readIntake(schema, said),
          })
        }
        onDone={(answer) => {
          void client.invalidateQueries({ queryKey: ["cases"] });
          if (!outside) onCancel?.();
          void navigate({ to: "/cases/$caseId", params: { caseId: answer.item.case.id } });
        }}
      >
        {(at) => (
          <>
            <TextInput name="title" label={outside ? t("portal.subject") : t("cases.name")} description={outside ? undefined : t("cases.nameHint")} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
            <IntakeFields schema={schema} at={at} />
          </>
        )}
      </Form>
    </Stack>
  );
}
