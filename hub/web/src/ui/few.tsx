// A list of which the first are shown, and more when somebody asks: what stands below it on the page stays within reach.
import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

const AT_FIRST = 10;
const MORE = 50;

export function Few<T>({ items, children }: { readonly items: readonly T[]; readonly children: (shown: readonly T[]) => ReactNode }): ReactNode {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(AT_FIRST);
  return (
    <>
      {children(items.slice(0, limit))}
      {items.length > limit && (
        <Button variant="default" mt="sm" fullWidth onClick={() => setLimit(limit + MORE)}>
          {t("do.others", { count: items.length - limit })}
        </Button>
      )}
    </>
  );
}
