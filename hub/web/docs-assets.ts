import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const FILES = ["swagger-ui-bundle.js", "swagger-ui.css"];

/** Puts the API documentation's assets beside its page, so that /docs needs no other host. */
export function docsAssets(): Plugin {
  const from = dirname(require.resolve("swagger-ui-dist/package.json"));
  return {
    name: "docs-assets",
    apply: "build",
    generateBundle() {
      for (const file of FILES) {
        this.emitFile({ type: "asset", fileName: `docs/${file}`, source: readFileSync(join(from, file)) });
      }
    },
  };
}
