import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty directory for one test; the caller removes it. */
export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "motive-"));
}

/**
 * Runs `use` while no file of this process may grow beyond `bytes`: the system takes what fits and refuses the rest
 * (EFBIG), as a full disk does. A soft limit, which needs no privilege to set or to lift; Linux only.
 */
export function withFileSizeLimit(bytes: number, use: () => void): void {
  const limit = (soft: string): void => {
    execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${soft}:unlimited`]);
  };
  limit(String(bytes));
  try {
    use();
  } finally {
    limit("unlimited");
  }
}

/**
 * Runs `use` with a directory on a file system of its own with `kilobytes` of room.
 * @returns false when this user may not mount one; `use` has then not run
 */
export function withTinyFileSystem(kilobytes: number, use: (directory: string) => void): boolean {
  const directory = temporaryDirectory();
  try {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", directory], {
        stdio: "ignore",
      });
    } catch {
      return false;
    }
    try {
      use(directory);
    } finally {
      execFileSync("umount", [directory]);
    }
    return true;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
