import { NativeSelect, type NativeSelectProps } from "@mantine/core";
import type { ReactNode } from "react";

import { ZONES } from "./time";

/** Choose a time zone; one that this browser does not list stays choosable when it is the present one. */
export function ZoneSelect({ defaultValue, ...props }: Omit<NativeSelectProps, "data" | "children"> & { readonly defaultValue: string }): ReactNode {
  const zones = ZONES.includes(defaultValue) ? ZONES : [defaultValue, ...ZONES];
  return <NativeSelect {...props} defaultValue={defaultValue} data={zones.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))} />;
}
