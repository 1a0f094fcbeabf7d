import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { loadPolicy } from "../../agents/index.ts";
import type { Evaluation } from "../../agents/rollout.ts";
import { episodeReturns, readD4rl } from "../../datasets/index.ts";
import { make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { loadSafetensors } from "../../src/runs/index.ts";
import { bytes, motive, motiveJson, temporaryFolder } from "./command-line.ts";

const folder = temporaryFolder();
const packaged = (name: string) => fileURLToPath(new URL(`../../datasets/${name}`, import.meta.url));

beforeAll(() => {
  const sac = [
    "train",
    "sac",
    "Hopper-v5",
    "--preset",
    "smoke",
    "--set",
    "replayCapacity=3000",
    "--evaluate-every",
    "0",
  ];
  expect(motive(folder, ...sac, "--out", "run").code).toBe(0);
  expect(motive(folder, "collect", "run", "--episodes", "2", "--out", "demos.hdf5").code).toBe(0);
  const irl = [
    "train",
    "ml-irl",
    "Hopper-v5",
    "--preset",
    "smoke",
    "--demos",
    "demos.hdf5",
    "--evaluate-every",
    "0",
  ];
  expect(motive(folder, ...irl, "--set", "sac.replayCapacity=4000", "--out", "irl").code).toBe(0);
});

describe("motive evaluate", () => {
  it("gives the same numbers each time, and others for another seed", () => {
    const evaluate = (...words: string[]) =>
      motiveJson(folder, "evaluate", "run", "--episodes", "3", ...words) as Evaluation;
    const first = evaluate();
    expect(evaluate()).toEqual(first);
    expect(evaluate("--seed", "1").returns).not.toEqual(first.returns);
    expect(evaluate("--stochastic").returns).not.toEqual(first.returns);
    expect(first.returns).toHaveLength(3);
    const [a, b, c] = first.returns;
    expect(first.mean).toBeCloseTo((a + b + c) / 3, 9);
    expect(first.std).toBeCloseTo(
      Math.sqrt(((a - first.mean) ** 2 + (b - first.mean) ** 2 + (c - first.mean) ** 2) / 3),
      9,
    );
    expect([first.min, first.max]).toEqual([Math.min(a, b, c), Math.max(a, b, c)]);
  });

  it("does not change the first episodes when more are played", () => {
    const [few, many] = ["2", "4"].map(
      (n) => motiveJson(folder, "evaluate", "run", "--episodes", n) as Evaluation,
    );
    expect(many.returns.slice(0, 2)).toEqual(few.returns);
  });

  it("finds in an exported policy what it finds in the run", () => {
    expect(motive(folder, "export", "run", "--safetensors", "policy.safetensors").code).toBe(0);
    const [run, file] = ["run", "policy.safetensors"].map(
      (path) => motiveJson(folder, "evaluate", path) as Evaluation,
    );
    expect({ ...file, policy: "" }).toEqual({ ...run, policy: "" });
  });

  it("prints a table for people", () => {
    const { code, stdout } = motive(folder, "evaluate", "run", "--episodes", "2");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^run in Hopper-v5, 2 episodes\n {2}return +[\d.]+ ± [\d.]+\n {2}smallest, largest +[\d.]+, [\d.]+\n/,
    );
  });
});

describe("motive collect", () => {
  it("writes the same bytes for the same policy, seed and number of episodes", () => {
    const collect = (name: string, ...words: string[]) => {
      expect(motive(folder, "collect", "run", "--episodes", "2", "--out", name, ...words).code).toBe(0);
      return bytes(folder, name);
    };
    const first = collect("a.hdf5", "--seed", "3");
    expect(collect("b.hdf5", "--seed", "3", "--deterministic")).toEqual(first);
    expect(collect("c.hdf5", "--seed", "4")).not.toEqual(first);
    expect(collect("d.hdf5", "--seed", "3", "--stochastic")).not.toEqual(first);
  });

  it("regenerates the packaged demonstration from the packaged policy, bit for bit", () => {
    const expert = packaged("policies/hopper-v5-expert.safetensors");
    const words = ["--episodes", "1", "--seed", "0", "--stochastic", "--out", "packaged.hdf5"];
    expect(motive(folder, "collect", expert, ...words).code).toBe(0);
    expect(bytes(folder, "packaged.hdf5")).toEqual(bytes(packaged("demonstrations/hopper-v5-1.hdf5")));
  });

  it("says where the data are from, without a path of this machine", async () => {
    const { environment, metadata } = await readD4rl(join(folder, "demos.hdf5"));
    expect(environment).toBe("Hopper-v5");
    expect(metadata).toMatchObject({
      policy: "run",
      seed: 0,
      mode: "mean",
      episodes: 2,
      command: "motive collect run --episodes 2 --seed 0 --deterministic",
    });
    expect(bytes(folder, "demos.hdf5").includes(folder)).toBe(false);
  });

  it("records what the environment did: the recorded actions lead from each recorded state to the next", async () => {
    const set = await readD4rl(join(folder, "demos.hdf5"), { environment: "Hopper-v5" });
    const { size } = set;
    const [qpos, qvel] = ["qpos", "qvel"].map((name) => set.infos[name]?.values as Float64Array);
    expect(qpos).toBeInstanceOf(Float64Array);
    expect(set.episodes).toHaveLength(2);
    const environment = await make("Hopper-v5");
    const row = (values: Float32Array | Float64Array, i: number) =>
      values.subarray((i * values.length) / size, ((i + 1) * values.length) / size);
    for (const { start, end, terminated, truncated } of set.episodes) {
      expect(terminated !== truncated).toBe(true);
      const first = environment.setState(row(qpos, start), row(qvel, start));
      expect(Float32Array.from(first)).toEqual(row(set.observations, start));
      for (let i = start; i < end; i++) {
        expect(environment.qpos).toEqual(row(qpos, i));
        const step = environment.step(row(set.actions, i));
        expect(Float32Array.from(step.observation)).toEqual(row(set.nextObservations, i));
        expect(Math.fround(step.reward)).toBe(set.rewards[i]);
        expect(step.terminated).toBe(set.terminals[i] === 1);
        if (i + 1 < end) expect(row(set.observations, i + 1)).toEqual(row(set.nextObservations, i));
      }
    }
    environment.close();
    const { returns } = motiveJson(folder, "evaluate", "run", "--episodes", "2") as Evaluation;
    expect(returns.length).toBe(2);
    episodeReturns(set).forEach((value, i) => expect(value).toBeCloseTo(returns[i], 2));
  });
});

describe("motive export", () => {
  it("writes a policy as an ONNX model that acts as the policy does, for any number of rows", async () => {
    expect(motive(folder, "export", "run", "--onnx", "policy.onnx").code).toBe(0);
    const session = await ort.InferenceSession.create(join(folder, "policy.onnx"));
    const policy = loadPolicy(join(folder, "run", "policy.safetensors"));
    const random = createRandom(1);
    const observations = new Float32Array(5 * 11);
    random.fillNormal(observations);
    const { action } = await session.run({ observation: new ort.Tensor("float32", observations, [5, 11]) });
    expect(action.dims).toEqual([5, 3]);
    const expected = new Float64Array(3);
    for (let i = 0; i < 5; i++) {
      policy.act(observations.subarray(i * 11, (i + 1) * 11), "mean", random, expected);
      expected.forEach((value, j) => expect((action.data as Float32Array)[i * 3 + j]).toBeCloseTo(value, 5));
    }
    await session.release();
  });

  it("writes a learned reward as ONNX and as safetensors", async () => {
    const words = [
      "export",
      "irl",
      "--reward",
      "--onnx",
      "reward.onnx",
      "--safetensors",
      "reward.safetensors",
    ];
    const { code, stdout } = motive(folder, ...words);
    expect(stdout).toBe("wrote the reward to reward.onnx\nwrote the reward to reward.safetensors\n");
    expect(code).toBe(0);
    const session = await ort.InferenceSession.create(join(folder, "reward.onnx"));
    const feeds = {
      observation: new ort.Tensor("float32", new Float32Array(2 * 11), [2, 11]),
      action: new ort.Tensor("float32", new Float32Array(2 * 3), [2, 3]),
    };
    const { reward } = await session.run(feeds);
    expect(reward.data).toHaveLength(2);
    expect(Number.isFinite(reward.data[0])).toBe(true);
    await session.release();
    expect(loadSafetensors(join(folder, "reward.safetensors")).metadata.kind).toBe("reward");
    expect(bytes(folder, "reward.safetensors")).toEqual(bytes(folder, "irl", "reward.safetensors"));
  });
});
