// What an organisation shows to everybody: read without signing in.
import { Badge, Button, Group, NativeSelect, Paper, Text, Title } from "@mantine/core";
import { IconListSearch, IconWorldOff } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Brand } from "../app/brand";
import { words } from "../cases/intake";
import { readSchema } from "../cases/schema";
import { asRefused, get, query } from "../http/client";
import { usePageTitle } from "../ui/forms";
import { ButtonLink } from "../ui/links";
import { Empty, Failed, Loading, Shown } from "../ui/states";
import { day } from "../ui/time";
import type { Page, PublicCase, PublicOffice, PublicType } from "../wire";
import "./views.css";

const ROWS = 50;

export interface PublicSearch {
  readonly type?: string;
  readonly status?: string;
  readonly category?: string;
}

export default function PublicPage(): ReactNode {
  const { t } = useTranslation();
  const { org } = useParams({ strict: false });
  const office = useQuery({ queryKey: ["public", org], queryFn: ({ signal }) => get<PublicOffice>(`/public/${org ?? ""}`, signal), retry: false });
  usePageTitle(office.data ? `${t("views.title")} · ${office.data.name}` : t("views.title"));
  return (
    <div className="cw-public">
      <header className="cw-public-head">
        <Brand name={office.data?.name} />
        <ButtonLink to="/sign-in" variant="subtle" size="sm">
          {t("views.signIn")}
        </ButtonLink>
      </header>
      <main id="content" tabIndex={-1}>
        {office.error !== null && asRefused(office.error).code !== "offline" && asRefused(office.error).status < 500 ? (
          <Empty title={t("views.absent")} hint={t("views.absentHint")} icon={<IconWorldOff size={36} stroke={1.4} />} />
        ) : (
          <Shown query={office}>{(found) => <Cases org={org ?? ""} office={found} />}</Shown>
        )}
      </main>
    </div>
  );
}

function Cases({ org, office }: { readonly org: string; readonly office: PublicOffice }): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search: PublicSearch = useSearch({ strict: false });
  const choose = (change: PublicSearch): void => void navigate({ to: "/public/$org", params: { org }, search: { ...search, ...change }, replace: true });
  const chosen = { type: search.type, status: search.status, category: search.category };
  const filtered = Object.values(chosen).some((each) => each !== undefined);
  const list = useInfiniteQuery({
    queryKey: ["public", org, "cases", chosen],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => get<Page<PublicCase>>(`/public/${org}/cases${query({ ...chosen, limit: ROWS, after: pageParam })}`, signal),
    getNextPageParam: (page) => page.next,
    placeholderData: (before) => before,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const types = search.type ? office.types.filter((type) => type.name === search.type) : office.types;
  const categories = [...new Set(types.flatMap(categoriesOf))];
  const any = { value: "", label: t("views.any") };
  return (
    <>
      <Title order={1}>{t("views.title")}</Title>
      <Text c="dimmed" mt={4} maw="60ch">
        {t("views.lead", { office: office.name })}
      </Text>
      <div className="cw-public-filters">
        {office.types.length > 1 && (
          <NativeSelect
            label={t("views.kind")}
            value={search.type ?? ""}
            onChange={(event) => choose({ type: event.currentTarget.value || undefined, category: undefined })}
            data={[any, ...office.types.map((type) => ({ value: type.name, label: type.title }))]}
          />
        )}
        <NativeSelect
          label={t("views.status")}
          value={search.status ?? ""}
          onChange={(event) => choose({ status: event.currentTarget.value || undefined })}
          data={[any, { value: "open", label: t("views.open") }, { value: "closed", label: t("views.closed") }]}
        />
        {categories.length > 0 && (
          <NativeSelect
            label={t("views.about")}
            value={search.category ?? ""}
            onChange={(event) => choose({ category: event.currentTarget.value || undefined })}
            data={[any, ...categories.map((each) => ({ value: each, label: words(each) }))]}
          />
        )}
      </div>
      {list.error !== null && list.data === undefined ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : list.data === undefined ? (
        <Loading rows={6} />
      ) : (
        <Paper>
          {items.length === 0 ? (
            <Empty title={filtered ? t("views.none") : t("views.nothing")} hint={filtered ? t("views.noneHint") : t("views.nothingHint")} icon={<IconListSearch size={34} stroke={1.4} />}>
              {filtered && (
                <Button variant="default" onClick={() => choose({ type: undefined, status: undefined, category: undefined })}>
                  {t("views.all")}
                </Button>
              )}
            </Empty>
          ) : (
            <ul className="cw-public-list" data-testid="public-cases">
              {items.map((item) => (
                <Row key={item.number} item={item} type={office.types.find((type) => type.name === item.type)} />
              ))}
            </ul>
          )}
        </Paper>
      )}
      {list.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("views.more")}
          </Button>
        </Group>
      )}
      <Text className="cw-hidden" role="status">
        {t("views.count", { count: items.length })}
      </Text>
    </>
  );
}

function Row({ item, type }: { readonly item: PublicCase; readonly type: PublicType | undefined }): ReactNode {
  const { t } = useTranslation();
  return (
    <li>
      <Text size="sm" c="dimmed" className="cw-numbers">
        {item.number}
      </Text>
      <span className="cw-public-about">{item.category === null ? (type?.title ?? item.type) : words(item.category)}</span>
      <Text size="sm" c="dimmed">
        {t("views.opened", { day: day(item.opened_on) })}
        {item.closed_on !== null && <> · {t("views.closedOn", { day: day(item.closed_on) })}</>}
      </Text>
      <Badge variant={item.is_open ? "light" : "outline"} color={item.is_open ? "ink" : "gray"} styles={{ root: { color: item.is_open ? "var(--mantine-color-anchor)" : "var(--mantine-color-text)" } }}>
        {type?.statuses[item.status]?.title ?? words(item.status)}
      </Badge>
    </li>
  );
}

function categoriesOf(type: PublicType): readonly string[] {
  return readSchema({ properties: type.fields }).find((field) => field.name === type.category)?.choices ?? [];
}
