import { Badge, Button, Group, NativeSelect, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBriefcase2, IconFileText, IconMessage2, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { asRefused, get, query } from "../http/client";
import { usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Found, Hit } from "../wire";
import { pieces } from "./marks";

const ICONS = { message: IconMessage2, document: IconFileText, case: IconBriefcase2 } as const;
const TABS = { message: "conversations", document: "documents", case: "timeline" } as const;

export default function SearchPage(): ReactNode {
  const { t } = useTranslation();
  const search = useSearch({ from: "/inside/search" });
  const navigate = useNavigate({ from: "/search" });
  const [words, setWords] = useState(search.q ?? "");
  const [q] = useDebouncedValue(words.trim(), 300);
  usePageTitle(t("search.title"));
  useEffect(() => {
    if (q !== (search.q ?? "")) void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [q]);
  const found = useInfiniteQuery({
    queryKey: ["search", search.q, search.in, search.case],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Found>(`/search${query({ q: search.q, in: search.in, case: search.case, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    enabled: !!search.q,
    staleTime: 10_000,
    placeholderData: (before) => before,
  });
  const wordless = found.isError && asRefused(found.error).code === "bad_input";
  const hits = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="cw-narrow">
      <Head title={t("search.title")} />
      <Group component="search" gap="sm" mb="lg" align="flex-end">
        <TextInput type="search" aria-label={t("search.label")} placeholder={t("search.label")} leftSection={<IconSearch size={17} aria-hidden />} size="md" value={words} onChange={(event) => setWords(event.currentTarget.value)} maxLength={200} autoFocus style={{ flex: "1 1 18rem" }} />
        <NativeSelect
          size="md"
          aria-label={t("search.in")}
          value={search.in ?? ""}
          onChange={(event) => void navigate({ search: (before) => ({ ...before, in: event.currentTarget.value || undefined }), replace: true })}
          data={[
            { value: "", label: t("search.everything") },
            { value: "messages", label: t("search.message") },
            { value: "documents", label: t("search.document") },
            { value: "cases", label: t("search.case") },
          ]}
        />
      </Group>
      {!search.q ? (
        <Empty title={t("search.start")} hint={t("search.startHint")} icon={<IconSearch size={34} stroke={1.4} />} />
      ) : wordless ? (
        <Empty title={t("search.none")} hint={t("search.noneHint")} icon={<IconSearch size={34} stroke={1.4} />} />
      ) : (
        <Shown query={found}>
          {() => (
            <>
              <Paper role="region" aria-label={t("search.results")}>
                {hits.length === 0 ? (
                  <Empty title={t("search.none")} hint={t("search.noneHint")} icon={<IconSearch size={34} stroke={1.4} />} />
                ) : (
                  <ul className="cw-rows" data-testid="hits">
                    {hits.map((hit) => (
                      <HitRow key={`${hit.kind} ${hit.id} ${hit.page ?? ""}`} hit={hit} />
                    ))}
                  </ul>
                )}
              </Paper>
              {found.hasNextPage && (
                <Group justify="center" mt="md">
                  <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    {t("do.more")}
                  </Button>
                </Group>
              )}
            </>
          )}
        </Shown>
      )}
    </div>
  );
}

function HitRow({ hit }: { readonly hit: Hit }): ReactNode {
  const { t } = useTranslation();
  const Icon = ICONS[hit.kind];
  return (
    <li>
      <Link className="cw-row" to="/cases/$caseId/$tab" params={{ caseId: hit.case, tab: TABS[hit.kind] }} data-testid="hit">
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <Icon size={19} stroke={1.5} aria-hidden style={{ flex: "none", marginTop: 2, color: "var(--mantine-color-dimmed)" }} />
          <div style={{ minWidth: 0 }}>
            <Group gap={8}>
              <Text fw={550} dir="auto">
                {hit.title || hit.case_title}
              </Text>
              {hit.page !== null && (
                <Badge variant="outline" color="gray" styles={{ root: { color: "var(--mantine-color-dimmed)", borderColor: "var(--mantine-color-default-border)" } }}>
                  {t("search.page", { page: hit.page })}
                </Badge>
              )}
            </Group>
            <Text size="sm" dir="auto" mt={2}>
              {pieces(hit.snippet).map((piece, index) => (piece.hit ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>))}
            </Text>
            {hit.kind !== "case" && (
              <Text size="xs" c="dimmed" mt={3} dir="auto">
                {hit.case_title}
              </Text>
            )}
          </div>
        </Group>
      </Link>
    </li>
  );
}
