import { describe, expect, it } from "vitest";
import { createEpisode } from "../../src/viewer/episode.ts";

const episode = (limit: number) =>
  createEpisode({
    id: "e",
    track: "t",
    choice: "c",
    label: "an episode",
    robot: "r",
    dt: 0.01,
    columns: [
      { name: "pose", width: 2, type: "float32" },
      { name: "qpos", width: 1, type: "float64" },
    ],
    channels: [],
    probes: false,
    limit,
  });

describe("an episode", () => {
  it("grows beyond its first capacity and gives every frame back", () => {
    const grown = episode(1000);
    for (let i = 0; i < 1000; i++) grown.push({ pose: [i, -i], qpos: [i / 3] });
    expect(grown.length).toBe(1000);
    for (const frame of [0, 255, 256, 511, 999]) {
      expect([...grown.row("pose", frame)]).toEqual([frame, -frame]);
      expect([...grown.row("qpos", frame)]).toEqual([frame / 3]);
    }
    const { from, count, columns } = grown.slice(254, 258, ["qpos"]);
    expect({ from, count }).toEqual({ from: 254, count: 4 });
    expect(columns).toEqual({ qpos: Float64Array.of(254 / 3, 255 / 3, 256 / 3, 257 / 3) });
  });

  it("holds no more frames than its limit", () => {
    const full = episode(3);
    for (let i = 0; i < 3; i++) full.push({});
    expect(() => full.push({})).toThrow(/no room for frame 3/);
  });

  it("fills what a frame leaves out with NaN, and refuses what is too long", () => {
    const partial = episode(4);
    partial.push({ pose: [1] });
    expect([...partial.row("pose", 0)]).toEqual([1, NaN]);
    expect([...partial.row("qpos", 0)]).toEqual([NaN]);
    expect(() => partial.push({ qpos: [1, 2] })).toThrow(/"qpos" has 2 numbers, expected 1/);
  });

  it("cuts what is asked for to what there is, as a copy", () => {
    const short = episode(10);
    short.push({ qpos: [1] });
    short.push({ qpos: [2] });
    const part = short.slice(1, 100, ["qpos", "torques"]);
    expect(part).toEqual({ episode: "e", from: 1, count: 1, columns: { qpos: Float64Array.of(2) } });
    part.columns.qpos?.fill(9);
    expect([...short.row("qpos", 1)]).toEqual([2]);
    expect(short.slice(5, 3, ["qpos"]).count).toBe(0);
    expect(short.rowBytes(["pose", "qpos", "torques"])).toBe(16);
  });
});
