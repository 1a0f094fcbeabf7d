import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { environmentSpec } from "../../envs/index.ts";
import { findAgent } from "../../tools/names.ts";
import { resolveConfig } from "../../tools/config.ts";
import { openInputs, type InputRequest } from "../../tools/run-inputs.ts";
import { bytes, motive, motiveJson, temporaryFolder } from "./command-line.ts";
import { saveReward } from "./random-reward.ts";

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const packaged = (name: string) => fileURLToPath(new URL(`../../datasets/demonstrations/${name}.hdf5`, import.meta.url));

/** The inputs of a run, or the message that refuses them. */
async function inputsOf(agentName: string, id: string, request: InputRequest, ...set: string[]) {
  const agent = findAgent(agentName);
  const environment = environmentSpec(id);
  const config = resolveConfig(agent, environment, { set });
  return (await openInputs({ agent, environment, config }, request)).inputs;
}

beforeAll(() => {
  for (const environment of ["CustomAnt-v0", "Hopper-v4", "HalfCheetah-v5"]) {
    for (const input of ["state", "state-action"] as const) saveReward(inFolder(`${environment}-${input}.safetensors`), environment, input);
  }
  saveReward(inFolder("unknown.safetensors"), "Hopper-v4", "state", "Hopper-v9");
});

describe("a reward of states", () => {
  it("is taken to where the observations mean the same, by sac and by mopo's rule", async () => {
    const reward = inFolder("CustomAnt-v0-state.safetensors");
    for (const id of ["CustomAnt-v0", "DisabledAnt-v0"]) {
      expect((await inputsOf("sac", id, { reward })).reward?.network.architecture.environment).toBe("CustomAnt-v0");
    }
    expect((await inputsOf("sac", "Hopper-v5", { reward: inFolder("Hopper-v4-state-action.safetensors") })).reward?.input).toBe("state-action");
  });

  it.each([
    [
      "DisabledAnt-v0",
      "CustomAnt-v0-state-action",
      /: a reward for CustomAnt-v0, the run is in DisabledAnt-v0: their actions differ: .*gear 30.*gear 1"; a reward of states alone \(rewardInput=state\) can be transferred$/,
    ],
    ["Walker2d-v5", "HalfCheetah-v5-state", /their observations differ: HalfCheetah-v5 has "half-cheetah: qpos without x \(8\)", Walker2d-v5 has "walker2d/],
    ["Walker2d-v5", "HalfCheetah-v5-state-action", /their observations differ: [^;]*$/],
    ["Ant-v5", "CustomAnt-v0-state", /their observations differ/],
    ["Hopper-v5", "unknown", /a reward for Hopper-v9, the run is in Hopper-v5, and this version knows no Hopper-v9$/],
  ])("is refused in %s where it is %s", async (id, name, message) => {
    await expect(inputsOf("sac", id, { reward: inFolder(`${name}.safetensors`) })).rejects.toThrow(message);
  });

  it("trains a policy that is measured by the environment's own reward, with the file in its configuration", () => {
    const words = ["train", "sac", "Hopper-v5", "--preset", "smoke", "--steps", "1200", "--evaluate-every", "0"];
    const result = motiveJson(folder, ...words, "--reward", "Hopper-v4-state.safetensors", "--out", "transferred") as Record<string, number>;
    expect(result.expertReturn).toBeUndefined();
    expect(result.finalReturn).toBeGreaterThan(0);
    const evaluated = motiveJson(folder, "evaluate", "transferred", "--episodes", "2") as { mean: number; environment: string };
    expect(evaluated.environment).toBe("Hopper-v5");
    const config = JSON.parse(readFileSync(inFolder("transferred/config.json"), "utf8")) as Record<string, unknown>;
    const sha256 = createHash("sha256").update(bytes(folder, "Hopper-v4-state.safetensors")).digest("hex");
    expect(config.inputs).toEqual({ reward: { file: "Hopper-v4-state.safetensors", sha256 } });
    expect(config.command).toContain("--reward Hopper-v4-state.safetensors");
  });

  it("leaves nothing behind where it is refused", () => {
    const { code, stderr } = motive(folder, "train", "sac", "DisabledAnt-v0", "--reward", "CustomAnt-v0-state-action.safetensors", "--out", "refused");
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(inFolder("refused"))).toBe(false);
  });
});

describe("demonstrations of another environment", () => {
  const demos = packaged("customant-v0-1");

  it("are taken by an agent that looks at states alone", async () => {
    const { demonstrations } = await inputsOf("ml-irl", "DisabledAnt-v0", { demos }, "rewardInput=state");
    expect(demonstrations?.environment).toBe("CustomAnt-v0");
    expect(demonstrations?.trajectories[0].length).toBe(500);
  });

  it.each([
    ["ml-irl", "DisabledAnt-v0", ["rewardInput=state-action"], /recorded in CustomAnt-v0, this run needs DisabledAnt-v0: the expert's actions answer to another body, and the reward r\(s,a\) depends on them \(rewardInput=state: r\(s\)\)$/],
    ["bc", "DisabledAnt-v0", [], /the expert's actions answer to another body, and bc imitates them$/],
    ["ml-irl", "Ant-v5", ["rewardInput=state"], /recorded in CustomAnt-v0, this run needs Ant-v5: their observations differ/],
  ])("are refused by %s in %s with %j", async (agent, id, set, message) => {
    await expect(inputsOf(agent, id, { demos }, ...set)).rejects.toThrow(message);
  });

  it("are refused by offline-ml-irl where they would train the world model", () => {
    const agent = findAgent("offline-ml-irl");
    const config = (...set: string[]) => resolveConfig(agent, environmentSpec("DisabledAnt-v0"), { set });
    expect(agent.needsExpertActions?.(config("rewardInput=state"))).toContain("demonstrationsInData=false");
    expect(agent.needsExpertActions?.(config("rewardInput=state", "demonstrationsInData=false"))).toBeUndefined();
    expect(agent.needsExpertActions?.(config("demonstrationsInData=false"))).toContain("rewardInput=state");
  });

  it("give a result that is not measured by their return", () => {
    expect(motive(folder, "train", "sac", "Hopper-v4", "--steps", "200", "--set", "randomSteps=100", "--set", "hidden=8", "--evaluate-every", "0", "--out", "expert").code).toBe(0);
    expect(motive(folder, "collect", "expert", "--episodes", "1", "--out", "older.hdf5").code).toBe(0);
    const words = ["train", "ml-irl", "Hopper-v5", "--preset", "smoke", "--steps", "1500", "--evaluate-every", "0"];
    const result = motiveJson(folder, ...words, "--demos", "older.hdf5", "--set", "rewardInput=state", "--out", "irl") as Record<string, unknown>;
    expect(result.expertReturn).toBeUndefined();
    expect(result.ratio).toBeUndefined();
    const { returns } = motiveJson(folder, "dataset", "show", "older.hdf5") as { returns: { mean: number } };
    expect(result.demonstrations).toEqual({ environment: "Hopper-v4", meanReturn: expect.closeTo(returns.mean, 3) as number });
    // the reward is one of this environment
    expect(motiveJson(folder, "train", "sac", "Hopper-v5", "--preset", "smoke", "--steps", "1200", "--evaluate-every", "0", "--reward", "irl", "--out", "again")).toMatchObject({ environment: "Hopper-v5" });
  });
});
