// The record of an organisation, for its administrators. What is asked stands in the address, to come back to.
import { Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ForAdmins, useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { usePageTitle } from "../ui/forms";
import { Head } from "../ui/states";
import { Export, Filters } from "./filters";
import { RecordList } from "./list";
import { questionIn } from "./question";

export default function RecordPage(): ReactNode {
  return (
    <ForAdmins>
      <Asked />
    </ForAdmins>
  );
}

function Asked(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const navigate = useNavigate();
  const question = questionIn(useSearch({ strict: false }));
  const people = usePeople(org.id);
  const path = `/orgs/${org.id}/audit`;
  usePageTitle(t("audit.title"));
  return (
    <>
      <Head title={t("audit.title")}>
        <Export path={path} question={question} />
      </Head>
      <Text c="dimmed" size="sm" mb="md">
        {t("audit.lead")}
      </Text>
      <Filters question={question} onChange={(asked) => void navigate({ to: "/organisation/record", search: { ...asked }, replace: true })} people={people.data ?? []} org={org.id} />
      <RecordList key={JSON.stringify(question)} path={path} question={question} />
    </>
  );
}
