/**
 * What the compiler leaves out of a build: files that the modules read at run time are copied beside them, and the
 * program is linked so that `npx motive` finds it in a clone. (A `bin` in package.json would have npx install the clone
 * into its own cache first, which takes seconds and fails when an earlier attempt was cut off.)
 */
import { chmodSync, cpSync, existsSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { extname, join } from "node:path";
import { buildPage } from "./build-page.ts";
import { projectRoot } from "./project.ts";

const folders = ["src", "envs", "datasets", "agents", join("tools", "benchmark")];
const sourceExtensions = [".ts", ".js"];
/** Bundled, not copied. */
const page = join(projectRoot, "src", "viewer", "page");

for (const folder of folders) {
  cpSync(join(projectRoot, folder), join(projectRoot, "dist", folder), {
    recursive: true,
    filter: (source) =>
      statSync(source).isDirectory() ? source !== page : !sourceExtensions.includes(extname(source)),
  });
}

await buildPage();

const program = join("dist", "tools", "motive.js");
chmodSync(join(projectRoot, program), 0o755);

const programs = join(projectRoot, "node_modules", ".bin");
if (existsSync(programs) && process.platform !== "win32") {
  const link = join(programs, "motive");
  if (readdirSync(programs).includes("motive")) rmSync(link);
  symlinkSync(join("..", "..", program), link);
}
