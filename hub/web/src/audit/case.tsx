// The record of a case, for its staff.
import { Group, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useNames, type CaseView } from "../cases/data";
import { Export, Filters } from "./filters";
import { RecordList } from "./list";
import type { Question } from "./question";

export default function CaseRecord({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const { cards } = useNames(view.id);
  const [question, setQuestion] = useState<Question>({});
  const path = `/cases/${view.id}/audit`;
  return (
    <section aria-label={t("audit.title")}>
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Text c="dimmed" size="sm" style={{ flex: "1 1 16rem" }}>
          {t("audit.caseLead")}
        </Text>
        <Export path={path} question={question} />
      </Group>
      <Filters question={question} onChange={setQuestion} people={cards} />
      <RecordList key={JSON.stringify(question)} path={path} question={question} caseId={view.id} />
    </section>
  );
}
