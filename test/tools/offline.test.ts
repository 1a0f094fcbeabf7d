import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeD4rl } from "../../datasets/d4rl/index.ts";
import { concatenate, setOfTrajectory, type TransitionSet } from "../../datasets/index.ts";
import { make } from "../../envs/index.ts";
import { loadSafetensors, readCheckpoint } from "../../src/runs/index.ts";
import { demonstrate, optimalRegulator } from "../agents/demonstrations.ts";
import { setOf } from "../agents/world-model/hand-made.ts";
import { bytes, ending, metricsOf, motive, motiveJson, start, temporaryFolder } from "./command-line.ts";

const folder = temporaryFolder();
const inFolder = (...names: string[]) => join(folder, ...names);

const quiet = ["--preset", "smoke", "--evaluate-every", "0"];

/** A command that has to succeed. */
function train(...words: string[]): string {
  const { code, stdout, stderr } = motive(folder, "train", ...words);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

/** A command that has to fail, and its one line. */
function refusal(code: 1 | 2, ...words: string[]): string {
  const outcome = motive(folder, ...words);
  expect(outcome.stdout).toBe("");
  expect(outcome.stderr).toMatch(/^motive: [^\n]+\n$/);
  expect(outcome.code).toBe(code);
  return outcome.stderr.slice("motive: ".length).trimEnd();
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(inFolder(...path), "utf8")) as Record<string, unknown>;

const tensorsOf = (...path: string[]) => loadSafetensors(inFolder(...path)).tensors;

/** Rows of zeros. */
const nothing = (observationSize: number, actionSize: number): TransitionSet =>
  setOf({
    observationSize,
    actionSize,
    lengths: [20, 20],
    row: () => ({ observation: [], action: [], next: [] }),
  });

beforeAll(async () => {
  const environment = await make("Regulator-v0");
  const write = (name: string, set: TransitionSet): void => writeD4rl(inFolder(name), { ...set, environment: "Regulator-v0" });
  const noisy = await demonstrate(environment, optimalRegulator(0.7), 8);
  write("data.hdf5", concatenate(noisy.trajectories.map((one) => setOfTrajectory(one))));
  const { trajectories } = await demonstrate(environment, optimalRegulator(0.1), 1);
  write("demos.hdf5", setOfTrajectory(trajectories[0]));
  environment.close();
  train("world-model", "Regulator-v0", ...quiet, "--dataset", "data.hdf5", "--out", "model");
  train("world-model", "Regulator-v0", ...quiet, "--dataset", "data.hdf5", "--set", "rewards=false", "--out", "unrewarded");
  train("offline-ml-irl", "Regulator-v0", ...quiet, "--dataset", "data.hdf5", "--demos", "demos.hdf5", "--out", "irl");
});

const data = ["--dataset", "data.hdf5"];

describe("motive train", () => {
  const files = (run: string): string[] => readdirSync(inFolder(run)).filter((name) => name.endsWith(".safetensors"));

  it("world-model leaves a model and what its training came to", () => {
    expect(files("model")).toEqual(["model.safetensors"]);
    const result = readJson("model", "result.json");
    expect(result).toMatchObject({ agent: "world-model", environmentSteps: 0, steps: 200, metrics: { modelUpdates: 200 } });
    expect(result).not.toHaveProperty("finalReturn");
    const records = metricsOf(inFolder("model"));
    expect(records.at(-1)!.bestHoldoutError).toBeLessThan(records[0].holdoutError);
    expect(records.at(-1)!.bestHoldoutError).toBeCloseTo(
      (JSON.parse(loadSafetensors(inFolder("model", "model.safetensors")).metadata.holdoutErrors) as number[]).reduce((a, b) => a + b) / 2,
      6,
    );
  });

  it("mopo leaves a policy and its model, trained before", () => {
    train("mopo", "Regulator-v0", ...quiet, ...data, "--out", "mopo");
    expect(files("mopo")).toEqual(["model.safetensors", "policy.safetensors"]);
    const { evaluation, ...result } = readJson("mopo", "result.json");
    expect(result).toMatchObject({ agent: "mopo", environmentSteps: 0, steps: 600 });
    expect(evaluation).toMatchObject({ episodes: 20, meanLength: 50 });
    const records = metricsOf(inFolder("mopo"));
    expect(records.map((record) => ["modelLoss" in record, "criticLoss" in record])).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ]);
    expect(motive(folder, "evaluate", "mopo", "--episodes", "2").code).toBe(0);
  });

  it("mopo acts in a given model, from a run or a file, and keeps it with the run", () => {
    for (const [given, out] of [
      ["model", "in-run"],
      ["model/model.safetensors", "in-file"],
    ]) {
      train("mopo", "Regulator-v0", ...quiet, ...data, "--model", given, "--out", out);
      expect(readJson(out, "result.json").steps).toBe(400);
      expect(tensorsOf(out, "model.safetensors")).toEqual(tensorsOf("model", "model.safetensors"));
    }
    expect(bytes(folder, "in-run", "policy.safetensors")).toEqual(bytes(folder, "in-file", "policy.safetensors"));
  });

  it("offline-ml-irl leaves policy, reward and model, also of a given model", () => {
    expect(files("irl")).toEqual(["model.safetensors", "policy.safetensors", "reward.safetensors"]);
    const result = readJson("irl", "result.json");
    expect(result).toMatchObject({ agent: "offline-ml-irl", environmentSteps: 0, steps: 600 });
    expect(result.ratio).toBeCloseTo((result.finalReturn as number) / (result.expertReturn as number), 6);
    expect(metricsOf(inFolder("irl")).some((record) => "rewardLoss" in record)).toBe(true);
    const words = ["offline-ml-irl", "Regulator-v0", ...quiet, ...data, "--demos", "demos.hdf5"];
    train(...words, "--model", "unrewarded", "--out", "irl-in-run");
    expect(files("irl-in-run")).toEqual(files("irl"));
    expect(tensorsOf("irl-in-run", "model.safetensors")).toEqual(tensorsOf("unrewarded", "model.safetensors"));
    // the other one knows the true rewards
    expect(refusal(1, "train", ...words, "--model", "model", "--out", "refused")).toBe(
      "the given world model has learned the dataset's rewards, which offline-ml-irl must not know: train one with rewards=false",
    );
  });

  it("mopo maximises a reward that another run has learned, also in a model that knows none", () => {
    const words = ["mopo", "Regulator-v0", ...quiet, ...data, "--reward", "irl"];
    train(...words, "--model", "unrewarded", "--out", "transfer");
    train(...words, "--model", "model", "--out", "transfer-in-model");
    expect(readJson("transfer", "config.json").inputs).toMatchObject({
      reward: { file: "irl/reward.safetensors" },
      model: { file: "unrewarded/model.safetensors" },
    });
    // without one, the rewards must come from the model
    expect(refusal(1, "train", "mopo", "Regulator-v0", ...quiet, ...data, "--model", "unrewarded", "--out", "refused")).toBe(
      "the given world model predicts no rewards: train one with rewards=true, or give a reward with --reward",
    );
    expect(existsSync(inFolder("refused"))).toBe(false);
  });
});

describe("motive imagine", () => {
  interface Imagination {
    readonly points: readonly {
      readonly step: number;
      readonly imagined: { readonly return: number; readonly length: number };
      readonly physics: { readonly return: number; readonly length: number };
      readonly trueReturn: number;
    }[];
  }
  const imagine = (...words: string[]) => motiveJson(folder, "imagine", ...words) as { readonly reward: string; readonly runs: readonly Imagination[] };

  it("says for each kept policy what the model promises and what the environment pays", () => {
    const { reward, runs } = imagine("irl", "--episodes", "3", "--svg", "imagined.svg");
    expect(reward).toBe("learned");
    const [{ points }] = runs;
    expect(points.length).toBeGreaterThan(1);
    expect(points.at(-1)!.step).toBe(600);
    for (const { imagined, physics } of points) expect([imagined.length, physics.length]).toEqual([50, 50]);
    expect(readFileSync(inFolder("imagined.svg"), "utf8")).toMatch(/^<svg[^]*class="imagined"[^]*class="physics"[^]*<\/svg>\n$/);
    expect(imagine("irl", "--episodes", "3").runs).toEqual(runs);
    expect(imagine("irl", "--episodes", "3", "--noise").runs).not.toEqual(runs);
  });

  it("sums the environment's own reward where a run maximises that", () => {
    train("mopo", "Regulator-v0", ...quiet, ...data, "--out", "imagined-mopo");
    const { reward, runs } = imagine("imagined-mopo", "--episodes", "3");
    expect(reward).toBe("environment");
    for (const { physics, trueReturn } of runs[0].points) expect(physics.return).toBe(trueReturn);
    expect(refusal(1, "imagine", "irl", "imagined-mopo")).toMatch(/^imagined-mopo: .*expected runs that one scale fits$/);
  });

  it("sums what the environment pays in imagined states, too, where that is asked for", () => {
    const { reward, runs } = imagine("irl", "--episodes", "3", "--true-reward");
    expect(reward).toBe("true");
    const [{ points }] = runs;
    for (const { physics, trueReturn } of points) expect(physics.return).toBe(trueReturn);
    // the model's states are not the environment's, but not far off either, and its costs are negative everywhere
    for (const { imagined, physics } of points) {
      expect(imagined.return).not.toBe(physics.return);
      expect(imagined.return).toBeLessThan(0);
    }
    // a run under a learned reward and one under the environment's can be compared then
    expect(imagine("irl", "imagined-mopo", "--episodes", "2", "--true-reward").runs).toHaveLength(2);
  });

  it("sums the reward that a run was given, whatever its model predicts", () => {
    train("mopo", "Regulator-v0", ...quiet, ...data, "--reward", "irl", "--model", "model", "--out", "given");
    const { reward, runs } = imagine("given", "--episodes", "3");
    expect(reward).toBe("learned");
    for (const { physics, trueReturn } of runs[0].points) expect(physics.return).not.toBeCloseTo(trueReturn, 3);
  });

  it("prints a table for people", () => {
    const { stdout, code } = motive(folder, "imagine", "irl", "--episodes", "1", "--steps", "5");
    expect(code).toBe(0);
    expect(stdout).toContain("Regulator-v0: 1 episode of mean actions, by the learned reward of that moment, without penalty\nirl\n");
    expect(stdout).toMatch(/^ +600 +-?[\d.]+ +5 +-?[\d.]+ +5 +-[\d.]+$/m);
  });

  it("refuses runs that it can say nothing of", () => {
    expect(refusal(1, "imagine", "model", "--svg", "refused.svg")).toBe("model: the run has kept no policies yet");
    expect(refusal(1, "imagine", "nowhere")).toMatch(/^nowhere: /);
    expect(existsSync(inFolder("refused.svg"))).toBe(false);
  });
});

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each([
  { agent: "mopo", words: [], policy: "criticLoss" },
  { agent: "offline-ml-irl", words: ["--demos", "demos.hdf5"], policy: "rewardLoss" },
])("a run of $agent", ({ agent, words, policy }) => {
  const MODEL_STEPS = 2000;
  const STEPS = 3000;
  const command = [
    ...["train", agent, "Regulator-v0", "--preset", "smoke", "--seed", "3", "--steps", `${STEPS}`, "--evaluate-every", "1000"],
    ...["--set", `model.steps=${MODEL_STEPS}`, "--checkpoint-interval", "700", ...data, ...words],
  ];
  const undisturbed = `${agent}-undisturbed`;

  /** Everything that training decides. */
  function outcomeOf(run: string) {
    const checkpoint = readdirSync(inFolder(run, "checkpoints")).filter((name) => name.endsWith(".safetensors")).sort().at(-1)!;
    return {
      result: { ...readJson(run, "result.json"), wallSeconds: 0 },
      metrics: metricsOf(inFolder(run)),
      weights: ["policy.safetensors", "model.safetensors"].map((name) => bytes(folder, run, name)),
      checkpoint: [checkpoint, readCheckpoint(inFolder(run, "checkpoints", checkpoint))],
    };
  }

  beforeAll(() => {
    expect(motive(folder, ...command, "--out", undisturbed).code).toBe(0);
  });

  it.each([
    { phase: "model is trained", metric: "modelLoss", from: 1, to: MODEL_STEPS - 1 },
    { phase: "policy is trained", metric: policy, from: MODEL_STEPS, to: MODEL_STEPS + STEPS - 1 },
  ])("that SIGTERM stops while the $phase ends as one that was never stopped", async ({ metric, from, to }) => {
    const run = `${agent}-${metric}`;
    const child = start(folder, ...command, "--out", run);
    let printed = "";
    child.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    const ended = ending(child);
    const metrics = inFolder(run, "metrics.jsonl");
    while (child.exitCode === null && !(existsSync(metrics) && readFileSync(metrics, "utf8").includes(metric))) await sleep(5);
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
    const stopped = Number(/stopped at step ([\d,]+);/.exec(printed)![1].replaceAll(",", ""));
    expect(stopped).toBeGreaterThanOrEqual(from);
    expect(stopped).toBeLessThanOrEqual(to);
    expect(existsSync(inFolder(run, "policy.safetensors"))).toBe(stopped >= MODEL_STEPS);

    const resumed = motive(folder, "train", "--resume", run, "--checkpoint-interval", "700");
    expect(resumed.stderr).toBe("");
    expect(resumed.code).toBe(0);
    expect(outcomeOf(run)).toEqual(outcomeOf(undisturbed));
  });

  it("goes on with the dataset that it was started with, and no other", () => {
    expect(refusal(1, "train", "--resume", undisturbed, "--dataset", "demos.hdf5")).toBe(
      `demos.hdf5: not the dataset that ${undisturbed} was started with (its SHA-256 differs)`,
    );
    expect(refusal(2, "train", "--resume", undisturbed, "--model", "model")).toBe(`${undisturbed} was started without --model: leave it out`);
  });
});

describe("a mistake about offline inputs gives one line", () => {
  beforeAll(() => {
    writeD4rl(inFolder("hopper.hdf5"), { ...nothing(11, 3), environment: "Hopper-v5" });
    writeD4rl(inFolder("older.hdf5"), { ...nothing(11, 3), environment: "Hopper-v4" });
    writeD4rl(inFolder("walker.hdf5"), nothing(17, 6));
  });

  it.each([
    [2, ["world-model", "Regulator-v0"], "world-model needs a dataset: name it with --dataset"],
    [2, ["mopo", "Regulator-v0"], "mopo needs a dataset: name it with --dataset"],
    [2, ["offline-ml-irl", "Regulator-v0", ...data], "offline-ml-irl learns from demonstrations: name their file with --demos"],
    [2, ["world-model", "Regulator-v0", ...data, "--model", "model"], "world-model takes no world model: leave --model out"],
    [2, ["ml-irl", "Regulator-v0", "--demos", "demos.hdf5", ...data], "ml-irl takes no dataset: leave --dataset out"],
    [
      2,
      ["offline-ml-irl", "Regulator-v0", ...data, "--demos", "demos.hdf5", "--reward", "irl"],
      "offline-ml-irl takes no reward: leave --reward out",
    ],
    [1, ["mopo", "Hopper-v5", "--dataset", "older.hdf5"], "older.hdf5: recorded in Hopper-v4, this run needs Hopper-v5"],
    [1, ["sac", "Hopper-v5", "--dataset", "older.hdf5"], "older.hdf5: recorded in Hopper-v4, this run needs Hopper-v5"],
    [1, ["mopo", "Hopper-v5", "--dataset", "walker.hdf5"], 'walker.hdf5: "observations" has 17 columns, Hopper-v5 expects 11'],
    [
      1,
      ["mopo", "Hopper-v5", "--dataset", "hopper.hdf5", "--model", "model"],
      "model/model.safetensors: a world model for Regulator-v0, the run is in Hopper-v5",
    ],
    [
      1,
      ["mopo", "Hopper-v5", "--dataset", "hopper.hdf5", "--reward", "irl"],
      'irl/reward.safetensors: a reward for Regulator-v0, the run is in Hopper-v5: their observations differ: Regulator-v0 has "mass on a line: position (1)", Hopper-v5 has "hopper: qpos without x (5)"',
    ],
    [
      1,
      ["mopo", "Regulator-v0", ...data, "--model", "irl/policy.safetensors"],
      'irl/policy.safetensors: no world model, its metadata says kind "policy"',
    ],
    [
      1,
      ["mopo", "Regulator-v0", ...data, "--reward", "irl/policy.safetensors"],
      'irl/policy.safetensors: no reward, its metadata says kind "policy"',
    ],
    [
      2,
      ["mopo", "Regulator-v0", ...data, "--preset", "medium"],
      "--preset medium: mopo has no such preset for Regulator-v0; there are smoke, quick, paper",
    ],
    [
      2,
      ["mopo", "Hopper-v5", "--dataset", "hopper.hdf5", "--preset", "meduim"],
      "--preset meduim: mopo has no such preset for Hopper-v5; there are smoke, quick, paper, medium, medium-replay, medium-expert",
    ],
    [
      2,
      ["mopo", "Regulator-v0", ...data, "--set", "penalty.kind=variance"],
      /^--set penalty\.kind=variance: expected one of "max-aleatoric"\|/,
    ],
    [
      1,
      ["mopo", "Regulator-v0", ...data, "--set", "rollouts.size=70"],
      /^rollouts\.size=70 with transitionsPerUpdate=20 gives 3\.5 updates per step of the model, expected a multiple/,
    ],
    [
      1,
      ["world-model", "Regulator-v0", ...data, "--set", "hidden=64,64"],
      "weightDecay has 5 numbers, 2 hidden layers and the output layer need 3",
    ],
  ] as const)("%d: motive train %j", (code, words, message) => {
    const line = refusal(code, "train", ...words, "--out", "refused");
    if (typeof message === "string") expect(line).toBe(message);
    else expect(line).toMatch(message);
    expect(existsSync(inFolder("refused"))).toBe(false);
  });

  it("where a model in another place is missing, and where no policy was trained", () => {
    expect(refusal(1, "train", "mopo", "Regulator-v0", ...data, "--model", "nowhere")).toMatch(/^nowhere: .*no such file/);
    expect(refusal(1, "train", "mopo", "Regulator-v0", ...data, "--reward", "model")).toBe(
      "model: the run has no reward.safetensors",
    );
    expect(refusal(1, "evaluate", "model")).toBe("model: the run has no policy.safetensors");
    expect(refusal(1, "export", "model", "--onnx", "x.onnx")).toBe("model: the run has no policy.safetensors");
  });
});

describe("presets for kinds of datasets", () => {
  it("set penalty and horizon of a run", async () => {
    const child = start(
      folder,
      ...["train", "mopo", "Hopper-v5", "--dataset", "hopper.hdf5", "--preset", "medium-replay", "--out", "kind"],
      ...["--set", "model.hidden=8", "--set", "model.weightDecay=0", "--set", "model.batchSize=8", "--set", "sac.hidden=8"],
    );
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expect(await ending(child)).toBe(143);
    const { preset, config } = readJson("kind", "config.json");
    expect(preset).toBe("medium-replay");
    expect(config).toMatchObject({ penalty: { kind: "max-aleatoric", coefficient: 2.5 }, rollouts: { horizon: 5 } });
    rmSync(inFolder("kind"), { recursive: true });
  });

  it("are listed", () => {
    const { stdout } = motive(folder, "list", "presets", "mopo");
    for (const name of ["smoke", "quick", "paper", "medium", "medium-replay", "medium-expert"])
      expect(stdout).toMatch(new RegExp(` ${name}  `));
  });
});
