// Who asked to be erased, and who was; for administrators, who erase or say why not.
import { Badge, Button, Group, Paper, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconEraser } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Reason } from "../holds/dialogs";
import { post } from "../http/client";
import { useOrg } from "../organisation/org";
import { usePeople } from "../people/data";
import { useKeptAnew } from "../retention/data";
import { useMe } from "../sessions/me";
import { FormDialog } from "../ui/forms";
import { Empty, Shown } from "../ui/states";
import { Moment } from "../ui/when";
import type { Answer, Erasure } from "../wire";
import { useErasures } from "./data";
import { ErasePerson } from "./person";

const SHOWN = 50;

export function Requests(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const people = usePeople(org.id);
  const requests = useErasures(org.id);
  const [limit, setLimit] = useState(SHOWN);
  const [reviewing, setReviewing] = useState<Erasure | null>(null);
  const [refusing, setRefusing] = useState<Erasure | null>(null);
  const named = (one: Erasure): string => people.data?.find((card) => card.id === one.person)?.name ?? t("erasure.erased");
  return (
    <>
      <Text c="dimmed" size="sm" mb="md">
        {t("erasure.requestsLead")}
      </Text>
      {reviewing && <ErasePerson person={{ id: reviewing.person, name: named(reviewing) }} onClose={() => setReviewing(null)} />}
      {refusing && <Refuse request={refusing} name={named(refusing)} onClose={() => setRefusing(null)} />}
      <Shown query={requests} rows={3}>
        {(all) => (
          <>
            <Paper>
              {all.length === 0 ? (
                <Empty title={t("erasure.noRequests")} hint={t("erasure.noRequestsHint")} icon={<IconEraser size={32} stroke={1.4} />} />
              ) : (
                <ul className="cw-rows" data-testid="requests">
                  {all.slice(0, limit).map((one) => (
                    <Row key={one.id} one={one} name={named(one)} onReview={() => setReviewing(one)} onRefuse={() => setRefusing(one)} />
                  ))}
                </ul>
              )}
            </Paper>
            {all.length > limit && (
              <Button variant="default" mt="md" fullWidth onClick={() => setLimit(limit + SHOWN)}>
                {t("do.more")}
              </Button>
            )}
          </>
        )}
      </Shown>
    </>
  );
}

function Row({ one, name, onReview, onRefuse }: { readonly one: Erasure; readonly name: string; readonly onReview: () => void; readonly onRefuse: () => void }): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <li className="cw-row" data-testid="request">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Group gap={8}>
            <Text fw={550} dir="auto">
              {name}
            </Text>
            <Badge color="gray" styles={{ root: { color: "var(--mantine-color-text)" } }}>
              {t(`erasure.state.${one.state}`)}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed" mt={2}>
            {one.asked_by === one.person && (
              <>
                {t("erasure.asked")} <Moment at={one.asked_at} zoned />
              </>
            )}
            {one.decided_at !== null && (
              <>
                {one.asked_by === one.person && " · "}
                {t(`erasure.state.${one.state}`)} <Moment at={one.decided_at} zoned />
              </>
            )}
          </Text>
          {one.reason !== "" && (
            <Text size="sm" className="cw-prewrap" dir="auto" mt={2}>
              {t(one.state === "asked" ? "erasure.theySay" : "erasure.answer")}: {one.reason}
            </Text>
          )}
        </div>
        {one.state === "asked" && one.person !== me.id && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={onRefuse} aria-label={t("erasure.refuseOf", { name })}>
              {t("erasure.refuse")}
            </Button>
            <Button size="xs" variant="default" onClick={onReview} aria-label={t("erasure.reviewOf", { name })}>
              {t("erasure.review")}
            </Button>
          </Group>
        )}
      </Group>
    </li>
  );
}

function Refuse({ request, name, onClose }: { readonly request: Erasure; readonly name: string; readonly onClose: () => void }): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const anew = useKeptAnew(org.id);
  return (
    <FormDialog
      title={t("erasure.refuseTitle", { name })}
      submit={t("erasure.refuse")}
      opened
      onClose={onClose}
      onSend={(said) => post<Answer<Erasure>>(`/orgs/${org.id}/erasures/${request.id}/refuse`, { reason: said("reason") })}
      onDone={() => {
        anew();
        notifications.show({ message: t("erasure.wasRefused") });
      }}
    >
      {(at) => <Reason label={t("erasure.refuseReason")} hint={t("erasure.refuseHint")} error={at("$.reason")} focused />}
    </FormDialog>
  );
}
