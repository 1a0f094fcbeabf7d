import { describe, expect, it } from "vitest";
import {
  episodeReturns,
  rowsWithKnownNext,
  setOfTrajectory,
  splitEpisodes,
  trajectories,
} from "../../datasets/transition-set.ts";
import { concatenate } from "../../datasets/concatenate.ts";
import { readD4rl } from "../../datasets/d4rl/index.ts";
import { useTemporaryFiles, writeSmall } from "./hdf5-files.ts";

const file = useTemporaryFiles();

const episodes = (terminals: number[], timeouts: number[]) =>
  splitEpisodes(Uint8Array.from(terminals), Uint8Array.from(timeouts)).map(
    ({ start, end, terminated, truncated }) => [start, end, terminated, truncated],
  );

describe("splitEpisodes", () => {
  it("ends episodes at either flag, at both, and at the end of the data", () => {
    expect(episodes([], [])).toEqual([]);
    expect(episodes([0], [0])).toEqual([[0, 1, false, false]]);
    expect(episodes([1, 0, 0, 1, 0], [0, 0, 1, 1, 0])).toEqual([
      [0, 1, true, false],
      [1, 3, false, true],
      [3, 4, true, true],
      [4, 5, false, false],
    ]);
  });
});

describe("episodeReturns", () => {
  it("adds in double precision", () => {
    const rewards = Float32Array.of(2 ** 24, 1, 1, 5);
    const both = splitEpisodes(Uint8Array.of(0, 0, 1, 0), Uint8Array.of(0, 0, 0, 1));
    expect(episodeReturns({ rewards, episodes: both })).toEqual(Float64Array.of(2 ** 24 + 2, 5));
  });
});

describe("trajectories", () => {
  it("are views of the set's rows, one per episode", async () => {
    writeSmall(file("small.hdf5"));
    const set = await readD4rl(file("small.hdf5"));
    const [first, second, ...none] = trajectories(set);
    expect(none).toEqual([]);
    expect(first).toEqual({
      length: 3,
      observations: Float32Array.of(0, 1, 2, 3, 4, 5),
      actions: Float32Array.of(0.5, -0.5, 0.25),
      nextObservations: Float32Array.of(100, 101, 102, 103, 104, 105),
      rewards: Float32Array.of(1, 2, 4),
      terminated: true,
      truncated: false,
    });
    expect(second).toMatchObject({ length: 3, actions: Float32Array.of(1, -1, 0), truncated: true });
    expect(second.observations.buffer).toBe(set.observations.buffer);
  });
});

describe("rowsWithKnownNext", () => {
  it("leaves out rows whose next observation the file does not hold", () => {
    expect([...rowsWithKnownNext({ size: 3 })]).toEqual([0, 1, 2]);
    const unknownNextObservations = Uint8Array.of(0, 1, 0, 1);
    expect([...rowsWithKnownNext({ size: 4, unknownNextObservations })]).toEqual([0, 2]);
  });
});

it("a trajectory whose last next state is not known stays so as a set of its own, and joined to others", async () => {
  // without next_observations: rows 0 to 2 terminate, 3 to 5 are cut, so that their last row has no next state and is left out
  writeSmall(file("demos.hdf5"), { next_observations: undefined });
  const set = await readD4rl(file("demos.hdf5"));
  const parts = [...trajectories(set)].map((trajectory) => setOfTrajectory(trajectory, set.environment));
  expect(parts.map(({ size }) => size)).toEqual([3, 2]);
  expect(parts.map(({ unknownNextObservations }) => [...(unknownNextObservations ?? [])])).toEqual([[0, 0, 1], [0, 0]]);
  // no world model learns that nothing happens where an episode ends
  expect([...rowsWithKnownNext(concatenate(parts))]).toEqual([0, 1, 3, 4]);
});
