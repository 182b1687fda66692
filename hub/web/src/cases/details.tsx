import { Button, Paper, TextInput } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { patch } from "../http/client";
import { useLive } from "../live/provider";
import { FormDialog } from "../ui/forms";
import { Head } from "../ui/states";
import { day } from "../ui/time";
import { Moment } from "../ui/when";
import { ZoneSelect } from "../ui/zones";
import type { Answer, CaseAnswer } from "../wire";
import { useNames, type CaseView } from "./data";
import { IntakeFields, readIntake, words } from "./intake";
import { readSchema, type IntakeField } from "./schema";

export default function Details({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const { name } = useNames(view.id);
  const [changing, setChanging] = useState(false);
  const { case: item, type } = view;
  return (
    <section aria-label={t("cases.details")}>
      <Head order={2} title={t("cases.details")}>
        {view.may("case.update") && (
          <Button variant="default" size="xs" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => setChanging(true)}>
            {t("cases.change")}
          </Button>
        )}
      </Head>
      <Paper p="lg">
        <Facts view={view}>
          <dt>{t("cases.opened")}</dt>
          <dd>
            <Moment at={item.opened_at} />, {name(item.opened_by)}
          </dd>
          {item.closed_at && (
            <>
              <dt>{t("cases.closed")}</dt>
              <dd>
                <Moment at={item.closed_at} />
              </dd>
            </>
          )}
          <dt>{t("cases.zone")}</dt>
          <dd>{item.zone.replaceAll("_", " ")}</dd>
        </Facts>
      </Paper>
      {type && (
        <FormDialog
          title={t("cases.change")}
          submit={t("do.save")}
          size="lg"
          opened={changing}
          onClose={() => setChanging(false)}
          onSend={(said) =>
            patch<Answer<CaseAnswer>>(`/cases/${item.id}`, { title: said("title"), zone: said("zone"), intake: readIntake(type.intake_schema, said) }, item.revision)
          }
          onDone={(answer) => feeds.putCase(answer.item.case)}
        >
          {(at) => (
            <>
              <TextInput name="title" label={t("cases.name")} defaultValue={item.title} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
              <IntakeFields schema={type.intake_schema} values={item.intake} at={at} />
              <ZoneSelect name="zone" label={t("cases.zone")} defaultValue={item.zone} error={at("$.zone")} />
            </>
          )}
        </FormDialog>
      )}
    </section>
  );
}

/** The intake of a case as its type words it; what was not given is not listed. */
export function Facts({ view, children }: { readonly view: CaseView; readonly children?: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const written = (field: IntakeField, value: unknown): string => {
    if (field.kind === "boolean") return value ? t("cases.yes") : t("cases.no");
    if (field.kind === "choice") return words(String(value));
    if (field.kind === "date") return day(String(value));
    return String(value);
  };
  const given = readSchema(view.type?.intake_schema ?? {}).filter((field) => ![undefined, null, ""].includes(view.case.intake[field.name] as string));
  return (
    <dl className="cw-facts">
      {given.map((field) => (
        <Pair key={field.name} term={field.title}>
          {written(field, view.case.intake[field.name])}
        </Pair>
      ))}
      {children}
    </dl>
  );
}

function Pair({ term, children }: { readonly term: string; readonly children: ReactNode }): ReactNode {
  return (
    <>
      <dt>{term}</dt>
      <dd dir="auto" className="cw-prewrap">
        {children}
      </dd>
    </>
  );
}
