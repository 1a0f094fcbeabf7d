import { describe, expect, it } from "vitest";
import { concatenate } from "../../datasets/concatenate.ts";
import { readD4rl } from "../../datasets/d4rl/index.ts";
import { splitEpisodes, type TransitionSet } from "../../datasets/transition-set.ts";
import { floats, useTemporaryFiles, writeSmall } from "./hdf5-files.ts";

const file = useTemporaryFiles();

/** Two steps of an episode that the data end in, beginning at a value. */
const unfinished = (first: number): TransitionSet => ({
  environment: "Small-v0",
  observationSize: 1,
  actionSize: 1,
  size: 2,
  observations: Float32Array.of(first, first + 1),
  actions: Float32Array.of(0, 1),
  rewards: Float32Array.of(1, 2),
  nextObservations: Float32Array.of(first + 1, first + 2),
  terminals: Uint8Array.of(0, 0),
  timeouts: Uint8Array.of(0, 0),
  infos: {
    qpos: { rowShape: [1], values: Float64Array.of(first, first + 1) },
    [`only${first}`]: { rowShape: [], values: Int32Array.of(1, 2) },
  },
  episodes: [{ start: 0, end: 2, terminated: false, truncated: false, seed: first }],
  metadata: { algorithm: "SAC", first },
});

describe("concatenate", () => {
  it("closes an unfinished episode where another set follows", () => {
    const joined = concatenate([unfinished(10), unfinished(12), unfinished(20)]);
    expect(joined).toEqual({
      environment: "Small-v0",
      observationSize: 1,
      actionSize: 1,
      size: 6,
      observations: Float32Array.of(10, 11, 12, 13, 20, 21),
      actions: Float32Array.of(0, 1, 0, 1, 0, 1),
      rewards: Float32Array.of(1, 2, 1, 2, 1, 2),
      nextObservations: Float32Array.of(11, 12, 13, 14, 21, 22),
      terminals: new Uint8Array(6),
      timeouts: Uint8Array.of(0, 1, 0, 1, 0, 0),
      infos: { qpos: { rowShape: [1], values: Float64Array.of(10, 11, 12, 13, 20, 21) } },
      episodes: [
        { start: 0, end: 2, terminated: false, truncated: true, seed: 10 },
        { start: 2, end: 4, terminated: false, truncated: true, seed: 12 },
        { start: 4, end: 6, terminated: false, truncated: false, seed: 20 },
      ],
      metadata: { algorithm: "SAC" },
    });
    expect(splitEpisodes(joined.terminals, joined.timeouts)).toEqual(
      joined.episodes.map(({ start, end, terminated, truncated }) => ({ start, end, terminated, truncated })),
    );
  });

  it("keeps which next observations are not known", async () => {
    writeSmall(file("small.hdf5"), { next_observations: undefined });
    const small = await readD4rl(file("small.hdf5"));
    const other = { ...unfinished(0), observationSize: 2, size: 1, environment: undefined };
    const joined = concatenate([
      { ...other, observations: Float32Array.of(1, 2), nextObservations: Float32Array.of(3, 4) },
      small,
    ]);
    expect([...(joined.unknownNextObservations ?? [])]).toEqual([0, 0, 0, 1, 0, 0]);
    expect([...joined.nextObservations.subarray(0, 4)]).toEqual([3, 4, 2, 3]);
  });

  it("copies: the sets stay as they were", () => {
    const set = unfinished(1);
    const joined = concatenate([set]);
    expect(joined).toEqual(set);
    joined.observations[0] = 5;
    expect(set).toEqual(unfinished(1));
  });

  it("refuses sets of different environments", () => {
    expect(() => concatenate([unfinished(1), { ...unfinished(2), environment: "Small-v1" }])).toThrow(
      "sets of Small-v0 (1 observations, 1 actions) and of Small-v1 (1 observations, 1 actions) cannot be joined",
    );
    expect(() =>
      concatenate([unfinished(1), { ...unfinished(2), environment: undefined, actionSize: 2 }]),
    ).toThrow(
      "Small-v0 (1 observations, 1 actions) and of an unknown environment (1 observations, 2 actions)",
    );
    expect(
      concatenate([unfinished(1), { ...unfinished(2), environment: undefined }]).environment,
    ).toBeUndefined();
  });

  it("refuses a double that single precision does not hold", async () => {
    writeSmall(file("small.hdf5"), { actions: floats([6, 1], Float64Array.of(0, 0, 0, 0, 1e39, 0)) });
    await expect(readD4rl(file("small.hdf5"))).rejects.toThrow('"actions" is Infinity at row 4');
  });
});
