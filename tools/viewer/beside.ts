import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { Progress } from "../progress.ts";
import { projectRoot } from "../project.ts";

/** Below the training's: where cores are few, it is the viewer that waits. */
const viewerPriority = 10;

/**
 * Starts `motive view` of a run in a process of its own, so that what it simulates and serves takes no time from the
 * training; tells the link.
 */
export function viewBeside(directory: string, progress: Pick<Progress, "note">): { close(): void } {
  const program = join(projectRoot, "dist", "tools", "motive.js");
  const child = spawn(process.execPath, [program, "view", directory], { stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) {
    try {
      setPriority(child.pid, viewerPriority);
    } catch {
      // it has ended already, or the system does not let us
    }
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => progress.note(`viewer: ${text.trim()}`));
  }
  child.on("error", (error) => progress.note(`viewer: cannot be started: ${error.message}`));
  return { close: () => void child.kill("SIGTERM") };
}
