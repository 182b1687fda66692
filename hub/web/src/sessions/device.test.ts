import { expect, it } from "vitest";

import { device } from "./device";

it("says browser and system, and leaves alone what it does not know", () => {
  expect(device("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36")).toBe("Chrome, Linux");
  expect(device("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1")).toBe("Safari, iPhone");
  expect(device("backup script")).toBe("backup script");
});
