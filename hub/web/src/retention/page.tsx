// What is kept and what goes, in parts; each has an address.
import { Text } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Requests } from "../erasure/requests";
import { Holds } from "../holds/list";
import { ForAdmins } from "../organisation/org";
import { usePageTitle } from "../ui/forms";
import { intoView } from "../ui/links";
import { Head } from "../ui/states";
import { Certificates } from "./certificates";
import { DueList } from "./due";
import { Schedules } from "./schedules";

const PARTS = { due: DueList, holds: Holds, requests: Requests, certificates: Certificates, schedules: Schedules } as const;
type Part = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as Part[];

export default function KeepPage(): ReactNode {
  return (
    <ForAdmins>
      <Parts />
    </ForAdmins>
  );
}

function Parts(): ReactNode {
  const { t } = useTranslation();
  const { show } = useSearch({ strict: false });
  const part = NAMES.find((each) => each === show) ?? "due";
  const Shown = PARTS[part];
  usePageTitle(t("retention.title"));
  return (
    <>
      <Head title={t("retention.title")} />
      <Text c="dimmed" size="sm" mb="md">
        {t("retention.lead")}
      </Text>
      <nav aria-label={t("retention.title")}>
        <ul className="cw-tabs">
          {NAMES.map((each) => (
            <li key={each}>
              <Link to="/organisation/keep" search={{ show: each }} data-status={each === part ? "active" : undefined} aria-current={each === part ? "page" : undefined} ref={each === part ? intoView : undefined} activeProps={{}}>
                {t(`retention.tabs.${each}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Shown />
    </>
  );
}
