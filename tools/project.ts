import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds the project's package.json, for the sources and for the build in dist/ alike. */
export const projectRoot = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
})();

const { version: ownVersion, dependencies } = JSON.parse(
  readFileSync(join(projectRoot, "package.json"), "utf8"),
) as {
  version: string;
  dependencies: Record<string, string>;
};

/** motive's version. */
export const version = ownVersion;

/** Of everything that a run's numbers depend on. Dependencies are pinned, so package.json knows their versions. */
export const versions = {
  motive: version,
  node: process.versions.node,
  mujoco: dependencies["@mujoco/mujoco"],
  onnxruntime: dependencies["onnxruntime-node"],
};
