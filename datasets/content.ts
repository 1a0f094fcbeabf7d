import { createHash, type Hash } from "node:crypto";
import { bytesOf } from "../src/runs/atomic-file.ts";
import { columnsOf } from "./columns.ts";
import { pieces, type Dataset } from "./dataset.ts";
import { columnTypeOf } from "./hdf5/writer.ts";
import type { Transitions } from "./transition-set.ts";

/** A checksum of what a set holds, for sets that come piece by piece. */
export interface ContentDigest {
  /** Rows that follow those given before. */
  add(piece: Transitions): void;
  /** In hexadecimal. Nothing may be added afterwards. */
  digest(): string;
}

interface Column {
  readonly type: string;
  readonly rowShape: readonly number[];
  readonly hash: Hash;
}

/**
 * The SHA-256 of a set's columns: of the lines `name type [row shape] sha256` in the order of the names, where the latter
 * is that of the column's values as little-endian bytes. Equal rows have the same, whatever format and file they lie in
 * and however they are cut into pieces; metadata does not count.
 */
export function contentDigest(): ContentDigest {
  const columns = new Map<string, Column>();
  return {
    add(piece) {
      const given = Object.entries(columnsOf(piece));
      if (columns.size === 0) {
        for (const [name, { rowShape, values }] of given) {
          columns.set(name, { type: columnTypeOf(values), rowShape, hash: createHash("sha256") });
        }
      }
      if (given.length !== columns.size) throw new Error("the pieces have different columns");
      for (const [name, { rowShape, values }] of given) {
        const column = columns.get(name);
        if (column?.type !== columnTypeOf(values) || column.rowShape.join() !== rowShape.join())
          throw new Error(`"${name}" is not the same column in all pieces`);
        column.hash.update(bytesOf(values));
      }
    },
    digest() {
      const lines = [...columns]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(
          ([name, { type, rowShape, hash }]) =>
            `${name} ${type} [${rowShape.join(",")}] ${hash.digest("hex")}\n`,
        );
      return createHash("sha256").update(lines.join("")).digest("hex");
    },
  };
}

/** The {@link contentDigest} of all rows of a dataset. @throws UserError as reading it does */
export function contentOf(dataset: Dataset): string {
  const digest = contentDigest();
  for (const piece of pieces(dataset)) digest.add(piece);
  return digest.digest();
}
