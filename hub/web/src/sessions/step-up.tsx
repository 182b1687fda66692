// "Confirm that it is you": the hub asks before dangerous acts, this asks the person, and the act goes on by itself.
import { Modal, Text } from "@mantine/core";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { post, whenStepUpNeeded } from "../http/client";
import type { ProofWays } from "../wire";
import { Second } from "./second";

export function StepUp(): ReactNode {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<ProofWays | null>(null);
  const waiting = useRef<((proved: boolean) => void)[]>([]);
  const settle = (proved: boolean): void => {
    setAsked(null);
    for (const resolve of waiting.current.splice(0)) resolve(proved);
  };
  useEffect(() => {
    whenStepUpNeeded(async () => {
      const ways = await post<ProofWays>("/session/proof/options", {});
      setAsked(ways);
      return new Promise((resolve) => waiting.current.push(resolve));
    });
    return () => whenStepUpNeeded(null);
  }, []);
  return (
    <Modal opened={asked !== null} onClose={() => settle(false)} title={t("security.stepUp")} size="sm" zIndex={400}>
      <Text size="sm" c="dimmed" mb="md">
        {t("security.stepUpHint")}
      </Text>
      {asked?.ways.length === 0 && <Text size="sm">{t("providers.signInAgain")}</Text>}
      {asked && asked.ways.length > 0 && (
        <Second
          ways={asked.ways}
          passkey={asked.passkey}
          submit={t("security.confirm")}
          onProof={(proof) => post("/session/proof", proof.passkey ? { ...proof, pending: asked.pending } : proof)}
          onDone={() => settle(true)}
        />
      )}
    </Modal>
  );
}
