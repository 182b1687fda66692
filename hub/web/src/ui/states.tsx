// What a list shows when it has nothing, waits or failed.
import { Alert, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused } from "../http/client";
import { ButtonLink } from "./links";
import { inAWhile } from "./time";

interface EmptyProps {
  readonly title: string;
  readonly hint?: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}

/** Says that there is nothing, and what to do next. */
export function Empty({ title, hint, icon, children }: EmptyProps): ReactNode {
  return (
    <Stack align="center" gap={6} py="xl" px="md" ta="center" data-testid="empty">
      {icon && (
        <Text c="dimmed" component="span" aria-hidden lh={1}>
          {icon}
        </Text>
      )}
      <Text fw={600}>{title}</Text>
      {hint && (
        <Text c="dimmed" size="sm" maw={380}>
          {hint}
        </Text>
      )}
      {children && (
        <Group mt="sm" justify="center">
          {children}
        </Group>
      )}
    </Stack>
  );
}

export function useWords(): (error: unknown) => string {
  const { t } = useTranslation();
  return (error) => {
    const refused = asRefused(error);
    if (refused.code === "offline") return t("state.offline");
    if (refused.code === "not_found") return refused.detail || t("state.gone");
    if (refused.code === "stale") return t("state.stale");
    if (refused.code === "bad_input" && refused.fields.length > 0) return t("form.wrong");
    if (refused.status >= 500) return t("state.busy");
    // The hub says when, or leaves it to who tells it in words.
    if (refused.status === 429 && refused.retryAfterMs !== null && !/\d/.test(refused.message)) return t("state.often", { when: inAWhile(refused.retryAfterMs) });
    return refused.message;
  };
}

interface FailedProps {
  readonly error: unknown;
  readonly retry?: () => void;
}

export function Failed({ error, retry }: FailedProps): ReactNode {
  const { t } = useTranslation();
  const words = useWords();
  if (asRefused(error).code === "not_found") return <Missing />;
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle aria-hidden />} title={t("state.failed")} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{words(error)}</Text>
        {retry && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={retry}>
            {t("do.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** What does not exist and what is not open to the reader look the same. */
export function Missing(): ReactNode {
  const { t } = useTranslation();
  return (
    <Stack align="center" gap={6} py={60} px="md" ta="center" data-testid="missing">
      <Title order={1}>{t("app.notFound")}</Title>
      <Text c="dimmed" maw={400}>
        {t("app.notFoundHint")}
      </Text>
      <ButtonLink to="/" mt="md" variant="default">
        {t("app.home")}
      </ButtonLink>
    </Stack>
  );
}

export function Loading({ rows = 4, height = 44 }: { readonly rows?: number; readonly height?: number }): ReactNode {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" aria-busy="true" role="status" aria-label={t("state.loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} width={row === rows - 1 ? "72%" : "100%"} />
      ))}
    </Stack>
  );
}

interface QueryLike<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** A query's three faces. What was read before stays on the screen while a later read fails. */
export function Shown<T>({ query, rows, children }: { readonly query: QueryLike<T>; readonly rows?: number; readonly children: (data: T) => ReactNode }): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}

interface HeadProps {
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly order?: 1 | 2;
}

export function Head({ title, children, order = 1 }: HeadProps): ReactNode {
  return (
    <Group justify="space-between" align="center" gap="sm" mb={order === 1 ? "lg" : "sm"}>
      <Title order={order}>{title}</Title>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
