// One's own API tokens.
import { Button, Paper, Text } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { remove } from "../http/client";
import { readPages } from "../live/cases";
import { isAdmin, useMe } from "../sessions/me";
import { Few } from "../ui/few";
import { Empty, Head, Shown } from "../ui/states";
import type { Session } from "../wire";
import { MakeTokenDialog, ShownOnce } from "./form";
import { TokenRow } from "./row";

export function PersonalTokens(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const read = (): void => void client.invalidateQueries({ queryKey: ["sessions"] });
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: async ({ signal }) => (await readPages<Session>("/sessions", signal)).flatMap((page) => page.items),
    staleTime: 30_000,
  });
  return (
    <section aria-label={t("tokens.title")}>
      <Head order={2} title={t("tokens.title")}>
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setMaking(true)}>
          {t("tokens.make")}
        </Button>
      </Head>
      <Text size="sm" c="dimmed" mb="sm">
        {t("tokens.hint")}
      </Text>
      {making && (
        <MakeTokenDialog
          path="/tokens"
          scopes={isAdmin(me) ? ["read", "write", "admin"] : ["read", "write"]}
          chosen={["read", "write"]}
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMade(token);
            read();
          }}
        />
      )}
      {made && <ShownOnce token={made} onClose={() => setMade(null)} />}
      <Shown query={sessions} rows={1}>
        {(all) => {
          const tokens = all.filter((each) => each.kind === "token");
          if (tokens.length === 0) {
            return (
              <Paper>
                <Empty title={t("tokens.none")} hint={t("tokens.noneHint")} icon={<IconKey size={28} stroke={1.4} />} />
              </Paper>
            );
          }
          return (
            <Few items={tokens}>
              {(shown) => (
                <Paper>
                  <ul className="cw-rows" data-testid="tokens">
                    {shown.map((each) => (
                      <TokenRow
                        key={each.id}
                        token={each}
                        onEnd={async () => {
                          await remove(`/sessions/${each.id}`);
                          read();
                        }}
                      />
                    ))}
                  </ul>
                </Paper>
              )}
            </Few>
          );
        }}
      </Shown>
    </section>
  );
}
