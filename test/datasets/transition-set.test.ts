import { describe, expect, it } from "vitest";
import { episodeReturns, splitEpisodes } from "../../datasets/transition-set.ts";

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
