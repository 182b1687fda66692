// A case through somebody else's eyes: the choice, the banner that says so all the time, and the way back.
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconEye } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { CaseView } from "../cases/data";
import { useLive } from "../live/provider";
import { MeContext, useMe } from "../sessions/me";
import type { Card } from "../wire";
import "./views.css";
import { look, looking, useLooking } from "./looking";

/** For those who may let people into the case. */
export function ViewAs({ view, card }: { readonly view: CaseView; readonly card: Card }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const me = useMe();
  const allowed = view.type?.grants["participant.grant"];
  if (view.borrowed || card.id === me.id || !allowed || !view.roles.some((role) => allowed.includes(role))) return null;
  const label = t("views.as", { name: card.name });
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        data-testid="view-as"
        onClick={() => {
          look({ caseId: view.id, person: card.id, name: card.name, membership: card.membership });
          feeds.rest(view.id, true);
          window.scrollTo({ top: 0 });
        }}
      >
        <IconEye size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

/** Around the page of a case: whoever leaves the case is themselves again. */
export function Looked({ children }: { readonly children: ReactNode }): ReactNode {
  const { t } = useTranslation();
  const { feeds } = useLive();
  const me = useMe();
  const { caseId } = useParams({ strict: false });
  const at = useLooking();
  const here = at !== null && at.caseId === caseId ? at : null;
  useEffect(
    () => () => {
      const left = looking();
      if (left === null || left.caseId !== caseId) return;
      look(null);
      feeds.rest(left.caseId, false);
    },
    [caseId, feeds],
  );
  if (here === null) return children;
  const back = (): void => {
    look(null);
    feeds.rest(here.caseId, false);
  };
  // What is theirs stands on their side, and whoever is outside the office sees what it shows to them.
  const they = { ...me, id: here.person, name: here.name, email: "", seats: me.seats.map((seat) => ({ ...seat, role: (here.membership || "outside") as typeof seat.role })) };
  return (
    <>
      <div className="cw-looking" role="status" data-testid="looking">
        <IconEye size={20} aria-hidden />
        <p>
          <strong dir="auto">{t("views.looking", { name: here.name })}</strong> <span>{t("views.lookingLess")}</span>
        </p>
        <Button size="xs" variant="filled" leftSection={<IconArrowBackUp size={15} aria-hidden />} onClick={back} autoFocus>
          {t("views.back")}
        </Button>
      </div>
      <MeContext value={they}>{children}</MeContext>
    </>
  );
}
