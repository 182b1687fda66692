// Ethical walls: those that stand, and those that were lifted.
import { Button, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconPlus, IconWall } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ForAdmins, useOrg } from "../organisation/org";
import { usePageTitle } from "../ui/forms";
import { Empty, Head, Shown } from "../ui/states";
import type { Wall } from "../wire";
import { useWalls } from "./data";
import { LiftDialog, WallDialog } from "./dialogs";
import { WallCard } from "./card";

const SHOWN = 20;

export default function WallsPage(): ReactNode {
  return (
    <ForAdmins>
      <Walls />
    </ForAdmins>
  );
}

function Walls(): ReactNode {
  const { t } = useTranslation();
  const org = useOrg();
  const [lifted, setLifted] = useState(false);
  const [limit, setLimit] = useState(SHOWN);
  const [raising, setRaising] = useState(false);
  const [changing, setChanging] = useState<Wall | null>(null);
  const [lifting, setLifting] = useState<Wall | null>(null);
  const walls = useWalls(org.id, lifted);
  usePageTitle(t("walls.title"));
  return (
    <>
      <Head title={t("walls.title")}>
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setRaising(true)}>
          {t("walls.raise")}
        </Button>
      </Head>
      <Text c="dimmed" size="sm" mb="md">
        {t("walls.lead")}
      </Text>
      {raising && <WallDialog wall={null} onClose={() => setRaising(false)} />}
      {changing && <WallDialog wall={changing} onClose={() => setChanging(null)} />}
      {lifting && <LiftDialog wall={lifting} onClose={() => setLifting(null)} />}
      <SegmentedControl
        aria-label={t("walls.show")}
        mb="md"
        value={lifted ? "lifted" : "standing"}
        onChange={(value) => {
          setLifted(value === "lifted");
          setLimit(SHOWN);
        }}
        data={[
          { value: "standing", label: t("walls.standing") },
          { value: "lifted", label: t("walls.lifted") },
        ]}
      />
      <Shown query={walls} rows={3}>
        {(all) => (
          <Stack gap="md">
            {all.length === 0 ? (
              <Paper>
                <Empty title={lifted ? t("walls.noneLifted") : t("walls.none")} hint={lifted ? t("walls.noneLiftedHint") : t("walls.noneHint")} icon={<IconWall size={32} stroke={1.4} />} />
              </Paper>
            ) : (
              all.slice(0, limit).map((wall) => <WallCard key={wall.id} wall={wall} onChange={() => setChanging(wall)} onLift={() => setLifting(wall)} />)
            )}
            {all.length > limit && (
              <Button variant="default" onClick={() => setLimit(limit + SHOWN)}>
                {t("do.more")}
              </Button>
            )}
          </Stack>
        )}
      </Shown>
    </>
  );
}
