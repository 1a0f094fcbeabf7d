import type { Transitions } from "./transition-set.ts";

/**
 * A dataset that is being written piece by piece, so that it may be larger than memory. It gets its name by `commit`;
 * whoever writes calls `abort` when anything fails, and then nothing is left behind.
 */
export interface DatasetWriter {
  /** Appends whole episodes; only the last piece may end within one. */
  append(set: Transitions): void;
  commit(): void;
  abort(): void;
}
