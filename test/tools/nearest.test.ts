import { describe, expect, it } from "vitest";
import { nearest, suggestion } from "../../tools/nearest.ts";

describe("nearest", () => {
  const names = ["sac", "bc", "ml-irl", "gail"];

  it.each([
    ["sca", ["sac"]],
    ["ml_irl", ["ml-irl"]],
    ["mlirl", ["ml-irl"]],
    ["gial", ["gail"]],
    ["SAC", ["sac"]],
    ["transformer", []],
  ])("finds for %s what it may have meant", (name, expected) => {
    expect(nearest(name, names).slice(0, 1)).toEqual(expected);
  });

  it("puts the nearest first and leaves out what is far", () => {
    expect(nearest("Hoper-v5", ["HalfCheetah-v5", "Hopper-v4", "Hopper-v5"])).toEqual([
      "Hopper-v5",
      "Hopper-v4",
    ]);
  });

  it("finds a nested option by its last part", () => {
    expect(nearest("hidden", ["steps", "sac.hidden", "rewardHidden"])[0]).toBe("sac.hidden");
  });
});

describe("suggestion", () => {
  it("asks for what is near, and lists all where nothing is", () => {
    expect(suggestion("Hoper-v5", ["Hopper-v4", "Hopper-v5"])).toBe("; did you mean Hopper-v5 or Hopper-v4?");
    expect(suggestion("transformer", ["sac", "bc"])).toBe("; there is sac, bc");
  });
});
