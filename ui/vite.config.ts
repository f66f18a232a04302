/** Build of the terminal: served by the gateway under `/app/`, nothing fetched from elsewhere. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const GATEWAY = "http://127.0.0.1:4000";
const API = /^\/(?!app\/|node_modules\/|@|src\/).+/.source;

export default defineConfig({
  base: "/app/",
  plugins: [react()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    // The content policy allows no data: fonts or scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "grid", test: /ag-grid/ },
            { name: "charts", test: /lightweight-charts|fancy-canvas/ },
            { name: "plots", test: /uplot/i },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { [API]: { target: GATEWAY, ws: true, changeOrigin: true } },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
  },
});
