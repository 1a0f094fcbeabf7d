import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openSource, type EpisodeSource } from "../../../agents/generation/source.ts";
import { playEpisodes } from "../../../agents/generation/threads.ts";
import { loadPolicy } from "../../../agents/index.ts";
import { rolloutEpisodes, type Trajectory } from "../../../agents/rollout.ts";
import { make } from "../../../envs/index.ts";
import { UserError } from "../../../src/errors.ts";
import { plainNetwork } from "../plain-network.ts";

const policy = fileURLToPath(
  new URL("../../../datasets/policies/hopper-v5-expert.safetensors", import.meta.url),
);
const expert: EpisodeSource = { kind: "policy", environment: "Hopper-v5", policy, seed: 5 };
const random: EpisodeSource = { kind: "random", environment: "Hopper-v5", seed: 5 };

/** log π of a recorded action, from the policy's weights: N(atanh a; μ, σ²) over 1 − a². */
function densityAt({ observations, actions }: Trajectory, t: number): number {
  const { weights } = loadPolicy(policy);
  const heads = plainNetwork(weights(), "relu", [...observations.subarray(11 * t, 11 * t + 11)]);
  return [0, 1, 2].reduce((sum, j) => {
    const a = actions[3 * t + j];
    const [mu, std] = [heads[j], Math.exp(heads[3 + j])];
    const gaussian = Math.exp(-0.5 * ((Math.atanh(a) - mu) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));
    return sum + Math.log(gaussian / (1 - a ** 2));
  }, 0);
}

describe("episodes of a policy", () => {
  it("are those of rolloutEpisodes, with the density of each action", async () => {
    const player = await openSource(expert);
    const environment = await make("Hopper-v5");
    const options = { episodes: 2, seed: 5, mode: "sample", recordState: true } as const;
    let i = 0;
    for await (const trajectory of rolloutEpisodes(environment, loadPolicy(policy), options)) {
      const played = await player.play(i++);
      expect(played.trajectory).toEqual(trajectory);
      expect(played.logProbs).toHaveLength(trajectory.length);
      for (let t = 0; t < 100; t++) expect(played.logProbs?.[t]).toBeCloseTo(densityAt(trajectory, t), 2);
      // The episode can be found again by its seed.
      const { observation } = environment.reset({ seed: played.seed });
      expect(Float32Array.from(observation)).toEqual(trajectory.observations.slice(0, 11));
    }
    environment.close();
    player.close();
  });

  it("come from a policy for that environment only", async () => {
    await expect(openSource({ ...expert, environment: "Walker2d-v5" })).rejects.toThrow(
      new UserError(`${policy}: a policy for Hopper-v5, the set is of Walker2d-v5`),
    );
    const missing = join(policy, "..", "none.safetensors");
    await expect(openSource({ ...expert, policy: missing })).rejects.toThrow(UserError);
  });
});

describe("episodes of uniform actions", () => {
  it("are the same whatever was played before", async () => {
    const [first, second] = [await openSource(random), await openSource(random)];
    const inOrder = [await first.play(0), await first.play(1), await first.play(2)];
    expect(await second.play(2)).toEqual(inOrder[2]);
    expect(await second.play(0)).toEqual(inOrder[0]);
    expect(inOrder[0]).not.toEqual(inOrder[1]);
    const listed = [];
    for await (const episode of playEpisodes(random, { workers: 0, episodes: 3 })) listed.push(episode);
    expect(listed).toEqual(inOrder);
    first.close();
    second.close();
  });

  it("cover the action space evenly, with its density", async () => {
    // Humanoid's actions lie in ±0.4.
    const player = await openSource({ kind: "random", environment: "Humanoid-v5", seed: 0 });
    const actions: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { trajectory, logProbs } = await player.play(i);
      actions.push(...trajectory.actions);
      expect(logProbs?.every((value) => value === Math.fround(-17 * Math.log(0.8)))).toBe(true);
    }
    player.close();
    const mean = actions.reduce((a, b) => a + b, 0) / actions.length;
    const variance = actions.reduce((a, b) => a + b ** 2, 0) / actions.length;
    expect(Math.max(...actions.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.4));
    // Five standard errors of a uniform distribution's moments.
    const root = Math.sqrt(actions.length);
    expect(Math.abs(mean)).toBeLessThan((5 * 0.4) / Math.sqrt(3) / root);
    expect(Math.abs(variance / (0.16 / 3) - 1)).toBeLessThan((5 * Math.sqrt(9 / 5 - 1)) / root);
  });

  it("end with the reason of an aborted signal", async () => {
    const stopping = new AbortController();
    const played: number[] = [];
    const playing = async () => {
      for await (const { trajectory } of playEpisodes(random, { workers: 0, signal: stopping.signal })) {
        played.push(trajectory.length);
        if (played.length === 2) stopping.abort(new Error("enough"));
      }
    };
    await expect(playing()).rejects.toThrow("enough");
    expect(played).toHaveLength(2);
  });
});
