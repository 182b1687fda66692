import { Badge } from "@mantine/core";
import type { ReactNode } from "react";

import type { Case, TypeView } from "../wire";
import { statusTitle } from "./data";

export function StatusBadge({ of, type }: { readonly of: Case; readonly type: TypeView | undefined }): ReactNode {
  return (
    <Badge color={of.is_open ? "ink" : "gray"} variant={of.is_open ? "light" : "outline"} styles={{ root: { minWidth: "max-content", borderColor: of.is_open ? "transparent" : "var(--mantine-color-default-border)", color: of.is_open ? "var(--mantine-color-anchor)" : "var(--mantine-color-dimmed)" } }}>
      {statusTitle(type, of.status)}
    </Badge>
  );
}

export function AudienceBadge({ title }: { readonly title: string }): ReactNode {
  return (
    <Badge variant="outline" color="gray" styles={{ root: { color: "var(--mantine-color-dimmed)", borderColor: "var(--mantine-color-default-border)", height: "auto" }, label: { whiteSpace: "normal" } }}>
      {title}
    </Badge>
  );
}
