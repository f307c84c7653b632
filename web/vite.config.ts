// SPDX-License-Identifier: Apache-2.0
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// Where `npm run dev` finds the real server; the built page is served by that server itself.
const server = process.env["AURALIS_SERVER"] ?? "http://127.0.0.1:8080";

// What crossOriginIsolated, and with it SharedArrayBuffer, asks for.
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "es2022",
    // Nothing becomes a data: URL, which the server's Content-Security-Policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The WASM decoder is one 90 KB string, loaded only where WebCodecs is missing.
    chunkSizeWarningLimit: 600,
  },
  worker: { format: "es" },
  server: {
    headers: isolation,
    proxy: { "/api": server, "/ws": { target: server, ws: true } },
  },
  preview: { headers: isolation },
});
