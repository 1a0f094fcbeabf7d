import { describe, expect, it } from "vitest";
import { d4rlReference, normalizedScore, referenceScores } from "../../datasets/scores.ts";

describe("normalised scores", () => {
  it.each([
    // Worked out in Python from the table of D4RL's infos.py, times 100.
    ["Hopper-v5", 3000, 92.80089738242887],
    ["Hopper-v2", -20.272305, 0],
    ["HalfCheetah-v5", 12135, 100],
    ["HalfCheetah-v4", 0, 2.2567451831396887],
    ["Walker2d-v5", 5000, 108.8810546586868],
    ["Ant-v5", 1000, 31.522126839940075],
  ])("of %s at a return of %f are D4RL's: %f", (environment, value, expected) => {
    expect(100 * normalizedScore(value, d4rlReference(environment)!)).toBeCloseTo(expected, 10);
  });

  it("are those that came with a Minari dataset, before D4RL's of the robot", () => {
    const minari = { ref_min_score: 100, ref_max_score: 300 };
    const scores = referenceScores({ environment: "Hopper-v5", minari });
    expect(scores).toEqual({ min: 100, max: 300, source: "Minari" });
    expect(normalizedScore(250, scores!)).toBe(0.75);
    expect(referenceScores({ environment: "Hopper-v5", minari: { ref_min_score: 100 } })?.source).toBe(
      "D4RL",
    );
    expect(
      referenceScores({ environment: "Hopper-v5", minari: { ref_min_score: 1, ref_max_score: 1 } })?.source,
    ).toBe("D4RL");
  });

  it("do not exist for robots that D4RL does not have", () => {
    for (const environment of ["Humanoid-v5", "CustomAnt-v0", "constructor", undefined])
      expect(referenceScores({ environment })).toBeUndefined();
  });
});
