import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianOf, loadNetworkPolicy, networkPolicy, type PolicyArchitecture } from "../../agents/network-policy.ts";
import { createRandom } from "../../src/random/index.ts";
import { saveSafetensors } from "../../src/runs/index.ts";
import { UserError } from "../../src/errors.ts";
import { expectClose, uniformValues } from "../nn/graphs.ts";
import { plainNetwork } from "./plain-network.ts";

const architecture: PolicyArchitecture = {
  environment: "any",
  observationSize: 3,
  actionSize: 2,
  hidden: [5, 4],
  activation: "silu",
  actionLow: [-1, -0.4],
  actionHigh: [3, 0.4],
};
const { layout } = gaussianOf(architecture).network;
const phi = [uniformValues(createRandom(3), layout.chunks[0].size, -0.4, 0.4)];
const policy = networkPolicy(architecture, () => phi);
const observation = [0.5, -1, 0.25];
const [mu0, mu1, logStd0, logStd1] = plainNetwork(policy.weights(), "silu", observation);

describe("a network's policy", () => {
  it("acts by its mean, stretched to the bounds of the actions", () => {
    const action = new Float64Array(2);
    policy.act(observation, "mean", createRandom(0), action);
    expectClose(action, [1 + 2 * Math.tanh(mu0), 0.4 * Math.tanh(mu1)]);
  });

  it("samples the Gaussian that its network names, before tanh", () => {
    const random = createRandom(1);
    const count = 20_000;
    const action = new Float64Array(2);
    const u = Array.from({ length: count }, () => {
      policy.act(observation, "sample", random, action);
      return [Math.atanh((action[0] - 1) / 2), Math.atanh(action[1] / 0.4)];
    });
    [mu0, mu1].forEach((mu, j) => {
      const std = Math.exp([logStd0, logStd1][j]);
      const mean = u.reduce((sum, row) => sum + row[j], 0) / count;
      const variance = u.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) / count;
      // five standard errors
      expect(Math.abs(mean - mu)).toBeLessThan((5 * std) / Math.sqrt(count));
      expect(Math.abs(variance / std ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    });
  });

  it("gives the density of what it samples", () => {
    const [random, same] = [createRandom(2), createRandom(2)];
    const [action, sampled] = [new Float64Array(2), new Float64Array(2)];
    const logProb = policy.sample(observation, random, action);
    policy.act(observation, "sample", same, sampled);
    expect(action).toEqual(sampled);
    expect(random.state()).toEqual(same.state());
    const u = [Math.atanh((action[0] - 1) / 2), Math.atanh(action[1] / 0.4)];
    const gaussian = [mu0, mu1].map((mu, j) => {
      const std = Math.exp([logStd0, logStd1][j]);
      return -0.5 * ((u[j] - mu) / std) ** 2 - Math.log(std * Math.sqrt(2 * Math.PI));
    });
    // da/du
    const slope = [2 / Math.cosh(u[0]) ** 2, 0.4 / Math.cosh(u[1]) ** 2];
    expectClose([logProb], [gaussian[0] + gaussian[1] - Math.log(slope[0] * slope[1])], { relative: 1e-5 });
  });

  it("draws as many normal numbers as there are actions, and none for the mean", () => {
    const [random, counted] = [createRandom(5), createRandom(5)];
    const action = new Float64Array(2);
    policy.act(observation, "mean", random, action);
    expect(random.state()).toEqual(counted.state());
    policy.act(observation, "sample", random, action);
    counted.fillNormal(new Float32Array(2));
    expect(random.state()).toEqual(counted.state());
  });

  it("acts on a batch as on each of its rows", () => {
    const observations = uniformValues(createRandom(7), 4 * 3, -2, 2);
    const noise = new Float32Array(4 * 2);
    createRandom(8).fillNormal(noise);
    const actions = new Float32Array(4 * 2);
    policy.actions(observations, noise, actions);
    const random = createRandom(8);
    for (let i = 0; i < 4; i++) {
      const action = new Float64Array(2);
      policy.act(observations.subarray(3 * i, 3 * i + 3), "sample", random, action);
      expect([...actions.subarray(2 * i, 2 * i + 2)]).toEqual([...action].map(Math.fround));
    }
  });

  it("follows its parameters", () => {
    // an update alternates between two copies of the state, and writes into them in place
    const copies = [phi, [phi[0].slice()]];
    let current = 0;
    const following = networkPolicy(architecture, () => copies[current]);
    const act = (): number[] => {
      const action = new Float64Array(2);
      following.act(observation, "mean", createRandom(0), action);
      return [...action];
    };
    const before = act();
    current = 1;
    expect(act()).toEqual(before);
    copies[1][0].fill(0);
    const after = act();
    expect(after).not.toEqual(before);
    // all weights 0: the middle of the bounds
    expectClose(after, [1, 0]);
  });
});

describe("a policy's file", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "motive-policy-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("is refused when it holds something else", () => {
    const path = join(directory, "reward.safetensors");
    saveSafetensors(path, policy.weights(), { kind: "reward" });
    expect(() => loadNetworkPolicy(path)).toThrow(new UserError(`${path}: no policy, its metadata says kind "reward"`));
  });

  it("is refused when an array is missing or of another shape", () => {
    const path = join(directory, "policy.safetensors");
    const { "1/weight": weight, ...others } = policy.weights();
    saveSafetensors(path, others, { ...policy.metadata() });
    expect(() => loadNetworkPolicy(path)).toThrow(UserError);
    expect(() => loadNetworkPolicy(path)).toThrow(/"1\/weight".*\[5, 4\]/);
    saveSafetensors(path, { ...others, "1/weight": { shape: [4, 5], values: weight.values } }, { ...policy.metadata() });
    expect(() => loadNetworkPolicy(path)).toThrow(/"1\/weight" has shape \[4, 5\], the policy needs \[5, 4\]/);
  });
});
