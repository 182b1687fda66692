import { Paper } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { OpenCaseForm } from "../cases/open-dialog";
import { usePageTitle } from "../ui/forms";
import { Head } from "../ui/states";

export default function RequestPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  usePageTitle(t("portal.request"));
  return (
    <div className="cw-narrow">
      <Head title={t("portal.request")} />
      <Paper p="lg">
        <OpenCaseForm side="outside" onCancel={() => void navigate({ to: "/" })} />
      </Paper>
    </div>
  );
}
