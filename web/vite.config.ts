import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compression } from "vite-plugin-compression2";
import { VitePWA } from "vite-plugin-pwa";

const API = "http://localhost:8080";

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src/pictures/worker",
      filename: "sw.ts",
      injectRegister: false,
      manifest: false,
      injectManifest: { globPatterns: ["index.html", "assets/*.{js,css}", "*.svg"] },
    }),
    compression({ algorithms: ["gzip"], threshold: 512 }),
  ],
  build: { target: "es2022", assetsInlineLimit: 0, manifest: true },
  worker: { format: "es" },
  server: {
    proxy: {
      "/graphql": { target: API, ws: true },
      "/uploads": API,
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["fake-indexeddb/auto"],
  },
});
