import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concatenate } from "../../datasets/concatenate.ts";
import { contentDigest, contentOf } from "../../datasets/content.ts";
import { createMinari, openDataset, readDataset, writeD4rl, type Transitions } from "../../datasets/index.ts";
import { useTemporaryFiles } from "./hdf5-files.ts";

/** Five rows: an episode that terminates after two, one that is cut after three. */
const set: Transitions = {
  environment: "Hopper-v5",
  observationSize: 2,
  actionSize: 1,
  size: 5,
  observations: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13, 14, 15),
  actions: Float32Array.of(0.5, -0.5, 1, -1, 0),
  rewards: Float32Array.of(1, 2, 3, 4, 5),
  nextObservations: Float32Array.of(2, 3, 4, 5, 12, 13, 14, 15, 16, 17),
  terminals: Uint8Array.of(0, 1, 0, 0, 0),
  timeouts: Uint8Array.of(0, 0, 0, 0, 1),
  infos: { qpos: { rowShape: [1], values: Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5) } },
  episodes: [
    { start: 0, end: 2, terminated: true, truncated: false },
    { start: 2, end: 5, terminated: false, truncated: true },
  ],
  metadata: { seed: 3 },
};

const digestOf = (...pieces: Transitions[]): string => {
  const digest = contentDigest();
  for (const piece of pieces) digest.add(piece);
  return digest.digest();
};

const part = (start: number, end: number, episode: number): Transitions => ({
  ...set,
  size: end - start,
  observations: set.observations.slice(2 * start, 2 * end) as Float32Array,
  actions: set.actions.slice(start, end) as Float32Array,
  rewards: set.rewards.slice(start, end) as Float32Array,
  nextObservations: set.nextObservations.slice(2 * start, 2 * end) as Float32Array,
  terminals: set.terminals.slice(start, end),
  timeouts: set.timeouts.slice(start, end),
  infos: { qpos: { rowShape: [1], values: set.infos.qpos.values.slice(start, end) as Float64Array } },
  episodes: [{ ...set.episodes[episode], start: 0, end: end - start }],
});

describe("the digest of a set's content", () => {
  const path = useTemporaryFiles();

  it("is the SHA-256 of the columns' names, types, shapes and SHA-256s", () => {
    const hash = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
    const little = (values: readonly number[], width: 4 | 8): Buffer => {
      const bytes = Buffer.alloc(width * values.length);
      values.forEach((value, i) =>
        width === 4 ? bytes.writeFloatLE(value, 4 * i) : bytes.writeDoubleLE(value, 8 * i),
      );
      return bytes;
    };
    const lines = [
      `actions float32 [1] ${hash(little([0.5, -0.5, 1, -1, 0], 4))}`,
      `infos/qpos float64 [1] ${hash(little([0.1, 0.2, 0.3, 0.4, 0.5], 8))}`,
      `next_observations float32 [2] ${hash(little([2, 3, 4, 5, 12, 13, 14, 15, 16, 17], 4))}`,
      `observations float32 [2] ${hash(little([0, 1, 2, 3, 10, 11, 12, 13, 14, 15], 4))}`,
      `rewards float32 [] ${hash(little([1, 2, 3, 4, 5], 4))}`,
      `terminals bool [] ${hash(Buffer.of(0, 1, 0, 0, 0))}`,
      `timeouts bool [] ${hash(Buffer.of(0, 0, 0, 0, 1))}`,
    ];
    expect(digestOf(set)).toBe(hash(lines.map((line) => `${line}\n`).join("")));
  });

  it("does not depend on pieces, metadata, file or format", async () => {
    const expected = digestOf(set);
    expect(digestOf(part(0, 2, 0), part(2, 5, 1))).toBe(expected);
    expect(digestOf({ ...set, metadata: {} })).toBe(expected);
    writeD4rl(path("set.hdf5"), set);
    const writer = createMinari(path("set-v0"), set);
    writer.append(set);
    writer.commit();
    for (const name of ["set.hdf5", "set-v0"]) {
      const dataset = await openDataset(path(name));
      expect(contentOf(dataset)).toBe(expected);
      dataset.close();
    }
    expect(digestOf(await readDataset(path("set.hdf5")))).toBe(expected);
  });

  it("differs where a number, a type, a column or the order of rows does", () => {
    const changed: Transitions[] = [
      { ...set, rewards: Float32Array.of(1, 2, 3, 4, 6) },
      { ...set, rewards: Float64Array.of(1, 2, 3, 4, 5) },
      { ...set, timeouts: Uint8Array.of(0, 0, 0, 0, 0) },
      { ...set, infos: {} },
      { ...set, infos: { qvel: set.infos.qpos } },
      concatenate([part(2, 5, 1), part(0, 2, 0)]),
    ];
    const all = [set, ...changed].map((one) => digestOf(one));
    expect(new Set(all).size).toBe(all.length);
  });

  it("refuses pieces whose columns differ", () => {
    expect(() => digestOf(set, { ...set, infos: {} })).toThrow("different columns");
    expect(() => digestOf(set, { ...set, rewards: Float64Array.of(1, 2, 3, 4, 5) })).toThrow(
      '"rewards" is not the same column',
    );
  });
});
