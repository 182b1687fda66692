// What each place in the organisation and each part in a case opens: the tables that the wall itself is made of.
import { NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconMinus } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useTypes } from "../cases/data";
import { useOrg } from "../organisation/org";
import { usePageTitle } from "../ui/forms";
import { Head, Shown } from "../ui/states";
import type { TypeView } from "../wire";
import { actionKey, fieldTitle, placeRows, STAFF, typesOf, type Answer } from "./rows";

export default function RolesPage(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const types = useTypes();
  usePageTitle(t("access.title"));
  return (
    <>
      <Head title={t("access.title")} />
      <Text c="dimmed" size="sm" mb="md">
        {t("access.lead")}
      </Text>
      <Shown query={types}>
        {(all) => {
          const known = typesOf(all, org.case_types);
          return (
            <Stack gap="xl">
              <section aria-labelledby="places">
                <Title order={2} id="places" mb="sm">
                  {t("access.places")}
                </Title>
                <May label={`${t("access.places")}: ${t("access.does")}`} corner={t("access.does")} columns={[t("people.roles.admin"), t("people.roles.desk"), t("people.roles.outside")]} rows={placeRows(known).map(({ name, answers }) => ({ name: t(`access.place.${name}`), answers }))} />
              </section>
              {known.length > 0 && <Kinds types={known} />}
            </Stack>
          );
        }}
      </Shown>
    </>
  );
}

function Kinds({ types }: { readonly types: readonly TypeView[] }): ReactNode {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState("");
  const type = types.find((each) => each.name === chosen) ?? types[0]!;
  return (
    <section aria-labelledby="parts">
      <Title order={2} id="parts">
        {t("access.types")}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t("access.typeLead")}
      </Text>
      {types.length > 1 && (
        <NativeSelect
          label={t("access.type")}
          mb="md"
          maw={360}
          value={type.name}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={types.map((each) => ({ value: each.name, label: each.title }))}
        />
      )}
      <Kind type={type} />
    </section>
  );
}

function Kind({ type }: { readonly type: TypeView }): ReactNode {
  const { t } = useTranslation();
  const roles = Object.entries(type.roles);
  const columns = roles.map(([, role]) => role.title);
  const held = (allowed: readonly string[]): Answer[] => roles.map(([name]) => (allowed.includes(name) ? "yes" : "no"));
  const does = [
    ...Object.entries(type.grants).map(([action, allowed]) => {
      const known = actionKey(action);
      return { name: known ? t(`access.may.${known}`) : action, answers: held(allowed) };
    }),
    ...Object.values(type.transitions).map((step) => ({ name: t("access.moves", { title: step.title }), answers: held(step.roles) })),
  ];
  const sees = [
    ...Object.values(type.audiences).map((audience) => ({ name: t("access.audience", { title: audience.title }), answers: held(audience.roles) })),
    ...Object.entries(type.hidden).map(([field, allowed]) => ({ name: t("access.hidden", { field: fieldTitle(type, field) }), answers: held(allowed) })),
  ];
  const staff = type.roles[STAFF]?.title ?? STAFF;
  const fields = type.public?.fields.map((field) => fieldTitle(type, field)) ?? [];
  const openers = type.opened_by.length > 1 ? "both" : type.opened_by[0] === "outside" ? "outside" : "staff";
  return (
    <Stack gap="md">
      <May label={`${type.title}: ${t("access.does")}`} corner={t("access.does")} columns={columns} rows={does} />
      <May label={`${type.title}: ${t("access.sees")}`} corner={t("access.sees")} columns={columns} rows={sees} />
      <Stack gap={4}>
        <Text size="sm">{t(type.open_to_staff ? "access.adminsAndDesk" : "access.adminsActAs", { role: staff })}</Text>
        <Text size="sm">{t(`access.openers.${openers}`)}</Text>
        <Text size="sm">{type.public === null ? t("access.notPublic") : fields.length > 0 ? t("access.public", { fields: fields.join(", ") }) : t("access.publicPlain")}</Text>
      </Stack>
    </Stack>
  );
}

interface MayProps {
  readonly label: string;
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly answers: readonly Answer[] }[];
}

/** A table of yes and no; on a narrow screen it scrolls sideways, by keyboard too, and the first column stays. */
function May({ label, corner, columns, rows }: MayProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Paper className="cw-may-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="cw-may">
        <thead>
          <tr>
            <th scope="col" className="cw-may-corner">
              {corner}
            </th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.answers.map((answer, at) => (
                <td key={columns[at]} data-may={answer}>
                  {answer === "some" ? (
                    t("access.onlySome")
                  ) : (
                    <>
                      {answer === "yes" ? <IconCheck size={17} stroke={2.4} aria-hidden /> : <IconMinus size={15} stroke={1.6} aria-hidden />}
                      <span className="cw-hidden">{t(`access.${answer}`)}</span>
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Paper>
  );
}
