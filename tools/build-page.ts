import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "./project.ts";

const source = join(projectRoot, "src", "viewer");
const target = join(projectRoot, "dist", "src", "viewer", "page");

/** What becomes one file each: the viewer, and what makes videos of it, which pages do without. */
const entries = { viewer: "main.ts", recorder: "recorder.ts" } as const;
const outputs = ["viewer.js", "viewer.css", "recorder.js"];

const newest = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

function isUpToDate(): boolean {
  const built = outputs.map((name) => join(target, name));
  if (!built.every((path) => existsSync(path))) return false;
  const oldest = Math.min(...built.map((path) => statSync(path).mtimeMs));
  const locked = statSync(join(projectRoot, "package.json")).mtimeMs;
  return oldest > Math.max(newest(source), locked, statSync(fileURLToPath(import.meta.url)).mtimeMs);
}

/** Bundles the viewer's page, with everything that it uses, unless that has been done. */
export async function buildPage(): Promise<void> {
  if (isUpToDate()) return;
  const { build } = await import("vite");
  for (const [name, file] of Object.entries(entries)) {
    await build({
      root: join(source, "page"),
      configFile: false,
      logLevel: "warn",
      resolve: {
        // its other build makes code from text, which the page's content security policy forbids
        alias: [{ find: /^msgpackr$/, replacement: "msgpackr/index-no-eval" }],
      },
      build: {
        target: "es2022",
        outDir: target,
        emptyOutDir: false,
        chunkSizeWarningLimit: 2000,
        rollupOptions: {
          input: join(source, "page", file),
          output: { entryFileNames: `${name}.js`, assetFileNames: `${name}[extname]`, inlineDynamicImports: true },
        },
      },
    });
  }
}
