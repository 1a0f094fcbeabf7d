import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds the program once, for the tests that run it as its users do. */
export function setup(): void {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}
