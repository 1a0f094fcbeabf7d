import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agents } from "../../agents/index.ts";
import type { AgentDefinition } from "../../agents/trainer.ts";
import { listEnvironments } from "../../envs/index.ts";
import { configOptions, resolveConfig } from "../../tools/config.ts";
import type { ConfigRequest } from "../../tools/config.ts";
import { UsageError } from "../../tools/errors.ts";

const schema = z.strictObject({
  steps: z.int().positive().default(1000).describe("environment steps"),
  policyLearningRate: z.number().positive().default(1e-3).describe("step size"),
  hidden: z.array(z.int().positive()).default([256, 256]).describe("layer sizes"),
  automatic: z.boolean().default(true).describe("learn the temperature"),
  entropy: z
    .union([z.literal("auto"), z.number()])
    .default("auto")
    .describe("target entropy"),
  limit: z.number().nullable().default(null).describe("limit, or none"),
  label: z.string().default("").describe("free text"),
  reward: z
    .strictObject({
      input: z.enum(["state", "state-action"]).default("state-action").describe("what the reward sees"),
      bound: z.number().default(10).describe("largest |r|"),
    })
    .prefault({}),
});

const agent: AgentDefinition<typeof schema> = {
  name: "example",
  description: "",
  takes: {},
  config: schema,
  presets: () => ({
    smoke: { steps: 10, reward: { bound: 1 } },
    quick: { steps: 100, hidden: [8] },
    paper: { policyLearningRate: -1 },
  }),
  create: () => Promise.reject(new Error("not to be trained")),
};

const [environment] = listEnvironments();
const resolve = (request: Partial<ConfigRequest>) =>
  resolveConfig(agent, environment, { set: [], ...request });
const refusal = (request: Partial<ConfigRequest>): string => {
  try {
    resolve(request);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
};

describe("the configuration of a run", () => {
  const defaults = {
    steps: 1000,
    policyLearningRate: 1e-3,
    hidden: [256, 256],
    automatic: true,
    entropy: "auto",
    limit: null,
    label: "",
    reward: { input: "state-action", bound: 10 },
  };

  it("is the schema's defaults when nothing is asked for", () => {
    expect(resolve({})).toEqual(defaults);
  });

  it("lays the preset over the defaults, --steps over the preset, and --set over both", () => {
    expect(resolve({ preset: "quick" })).toEqual({ ...defaults, steps: 100, hidden: [8] });
    expect(resolve({ preset: "quick", steps: 50 })).toEqual({ ...defaults, steps: 50, hidden: [8] });
    expect(resolve({ preset: "quick", steps: 50, set: ["steps=7", "hidden=4,2"] })).toEqual({
      ...defaults,
      steps: 7,
      hidden: [4, 2],
    });
  });

  it("changes one part of a nested object and keeps what the preset said of the others", () => {
    expect(resolve({ preset: "smoke", set: ["reward.input=state"] })).toMatchObject({
      reward: { input: "state", bound: 1 },
    });
  });

  it("takes the later of two values for the same path", () => {
    expect(resolve({ set: ["steps=3", "steps=4"] })).toMatchObject({ steps: 4 });
  });

  it.each([
    ["policyLearningRate=3e-4", { policyLearningRate: 0.0003 }],
    ["hidden=64", { hidden: [64] }],
    ["hidden=", { hidden: [] }],
    ["hidden=[1,2,3]", { hidden: [1, 2, 3] }],
    ["automatic=false", { automatic: false }],
    ["entropy=auto", { entropy: "auto" }],
    ["entropy=-3", { entropy: -3 }],
    ["limit=null", { limit: null }],
    ["limit=2.5", { limit: 2.5 }],
    ["label=12", { label: "12" }],
    ["label=a=b", { label: "a=b" }],
    ['reward={"bound":5}', { reward: { input: "state-action", bound: 5 } }],
  ])("reads %s as the type that the schema wants", (text, expected) => {
    expect(resolve({ set: [text] })).toMatchObject(expected);
  });

  it.each([
    ["policyLearningRate=abc", '--set policyLearningRate=abc: expected number, received string "abc"'],
    ["policyLearningRate=", '--set policyLearningRate=: expected number, received string ""'],
    [
      "policyLearningRate=-1",
      "--set policyLearningRate=-1: too small: expected number to be >0, received -1",
    ],
    ["steps=1.5", "--set steps=1.5: expected int, received number 1.5"],
    ["automatic=yes", '--set automatic=yes: expected boolean, received string "yes"'],
    ["hidden=4,x", '--set hidden=4,x: hidden.1: expected number, received string "x"'],
    ["entropy=low", '--set entropy=low: expected "auto" or number, received "low"'],
    ["reward.input=s", '--set reward.input=s: expected one of "state"|"state-action", received "s"'],
    ["steps", "--set steps: expected path=value, as in --set steps=10000"],
    ["=3", "--set =3: expected path=value, as in --set steps=10000"],
  ])("refuses --set %s in one line that names it", (text, message) => {
    expect(refusal({ set: [text] })).toBe(message);
  });

  it.each([
    ["polcyLearningRate=1", "policyLearningRate"],
    ["rewad.input=state", "reward.input"],
    ["bound=3", "reward.bound"],
    ["reward.inptu=state", "reward.input"],
  ])("names the option that is near an unknown path: %s", (text, near) => {
    expect(refusal({ set: [text] })).toMatch(new RegExp(`has no option ".*"; did you mean ${near}`));
  });

  it("lists all options where nothing is near, and knows no inherited names", () => {
    expect(refusal({ set: ["zzzzzzzz=1"] })).toContain("; there is steps, policyLearningRate, hidden,");
    expect(refusal({ set: ["constructor=1"] })).toContain('example has no option "constructor"');
    expect(refusal({ set: ["__proto__.x=1"] })).toContain('example has no option "__proto__.x"');
  });

  it("says when the preset is to blame", () => {
    expect(refusal({ preset: "paper" })).toBe(
      "preset paper of example: policyLearningRate: too small: expected number to be >0, received -1",
    );
  });
});

describe("the options of an agent", () => {
  it("have path, type, default and description", () => {
    expect(configOptions(agent)).toContainEqual({
      path: "reward.input",
      type: "state | state-action",
      default: "state-action",
      description: "what the reward sees",
    });
    expect(configOptions(agent).map((option) => option.type)).toEqual([
      "integer",
      "number",
      "integer,…",
      "boolean",
      "auto | number",
      "number | null",
      "string",
      "state | state-action",
      "number",
    ]);
  });

  it.each(agents.map((one) => [one.name, one] as const))(
    "of %s are all described, and its presets are valid",
    (_, one) => {
      const options = configOptions(one);
      expect(options.filter((option) => option.description === "")).toEqual([]);
      expect(options.map((option) => option.path)).toContain("steps");
      for (const spec of listEnvironments()) {
        for (const preset of ["smoke", "quick", "paper"] as const) {
          const config = resolveConfig(one, spec, { preset, set: [] });
          expect(config).toMatchObject(one.presets(spec)[preset]);
        }
      }
    },
  );
});
