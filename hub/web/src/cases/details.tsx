import { Button, Paper, Stack, Text, TextInput } from "@mantine/core";
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
import type { Answer, CaseAnswer, Detail, TypeView } from "../wire";
import { audienceTitle, useList, useNames, type CaseView } from "./data";
import { IntakeFields, readIntake, words } from "./intake";
import { partOf, readSchema, type IntakeField } from "./schema";

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
      <Paper p="lg" mb="xl">
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
      <Hidden view={view} />
      {type && (
        <FormDialog
          title={t("cases.change")}
          submit={t("do.save")}
          size="lg"
          opened={changing}
          onClose={() => setChanging(false)}
          onSend={(said) =>
            patch<Answer<CaseAnswer>>(`/cases/${item.id}`, { title: said("title"), zone: said("zone"), intake: readIntake(seenByAll(type), said) }, item.revision)
          }
          onDone={(answer) => feeds.putCase(answer.item.case)}
        >
          {(at) => (
            <>
              <TextInput name="title" label={t("cases.name")} defaultValue={item.title} required maxLength={500} error={at("$.title")} dir="auto" data-autofocus />
              <IntakeFields schema={seenByAll(type)} values={item.intake} at={at} />
              <ZoneSelect name="zone" label={t("cases.zone")} defaultValue={item.zone} error={at("$.zone")} />
            </>
          )}
        </FormDialog>
      )}
    </section>
  );
}

/** The fields that everybody in a case sees. */
const seenByAll = (type: TypeView): TypeView["intake_schema"] => partOf(type.intake_schema, (name) => type.hidden[name] === undefined);

/** The fields of a detail: those that its type hides from all but these roles. */
function seenBySome(type: TypeView, detail: Detail): TypeView["intake_schema"] {
  const roles = Object.keys(type.roles).filter((role) => detail.audience.includes(role));
  return partOf(type.intake_schema, (name) => type.hidden[name]?.length === roles.length && roles.every((role) => type.hidden[name]?.includes(role)));
}

/** What the reader sees of a case and others in it do not, by who sees it. Nobody is told of what they do not see. */
export function Hidden({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const list = useList(view.id, "detail");
  const may = view.may("case.update");
  const { type } = view;
  if (!type) return null;
  const shown = list.items.filter((detail) => may || given(seenBySome(type, detail), detail.fields).length > 0).sort((a, b) => a.id.localeCompare(b.id));
  return (
    <Stack gap="xl">
      {shown.map((detail) => (
        <Part key={detail.id} view={view} type={type} detail={detail} may={may} />
      ))}
      {list.query.error !== null && <Text size="sm">{t("state.failed")}</Text>}
    </Stack>
  );
}

function Part({ view, type, detail, may }: { readonly view: CaseView; readonly type: TypeView; readonly detail: Detail; readonly may: boolean }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const [changing, setChanging] = useState(false);
  const schema = seenBySome(type, detail);
  const title = t("views.onlyFor", { who: audienceTitle(type, detail.audience) });
  return (
    <section aria-label={title} data-testid="hidden-fields">
      <Head order={2} title={title}>
        {may && (
          <Button variant="default" size="xs" leftSection={<IconPencil size={14} aria-hidden />} aria-label={`${t("cases.change")}: ${title}`} onClick={() => setChanging(true)}>
            {t("cases.change")}
          </Button>
        )}
      </Head>
      <Paper p="lg">
        {given(schema, detail.fields).length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("views.nothingGiven", { fields: readSchema(schema).map((field) => field.title).join(", ") })}
          </Text>
        ) : (
          <dl className="cw-facts">
            <Pairs schema={schema} values={detail.fields} />
          </dl>
        )}
      </Paper>
      <FormDialog
        title={title}
        submit={t("do.save")}
        size="lg"
        opened={changing}
        onClose={() => setChanging(false)}
        onSend={(said) => patch<Answer<Detail>>(`/details/${detail.id}`, { fields: readIntake(schema, said) }, detail.revision)}
        onDone={(answer) => feeds.put(view.id, "detail", answer.item)}
      >
        {(at) => <IntakeFields schema={schema} values={detail.fields} at={(path) => at(path.replace("$.intake", "$.fields"))} />}
      </FormDialog>
    </section>
  );
}

/** The intake of a case as its type words it; what was not given is not listed. */
export function Facts({ view, children }: { readonly view: CaseView; readonly children?: ReactNode }): ReactNode {
  return (
    <dl className="cw-facts">
      <Pairs schema={view.type?.intake_schema ?? {}} values={view.case.intake} />
      {children}
    </dl>
  );
}

type Fields = Readonly<Record<string, unknown>>;

const given = (schema: Fields, values: Fields): readonly IntakeField[] =>
  readSchema(schema).filter((field) => ![undefined, null, ""].includes(values[field.name] as string));

function Pairs({ schema, values }: { readonly schema: Fields; readonly values: Fields }): ReactNode {
  const { t } = useTranslation();
  const written = (field: IntakeField, value: unknown): string => {
    if (field.kind === "boolean") return value ? t("cases.yes") : t("cases.no");
    if (field.kind === "choice") return words(String(value));
    if (field.kind === "date") return day(String(value));
    return String(value);
  };
  return given(schema, values).map((field) => (
    <Pair key={field.name} term={field.title}>
      {written(field, values[field.name])}
    </Pair>
  ));
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
