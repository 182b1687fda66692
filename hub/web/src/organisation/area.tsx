// The frame of an organisation's pages: which organisation, and the list of what there is, beside the page shown.
import { NativeSelect } from "@mantine/core";
import { IconArrowLeft, IconChevronRight } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Suspense, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMe } from "../sessions/me";
import { usePageTitle } from "../ui/forms";
import { Head, Loading, Missing } from "../ui/states";
import { OrgContext, useOrg } from "./org";
import { PARTS } from "./parts";
import "./organisation.css";

const KEPT = "casewire-organisation";

export default function OrganisationArea(): ReactNode {
  const { t } = useTranslation();
  const me = useMe();
  const seats = useMemo(() => me.seats.filter((seat) => seat.role !== "outside"), [me.seats]);
  const [chosen, setChosen] = useState(() => sessionStorage.getItem(KEPT) ?? "");
  const seat = seats.find((each) => each.org.id === chosen) ?? seats.find((each) => each.role === "admin") ?? seats[0];
  const org = useMemo(() => seat && { ...seat.org, admin: seat.role === "admin" }, [seat]);
  const overview = useLocation().pathname.replace(/\/$/, "") === "/organisation";
  if (!org) return <Missing />;
  const choose = (id: string): void => {
    sessionStorage.setItem(KEPT, id);
    setChosen(id);
  };
  const parts = PARTS.filter((part) => org.admin || !part.admins);
  return (
    <OrgContext value={org}>
      <div className="cw-page cw-area" data-overview={overview || undefined}>
        <div className="cw-area-head">
          {!overview && (
            <Link to="/organisation" className="cw-area-back">
              <IconArrowLeft size={16} aria-hidden />
              {t("organisation.title")}
            </Link>
          )}
          {seats.length > 1 && (
            <NativeSelect
              aria-label={t("cases.org")}
              value={org.id}
              onChange={(event) => choose(event.currentTarget.value)}
              data={seats.map((each) => ({ value: each.org.id, label: each.org.name }))}
            />
          )}
        </div>
        <nav className="cw-area-side" aria-label={t("organisation.title")}>
          <ul className="cw-area-list">
            {parts.map((part) => (
              <li key={part.to}>
                <Link to={part.to} activeProps={{ "aria-current": "page" }}>
                  <part.icon size={18} stroke={1.7} aria-hidden />
                  <span>{t(`organisation.parts.${part.name}`)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        {/* Another organisation's page begins anew: no dialog and no search of the one before stays. */}
        <div className="cw-area-page" key={org.id}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </div>
      </div>
    </OrgContext>
  );
}

/** What there is, each with a sentence; on a phone this is the way to all of it. */
export function Overview(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  usePageTitle(t("organisation.title"));
  return (
    <>
      <Head title={<span dir="auto">{org.name}</span>} />
      <ul className="cw-rows cw-area-cards">
        {PARTS.filter((part) => org.admin || !part.admins).map((part) => (
          <li key={part.to}>
            <Link to={part.to} className="cw-row">
              <part.icon size={22} stroke={1.6} aria-hidden />
              <span>
                <strong>{t(`organisation.parts.${part.name}`)}</strong>
                <span>{t(`organisation.hints.${part.name}`)}</span>
              </span>
              <IconChevronRight size={16} aria-hidden />
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
