/** Plain data that JSON can hold. Numbers must be finite. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type NumericArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** The complete state of something at one moment: arrays by name, and small plain values by name. */
export interface Snapshot {
  readonly arrays: Readonly<Record<string, NumericArray>>;
  readonly values: Readonly<Record<string, Json>>;
}

/**
 * Something that a killed run continues from. `restore(snapshot())` on an equally configured instance must make it
 * indistinguishable from the original. A snapshot may alias live arrays: it is valid until the owner next changes.
 */
export interface Checkpointable {
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

/** One snapshot out of several; the keys of part `p` become `p/key`. */
export function combine(parts: Readonly<Record<string, Snapshot>>): Snapshot {
  const arrays: Record<string, NumericArray> = {};
  const values: Record<string, Json> = {};
  for (const [part, snapshot] of Object.entries(parts)) {
    for (const [key, array] of Object.entries(snapshot.arrays)) arrays[`${part}/${key}`] = array;
    for (const [key, value] of Object.entries(snapshot.values)) values[`${part}/${key}`] = value;
  }
  return { arrays, values };
}

/** The part that {@link combine} stored under a name. Throws when there is none. */
export function select(snapshot: Snapshot, part: string): Snapshot {
  const prefix = `${part}/`;
  const pick = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(entries)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  const selected = { arrays: pick(snapshot.arrays), values: pick(snapshot.values) };
  if (Object.keys(selected.arrays).length + Object.keys(selected.values).length === 0) {
    throw new Error(`the snapshot has no part "${part}"`);
  }
  return selected;
}
