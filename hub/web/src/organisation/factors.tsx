import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Rule } from "../people/rule";
import { usePageTitle } from "../ui/forms";
import { ForAdmins, useOrg } from "./org";

export default function FactorsPage(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  usePageTitle(t("organisation.parts.factors"));
  return (
    <ForAdmins>
      <Rule org={org.id} />
    </ForAdmins>
  );
}
