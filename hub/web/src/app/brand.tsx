import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export function Brand({ name }: { readonly name?: string }): ReactNode {
  const { t } = useTranslation();
  return (
    <span className="cw-brand">
      <img src="/casewire.svg" width={26} height={26} alt="" />
      <span dir="auto">{name ?? t("app.name")}</span>
    </span>
  );
}
