import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    // Only the tests of the command line run the built program, so only they wait for the build.
    projects: [
      {
        extends: true,
        test: { name: "tools", include: ["test/tools/**/*.test.ts"], globalSetup: ["test/tools/build.ts"] },
      },
      {
        extends: true,
        test: { name: "library", include: ["test/**/*.test.ts"], exclude: ["test/tools/**"] },
      },
    ],
    // Native sessions (onnxruntime) and WebAssembly heaps are not shared well between worker threads.
    pool: "forks",
    // Learning tests train for seconds, and the suite shares two cores with whatever else runs.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
