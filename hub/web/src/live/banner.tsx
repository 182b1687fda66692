import { Button, Loader } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useLive, useLiveState } from "./provider";

/** A blink of the connection is nobody's business; only what lasts is said. */
const QUIET_MS = 2500;

export function ConnectionBanner(): ReactNode {
  const { t } = useTranslation();
  const { live } = useLive();
  const state = useLiveState();
  const away = state === "waiting" || state === "connecting" || state === "stopped";
  const [shown, setShown] = useState(false);

  useEffect(() => {
    if (!away) {
      setShown(false);
      return undefined;
    }
    const timer = setTimeout(() => setShown(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, [away]);

  const stopped = state === "stopped";
  return (
    <div className="cw-banner" role="status" aria-live="polite" data-testid="connection-banner">
      {shown && (
        <div>
          {!stopped && <Loader size={14} aria-hidden />}
          <span>{stopped ? t("live.stopped") : live.everLive ? t("live.lost") : t("live.never")}</span>
          {stopped ? (
            <Button size="compact-sm" variant="light" leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => window.location.reload()}>
              {t("live.reload")}
            </Button>
          ) : (
            <Button size="compact-sm" variant="light" onClick={() => live.hurry()} style={{ flex: "none" }}>
              {t("live.now")}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
