import { notifications } from "@mantine/notifications";

import { asRefused, get, query } from "../http/client";
import type { FileAddress } from "../wire";

/** Opens what a version shows in a tab of its own. The tab opens at once, for a later one would be a pop-up. */
export async function openVersion(version: string): Promise<void> {
  const tab = window.open("about:blank", "_blank");
  if (tab) tab.opener = null;
  try {
    const url = await address(version, true);
    if (tab) tab.location.replace(url);
    else window.location.assign(url);
  } catch (error) {
    tab?.close();
    complain(error);
  }
}

/** Saves the bytes of a version; the files origin sends them as an attachment. */
export async function downloadVersion(version: string): Promise<void> {
  try {
    window.location.assign(await address(version, false));
  } catch (error) {
    complain(error);
  }
}

const complain = (error: unknown): void => void notifications.show({ color: "red", message: asRefused(error).message });

/** A short-lived address of one's own on the files origin; asked anew each time. */
async function address(version: string, inline: boolean): Promise<string> {
  const answer = await get<FileAddress | { item: FileAddress }>(`/versions/${version}/content${query({ inline: inline || null })}`);
  return ("item" in answer ? answer.item : answer).url;
}
