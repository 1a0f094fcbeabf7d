import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agents, loadPolicy } from "../../agents/index.ts";
import type { PolicyArchitecture } from "../../agents/network-policy.ts";
import type { RewardArchitecture } from "../../agents/reward-network.ts";
import type { Policy } from "../../agents/policy.ts";
import type { AgentDefinition, Exportable, InputName, Metrics, RunInputs, Trainer } from "../../agents/trainer.ts";
import { concatenate, setOfTrajectory } from "../../datasets/index.ts";
import { environmentSpec, make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { readCheckpoint, saveSafetensors, writeCheckpoint, type NumericArray } from "../../src/runs/index.ts";
import { expectClose, uniformValues } from "../nn/graphs.ts";
import { demonstrate, optimalRegulator } from "./demonstrations.ts";
import { plainNetwork } from "./plain-network.ts";

const id = "Regulator-v0";
const makeEnvironment = () => make(id);

let directory = "";
let inputs: Required<Pick<RunInputs, "demonstrations" | "dataset">>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "motive-agents-"));
  const environment = await makeEnvironment();
  const demonstrations = await demonstrate(environment, optimalRegulator(0.1), 2);
  // the dataset holds other episodes, of a policy with much more noise
  const { trajectories } = await demonstrate(environment, optimalRegulator(0.7), 6);
  inputs = { demonstrations, dataset: concatenate(trajectories.map((one) => setOfTrajectory(one, id))) };
});

/** The inputs that an agent cannot do without. */
const inputsOf = ({ takes }: AgentDefinition): RunInputs =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => takes[name as InputName] === "required"));

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const longer: Readonly<Record<string, object>> = { bc: { steps: 1200 }, mopo: { steps: 1500 }, "offline-ml-irl": { steps: 800 } };

/** The smoke preset as it is, except where it would be over before it can be interrupted; and what else is kept apart. */
const cases: readonly { name: string; agent: AgentDefinition; changes: object }[] = [
  ...agents.map((agent) => ({ name: agent.name, agent, changes: longer[agent.name] ?? {} })),
  {
    name: "bc by squared errors",
    agent: agents.find(({ name }) => name === "bc")!,
    changes: { steps: 1200, loss: "mean-square", trajectories: 2, activation: "silu" },
  },
  {
    name: "ml-irl with a reward of states, an absorbing state, rollouts and a penalty",
    agent: agents.find(({ name }) => name === "ml-irl")!,
    changes: {
      steps: 1500,
      rewardInput: "state",
      afterTermination: "absorbing",
      agentSamples: "rollouts",
      policyEpisodes: 1.5,
      discounted: true,
      rewardActivation: "silu",
      rewardBound: { kind: "tanh", value: 2 },
      gradientPenalty: { weight: 1, target: 0.1 },
    },
  },
  {
    name: "offline-ml-irl with a reward of states, first states and discounted steps, without the expert in the data",
    agent: agents.find(({ name }) => name === "offline-ml-irl")!,
    changes: {
      steps: 800,
      rewardInput: "state",
      agentStarts: "first",
      discounted: true,
      afterTermination: "stop",
      demonstrationsInData: false,
      expertStarts: 0,
      penalty: { kind: "disagreement", coefficient: 2 },
    },
  },
  {
    name: "offline-ml-irl from the solver's own experience",
    agent: agents.find(({ name }) => name === "offline-ml-irl")!,
    changes: { steps: 800, agentSamples: "experience", afterTermination: "absorbing", penalty: { kind: "ensemble-variance" } },
  },
];

function bytesOf({ buffer, byteOffset, byteLength }: NumericArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** One number for everything that a trainer consists of. */
function fingerprint(trainer: Trainer): string {
  const { arrays, values } = trainer.snapshot();
  const hash = createHash("sha256").update(JSON.stringify(values));
  for (const [name, array] of Object.entries(arrays)) hash.update(name).update(bytesOf(array));
  return hash.digest("hex");
}

/** Every named array of what is trained last: policy and reward, or a world model that is all there is. */
function weightsOf({ policy, reward, model }: Trainer): Record<string, number[]> {
  const named = (policy === undefined ? [model] : [policy, reward]).flatMap((part) => (part ? Object.entries(part.weights()) : []));
  return Object.fromEntries(named.map(([name, { values }], i) => [`${i} ${name}`, [...values]]));
}

async function finish(trainer: Trainer, between: (trainer: Trainer) => void = () => undefined): Promise<Metrics[]> {
  const records: Metrics[] = [];
  while (!trainer.done) {
    records.push(await trainer.advance());
    between(trainer);
  }
  return records;
}

describe.each(agents.map((agent) => ({ name: agent.name, agent })))("the options of $name", ({ agent }) => {
  it("are complete without any given, and refuse unknown names", () => {
    const defaults = agent.config.parse({}) as Record<string, unknown>;
    expect(defaults.steps).toBeGreaterThan(0);
    expect(agent.config.safeParse({ learningRat: 1 }).success).toBe(false);
    expect(agent.config.safeParse({ steps: "many" }).success).toBe(false);
    for (const [name, value] of Object.entries(defaults)) {
      // options within options, too
      if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
      expect(agent.config.safeParse({ [name]: value }).success, name).toBe(true);
      expect(agent.config.safeParse({ [name]: { ...value, unheardOf: 1 } }).success, name).toBe(false);
    }
  });

  it("have presets that fit, each longer than the one before", () => {
    for (const environment of [id, "Hopper-v5"]) {
      const presets = agent.presets(environmentSpec(environment));
      const steps = (["smoke", "quick", "paper"] as const).map((name) => {
        const config = agent.config.parse(presets[name]) as Record<string, unknown>;
        return Number(config.steps);
      });
      expect(steps[0]).toBeLessThan(steps[1]);
      expect(steps[1]).toBeLessThan(steps[2]);
    }
  });
});

describe.each(cases)("$name", ({ name, agent, changes }) => {
  const create = (seed: number): Promise<Trainer> => {
    const config = agent.config.parse({ ...agent.presets(environmentSpec(id)).smoke, ...changes });
    return agent.create(
      { environment: environmentSpec(id), makeEnvironment, seed, ...inputsOf(agent) },
      config,
    );
  };
  const checkpoint = (): string => join(directory, `${name}.safetensors`);

  let trained: Trainer;
  let records: Metrics[];
  let savedAt = -1;

  beforeAll(async () => {
    trained = await create(1);
    records = [];
    let last = 0;
    while (!trained.done) {
      const metrics = await trained.advance();
      records.push(metrics);
      for (const [key, value] of Object.entries(metrics)) expect(value, key).toBeTypeOf("number");
      for (const [key, value] of Object.entries(metrics)) expect(Number.isFinite(value), `${key} = ${value}`).toBe(true);
      expect(metrics.environmentSteps).toBe(trained.environmentSteps);
      expect(trained.steps, "progress").toBeGreaterThan(last);
      expect(trained.steps, "progress").toBeLessThanOrEqual(trained.totalSteps);
      last = trained.steps;
      if (savedAt < 0 && 2 * trained.steps >= trained.totalSteps) {
        savedAt = records.length;
        writeCheckpoint(checkpoint(), trained.snapshot());
      }
    }
    expect(last).toBe(trained.totalSteps);
  });

  afterAll(() => {
    trained.close();
  });

  it("learns: its weights move", async () => {
    const fresh = await create(1);
    // a policy in a world model comes after the model
    while (trained.policy !== undefined && fresh.policy === undefined) await fresh.advance();
    expect(Object.keys(weightsOf(fresh))).toEqual(Object.keys(weightsOf(trained)));
    for (const [array, values] of Object.entries(weightsOf(fresh))) {
      // the constant of a reward moves only where trajectories differ in length
      if (trained.reward && array.endsWith("/bias")) continue;
      // a world model's standardisation is the data's
      if (/(Mean|Scale)$/.test(array)) continue;
      expect(weightsOf(trained)[array], array).not.toEqual(values);
    }
    fresh.close();
  });

  it("continues a checkpoint in a new trainer to the same numbers", async () => {
    expect(savedAt).toBeLessThan(records.length);
    // another seed, of which nothing may be left
    const resumed = await create(2);
    await resumed.restore(readCheckpoint(checkpoint()));
    expect(await finish(resumed)).toEqual(records.slice(savedAt));
    expect(weightsOf(resumed)).toEqual(weightsOf(trained));
    expect(fingerprint(resumed)).toBe(fingerprint(trained));
    resumed.close();
  });

  it("gives the same weights from the same seed, whoever watches, and others from another", async () => {
    const [again, other] = [await create(1), await create(2)];
    const random = createRandom(99);
    const action = new Float64Array(1);
    const again1 = await finish(again, ({ policy }) => {
      policy?.act([0.1, 0.2], "sample", random, action);
      policy?.onnx();
    });
    expect(again1).toEqual(records);
    expect(fingerprint(again)).toBe(fingerprint(trained));
    await other.advance();
    expect(fingerprint(other)).not.toBe(fingerprint(trained));
    expect(weightsOf(other)).not.toEqual(weightsOf(trained));
    again.close();
    other.close();
  });

  /** Runs an exported model by onnxruntime alone. */
  const run = async (
    exportable: Exportable,
    inputs: Record<string, { width: number; values: Float32Array }>,
  ): Promise<Float32Array> => {
    const session = await InferenceSession.create(exportable.onnx(), { logSeverityLevel: 3 });
    const tensors = Object.entries(inputs)
      .filter(([input]) => session.inputNames.includes(input))
      .map(([input, { width, values }]) => [input, new Tensor("float32", values, [values.length / width, width])]);
    expect(tensors).toHaveLength(session.inputNames.length);
    const [output] = session.outputNames;
    const result = (await session.run(Object.fromEntries(tensors) as Record<string, Tensor>))[output];
    expect(result.dims).toEqual([inputs.observation.values.length / inputs.observation.width, 1]);
    await session.release();
    return result.data as Float32Array;
  };

  const random = createRandom(4);
  const observations = uniformValues(random, 2 * 7, -2, 2);
  const given = uniformValues(random, 7, -1, 1);
  const rowAt = (i: number): number[] => [...observations.subarray(2 * i, 2 * i + 2)];
  const actionsOf = (policy: Policy, mode: "mean" | "sample"): number[] => {
    const noise = createRandom(12);
    const action = new Float64Array(1);
    return Array.from({ length: 7 }, (_, i) => {
      policy.act(rowAt(i), mode, noise, action);
      return action[0];
    });
  };

  it("exports its policy as a model that acts alike", async () => {
    const { policy } = trained;
    expect(policy !== undefined).toBe(agent.name !== "world-model");
    if (!policy) return;
    const { activation } = JSON.parse(policy.metadata().architecture) as PolicyArchitecture;
    const expected = Array.from({ length: 7 }, (_, i) => Math.tanh(plainNetwork(policy.weights(), activation, rowAt(i))[0]));
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.1);
    expectClose(actionsOf(policy, "mean"), expected, { relative: 1e-5, absolute: 1e-5 });
    const seven = await run(policy, { observation: { width: 2, values: observations } });
    expectClose(seven, expected, { relative: 1e-5, absolute: 1e-5 });
    const one = await run(policy, { observation: { width: 2, values: observations.slice(0, 2) } });
    expectClose(one, expected.slice(0, 1), { relative: 1e-5, absolute: 1e-5 });
  });

  it("exports its policy as weights from which it is rebuilt", () => {
    const { policy } = trained;
    expect(policy !== undefined).toBe(agent.name !== "world-model");
    if (!policy) return;
    const path = join(directory, `${name}-policy.safetensors`);
    saveSafetensors(path, policy.weights(), { ...policy.metadata() });
    const loaded = loadPolicy(path);
    expect(loaded.architecture.environment).toBe(id);
    expect(actionsOf(loaded, "mean")).toEqual(actionsOf(policy, "mean"));
    expect(actionsOf(loaded, "sample")).toEqual(actionsOf(policy, "sample"));
    expect(actionsOf(loaded, "sample")).not.toEqual(actionsOf(policy, "mean"));
  });

  it("exports its reward, if it learns one, as a model that gives the same numbers", async () => {
    const { reward } = trained;
    expect(reward !== undefined).toBe(agent.name.endsWith("ml-irl"));
    if (!reward) return;
    const { input, activation, bound, absorbing } = JSON.parse(reward.metadata().architecture) as RewardArchitecture;
    const expected = Array.from({ length: 7 }, (_, i) => {
      const row = [...rowAt(i), ...(input === "state" ? [] : [given[i]]), ...(absorbing ? [0] : [])];
      const [raw] = plainNetwork(reward.weights(), activation, row);
      return bound.kind === "tanh"
        ? bound.value * Math.tanh(raw / bound.value)
        : Math.max(-bound.value, Math.min(bound.value, raw));
    });
    expect(new Set(expected).size).toBe(7);
    const columns = (count: number) => ({
      observation: { width: 2, values: observations.slice(0, 2 * count) },
      ...(input === "state-action" && { action: { width: 1, values: given.slice(0, count) } }),
    });
    expectClose(await run(reward, columns(7)), expected, { relative: 1e-5, absolute: 1e-5 });
    expectClose(await run(reward, columns(1)), expected.slice(0, 1), { relative: 1e-5, absolute: 1e-5 });
  });
});
