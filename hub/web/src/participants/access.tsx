// Who may see a case, and why: asked of the hub when somebody wants to know, since it follows from many causes.
import { Button, Group, Paper, Text } from "@mantine/core";
import { IconEyeOff, IconEyeSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useNames, type CaseView } from "../cases/data";
import { readPages } from "../live/cases";
import { PersonLine } from "../people/page";
import { useMe } from "../sessions/me";
import { Head, Shown } from "../ui/states";
import { ViewAs } from "../views/looked";
import type { Reason } from "../wire";

export function WhoSees({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const allowed = view.type?.grants["participant.grant"] ?? [];
  if (view.borrowed || !view.roles.some((role) => allowed.includes(role))) return null;
  return (
    <section aria-label={t("access.who")}>
      <Head order={2} title={t("access.who")}>
        {!open && (
          <Button size="xs" variant="default" leftSection={<IconEyeSearch size={14} aria-hidden />} onClick={() => setOpen(true)}>
            {t("access.show")}
          </Button>
        )}
      </Head>
      <Text size="sm" c="dimmed" mb="sm">
        {t("access.whoHint")}
      </Text>
      {open && <Reasons view={view} />}
    </section>
  );
}

function Reasons({ view }: { readonly view: CaseView }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const { cards } = useNames(view.id);
  const reasons = useQuery({
    queryKey: ["case", view.id, "access"],
    queryFn: async ({ signal }) => (await readPages<Reason>(`/cases/${view.id}/access`, signal)).flatMap((page) => page.items),
    // It is a question of now: whoever opens the list again asks again.
    gcTime: 0,
    refetchOnWindowFocus: "always",
  });
  return (
    <Shown query={reasons}>
      {(all) => (
        <Paper>
          <ul className="cw-rows" data-testid="reasons">
            {[...all]
              .sort((a, b) => Number(b.sees) - Number(a.sees) || a.name.localeCompare(b.name))
              .map((each) => {
                const card = cards.find((one) => one.id === each.person);
                return (
                  <li key={each.person} className="cw-row">
                    <Group justify="space-between" wrap="nowrap" gap="sm">
                      <div style={{ minWidth: 0 }}>
                        <PersonLine name={each.name} email={card?.email} own={each.person === me.id}>
                          {!each.sees && (
                            <Text size="sm" c="var(--cw-danger)" component="span" style={{ display: "inline-flex", alignItems: "center", gap: 4 }}>
                              <IconEyeOff size={15} aria-hidden />
                              {t("access.seesNot")}
                            </Text>
                          )}
                        </PersonLine>
                        <Text size="sm" mt={4} dir="auto">
                          {t("access.because", { name: each.name, why: each.why })}
                        </Text>
                      </div>
                      {each.sees && card && <ViewAs view={view} card={card} />}
                    </Group>
                  </li>
                );
              })}
          </ul>
        </Paper>
      )}
    </Shown>
  );
}
