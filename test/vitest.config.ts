import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// The command line's tests run the built program, and so do worker threads, which cannot load TypeScript.
const built = ["test/tools/**/*.test.ts", "test/envs/batch-threads.test.ts"];

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    // Only these tests wait for the build.
    projects: [
      {
        extends: true,
        test: { name: "tools", include: built, globalSetup: ["test/tools/build.ts"] },
      },
      {
        extends: true,
        test: { name: "library", include: ["test/**/*.test.ts"], exclude: built },
      },
    ],
    // Native sessions (onnxruntime) and WebAssembly heaps are not shared well between worker threads.
    pool: "forks",
    // Learning tests train for seconds, and the suite shares two cores with whatever else runs.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
