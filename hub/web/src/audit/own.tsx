// What was done in one's own name: to notice what somebody else did with it.
import { Button, Text } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Head } from "../ui/states";
import { HowMuch } from "./filters";
import { RecordList } from "./list";
import type { Question } from "./question";

export function OwnRecord(): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [question, setQuestion] = useState<Question>({});
  return (
    <section aria-label={t("audit.mine")}>
      <Head order={2} title={t("audit.mine")}>
        {!open && (
          <Button variant="default" size="xs" onClick={() => setOpen(true)}>
            {t("audit.show")}
          </Button>
        )}
      </Head>
      <Text size="sm" c="dimmed" mb={open ? "sm" : 0}>
        {t("audit.mineHint")}
      </Text>
      {/* Each organisation has a log of its own: there is no one place after which everything is new. */}
      {open && (
        <>
          <HowMuch question={question} onChange={setQuestion} />
          <RecordList key={JSON.stringify(question)} path="/me/audit" question={question} live={false} />
        </>
      )}
    </section>
  );
}
