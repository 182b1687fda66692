import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { docsAssets } from "./docs-assets";

const hub = process.env.CASEWIRE_PUBLIC_URL ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react(), docsAssets()],
  build: {
    target: "es2022",
    // The content security policy knows no data: URLs but images, so fonts stay files.
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1", port: 5173, proxy: { "/v1": { target: hub, changeOrigin: true } } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
