import { Radio, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Place } from "../people/data";

/** The place that opens least comes first. */
const PLACES = ["outside", "desk", "admin"] as const;

export function ServicePlaces({ value, onChange, error }: { readonly value: Place; readonly onChange: (place: Place) => void; readonly error: string | undefined }): ReactNode {
  const { t } = useTranslation();
  return (
    <Radio.Group label={t("people.role")} value={value} onChange={(chosen) => onChange(PLACES.find((each) => each === chosen) ?? "outside")} error={error}>
      <Stack gap="xs" mt={6}>
        {PLACES.map((each) => (
          <Radio key={each} value={each} label={t(`people.roles.${each}`)} description={t(`tokens.placeHint.${each}`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
