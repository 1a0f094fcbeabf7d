import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { MetricsLog } from "../../src/viewer/metrics-log.ts";

/** What is read at once of a file that grew a lot. */
const pieceBytes = 1024 * 1024;

/**
 * Follows a metrics.jsonl that another process appends to: only what is new is read. A file that became shorter, or is
 * another one, as when a run is resumed from an earlier checkpoint, is read from its beginning.
 * @returns a function that looks once, and says whether anything changed
 */
export function tailMetrics(path: string, log: MetricsLog): () => boolean {
  let position = 0;
  let inode = -1;
  let rest = "";
  const buffer = Buffer.alloc(pieceBytes);
  return () => {
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch {
      // not written yet
      return false;
    }
    try {
      const { size, ino } = fstatSync(descriptor);
      let changed = false;
      if (ino !== inode || size < position) {
        if (inode !== -1) {
          log.clear();
          changed = true;
        }
        inode = ino;
        position = 0;
        rest = "";
      }
      while (position < size) {
        const count = readSync(descriptor, buffer, 0, pieceBytes, position);
        if (count === 0) break;
        position += count;
        const lines = (rest + buffer.toString("utf8", 0, count)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const record = recordOf(line);
          if (record === undefined) continue;
          log.append(record);
          changed = true;
        }
      }
      return changed;
    } finally {
      closeSync(descriptor);
    }
  };
}

/** The numbers of a line; undefined for what is no record. */
function recordOf(line: string): Record<string, number> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value !== "object" || value === null) return undefined;
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch {
    return undefined;
  }
}
